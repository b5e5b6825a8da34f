"""A user's Map function as a projection, where that gives exactly what the Python would.

The function is followed statement by statement; each field of the record it makes becomes a column. Whatever is not
understood for certain runs as Python instead (`_map`), with the same types: a field keeps its type while its values
fit it, and a new number is an int or a long by the data.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from types import FunctionType
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue._columns import at, null_of, struct_of
from awsglue._lambda import (
    LONG_MAX,
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
    sure,
    truth_of,
)
from awsglue.gluetypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    ChoiceType,
    DataType,
    DateType,
    DoubleType,
    Field,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructType,
    TimestampType,
)

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
EXACT = 2**53
# What str.strip takes for space.
SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())


@dataclass
class Made:
    """A record the function makes or was given: fields by name, in the order they were set."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class Items:
    """A list the function makes."""

    members: tuple[Any, ...]


def projected(
    frame: DataFrame, schema: StructType, f: Callable[..., Any]
) -> tuple[DataFrame, StructType, Column | None] | None:
    """The function as columns: (records, their schema, where it raises); None when it must run as Python."""
    try:
        made, maker = _followed(f, schema)
        outputs = [(name, _Output(maker, schema, name, node)) for name, node in made.fields.items()]
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
        value = _computed(statement.op, self.visit(loaded), self.visit(statement.value))
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
        return _member(owner, key.value)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if hasattr(dict, node.attr):
            raise UnsupportedError
        return _member(self.visit(node.value), node.attr)

    def _slice(self, owner: Any, part: ast.Slice) -> Node:
        start = 0 if part.lower is None else getattr(self.visit(part.lower), "value", None)
        stop = None if part.upper is None else getattr(self.visit(part.upper), "value", None)
        if part.step is not None or type(start) is not int or type(stop) is not int or min(start, stop) < 0:
            raise UnsupportedError
        if not _is_text(owner):
            raise UnsupportedError
        return _text_of(F.substring(owner.column, start + 1, max(0, stop - start)), owner)

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
        return _computed(node.op, self.visit(node.left), self.visit(node.right))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        parts, error = [], None
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion not in (-1, ord("s")):
                    raise UnsupportedError
                value = self.visit(part.value)
                parts.append(_shown(value))
                error = any_of(error, getattr(value, "error", None))
            else:
                parts.append(F.lit(part.value))  # type: ignore[attr-defined]
        column = F.concat(*parts) if len(parts) > 1 else parts[0] if parts else F.lit("")
        return Value(column, "string", error, nullable=False)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self._test(node.test)
        return _chosen(test, self.visit(node.body), self.visit(node.orelse))

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
                result = _chosen(test, replace(value, nullable=False) if isinstance(value, Value) else value, result)
            else:
                result = _chosen(test, result, value)
        return result

    def visit_Call(self, node: ast.Call) -> Any:
        shadowed = {*self.names, *self.variables}
        if isinstance(node.func, ast.Name) and not node.keywords and node.func.id not in shadowed:
            known = {"str": self._str, "int": self._int, "float": self._float, "dict": self._dict}.get(node.func.id)
            if known is not None and len(node.args) == 1:
                return known(self.visit(node.args[0]))
        return super().visit_Call(node)

    def _str(self, value: Any) -> Value:
        return Value(_shown(value), "string", getattr(value, "error", None), nullable=False)

    def _dict(self, value: Any) -> Made:
        if not isinstance(value, Made):
            raise UnsupportedError
        return Made(dict(value.fields))

    def _int(self, value: Any) -> Value:
        if not isinstance(value, Value) or value.family not in ("int", "long"):
            raise UnsupportedError  # text has more forms than engines read
        return Value(value.column, value.family, _needed(value), bound=value.bound, nullable=False)

    def _float(self, value: Any) -> Value:
        if not isinstance(value, Value) or value.family not in ("int", "float"):
            raise UnsupportedError  # a long loses digits in ways of its own, text has more forms than engines read
        return Value(value.column.cast("double"), "float", _needed(value), nullable=False)

    def _method(self, owner: Any, name: str, args: list[ast.expr]) -> Any:
        if isinstance(owner, Made):
            return self._of_record(owner, name, [self.visit(arg) for arg in args])
        if not _is_text(owner) or name not in ("strip", "lstrip", "rstrip", "replace", "lower", "upper"):
            return super()._method(owner, name, args)
        values = [self.visit(arg) for arg in args]
        if name == "replace":
            if len(values) != 2 or not all(isinstance(v, Constant) and type(v.value) is str for v in values):
                raise UnsupportedError
            if not values[0].value:
                raise UnsupportedError
            return _text_of(F.replace(owner.column, F.lit(values[0].value), F.lit(values[1].value)), owner)
        if values:
            raise UnsupportedError
        if name in ("strip", "lstrip", "rstrip"):
            trimmed = {"strip": F.trim, "lstrip": F.ltrim, "rstrip": F.rtrim}[name](owner.column, F.lit(SPACE))
            return _text_of(trimmed, owner)
        return _text_of(F.lower(owner.column) if name == "lower" else F.upper(owner.column), owner)

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
    return _chosen(Truth(test), yes, no)


