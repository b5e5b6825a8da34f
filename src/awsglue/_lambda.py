"""A user's predicate as a column expression, where that gives exactly what the Python would.

Python's rules are kept, not SQL's: `None == 5` is False and `None > 5` raises, so each translated part carries the
condition under which the Python would have raised. Whatever is not understood here runs as Python instead.
"""

from __future__ import annotations

import ast
import linecache
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from awsglue._columns import at
from awsglue.gluetypes import (
    BooleanType,
    ByteType,
    DataType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    StructType,
)

LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
EXACT_FLOAT = 2**53


class UnsupportedError(Exception):
    """This part of the function has no column expression that is certainly the same."""


@dataclass(frozen=True)
class Predicate:
    """`keep`: never null. `error`: where the Python would have raised; None when it cannot."""

    keep: Column
    error: Column | None


@dataclass(frozen=True)
class Record:
    """The record itself or a struct inside it."""

    steps: tuple[str, ...]
    struct: StructType


@dataclass(frozen=True)
class Value:
    """A value of a known family: "string", "int", "long", "float", "bool", or "other" (only good for None tests).

    `steps`: the field it is, unchanged. `bound`: what an integer's magnitude cannot pass.
    """

    column: Column
    family: str
    error: Column | None = None
    steps: tuple[str, ...] = ()
    bound: int = LONG_MAX
    nullable: bool = True


@dataclass(frozen=True)
class Truth:
    """A Boolean that is never null."""

    column: Column
    error: Column | None = None


@dataclass(frozen=True)
class Constant:
    value: Any


Node = Record | Value | Truth | Constant


def predicate_of(f: Callable[..., Any], schema: StructType) -> Predicate | None:
    """The function as a column expression over a record of `schema`, or None when it must run as Python."""
    try:
        body, parameter = body_of(f)
        truth = truth_of(Translator(schema, parameter, names_of(f)).visit(body))
    except (UnsupportedError, OSError, SyntaxError, ValueError):
        return None
    keep = truth.column if truth.error is None else truth.column & ~truth.error
    return Predicate(keep, truth.error)


def body_of(f: Callable[..., Any]) -> tuple[ast.expr, str]:
    """The one expression a function returns, and its parameter's name."""
    if not isinstance(f, FunctionType) or f.__defaults__ or f.__kwdefaults__:
        raise UnsupportedError
    code = f.__code__
    if code.co_argcount != 1 or code.co_kwonlyargcount or code.co_flags & 0x0C:
        raise UnsupportedError
    candidates = [node for node in _parsed(source_of(code.co_filename)) if _is_made_by(node, code)]
    if len(candidates) != 1:
        raise UnsupportedError
    return candidates[0], code.co_varnames[0]


