"""Python functions: what goes into them and comes out is made Spark's own, and each is loaded only where it runs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mastic.engines.router import pb, types
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.scope import Column, Output
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.expressions import Expressions
    from mastic.engines.router.relations import Analysis

ROWS, SCALAR_ARROW = 100, 250
KINDS = {
    100: "udf", 101: "arrow udf", 200: "pandas_udf", 201: "applyInPandas", 202: "pandas_udf aggregate",
    204: "pandas_udf iterator", 205: "mapInPandas", 206: "cogroup applyInPandas", 207: "mapInArrow",
    209: "applyInArrow", 250: "arrow_udf", 251: "arrow_udf iterator", 252: "arrow_udf aggregate",
}  # fmt: skip
# Spark runs Python functions for every row before it looks at a condition; Sail only where the branch is taken.
LAZY = frozenset(["when", "coalesce", "and", "or", "if", "ifnull", "nvl", "nvl2", "nullif", "iff", "zeroifnull"])
AGGREGATING = (202, 252)


def inline(walker: Expressions, udf: Message, expression: Message) -> Type:
    """A call of a Python function in an expression."""
    expect(udf, "function_name", "deterministic", "arguments", "python_udf")
    python = udf.python_udf
    expect(python, "output_type", "eval_type", "command", "python_ver")
    analysis, kind = walker.analysis, _kind(python)
    walker.need(f"python {kind} in {'window' if walker.over else analysis.place}")
    if walker.lazy or walker.variables:
        raise Unproven(f"python {kind} inside a condition or a lambda")
    if not udf.deterministic:
        walker.need(f"python {kind} not deterministic")
    analysis.rerun_differs = True
    aggregates = walker.aggregates
    arguments = [_argument(walker, argument) for argument in udf.arguments]
    if walker.aggregates != aggregates:
        walker.need(f"python {kind} of an aggregate")
    if python.eval_type in AGGREGATING:
        walker.aggregates += 1
    output = types.from_proto(python.output_type)
    for type_ in dict.fromkeys(type_ for _, type_ in arguments):
        _need(analysis, kind, "takes", type_)
    _need(analysis, kind, "gives", output)
    _guard(python, [output])
    if python.eval_type == ROWS:
        _over_arrow(udf, arguments, output)
    elif any(name for name, _ in arguments):
        walker.need(f"python {kind} with named arguments")
    return output


def calls(condition: Message) -> int:
    """In how many conjuncts of a condition Python functions are called."""
    held = condition.unresolved_function
    if condition.WhichOneof("expr_type") == "unresolved_function" and held.function_name.lower() == "and":
        return sum(calls(argument) for argument in held.arguments)
    return int(any(True for _ in _functions(condition)))


def _kind(python: Message) -> str:
    kind = KINDS.get(python.eval_type)
    if kind is None:
        raise Unproven(f"python function of kind {python.eval_type}")
    return kind


def _argument(walker: Expressions, argument: Message) -> tuple[str, Type]:
    if argument.WhichOneof("expr_type") != "named_argument_expression":
        return "", walker.type_of(argument)
    held = argument.named_argument_expression
    expect(held, "key", "value")
    return held.key, walker.type_of(held.value)


OWN = ("udf", "mapInArrow")  # whose values are converted by `engines.functions`, part by part


def _need(analysis: Analysis, kind: str, takes: str, type_: Type) -> None:
    for part in kinds(type_) if kind in OWN else pairs(type_):
        analysis.proven.need(f"python {kind} {takes} {part}")
        if takes == "gives" and kind not in OWN and "struct" in part:
            raise Unproven(f"python {kind} gives {part}")  # what is inside a null struct would be read as it is


def kinds(type_: Type) -> Iterator[str]:
    """The kinds of a type and of all its parts."""
    yield type_.kind
    for _, child in type_.children:
        yield from kinds(child)


def pairs(type_: Type) -> Iterator[str]:
    """A type as what stands in what."""
    if not type_.children:
        yield type_.kind
    for _, child in type_.children:
        yield f"{type_.kind} of {child.kind}"
        if child.children:
            yield from pairs(child)


def _over_arrow(udf: Message, arguments: list[tuple[str, Type]], output: Type) -> None:
    """A row function as one over Arrow columns: Spark's values are made here, not by Sail."""
    from mastic.engines.functions import RowFunction

    python = udf.python_udf
    names, inputs = [name for name, _ in arguments], [type_ for _, type_ in arguments]
    function = RowFunction(python.command, inputs, output, names)
    python.command = pickle.dumps((function, _spark_type(output)))
    python.eval_type = SCALAR_ARROW
    plain = [_unnamed(argument) for argument in udf.arguments] or [pb.integer(0)]  # it must know how many rows
    del udf.arguments[:]
    udf.arguments.extend(plain)