# -- values ----------------------------------------------------------------------------------------------------------


def _member(owner: Any, name: str) -> Any:
    if not isinstance(owner, Made):
        return field_of(owner, name)
    if name not in owner.fields:
        raise UnsupportedError(name)
    return owner.fields[name]


def _is_text(node: Any) -> bool:
    return isinstance(node, Value) and node.family == "string"


def _needed(value: Value) -> Column | None:
    """Where a value raises, or is None where a value is needed."""
    return any_of(value.error, value.column.isNull()) if value.nullable else value.error


def _text_of(column: Column, owner: Value) -> Value:
    return Value(column, "string", _needed(owner), nullable=False)


def _value(node: Any) -> Value:
    """A constant or a value as a value."""
    if isinstance(node, Value):
        return node
    if isinstance(node, Truth):
        return Value(node.column, "bool", node.error, nullable=False)
    if isinstance(node, Constant):
        held = node.value
        if type(held) is str:
            return Value(F.lit(held), "string", nullable=False)
        if type(held) is bool:
            return Value(F.lit(held), "bool", nullable=False)
        if type(held) is int and abs(held) <= LONG_MAX:
            return Value(F.lit(held).cast("bigint"), "int", bound=abs(held), nullable=False)
        if type(held) is float:
            return Value(F.lit(held), "float", nullable=False)
    raise UnsupportedError


def _shown(node: Any) -> Column:
    """str() of a value."""
    if isinstance(node, Constant) and type(node.value) in (str, int, bool, type(None)):
        return F.lit(str(node.value))
    value = _value(node)
    if value.family == "string":
        column = value.column
    elif value.family in ("int", "long"):
        column = value.column.cast("string")
    elif value.family == "bool":
        column = F.when(value.column.isNull(), F.lit(None)).when(value.column, "True").otherwise("False")
    else:
        raise UnsupportedError  # Python and the engines print floats differently
    return F.coalesce(column, F.lit("None")) if value.nullable else column


def _computed(op: ast.operator, left_node: Any, right_node: Any) -> Value:
    left, right = _value(left_node), _value(right_node)
    error = any_of(_needed(left), _needed(right))
    if isinstance(op, ast.Add) and left.family == right.family == "string":
        return Value(F.concat(left.column, right.column), "string", error, nullable=False)
    families = {left.family, right.family}
    if families <= {"int", "long"}:
        return _integral(op, left, right, error)
    if families <= {"int", "float"} and max(left.bound if left.family == "int" else 0,
                                            right.bound if right.family == "int" else 0) <= EXACT:  # fmt: skip
        return _fractional(op, left, right, error)
    raise UnsupportedError