@lru_cache(maxsize=32)
def _parsed(source: str) -> tuple[ast.expr, ...]:
    """Every expression in a source file that is a whole function: a lambda's body, or the only return of a def."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Lambda):
            found.append(node.body)
        elif isinstance(node, ast.FunctionDef):
            body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
            if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
                found.append(body[0].value)
    return tuple(found)


def source_of(filename: str) -> str:
    """The text of a source file. Raises UnsupportedError where there is none."""
    lines = linecache.getlines(filename)
    if not lines:
        raise UnsupportedError
    return "".join(lines)


def _is_made_by(node: ast.expr, code: CodeType) -> bool:
    """Whether this expression is where the code came from: the instructions span exactly its text."""
    places = [p for p in code.co_positions() if None not in p and p[2:] != (0, 0)]
    if not places:
        return False
    start = min((p[0], p[2]) for p in places)
    end = max((p[1], p[3]) for p in places)
    whole = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    # A def's `return` belongs to its code and starts before the expression.
    return end == whole[1] and (start == whole[0] or (start < whole[0] and code.co_name != "<lambda>"))


def names_of(f: Callable[..., Any]) -> dict[str, Any]:
    """The constants a function sees around it."""
    closure = dict(zip(f.__code__.co_freevars, f.__closure__ or (), strict=True))
    return f.__globals__ | {name: cell.cell_contents for name, cell in closure.items()}


class Translator(ast.NodeVisitor):
    def __init__(self, schema: StructType, parameter: str, names: dict[str, Any]) -> None:
        self.schema = schema
        self.parameter = parameter
        self.names = names

    def visit(self, node: ast.AST) -> Node:
        result: Node = super().visit(node)
        return result

    def generic_visit(self, node: ast.AST) -> Any:
        raise UnsupportedError(type(node).__name__)

    def visit_Constant(self, node: ast.Constant) -> Node:
        return constant(node.value)

    def visit_Name(self, node: ast.Name) -> Node:
        if node.id == self.parameter:
            return Record((), self.schema)
        if node.id not in self.names:
            raise UnsupportedError(node.id)
        return constant(self.names[node.id])

    def _collection(self, node: ast.List | ast.Tuple | ast.Set) -> Node:
        items = [self.visit(item) for item in node.elts]
        if not all(isinstance(item, Constant) for item in items):
            raise UnsupportedError
        values = [item.value for item in items if isinstance(item, Constant)]
        return constant(tuple(values) if isinstance(node, ast.Tuple) else values)

    visit_List = _collection
    visit_Tuple = _collection
    visit_Set = _collection

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Node:
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            truth = truth_of(operand)
            return Truth(~truth.column, truth.error)
        if isinstance(node.op, ast.USub) and isinstance(operand, Constant) and _is_number(operand.value):
            return Constant(-operand.value)
        raise UnsupportedError

    def visit_Subscript(self, node: ast.Subscript) -> Node:
        name = self.visit(node.slice)
        if not isinstance(name, Constant) or not isinstance(name.value, str):
            raise UnsupportedError
        return field_of(self.visit(node.value), name.value)

    def visit_Attribute(self, node: ast.Attribute) -> Node:
        if hasattr(dict, node.attr):
            raise UnsupportedError
        return field_of(self.visit(node.value), node.attr)

    def visit_BoolOp(self, node: ast.BoolOp) -> Node:
        truths = [truth_of(self.visit(value)) for value in node.values]
        join = both if isinstance(node.op, ast.And) else either
        result = truths[0]
        for truth in truths[1:]:
            result = join(result, truth)
        return result

    def visit_IfExp(self, node: ast.IfExp) -> Node:
        test = truth_of(self.visit(node.test))
        no = Truth(~test.column, test.error)
        return either(both(test, truth_of(self.visit(node.body))), both(no, truth_of(self.visit(node.orelse))))

    def visit_Compare(self, node: ast.Compare) -> Node:
        operands = [self.visit(part) for part in [node.left, *node.comparators]]
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        truths = [_compare(op, left, right) for op, left, right in pairs]
        result = truths[0]
        for truth in truths[1:]:
            result = both(result, truth)
        return result

    def visit_Call(self, node: ast.Call) -> Node:
        if node.keywords:
            raise UnsupportedError
        if isinstance(node.func, ast.Name):
            return self._builtin(node.func.id, node.args)
        if isinstance(node.func, ast.Attribute):
            return self._method(self.visit(node.func.value), node.func.attr, node.args)
        raise UnsupportedError

    def _builtin(self, name: str, args: list[ast.expr]) -> Node:
        if len(args) != 1 or name in self.names:
            raise UnsupportedError(name)
        value = self.visit(args[0])
        if name == "bool":
            return truth_of(value)
        if name == "len" and isinstance(value, Value) and value.family == "string":
            return Value(F.char_length(value.column), "int", any_of(value.error, value.column.isNull()))
        raise UnsupportedError(name)

    def _method(self, owner: Node, name: str, args: list[ast.expr]) -> Node:
        values = [self.visit(arg) for arg in args]
        if isinstance(owner, Record) and name == "get" and not owner.steps:
            return _get(owner, values)
        if not isinstance(owner, Value) or owner.family != "string":
            raise UnsupportedError(name)
        error = any_of(owner.error, owner.column.isNull())
        if name in ("lower", "upper") and not values:
            return Value(F.lower(owner.column) if name == "lower" else F.upper(owner.column), "string", error)
        if name in ("startswith", "endswith") and len(values) == 1 and isinstance(values[0], Constant):
            return _affix(owner, name, values[0].value, error)
        raise UnsupportedError(name)


def constant(value: Any) -> Constant:
    simple = value is None or isinstance(value, bool | int | float | str)
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise UnsupportedError("half a surrogate pair")
    if simple or (isinstance(value, list | tuple | set | frozenset) and all(_is_simple(item) for item in value)):
        return Constant(value)
    raise UnsupportedError(type(value).__name__)


def _is_simple(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def field_of(owner: Node, name: str) -> Node:
    if not isinstance(owner, Record) or not owner.struct.hasField(name):
        raise UnsupportedError(name)
    steps = (*owner.steps, name)
    data_type = owner.struct.getField(name).dataType
    if isinstance(data_type, StructType):
        return Record(steps, data_type)
    # A field of a null struct raises in Python; only top-level fields are safe without that condition.
    parents = [at(steps[:depth]).isNull() for depth in range(1, len(steps))]
    error = None if not parents else any_of(*parents)
    value = at(steps)
    column = value.cast("double") if isinstance(data_type, FloatType) else value
    return Value(column, _family(data_type), error, steps, _BOUNDS.get(type(data_type), LONG_MAX + 1))


_BOUNDS: dict[type[DataType], int] = {ByteType: 2**7, ShortType: 2**15, IntegerType: 2**31}


def _family(data_type: DataType) -> str:
    if isinstance(data_type, StringType):
        return "string"
    if isinstance(data_type, ByteType | ShortType | IntegerType):
        return "int"
    if isinstance(data_type, LongType):
        return "long"
    if isinstance(data_type, DoubleType | FloatType):
        return "float"
    return "bool" if isinstance(data_type, BooleanType) else "other"


def _get(record: Record, args: list[Node]) -> Node:
    if not args or len(args) > 2 or not isinstance(args[0], Constant) or not isinstance(args[0].value, str):
        raise UnsupportedError
    if record.struct.hasField(args[0].value):
        return field_of(record, args[0].value)
    return args[1] if len(args) == 2 else Constant(None)


def _affix(owner: Value, name: str, wanted: Any, error: Column | None) -> Truth:
    texts = wanted if isinstance(wanted, tuple) else (wanted,)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise UnsupportedError(name)
    test = F.lit(False)
    for text in texts:
        test = test | (owner.column.startswith(text) if name == "startswith" else owner.column.endswith(text))
    return Truth(sure(test), error)


def any_of(*conditions: Column | None) -> Column | None:
    """Whether any of some conditions holds; each is never null."""
    result: Column | None = None
    for condition in conditions:
        if condition is not None:
            result = condition if result is None else result | condition
    return result


def sure(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(False))


def both(left: Truth, right: Truth) -> Truth:
    # The right side is only evaluated, and can only raise, where the left is true.
    late = None if right.error is None else left.column & right.error
    return Truth(left.column & right.column, any_of(left.error, late))


def either(left: Truth, right: Truth) -> Truth:
    late = None if right.error is None else ~left.column & right.error
    return Truth(left.column | right.column, any_of(left.error, late))


def truth_of(node: Node) -> Truth:
    """A value's truth, by Python's rules: empty texts, zeros and None are false."""
    if isinstance(node, Truth):
        return node
    if isinstance(node, Constant):
        return Truth(F.lit(bool(node.value)))
    if not isinstance(node, Value) or node.family == "other":
        raise UnsupportedError
    if node.family == "bool":
        return Truth(sure(node.column), node.error)
    return Truth(sure(node.column != (F.lit("") if node.family == "string" else F.lit(0))), node.error)


_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _compare(op: ast.cmpop, left: Node, right: Node) -> Truth:
    if isinstance(op, ast.NotIn | ast.NotEq | ast.IsNot):
        positive = {ast.NotIn: ast.In, ast.NotEq: ast.Eq, ast.IsNot: ast.Is}[type(op)]()
        truth = _compare(positive, left, right)
        return Truth(~truth.column, truth.error)
    if isinstance(op, ast.In):
        return _in(left, right)
    if isinstance(left, Constant) and isinstance(right, Constant):
        raise UnsupportedError
    if (isinstance(right, Constant) and right.value is None) or (isinstance(left, Constant) and left.value is None):
        return _is_none(op, left if isinstance(right, Constant) else right)
    if isinstance(op, ast.Is):
        raise UnsupportedError
    if isinstance(op, ast.Eq):
        return _equal(left, right)
    return _ordered(_ORDER[type(op)], left, right)


def _is_none(op: ast.cmpop, node: Node) -> Truth:
    if not isinstance(op, ast.Eq | ast.Is):
        raise UnsupportedError
    if isinstance(node, Record) and node.steps:
        parents = [at(node.steps[:depth]).isNull() for depth in range(1, len(node.steps))]
        return Truth(at(node.steps).isNull(), any_of(*parents))
    if not isinstance(node, Value):
        raise UnsupportedError
    return Truth(node.column.isNull(), node.error)


def _operand(node: Node, other: Node) -> Value:
    """A side of a comparison; a constant takes the other side's family. Raises for what does not compare alike."""
    if isinstance(node, Value) and node.family != "other":
        return node
    if not isinstance(node, Constant) or not isinstance(other, Value):
        raise UnsupportedError
    return Value(F.lit(_exact(node.value, other.family)), _family_of(node.value))


