"""A user's Map function as a projection, where that gives exactly what the Python would.

The function is followed statement by statement; each field of the record it makes becomes a column. Whatever is not
understood for certain runs as Python instead (`_map`), with the same types: a field keeps its type while its values
fit it, and a new number is an int or a long by the data.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from types import FunctionType
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue._lambda import (
    Constant,
    Node,
    Record,
    Translator,
    Truth,
    UnsupportedError,
    Value,
    any_of,
    body_of,
    both,
    constant,
    either,
    field_of,
    names_of,
    source_of,
    truth_of,
)
from awsglue._record_fields import RecordField
from awsglue._record_values import Items, Made, chosen, computed, is_text, member, needed, shown, text_of
from awsglue.gluetypes import (
    Field,
    StructType,
)

# What str.strip takes for space.
SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())


def projected(
    frame: DataFrame, schema: StructType, f: Callable[..., Any]
) -> tuple[DataFrame, StructType, Column | None] | None:
    """The function as columns: (records, their schema, where it raises); None when it must run as Python."""
    try:
        made, maker = _followed(f, schema)
        outputs = [(name, RecordField(schema, name, node)) for name, node in made.fields.items()]
    except (UnsupportedError, OSError, SyntaxError, ValueError, RecursionError):
        return None
    if len({name.lower() for name in made.fields}) != len(made.fields) or not outputs:
        return None
    asked = [check for _, output in outputs for check in output.checks]
    found = _asked(frame, asked, maker.error) if asked else []
    answers = iter(found)
    kept = frame if maker.error is None else frame.where(~maker.error)
    columns = [(name, *output.settled(answers)) for name, output in outputs]
    selected = kept.select(*[value.alias(name) for name, value, _ in columns])
    return selected, StructType([Field(name, data_type) for name, _, data_type in columns]), maker.error


def _asked(frame: DataFrame, conditions: list[Column], error: Column | None) -> list[bool]:
    """For each condition whether any row that does not fail satisfies it: one pass."""
    held = conditions if error is None else [condition & ~error for condition in conditions]
    tests = [F.max(F.when(condition, 1).otherwise(0)).alias(f"c{i}") for i, condition in enumerate(held)]
    return [bool(value) for value in frame.agg(*tests).collect()[0]]


# -- following the function ------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _definitions(source: str) -> tuple[ast.FunctionDef, ...]:
    return tuple(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))


def _statements(f: FunctionType) -> list[ast.stmt]:
    """The body of a def. Raises UnsupportedError unless the source has exactly that one."""
    code = f.__code__
    found = [
        node
        for node in _definitions(source_of(code.co_filename))
        if node.name == code.co_name and node.lineno == code.co_firstlineno
    ]
    if len(found) != 1:
        raise UnsupportedError
    return found[0].body


def _followed(f: Callable[..., Any], schema: StructType) -> tuple[Made, Maker]:
    if not isinstance(f, FunctionType) or f.__defaults__ or f.__kwdefaults__:
        raise UnsupportedError
    code = f.__code__
    if code.co_argcount != 1 or code.co_kwonlyargcount or code.co_flags & 0xAC:  # *args, **kwargs, generators
        raise UnsupportedError
    maker = Maker(schema, code.co_varnames, names_of(f))
    is_lambda = code.co_name == "<lambda>"
    result = maker.noted(maker.visit(body_of(f)[0])) if is_lambda else maker.run(_statements(f))
    if not isinstance(result, Made):
        raise UnsupportedError
    return result, maker


class Maker(Translator):
    """Follows statements. `error`: where the function raises."""

    def __init__(self, schema: StructType, variables: tuple[str, ...], names: dict[str, Any]) -> None:
        super().__init__(schema, variables[0], {name: held for name, held in names.items() if name not in variables})
        self.variables = variables
        whole = Record((), schema)
        self.locals: dict[str, Any] = {variables[0]: Made({f.name: field_of(whole, f.name) for f in schema})}
        self.error: Column | None = None
        self.path: Column | None = None  # under which condition the statement at hand runs

    def noted(self, node: Any) -> Any:
        """The node with the rows for which it raises written down."""
        error = getattr(node, "error", None)
        if error is not None:
            self.error = any_of(self.error, error if self.path is None else self.path & error)
        return node

    def run(self, body: list[ast.stmt]) -> Any:
        """The value the statements return. Raises UnsupportedError unless the last one is the only return."""
        *before, last = body
        if not isinstance(last, ast.Return) or last.value is None:
            raise UnsupportedError
        self.follow(before)
        return self.noted(self.visit(last.value))

    def follow(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            handler = getattr(self, f"_do_{type(statement).__name__}", None)
            if handler is None:
                raise UnsupportedError(type(statement).__name__)
            handler(statement)

    def _do_Pass(self, _: ast.Pass) -> None:
        return None

    def _do_Expr(self, statement: ast.Expr) -> None:
        if not isinstance(statement.value, ast.Constant):  # a docstring
            raise UnsupportedError

    def _do_Assign(self, statement: ast.Assign) -> None:
        if len(statement.targets) != 1:
            raise UnsupportedError
        self._set(statement.targets[0], self.noted(self.visit(statement.value)))

    def _do_AugAssign(self, statement: ast.AugAssign) -> None:
        loaded = ast.parse(ast.unparse(statement.target), mode="eval").body
        value = computed(statement.op, self.visit(loaded), self.visit(statement.value))
        self._set(statement.target, self.noted(value))

    def _do_Delete(self, statement: ast.Delete) -> None:
        for target in statement.targets:
            owner, name = self._place(target)
            if self.path is not None or name not in owner.fields:
                raise UnsupportedError(name)
            del owner.fields[name]

    def _do_If(self, statement: ast.If) -> None:
        test = self.noted(self._test(statement.test))
        before, outer = self.locals, self.path
        branches = []
        for body, condition in ((statement.body, test.column), (statement.orelse, ~test.column)):
            self.locals = _cloned(before)
            self.path = condition if outer is None else outer & condition
            self.follow(body)
            branches.append(self.locals)
        self.path = outer
        self.locals = _joined(test.column, *branches)

    def _set(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            if target.id not in self.variables:
                raise UnsupportedError(target.id)  # a global
            self.locals[target.id] = value
            return
        owner, name = self._place(target)
        owner.fields[name] = value

    def _place(self, target: ast.expr) -> tuple[Made, str]:
        """The record and the field that `rec["a"]` or `rec.a` names."""
        if isinstance(target, ast.Subscript):
            key = self.visit(target.slice)
            name = key.value if isinstance(key, Constant) else None
        else:
            name = target.attr if isinstance(target, ast.Attribute) and not hasattr(dict, target.attr) else None
        if not isinstance(target, ast.Subscript | ast.Attribute) or not isinstance(name, str):
            raise UnsupportedError
        owner = self.visit(target.value)
        if not isinstance(owner, Made):
            raise UnsupportedError
        return owner, name

    # -- expressions

    def visit(self, node: ast.AST) -> Any:
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self.locals:
            return self.locals[node.id]
        if node.id not in self.names or node.id in self.variables:
            raise UnsupportedError(node.id)
        return constant(self.names[node.id])

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        owner = self.visit(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._slice(owner, node.slice)
        key = self.visit(node.slice)
        if not isinstance(key, Constant) or not isinstance(key.value, str):
            raise UnsupportedError
        return member(owner, key.value)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if hasattr(dict, node.attr):
            raise UnsupportedError
        return member(self.visit(node.value), node.attr)

    def _slice(self, owner: Any, part: ast.Slice) -> Node:
        start = 0 if part.lower is None else getattr(self.visit(part.lower), "value", None)
        stop = None if part.upper is None else getattr(self.visit(part.upper), "value", None)
        if part.step is not None or type(start) is not int or type(stop) is not int or min(start, stop) < 0:
            raise UnsupportedError
        if not is_text(owner):
            raise UnsupportedError
        return text_of(F.substring(owner.column, start + 1, max(0, stop - start)), owner)

    def visit_Dict(self, node: ast.Dict) -> Any:
        fields: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            made = self.visit(value)
            if key is None:
                if not isinstance(made, Made):
                    raise UnsupportedError
                fields |= made.fields
                continue
            name = self.visit(key)
            if not isinstance(name, Constant) or not isinstance(name.value, str):
                raise UnsupportedError
            fields[name.value] = self.noted(made)
        return Made(fields)

    def _collection(self, node: ast.List | ast.Tuple | ast.Set) -> Any:
        members = [self.visit(item) for item in node.elts]
        if all(isinstance(member, Constant) for member in members):
            return super()._collection(node)
        if not isinstance(node, ast.List):
            raise UnsupportedError
        return Items(tuple(self.noted(member) for member in members))

    visit_List = visit_Tuple = visit_Set = _collection

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return computed(node.op, self.visit(node.left), self.visit(node.right))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        parts, error = [], None
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion not in (-1, ord("s")):
                    raise UnsupportedError
                value = self.visit(part.value)
                parts.append(shown(value))
                error = any_of(error, getattr(value, "error", None))
            else:
                parts.append(F.lit(part.value))  # type: ignore[attr-defined]
        column = F.concat(*parts) if len(parts) > 1 else parts[0] if parts else F.lit("")
        return Value(column, "string", error, nullable=False)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self._test(node.test)
        return chosen(test, self.visit(node.body), self.visit(node.orelse))

    def _test(self, node: ast.expr) -> Truth:
        """A condition: what counts is only whether it is true."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            truth = self._test(node.operand)
            return Truth(~truth.column, truth.error)
        if isinstance(node, ast.BoolOp):
            first, *rest = [self._test(value) for value in node.values]
            for truth in rest:
                first = (both if isinstance(node.op, ast.And) else either)(first, truth)
            return first
        return truth_of(self.visit(node))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return self._test(node) if isinstance(node.op, ast.Not) else super().visit_UnaryOp(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """As a value it is one of its operands, which need not be a Boolean."""
        values = [self.visit(value) for value in node.values]
        if all(isinstance(value, Truth) for value in values):
            return self._test(node)
        result = values[-1]
        for value in reversed(values[:-1]):
            test = truth_of(value)
            if isinstance(node.op, ast.Or):
                result = chosen(test, replace(value, nullable=False) if isinstance(value, Value) else value, result)
            else:
                result = chosen(test, result, value)
        return result

    def visit_Call(self, node: ast.Call) -> Any:
        shadowed = {*self.names, *self.variables}
        if isinstance(node.func, ast.Name) and not node.keywords and node.func.id not in shadowed:
            known = {"str": self._str, "int": self._int, "float": self._float, "dict": self._dict}.get(node.func.id)
            if known is not None and len(node.args) == 1:
                return known(self.visit(node.args[0]))
        return super().visit_Call(node)

    def _str(self, value: Any) -> Value:
        return Value(shown(value), "string", getattr(value, "error", None), nullable=False)

    def _dict(self, value: Any) -> Made:
        if not isinstance(value, Made):
            raise UnsupportedError
        return Made(dict(value.fields))

    def _int(self, value: Any) -> Value:
        if not isinstance(value, Value) or value.family not in ("int", "long"):
            raise UnsupportedError  # text has more forms than engines read
        return Value(value.column, value.family, needed(value), bound=value.bound, nullable=False)

    def _float(self, value: Any) -> Value:
        if not isinstance(value, Value) or value.family not in ("int", "float"):
            raise UnsupportedError  # a long loses digits in ways of its own, text has more forms than engines read
        return Value(value.column.cast("double"), "float", needed(value), nullable=False)

    def _method(self, owner: Any, name: str, args: list[ast.expr]) -> Any:
        if isinstance(owner, Made):
            return self._of_record(owner, name, [self.visit(arg) for arg in args])
        if not is_text(owner) or name not in ("strip", "lstrip", "rstrip", "replace", "lower", "upper"):
            return super()._method(owner, name, args)
        values = [self.visit(arg) for arg in args]
        if name == "replace":
            if len(values) != 2 or not all(isinstance(v, Constant) and type(v.value) is str for v in values):
                raise UnsupportedError
            if not values[0].value:
                raise UnsupportedError
            return text_of(F.replace(owner.column, F.lit(values[0].value), F.lit(values[1].value)), owner)
        if values:
            raise UnsupportedError
        if name in ("strip", "lstrip", "rstrip"):
            trimmed = {"strip": F.trim, "lstrip": F.ltrim, "rstrip": F.rtrim}[name](owner.column, F.lit(SPACE))
            return text_of(trimmed, owner)
        return text_of(F.lower(owner.column) if name == "lower" else F.upper(owner.column), owner)

    def _of_record(self, owner: Made, name: str, values: list[Any]) -> Any:
        key = values[0].value if values and isinstance(values[0], Constant) else None
        if name == "copy" and not values:
            return Made(dict(owner.fields))
        if name == "get" and isinstance(key, str) and len(values) <= 2:
            if key in owner.fields:
                return owner.fields[key]
            return values[1] if len(values) == 2 else Constant(None)
        raise UnsupportedError(name)


def _cloned(names: dict[str, Any]) -> dict[str, Any]:
    """The variables with their own copies of every record they hold; two names for one record keep being so."""
    copies: dict[int, Made] = {}

    def clone(node: Any) -> Any:
        if not isinstance(node, Made):
            return node
        if id(node) not in copies:
            copies[id(node)] = Made({})
            copies[id(node)].fields = {name: clone(inner) for name, inner in node.fields.items()}
        return copies[id(node)]

    return {name: clone(node) for name, node in names.items()}


def _joined(test: Column, yes: dict[str, Any], no: dict[str, Any]) -> dict[str, Any]:
    """The variables after an if: those of one branch or the other. What only one branch has is unknown after it."""
    return {name: _merged(test, yes[name], no[name]) for name in yes if name in no}


def _merged(test: Column, yes: Any, no: Any) -> Any:
    if yes is no:
        return yes
    if isinstance(yes, Made) and isinstance(no, Made):
        if list(yes.fields) != list(no.fields):
            raise UnsupportedError  # which fields there are, and in which order, would depend on the data
        return Made({name: _merged(test, yes.fields[name], no.fields[name]) for name in yes.fields})
    return chosen(Truth(test), yes, no)
