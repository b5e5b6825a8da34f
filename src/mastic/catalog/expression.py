"""GetPartitions' Expression, compiled whole to one SQL condition over the sort keys of the partition values.

Only what is listed here is accepted, and of each form only the arguments listed: sqlglot keeps `NOT LIKE` as an
argument of LIKE, and ignoring an argument would turn an answer into its opposite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, null, or_, true
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer as SqlTokenizer

from mastic.catalog.partition_values import HIVE_NULL, Key, Kind, sort_key
from mastic.protocol.errors import InvalidInputException

Condition = ColumnElement[bool]


class _PartitionExpression(Dialect):
    """Standard SQL quoting plus backticks. A backslash is a backslash: paths and dates must not change meaning."""

    class Tokenizer(SqlTokenizer):
        QUOTES = ["'"]
        IDENTIFIERS = ['"', "`"]
        STRING_ESCAPES = ["'"]


@dataclass(frozen=True)
class _Literal:
    text: str
    quoted: bool


_ARGUMENTS: dict[type[exp.Expr], set[str]] = {
    exp.And: {"this", "expression"},
    exp.Or: {"this", "expression"},
    exp.Not: {"this"},
    exp.Paren: {"this"},
    exp.EQ: {"this", "expression"},
    exp.NEQ: {"this", "expression"},
    exp.LT: {"this", "expression"},
    exp.LTE: {"this", "expression"},
    exp.GT: {"this", "expression"},
    exp.GTE: {"this", "expression"},
    exp.Like: {"this", "expression", "negate"},
    exp.In: {"this", "expressions"},
    exp.Between: {"this", "low", "high"},
    exp.Is: {"this", "expression"},
    exp.Column: {"this"},
    exp.Identifier: {"this", "quoted"},
    exp.Literal: {"this", "is_string"},
    exp.Boolean: {"this"},
    exp.Null: set(),
    exp.Neg: {"this"},
    exp.Cast: {"this", "to", "_type"},
}
_COMPARISONS: dict[type[exp.Expr], Callable[[Any, Any], Any]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
}
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE}
_CASTS = ("DATE", "TIMESTAMP")
_RESERVED = {
    *(TokenType.STRING, TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.NULL, TokenType.TRUE, TokenType.FALSE),
    *(TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.LIKE, TokenType.BETWEEN, TokenType.IS),
}


def compile_expression(text: str, keys: Sequence[Key], *, sqlite: bool) -> Condition:
    """The condition `text` puts on partitions with these keys.

    Raises InvalidInputException naming what is wrong and where.
    """
    names = frozenset(key.name.lower() for key in keys)
    try:
        return _Compiler(text, keys, sqlite).condition(_parse(text, names))
    except RecursionError:
        raise InvalidInputException("Expression is nested too deeply") from None


@lru_cache(maxsize=256)
def _parse(text: str, names: frozenset[str]) -> exp.Expr:
    dialect = _PartitionExpression()
    try:
        tokens = dialect.tokenize(text)
        for token, following in pairwise([*tokens, None]):
            assert token is not None
            typed_literal = following is not None and following.token_type is TokenType.STRING
            if token.text.lower() in names and token.token_type not in _RESERVED and not typed_literal:
                token.token_type = TokenType.IDENTIFIER  # keys are often called `date`, `order` or `from`
        parsed = dialect.parser().parse_into(exp.Condition, tokens, text)
    except SqlglotError as error:
        raise InvalidInputException(f"Expression {text!r} cannot be parsed: {_where(error)}") from None
    if len(parsed) != 1 or parsed[0] is None:
        raise InvalidInputException(f"Expression {text!r} must be one condition")
    return parsed[0]


def _where(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if not details:
        return str(error).splitlines()[0]
    first = details[0]
    return f"near {first['highlight']!r} at line {first['line']}, column {first['col']}: {first['description']}"


class _Compiler:
    def __init__(self, text: str, keys: Sequence[Key], sqlite: bool) -> None:
        self.text = text
        self.keys = {key.name.lower(): key for key in keys}
        self.sqlite = sqlite

    def condition(self, node: exp.Expr) -> Condition:
        self._check(node)
        if isinstance(node, exp.Paren):
            return self.condition(node.this)
        if isinstance(node, exp.And | exp.Or):
            join = and_ if isinstance(node, exp.And) else or_
            return join(*(self.condition(part) for part in _operands(node)))
        if isinstance(node, exp.Not):
            return not_(self.condition(node.this))
        if isinstance(node, exp.Like):
            found = self._like(self._key(node.this), self._literal(node.expression))
            return not_(found) if node.args.get("negate") else found
        if isinstance(node, exp.In):
            return self._in(node)
        if isinstance(node, exp.Between):
            key = self._key(node.this)
            low, high = self._value(key, node.args["low"]), self._value(key, node.args["high"])
            return and_(key.column >= low, key.column <= high)
        if isinstance(node, exp.Is):
            return self._is_null(node)
        if type(node) in _COMPARISONS:
            return self._comparison(node)
        raise self._refused(node, "is not a condition")

    def _comparison(self, node: exp.Expr) -> Condition:
        left, right = self._operand(node.this), self._operand(node.expression)
        compare = _COMPARISONS[type(node)]
        if isinstance(left, _Literal) and isinstance(right, _Literal):
            return self._constant(node, left, right)
        if isinstance(left, Key) and isinstance(right, Key):
            if left.kind != right.kind:
                raise self._refused(node, f"compares {left.type_name} with {right.type_name}")
            return compare(left.column, right.column)  # type: ignore[no-any-return]
        if isinstance(left, _Literal):
            left, right, compare = right, left, _COMPARISONS[_MIRRORED.get(type(node), type(node))]
        assert isinstance(left, Key) and isinstance(right, _Literal)
        if right.text == HIVE_NULL and isinstance(node, exp.EQ | exp.NEQ):
            return left.column.is_(null()) if isinstance(node, exp.EQ) else left.column.is_not(null())
        return compare(left.column, self._sort_key(left, right, node))  # type: ignore[no-any-return]

    def _constant(self, node: exp.Expr, left: _Literal, right: _Literal) -> Condition:
        """`1 = 1` and its like, which query builders put in front."""
        if left.quoted != right.quoted:
            raise self._refused(node, "compares a string with a number and names no partition key")
        kind: Kind = "text" if left.quoted else "number"
        try:
            holds = _COMPARISONS[type(node)](sort_key(kind, left.text), sort_key(kind, right.text))
        except (TypeError, ValueError):
            raise self._refused(node, "is not a comparison of two values") from None
        return true() if holds else false()

    def _in(self, node: exp.In) -> Condition:
        key = self._key(node.this)
        literals = [self._literal(item) for item in node.expressions]
        if not literals:
            raise self._refused(node, "has an empty list")
        values = [self._sort_key(key, item, node) for item in literals if item.text != HIVE_NULL]
        found = [key.column.in_(values)] if values else []
        is_null = [key.column.is_(null())] if len(values) < len(literals) else []
        return or_(*found, *is_null)

    def _is_null(self, node: exp.Is) -> Condition:
        if not isinstance(node.expression, exp.Null):
            raise self._refused(node, "can only be IS NULL or IS NOT NULL")
        return self._key(node.this).column.is_(null())

    def _like(self, key: Key, pattern: _Literal) -> Condition:
        if key.kind != "text":
            raise InvalidInputException(
                f"Expression {self.text!r}: LIKE needs a string, partition key {key.name!r} is {key.type_name}"
            )
        # SQLite's LIKE ignores case; GLOB does not, and can use the index.
        if self.sqlite:
            return key.column.op("GLOB", is_comparison=True)(_glob(pattern.text))
        return key.column.like(pattern.text, escape="\\")

    def _value(self, key: Key, node: exp.Expr) -> str:
        return self._sort_key(key, self._literal(node), node)

    def _sort_key(self, key: Key, literal: _Literal, node: exp.Expr) -> str:
        try:
            found = sort_key(key.kind, literal.text)
        except ValueError:
            why = f"{literal.text!r} is not a {key.type_name}, the type of partition key {key.name!r}"
            raise self._refused(node, why) from None
        if found is None:
            raise self._refused(node, f"orders by {HIVE_NULL}, which is NULL; write IS NULL or IS NOT NULL")
        return found

    def _operand(self, node: exp.Expr) -> Key | _Literal:
        """A partition key or a value. `"x"` is a key where there is one of that name, else a string."""
        node = self._unwrap(node)
        if not isinstance(node, exp.Column):
            return self._literal(node)
        self._check(node.this)
        name = str(node.this.this)
        key = self.keys.get(name.lower())
        if key is not None and key.kind != "opaque":
            return key
        if key is not None:
            raise self._refused(
                node, f"partition key {key.name!r} has type {key.type_name}, which no expression can compare"
            )
        if node.this.args.get("quoted") and self._quote_of(node.this) == '"':
            return _Literal(name, quoted=True)
        known = ", ".join(sorted(self.keys)) or "none"
        raise self._refused(node, f"names no partition key of this table; its partition keys: {known}")

    def _key(self, node: exp.Expr) -> Key:
        operand = self._operand(node)
        if isinstance(operand, Key):
            return operand
        raise self._refused(node, "is a value where a partition key belongs")

    def _literal(self, node: exp.Expr) -> _Literal:
        node = self._unwrap(node)
        if isinstance(node, exp.Column):
            operand = self._operand(node)
            if isinstance(operand, _Literal):
                return operand
            raise self._refused(node, "is a partition key where a value belongs")
        if isinstance(node, exp.Literal):
            return _Literal(str(node.this), bool(node.is_string))
        if isinstance(node, exp.Boolean):
            return _Literal("true" if node.this else "false", quoted=True)
        if isinstance(node, exp.Neg):
            inner = self._literal(node.this)
            if not inner.quoted:
                return _Literal(f"-{inner.text}", quoted=False)
        if isinstance(node, exp.Cast) and node.to.this.name in _CASTS and not node.to.expressions:
            return self._literal(node.this)
        if isinstance(node, exp.Null):
            raise self._refused(node, "compares with NULL, which is never true; write IS NULL or IS NOT NULL")
        raise self._refused(node, "is not a value")

    def _unwrap(self, node: exp.Expr) -> exp.Expr:
        self._check(node)
        while isinstance(node, exp.Paren):
            node = node.this
            self._check(node)
        return node

    def _check(self, node: exp.Expr) -> None:
        allowed = _ARGUMENTS.get(type(node))
        if allowed is None:
            raise self._refused(
                node, "is not supported; use =, <>, <, <=, >, >=, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL"
            )
        extra = [name for name, value in node.args.items() if value and name not in allowed]
        if extra:
            raise self._refused(node, f"is not supported with {extra[0]!r}")

    def _quote_of(self, node: exp.Expr) -> str:
        start = node.meta.get("start")
        return self.text[start] if isinstance(start, int) and start < len(self.text) else ""

    def _refused(self, node: exp.Expr, why: str) -> InvalidInputException:
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        place = f" at position {min(starts) + 1}" if starts else ""
        return InvalidInputException(f"Unsupported expression {self.text!r}: {node.sql()!r}{place} {why}")


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """`a AND b AND c` as three operands, however long the chain, without recursion."""
    found: list[exp.Expr] = []
    kind = type(node)
    while type(node) is kind:
        found.append(node.expression)
        node = node.this
    return [node, *reversed(found)]


def _glob(pattern: str) -> str:
    """A LIKE pattern with backslash escapes as a GLOB pattern."""
    out, escaped = [], False
    for char in pattern:
        if char == "\\" and not escaped:
            escaped = True
            continue
        if not escaped and char in "%_":
            out.append("*" if char == "%" else "?")
        else:
            out.append(f"[{char}]" if char in "*?[" else char)
        escaped = False
    return "".join(out) + ("\\" if escaped else "")