def _family_of(value: Any) -> str:
    for kind, family in ((bool, "bool"), (str, "string"), (int, "int"), (float, "float")):
        if isinstance(value, kind):
            return family
    raise UnsupportedError


def _exact(value: Any, family: str) -> Any:
    """A constant that compares exactly with a column of a family."""
    if isinstance(value, float) and (math.isnan(value) or (family == "long" and not value.is_integer())):
        raise UnsupportedError
    if isinstance(value, float) and family in ("int", "long") and value.is_integer() and abs(value) < EXACT_FLOAT:
        return int(value)
    if isinstance(value, float) and family == "long":
        raise UnsupportedError
    if _is_number(value) and isinstance(value, int) and not LONG_MIN <= value <= LONG_MAX:
        raise UnsupportedError
    if isinstance(value, int) and family == "float" and abs(value) > EXACT_FLOAT:
        raise UnsupportedError
    return value


def _alike(left: Value, right: Value) -> bool:
    families = {left.family, right.family}
    if families <= {"int", "long"} or families <= {"int", "float"} or len(families) == 1:
        return True
    if families == {"long", "float"} or "bool" in families:
        raise UnsupportedError  # 64-bit integers beside floats lose digits; True == 1 in Python
    return False


def _nan(*values: Value) -> Column | None:
    return any_of(*[sure(F.isnan(value.column)) for value in values if value.family == "float"])