_SIZES: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a + b, ast.Mult: lambda a, b: a * b,
}  # fmt: skip


def _integral(op: ast.operator, left: Value, right: Value, error: Column | None) -> Value:
    a, b = left.column.cast("bigint"), right.column.cast("bigint")
    if isinstance(op, ast.Div):
        if max(left.bound, right.bound) > EXACT:
            raise UnsupportedError
        return _fractional(op, left, right, error)
    size = _SIZES.get(type(op))
    bound = LONG_MAX + 1 if size is None else size(left.bound, right.bound)
    if bound > LONG_MAX:
        raise UnsupportedError  # Python's integers have no end
    result = a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
    return Value(result, "int" if bound <= EXACT else "long", error, bound=bound, nullable=False)


def _fractional(op: ast.operator, left: Value, right: Value, error: Column | None) -> Value:
    a, b = left.column.cast("double"), right.column.cast("double")
    if isinstance(op, ast.Div):
        nothing = sure(b == F.lit(0.0))
        quotient = a / F.when(~nothing, b)
        return Value(quotient, "float", any_of(error, nothing), nullable=False)
    if not isinstance(op, ast.Add | ast.Sub | ast.Mult):
        raise UnsupportedError
    result = a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
    return Value(result, "float", error, nullable=False)


def _chosen(test: Truth, yes: Any, no: Any) -> Any:
    """`yes if test else no`."""
    error = any_of(
        test.error,
        None if getattr(yes, "error", None) is None else test.column & yes.error,
        None if getattr(no, "error", None) is None else ~test.column & no.error,
    )
    nothing = [isinstance(node, Constant) and node.value is None for node in (yes, no)]
    if all(nothing):
        raise UnsupportedError
    known = [_value(node) for node, is_none in zip((yes, no), nothing, strict=True) if not is_none]
    families = {value.family for value in known}
    if "other" in families or not (len(families) == 1 or families <= {"int", "long"}):
        raise UnsupportedError
    columns = iter([value.column.cast("bigint") if families <= {"int", "long"} else value.column for value in known])
    made = [None if is_none else next(columns) for is_none in nothing]
    column = F.when(test.column, made[0]).otherwise(made[1])
    family = next(iter(families)) if len(families) == 1 else "long"
    nullable = any(nothing) or any(value.nullable for value in known)
    return Value(column, family, error, bound=max(value.bound for value in known), nullable=nullable)


# -- results ---------------------------------------------------------------------------------------------------------

_SAME = (BinaryType, BooleanType, DateType, StringType, TimestampType)
_FAMILIES: dict[str, DataType] = {"string": StringType(), "float": DoubleType(), "bool": BooleanType()}


