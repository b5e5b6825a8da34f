"""Relations that Sail lacks or gets wrong, as others that are proven: pivots, multisets, replaced values."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mastic.engines.router import functions, names, pb, scope, types
from mastic.engines.router.expressions import literal_type
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.scope import Column, Output

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

_PIVOTED = ("string", "int", "bigint", "boolean")
_NUMBER = "_mastic_number"


def pivot(analysis: Analysis, aggregate: Message, relation: Message) -> Output:
    """A pivot over given values: each aggregate over the rows of each value, NULL where there are none."""
    held = aggregate.pivot
    expect(held, "col", "values")
    if not held.values or aggregate.grouping_sets:
        raise Unproven("pivot without values")
    analysis.proven.need("relation pivot")
    made = pb.Relation()
    made.aggregate.input.CopyFrom(aggregate.input)
    made.aggregate.group_type = 1
    made.aggregate.grouping_expressions.extend(aggregate.grouping_expressions)
    several = len(aggregate.aggregate_expressions) > 1
    for value in held.values:
        same = pb.function("<=>", held.col, _literal(value))
        for expression in aggregate.aggregate_expressions:
            name, call = _aggregate(expression)
            over = pb.function("when", same, call.unresolved_function.arguments[0])
            call.unresolved_function.arguments[0].CopyFrom(over)
            rows = pb.function("count", pb.function("when", same, pb.integer(1)))
            given = pb.function("when", pb.function(">", rows, pb.long(0)), call)
            shown = f"{_shown(value)}_{name}" if several else _shown(value)
            made.aggregate.aggregate_expressions.add().CopyFrom(pb.alias(given, shown))
    pb.replace(relation, made)
    from mastic.engines.router.handlers import HANDLERS

    return HANDLERS["aggregate"](analysis, relation.aggregate, relation)


def count_rows(message: Message) -> None:
    """Let every `count(*)` of a pivot be count(1), as classic PySpark says it: Spark expands no star there."""
    if message.DESCRIPTOR.name == "Aggregate" and message.HasField("pivot"):
        for expression in message.aggregate_expressions:
            held = expression.alias.expr if expression.WhichOneof("expr_type") == "alias" else expression
            call = held.unresolved_function
            kinds = [each.WhichOneof("expr_type") for each in call.arguments]
            if call.function_name.lower() == "count" and kinds == ["unresolved_star"]:
                call.arguments[0].CopyFrom(pb.integer(1))
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for each in value if field.is_repeated else [value]:
                count_rows(each)


def _aggregate(expression: Message) -> tuple[str, Message]:
    """The name of an aggregate's column and a copy of its call."""
    made = pb.copied(expression.alias.expr if expression.WhichOneof("expr_type") == "alias" else expression)
    call = made.unresolved_function
    if call.function_name.lower() not in functions.NULL_SKIPPING or len(call.arguments) != 1:
        raise Unproven("pivot of such an aggregate")
    name = names.of(expression)
    if call.arguments[0].WhichOneof("expr_type") == "unresolved_star":
        call.arguments[0].CopyFrom(pb.integer(1))
    return name, made


def _literal(value: Message) -> Message:
    made = pb.Expression()
    made.literal.CopyFrom(value)
    return made


def _shown(value: Message) -> str:
    type_ = literal_type(value)
    if type_.kind not in _PIVOTED:
        raise Unproven(f"pivot over {type_.kind}")
    shown = getattr(value, value.WhichOneof("literal_type"))
    return str(shown).lower() if isinstance(shown, bool) else str(shown)


def multiset(kind: str, held: Message, columns: tuple[Column, ...]) -> Message:
    """INTERSECT ALL and EXCEPT ALL: equal rows are numbered, then the sets are taken of numbered rows."""
    quoted = [scope.quote(column.name) for column in columns]
    if len({column.name.lower() for column in columns}) != len(columns):
        raise Unproven(f"{kind} all of repeated names")
    if any(part in column.type.ddl() for column in columns for part in ("float", "double", "map")):
        raise Unproven(f"{kind} all of floating-point numbers or maps")
    made = pb.Relation()
    made.project.input.set_op.set_op_type = held.set_op_type
    inner = made.project.input.set_op
    for side, target in ((held.left_input, inner.left_input), (held.right_input, inner.right_input)):
        target.project.input.to_df.input.CopyFrom(side)
        target.project.input.to_df.column_names.extend(column.name for column in columns)
        target.project.expressions.extend(map(pb.attribute, quoted))
        number = pb.Expression()
        number.window.window_function.CopyFrom(pb.function("row_number"))
        for name in quoted:
            number.window.partition_spec.add().CopyFrom(pb.attribute(name))
        number.window.order_spec.add(direction=1, null_ordering=1).child.CopyFrom(pb.attribute(quoted[0]))
        target.project.expressions.add().CopyFrom(pb.alias(number, _NUMBER))
    made.project.expressions.extend(map(pb.attribute, quoted))
    return made