def _equal(left: Node, right: Node) -> Truth:
    a, b = _operand(left, right), _operand(right, left)
    error = any_of(a.error, b.error)
    if not _alike(a, b):
        return Truth(F.lit(False), error)
    same = a.column.eqNullSafe(b.column)
    nan = _nan(a, b)
    return Truth(same if nan is None else same & ~nan, error)


def _ordered(test: Callable[[Any, Any], Any], left: Node, right: Node) -> Truth:
    a, b = _operand(left, right), _operand(right, left)
    if not _alike(a, b):
        raise UnsupportedError  # a TypeError for every record
    missing = [node.column.isNull() for node, given in ((a, left), (b, right)) if isinstance(given, Value)]
    result = sure(test(a.column, b.column))
    nan = _nan(*[node for node, given in ((a, left), (b, right)) if isinstance(given, Value)])
    return Truth(result if nan is None else result & ~nan, any_of(a.error, b.error, *missing))


def _in(left: Node, right: Node) -> Truth:
    if isinstance(left, Constant) and isinstance(left.value, str) and isinstance(right, Value):
        if right.family != "string":
            raise UnsupportedError
        return Truth(sure(right.column.contains(left.value)), any_of(right.error, right.column.isNull()))
    if not isinstance(left, Value) or not isinstance(right, Constant) or isinstance(right.value, str):
        raise UnsupportedError
    if not isinstance(right.value, list | tuple | set | frozenset):
        raise UnsupportedError
    members = [F.lit(False)]
    for item in right.value:
        truth = _is_none(ast.Eq(), left) if item is None else _equal(left, Constant(item))
        members.append(truth.column)
    return Truth(_membership(left, list(right.value), members), left.error)


def _membership(left: Value, items: list[Any], members: list[Column]) -> Column:
    """One IN list where all items are of the column's own kind; otherwise each compared as Python would."""
    alike = left.family in ("string", "int", "long") and all(
        isinstance(i, str) if left.family == "string" else isinstance(i, int) and not isinstance(i, bool) for i in items
    )
    if alike and items:
        return sure(left.column.isin(items))
    result = members[0]
    for member in members[1:]:
        result = result | member
    return result