class _Output:
    """One field of the made record: what must be asked of the data, and its column when that is answered."""

    def __init__(self, maker: Maker, schema: StructType, name: str, node: Any) -> None:
        declared = schema.getField(name).dataType if schema.hasField(name) else None
        declared = None if isinstance(declared, NullType) and getattr(node, "steps", None) != (name,) else declared
        self.checks: list[Column] = []
        self.settled = self._of(node, declared, (name,), schema)

    def _of(self, node: Any, declared: DataType | None, steps: tuple[str, ...], schema: StructType) -> Any:
        if isinstance(node, Made | Items) and isinstance(declared, ArrayType | ChoiceType | MapType):
            raise UnsupportedError  # some results may still fit the old type
        if isinstance(node, Made):
            return self._struct(node, declared, steps, schema)
        if isinstance(node, Items):
            return self._list(node)
        if isinstance(node, Record):
            if node.steps != steps:
                raise UnsupportedError
            return lambda answers: (at(steps), node.struct)
        if isinstance(node, Constant) and node.value is None:
            if declared is None:
                return lambda answers: (null_of(NullType()), NullType())
            return lambda answers: (null_of(declared), declared)
        if isinstance(node, Value) and node.steps == steps:
            return lambda answers: (at(steps), declared)
        return self._typed(_value(node), declared, node, schema)

    def _struct(self, node: Made, declared: DataType | None, steps: tuple[str, ...], schema: StructType) -> Any:
        if not node.fields or len({name.lower() for name in node.fields}) != len(node.fields):
            raise UnsupportedError
        members = {}
        for name, inner in node.fields.items():
            known = (
                declared.getField(name).dataType
                if isinstance(declared, StructType) and declared.hasField(name)
                else None
            )
            members[name] = self._of(inner, known, (*steps, name), schema)

        def settle(answers: Any) -> tuple[Column, DataType]:
            made = {name: member(answers) for name, member in members.items()}
            column = struct_of((name, value) for name, (value, _) in made.items())
            return column, StructType([Field(name, data_type) for name, (_, data_type) in made.items()])

        return settle

    def _list(self, node: Items) -> Any:
        values = [_value(member) for member in node.members]
        if {value.family for value in values} != {"string"}:
            raise UnsupportedError
        column = F.array(*[value.column for value in values])
        if not all(value.nullable for value in values):
            return lambda answers: (column, ArrayType(StringType()))
        present = any_of(*[value.column.isNotNull() for value in values])
        assert present is not None
        self.checks.append(present)
        return lambda answers: (column, ArrayType(StringType() if next(answers) else NullType()))

    def _typed(self, value: Value, declared: DataType | None, node: Any, schema: StructType) -> Any:
        if value.family in ("int", "long"):
            return self._number(value, declared)
        if value.steps:
            found = _field_type(schema, value.steps)
            if not isinstance(found, _SAME) and value.family != "float":
                raise UnsupportedError
            data_type = DoubleType() if value.family == "float" else found
        else:
            if value.family not in _FAMILIES:
                raise UnsupportedError
            data_type = _FAMILIES[value.family]
        if declared is not None and declared != data_type and (value.nullable or not _unlike(declared, data_type)):
            raise UnsupportedError
        if not value.nullable or declared == data_type:
            return lambda answers: (value.column, data_type)
        self.checks.append(value.column.isNotNull())
        return lambda answers: (value.column, data_type) if next(answers) else (null_of(NullType()), NullType())

    def _number(self, value: Value, declared: DataType | None) -> Any:
        if isinstance(declared, LongType):
            return lambda answers: (value.column.cast("bigint"), declared)
        others = declared is not None and not isinstance(declared, IntegerType)
        if others and (value.nullable or isinstance(declared, ByteType | ShortType | ChoiceType)):
            raise UnsupportedError
        small = sure(value.column.between(INT_MIN, INT_MAX))
        if value.bound <= INT_MAX and (not value.nullable or isinstance(declared, IntegerType)):
            return lambda answers: (value.column.cast("int"), IntegerType())
        self.checks += [small, sure(~value.column.between(INT_MIN, INT_MAX))]

        def settle(answers: Any) -> tuple[Column, DataType]:
            has_small, has_large = next(answers), next(answers)
            if not has_large:
                known = has_small or isinstance(declared, IntegerType)
                return (value.column.try_cast("int"), IntegerType()) if known else (null_of(NullType()), NullType())
            if not has_small:
                return value.column.cast("bigint"), LongType()
            both = struct_of([("int", F.when(small, value.column).try_cast("int")),
                              ("long", F.when(~small, value.column).cast("bigint"))])  # fmt: skip
            return F.when(value.column.isNotNull(), both), ChoiceType([IntegerType(), LongType()])

        return settle


def _unlike(declared: DataType, data_type: DataType) -> bool:
    """Whether no value of the one is one of the other."""
    return isinstance(declared, (*_SAME, IntegerType, LongType, DoubleType)) and declared != data_type


def _field_type(schema: StructType, steps: tuple[str, ...]) -> DataType:
    current: DataType = schema
    for step in steps:
        assert isinstance(current, StructType)
        current = current.getField(step).dataType
    return current