def replace(analysis: Analysis, held: Message, relation: Message) -> Output:
    """`na.replace`: columns of the values' kind, compared as Spark does (numbers as doubles)."""
    expect(held, "input", "cols", "replacements")
    source = analysis.relation(held.input)
    analysis.proven.need("relation replace")
    pairs = [(_literal(pair.old_value), _literal(pair.new_value)) for pair in held.replacements]
    kinds = {_kind(literal_type(old.literal)) for old, _ in pairs}
    if len(kinds) != 1 or None in kinds:
        raise Unproven("replace of values of several kinds")
    (kind,) = kinds
    columns = source.named(held.cols) if held.cols else source.columns
    made = pb.Relation()
    made.with_columns.input.CopyFrom(held.input)
    for column in columns:
        if column.type.kind == "decimal" and kind == "number":
            raise Unproven("replace in decimal")
        if _kind(column.type) != kind:
            continue
        value = pb.attribute(scope.quote(column.name))
        arguments = []
        for old, new in pairs:
            if old.literal.WhichOneof("literal_type") == "null":
                raise Unproven("replace of null")
            analysis.proven.need(f"replace in {column.type.signature()}")
            arguments += [pb.function("==", value, old), pb.cast(new, types.to_proto(column.type))]
        alias = made.with_columns.aliases.add()
        alias.name.append(column.name)
        alias.expr.CopyFrom(pb.function("when", *arguments, value))
    pb.replace(relation, made if made.with_columns.aliases else held.input)
    if kind != "number":
        return source
    # Numbers are replaced by doubles, of which an integer column may hold none.
    cast = {column.ident for column in columns if column.type.kind in types.INTEGRAL}
    return source.with_columns(tuple(c.nullable() if c.ident in cast else c for c in source.columns))


def _kind(type_: types.Type) -> str | None:
    if type_.kind in (*types.INTEGRAL, *types.FRACTIONAL):
        return "number"
    return type_.kind if type_.kind in ("string", "boolean") else None


def unpivot(analysis: Analysis, held: Message, relation: Message) -> Output:
    """`unpivot` and `melt` over columns of one type."""
    expect(held, "input", "ids", "values", "variable_column_name", "value_column_name")
    source = analysis.relation(held.input)
    analysis.proven.need("relation unpivot")
    walker = analysis.expressions(source)
    ids = [_plain(walker, expression) for expression in held.ids]
    if held.HasField("values"):
        values = [_plain(walker, expression) for expression in held.values.values]
    else:
        taken = {column.ident for column in ids}
        values = [column for column in source.columns if column.ident not in taken]
        held.values.values.extend(pb.attribute(scope.quote(column.name)) for column in values)
    if len({column.type for column in values}) != 1:
        raise Unproven("unpivot of columns of different types")
    analysis.proven.need(f"unpivot {values[0].type.signature()}")
    return Output(
        (
            *(column.renamed(column.name) for column in ids),
            Column(held.variable_column_name, types.STRING.nullable(False)),
            Column(held.value_column_name, functools.reduce(_either, (column.type for column in values))),
        )
    )


def _either(a: types.Type, b: types.Type) -> types.Type:
    return types.wider(a, b) or a


def _plain(walker: object, expression: Message) -> Column:
    from mastic.engines.router.expressions import Expressions

    assert isinstance(walker, Expressions)
    if expression.WhichOneof("expr_type") != "unresolved_attribute":
        raise Unproven("unpivot of an expression")
    attribute = expression.unresolved_attribute
    plan_id = attribute.plan_id if attribute.HasField("plan_id") else None
    column, path = walker.resolve(scope.split(attribute.unparsed_identifier), plan_id)
    if path or column.name != scope.split(attribute.unparsed_identifier)[-1]:
        raise Unproven("unpivot of a field or of a name in another case")
    return column