def _guard(python: Message, outputs: list[Type]) -> None:
    """Floats that are no longer exact integers: Spark refuses them for bigint, Sail does not."""
    if KINDS[python.eval_type] not in ("pandas_udf", "pandas_udf iterator", "mapInPandas"):
        return
    if types.BIGINT not in outputs:
        return
    from mastic.engines.functions import ExactIntegers

    _, return_type = pickle.loads(python.command)  # noqa: S301  the user's own, in the user's own process
    guard = ExactIntegers(python.command, iterates=python.eval_type != 200)
    python.command = pickle.dumps((guard, return_type))


def _unnamed(argument: Message) -> Message:
    made = pb.Expression()
    named = argument.WhichOneof("expr_type") == "named_argument_expression"
    made.CopyFrom(argument.named_argument_expression.value if named else argument)
    return made


def _spark_type(type_: Type) -> Any:
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    return proto_schema_to_pyspark_data_type(types.to_proto(type_))


def registered(call: Message, held: Message) -> Message:
    """A call by name of a registered function, as the function itself."""
    if held.WhichOneof("function") != "python_udf":
        raise Unproven(f"registered function {held.function_name}")
    if call.function_name != held.function_name:
        raise Unproven(f"registered function {held.function_name} in another case")
    made = pb.Expression()
    inner = made.common_inline_user_defined_function
    inner.function_name, inner.deterministic = held.function_name, held.deterministic
    inner.python_udf.CopyFrom(held.python_udf)
    inner.arguments.extend(call.arguments)
    return made


# -- relations


def map_partitions(analysis: Analysis, held: Message, relation: Message) -> Output:
    """mapInArrow and mapInPandas."""
    expect(held, "input", "func", "is_barrier")
    kind, output = _over(analysis, held)
    source = analysis.relation(held.input)
    _distinct(source.columns)
    if held.is_barrier:
        raise Unproven(f"{kind} with a barrier")
    for column in source.columns:
        _need(analysis, kind, "takes", column.type)
    _guard(held.func.python_udf, [type_ for _, type_ in output.children])
    if kind == "mapInArrow":
        _between(held.func.python_udf, source.columns, output)
    return _made(source, output)


def _over(analysis: Analysis, held: Message) -> tuple[str, Type]:
    expect(held.func, "function_name", "deterministic", "arguments", "python_udf")
    python = held.func.python_udf
    expect(python, "output_type", "eval_type", "command", "python_ver")
    kind, output = _kind(python), types.from_proto(python.output_type)
    analysis.proven.need(f"relation {kind}")
    if output.kind != "struct" or len({name for name, _ in output.children}) != len(output.children):
        raise Unproven(f"{kind} with columns of one name")
    for _, type_ in output.children:
        _need(analysis, kind, "gives", type_)
    analysis.rerun_differs = True
    return kind, output


def _distinct(columns: tuple[Column, ...]) -> None:
    if len({column.name for column in columns}) != len(columns):
        raise Unproven("a Python function over columns of one name")


def _between(python: Message, columns: tuple[Column, ...], output: Type) -> None:
    from mastic.engines.functions import ArrowBatches

    inputs = [(column.name, column.type) for column in columns]
    python.command = pickle.dumps((ArrowBatches(python.command, inputs, list(output.children)), _spark_type(output)))


def _made(source: Output, output: Type) -> Output:
    return Output(tuple(Column(name, type_) for name, type_ in output.children), source.plans)


def group_map(analysis: Analysis, held: Message, relation: Message) -> Output:
    """groupBy(...).applyInPandas and applyInArrow."""
    expect(held, "input", "grouping_expressions", "func")
    kind, output = _over(analysis, held)
    source = analysis.relation(held.input)
    _distinct(source.columns)
    for column in source.columns:
        _need(analysis, kind, "takes", column.type)
    _keys(analysis, kind, source, held.grouping_expressions)
    return _made(source, output)


def _keys(analysis: Analysis, kind: str, source: Output, expressions: Any) -> None:
    walker = analysis.expressions(source)
    for expression in expressions:
        analysis.proven.need(f"python {kind} by {walker.type_of(expression).signature()}")


def co_group_map(analysis: Analysis, held: Message, relation: Message) -> Output:
    """groupBy(...).cogroup(...).applyInPandas."""
    expect(held, "input", "input_grouping_expressions", "other", "other_grouping_expressions", "func")
    kind, output = _over(analysis, held)
    for side, keys in (
        (held.input, held.input_grouping_expressions),
        (held.other, held.other_grouping_expressions),
    ):
        source = analysis.relation(side)
        _distinct(source.columns)
        for column in source.columns:
            _need(analysis, kind, "takes", column.type)
        _keys(analysis, kind, source, keys)
    return Output(tuple(Column(name, type_) for name, type_ in output.children))


# -- Spark's workers


def importable(message: Message, paths: list[str]) -> None:
    """Let every Python function in the request find the run's modules in Spark's workers."""
    from mastic.engines.functions import with_paths

    for python in _functions(message):
        python.command = with_paths(python.command, paths)


def _functions(message: Message) -> Iterator[Message]:
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            continue
        for held in value if field.is_repeated else [value]:
            if field.message_type.name in ("PythonUDF", "PythonUDTF", "PythonDataSource"):
                yield held
            else:
                yield from _functions(held)
