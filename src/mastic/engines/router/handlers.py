"""What each kind of relation gives, and what it asks of the proven list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mastic.engines.router import joins, pb, scope, types
from mastic.engines.router.expressions import literal_type
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.rewrites import local, python, reading, reshaping
from mastic.engines.router.scope import Column, Output, merge_plans
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

SET_OPERATIONS = {1: "intersect", 2: "union", 3: "except"}
ORDER_SENSITIVE = frozenset(["first", "last", "any_value", "first_value", "last_value", "collect_list"])


def _read(analysis: Analysis, read: Message, relation: Message) -> Output:
    expect(read, "named_table", "data_source")
    if read.WhichOneof("read_type") == "data_source":
        return reading.data_source(analysis, read.data_source, relation)
    expect(read.named_table, "unparsed_identifier")
    parts = scope.split(read.named_table.unparsed_identifier)
    view = analysis.views.get(".".join(parts).lower())
    if view is None:
        raise scope.TableNotFound(parts)
    analysis.rerun_differs |= view.rerun_differs
    read.named_table.unparsed_identifier = scope.quote(parts[-1].lower())
    columns = tuple(Column(column.name, column.type, (parts[-1].lower(),)) for column in view.columns)
    return Output(columns, size=view.size)


def _project(analysis: Analysis, project: Message, relation: Message) -> Output:
    expect(project, "input", "expressions")
    if not project.HasField("input"):
        analysis.proven.need("relation one row")
        return Output(tuple(analysis.projected(Output(()), project.expressions)))
    analysis.proven.need("relation project")
    analysis.any_order = not any(map(_is_every_column, project.expressions))
    source = analysis.relation(project.input)
    walker = analysis.expressions(source)
    columns = analysis.projected(source, project.expressions, walker)
    if walker.aggregates:
        analysis.proven.need("aggregate without groups in select")
        _hold_filters(relation)
        return Output(tuple(columns), source.plans)
    return source.with_columns(tuple(columns))


def _is_every_column(expression: Message) -> bool:
    return expression.WhichOneof("expr_type") == "unresolved_star" and not expression.unresolved_star.unparsed_target


def _filter(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "condition")
    source = analysis.relation(held.input)
    walker = analysis.expressions(source)
    if python.calls(held.condition) == 1:
        walker.eager.add("and")  # Spark splits the conjunction too, and keeps the Python one for last
    type_ = walker.type_of(held.condition)
    if walker.aggregates:
        raise Unproven("filter by an aggregate")
    analysis.proven.need(f"filter {type_.signature()}")
    return source


def _set_operation(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "left_input", "right_input", "set_op_type", "is_all", "by_name", "allow_missing_columns")
    kind = SET_OPERATIONS.get(held.set_op_type, "unknown")
    left, right = analysis.relation(held.left_input), analysis.relation(held.right_input)
    by_name = " by name" if held.by_name else ""
    analysis.proven.need(f"{kind}{' all' if held.is_all else ''}{by_name}")
    if held.by_name:
        left, right = _by_name(analysis, held, left, right)
    if len(left.columns) != len(right.columns):
        raise Unproven(f"{kind} of different numbers of columns")
    merged: list[Type] = []
    for a, b in zip(left.columns, right.columns, strict=True):
        type_ = types.wider(a.type, b.type)
        if type_ is None:
            raise Unproven(f"{kind} of {a.type.ddl()} and {b.type.ddl()}")
        analysis.proven.need(f"{kind} of {type_.signature(shallow=kind == 'union' and held.is_all)}")
        merged.append(type_)
    for side, message in ((left, held.left_input), (right, held.right_input)):
        if any(column.type != type_ for column, type_ in zip(side.columns, merged, strict=True)):
            analysis.proven.need("set operation with widening")
            widen(message, side.columns, merged)
    if kind != "union":
        sides = zip(left.columns, right.columns, merged, strict=True)
        merged = [m.nullable(a.type.null and (b.type.null or kind == "except")) for a, b, m in sides]
    columns = tuple(Column(column.name, type_) for column, type_ in zip(left.columns, merged, strict=True))
    if held.is_all and kind != "union":
        pb.replace(relation, reshaping.multiset(kind, held, columns))
    return Output(columns, merge_plans(left.plans, right.plans))


def _by_name(analysis: Analysis, held: Message, left: Output, right: Output) -> tuple[Output, Output]:
    """Bring both sides into one column order: the left's, then what only the right has."""
    for side in (left, right):
        if len({column.name.lower() for column in side.columns}) != len(side.columns):
            raise Unproven("union by name of repeated names")
    a, b = ({column.name.lower(): column for column in side.columns} for side in (left, right))
    if any(a[name].name != b[name].name for name in a.keys() & b.keys()):
        raise Unproven("union by name of names in different cases")
    if a.keys() != b.keys():
        if not held.allow_missing_columns:
            raise Unproven("union by name of different names")
        analysis.proven.need("union by name with missing columns")
    order = [*a, *(name for name in b if name not in a)]
    outputs = []
    for message, own, other in ((held.left_input, a, b), (held.right_input, b, a)):
        columns = tuple(own.get(name) or other[name].renamed(other[name].name).nullable() for name in order)
        expressions = [
            pb.attribute(scope.quote(column.name))
            if name in own
            else pb.alias(pb.cast(pb.null(), types.to_proto(column.type)), column.name)
            for name, column in zip(order, columns, strict=True)
        ]
        message.CopyFrom(pb.projected(message, expressions))
        outputs.append(columns)
    held.by_name = held.allow_missing_columns = False
    return left.with_columns(outputs[0]), right.with_columns(outputs[1])


def widen(relation: Message, columns: tuple[Column, ...], wanted: list[Type]) -> None:
    """Put a projection over the relation that casts its columns to the wanted types."""
    if len({column.name.lower() for column in columns}) != len(columns):
        raise Unproven("widening of columns with the same name")
    references = [pb.attribute(scope.quote(column.name)) for column in columns]
    cast = [
        reference if column.type == type_ else pb.alias(pb.cast(reference, types.to_proto(type_)), column.name)
        for reference, column, type_ in zip(references, columns, wanted, strict=True)
    ]
    relation.CopyFrom(pb.projected(relation, cast))


def _sort(analysis: Analysis, sort: Message, relation: Message) -> Output:
    expect(sort, "input", "order", "is_global")
    source = analysis.relation(sort.input)
    analysis.proven.need("relation sort" if sort.is_global else "relation sort within partitions")
    walker = analysis.expressions(source)
    for order in sort.order:
        walker.order(order)
    return Output(source.columns, source.plans, ordered=True)


def _limit(analysis: Analysis, limit: Message, relation: Message) -> Output:
    expect(limit, "input", "limit")
    source = analysis.relation(limit.input)
    analysis.proven.need("relation limit")
    return source


def _offset(analysis: Analysis, offset: Message, relation: Message) -> Output:
    expect(offset, "input", "offset")
    source = analysis.relation(offset.input)
    analysis.proven.need("relation offset")
    return source


def _tail(analysis: Analysis, tail: Message, relation: Message) -> Output:
    expect(tail, "input", "limit")
    source = analysis.relation(tail.input)
    analysis.proven.need("relation tail")
    return source


def _aggregate(analysis: Analysis, aggregate: Message, relation: Message) -> Output:
    expect(aggregate, "input", "group_type", "grouping_expressions", "aggregate_expressions", "grouping_sets", "pivot")
    if aggregate.group_type == 4:
        return reshaping.pivot(analysis, aggregate, relation)
    analysis.any_order = True
    source = analysis.relation(aggregate.input)
    group = {1: "group by", 2: "rollup", 3: "cube", 5: "grouping sets"}.get(aggregate.group_type, "unknown grouping")
    analysis.proven.need(f"relation {group}" if aggregate.grouping_expressions else "relation aggregate without groups")
    if group != "group by":
        source = source.nullable()  # a key is NULL in the rows of all its values
        if not aggregate.grouping_expressions:
            raise Unproven(f"{group} without keys")  # no row of an empty input, to Sail one
    keys: list[Column] = []
    for expression in aggregate.grouping_expressions:
        if expression.WhichOneof("expr_type") == "literal":
            raise Unproven("group by a literal")
        if group != "group by" and "unresolved_attribute" not in str(expression):
            raise Unproven(f"{group} by a constant")  # which Sail takes for one in the rows of all its values too
        (column,) = analysis.projected(source, [expression])
        analysis.proven.need(f"group by {column.type.signature()}")
        keys.append(column if group == "group by" else column.nullable())
    for held in aggregate.grouping_sets:
        analysis.projected(source, held.grouping_set)
    if aggregate.grouping_sets:
        del aggregate.grouping_expressions[:]  # Sail takes the keys from the sets
    if source.ordered and _mentions(aggregate.aggregate_expressions, ORDER_SENSITIVE):
        analysis.proven.need("order-sensitive aggregate of sorted rows")
    columns = analysis.projected(source, aggregate.aggregate_expressions)
    output = Output((*keys, *columns), source.plans)
    if group != "group by":
        _without_total_of_nothing(aggregate, relation, output)
    elif not keys:
        _hold_filters(relation)
    return output


def _hold_filters(relation: Message) -> None:
    """Sail puts a filter that looks at no column (`k = 'b'` of a constant k) below an aggregation that gives a row of
    no rows too, which then stays; it puts none below a limit."""
    made = pb.Relation()
    made.limit.input.CopyFrom(relation)
    made.limit.limit = 1
    pb.replace(relation, made)


def _without_total_of_nothing(aggregate: Message, relation: Message, output: Output) -> None:
    """Where there are no rows Sail makes a grand total of grouping sets, Spark does not; the same is left of a filter
    that Sail puts below."""
    output.named(column.name for column in output.columns)  # which have one meaning each
    rows = "mastic_rows"
    aggregate.aggregate_expressions.append(pb.alias(pb.function("count", pb.integer(1)), rows))
    some = pb.filtered(relation, pb.function(">", pb.attribute(rows), pb.long(0)))
    shown = [pb.attribute(scope.quote(column.name)) for column in output.columns]
    pb.replace(relation, pb.projected(some, shown))


def _mentions(expressions: Any, wanted: frozenset[str]) -> bool:
    for expression in expressions:
        kind = expression.WhichOneof("expr_type")
        if kind == "alias" and _mentions([expression.alias.expr], wanted):
            return True
        if kind == "cast" and _mentions([expression.cast.expr], wanted):
            return True
        if kind == "unresolved_function":
            call = expression.unresolved_function
            if call.function_name.lower() in wanted or _mentions(call.arguments, wanted):
                return True
    return False


def _sql(analysis: Analysis, held: Message, relation: Message) -> Output:
    from mastic.engines.router import sql

    expect(held, "query", "named_arguments")
    made = sql.query(held.query, analysis, sql.Given(held.named_arguments, (), analysis.tables))
    pb.replace(relation, made)
    return analysis.relation(relation)


def _with_relations(analysis: Analysis, held: Message, relation: Message) -> Output:
    """`spark.sql("... {t}", t=df)`: SQL text over DataFrames passed by name."""
    expect(held, "root", "references")
    analysis.proven.need("sql over relations")
    for reference in held.references:
        if reference.WhichOneof("rel_type") != "subquery_alias":
            raise Unproven("relations beside a plan")
        analysis.tables[reference.subquery_alias.alias.lower()] = pb.copied(reference.subquery_alias.input)
    if held.root.WhichOneof("rel_type") != "sql":
        raise Unproven("relations beside a plan")
    pb.replace(relation, held.root)
    return analysis.relation(relation)


def _deduplicate(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "column_names", "all_columns_as_keys", "within_watermark")
    if held.within_watermark:
        raise Unproven("deduplicate within watermark")
    source = analysis.relation(held.input)
    if held.all_columns_as_keys:
        analysis.proven.need("relation distinct")
        keys = source.columns
    else:
        analysis.proven.need(
            "relation drop duplicates of sorted rows" if source.ordered else "relation drop duplicates"
        )
        keys = source.named(held.column_names)
    for column in keys:
        analysis.proven.need(f"group by {column.type.signature()}")
    return Output(source.columns, source.plans)


def _range(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "start", "end", "step", "num_partitions")
    analysis.proven.need("relation range")
    held.ClearField("num_partitions")
    return Output((Column("id", types.BIGINT.nullable(False)),))


def _subquery_alias(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "alias")
    source = analysis.relation(held.input)
    analysis.proven.need("relation alias")
    return source.with_columns(tuple(column.qualified(held.alias) for column in source.columns))


def _repartition(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "num_partitions", "shuffle")
    source = analysis.relation(held.input)
    kept = source.ordered and not held.shuffle
    analysis.proven.need("relation repartition" if held.shuffle else "relation coalesce")
    if held.num_partitions == 1:
        # Sail ignores the count and loses the order: the writer makes the one file itself.
        pb.replace(relation, held.input)
    return Output(source.columns, source.plans, ordered=kept, single=held.num_partitions == 1)


def _repartition_by(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "partition_exprs", "num_partitions")
    source = analysis.relation(held.input)
    walker = analysis.expressions(source)
    for expression in held.partition_exprs:
        walker.type_of(expression)
    analysis.proven.need("relation repartition by expression")
    single = held.HasField("num_partitions") and held.num_partitions == 1
    pb.replace(relation, held.input)
    return Output(source.columns, source.plans, single=single)


def _to_df(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "column_names")
    source = analysis.relation(held.input)
    if len(held.column_names) != len(source.columns):
        raise Unproven("toDF with another number of columns")
    analysis.proven.need("relation to df")
    return source.with_columns(
        tuple(column.renamed(name) for column, name in zip(source.columns, held.column_names, strict=True))
    )


def _renamed(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "renames", "rename_columns_map")
    source = analysis.relation(held.input)
    analysis.proven.need("relation with columns renamed")
    given = [*held.rename_columns_map.items(), *((rename.col_name, rename.new_col_name) for rename in held.renames)]
    columns = list(source.columns)
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        places.setdefault(column.name.lower(), []).append(place)
    for old, new in given:
        fitting = places.pop(old.lower(), [])
        if len(fitting) > 1 or any(columns[place].name != old for place in fitting) or (len(given) > 1 and not fitting):
            raise Unproven("rename of an ambiguous column")
        for place in fitting:
            columns[place] = columns[place].renamed(new)
            places.setdefault(new.lower(), []).append(place)
    return source.with_columns(tuple(columns))


def _drop(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "columns", "column_names")
    source = analysis.relation(held.input)
    analysis.proven.need("relation drop")
    names = {name.lower() for name in held.column_names}
    if any("." in name or "`" in name for name in names):
        raise Unproven("drop of a quoted or nested name")
    gone = {column.ident for column in source.columns if column.name.lower() in names}
    walker = analysis.expressions(source)
    for expression in held.columns:
        if expression.WhichOneof("expr_type") != "unresolved_attribute":
            raise Unproven("drop of an expression")
        attribute = expression.unresolved_attribute
        expect(attribute, "unparsed_identifier", "plan_id")
        parts = scope.split(attribute.unparsed_identifier)
        column, path = walker.resolve(parts, attribute.plan_id if attribute.HasField("plan_id") else None)
        if path:
            raise Unproven("drop of a nested field")
        gone.add(column.ident)
    kept = tuple(column for column in source.columns if column.ident not in gone)
    if len(held.columns) and len({c.name.lower() for c in source.columns}) != len(source.columns):
        analysis.proven.need("relation drop of a duplicate name")
    if not kept:
        raise Unproven("drop of every column")
    return source.with_columns(kept)


def _with_columns(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "aliases")
    source = analysis.relation(held.input)
    analysis.proven.need("relation with columns")
    walker = analysis.expressions(source)
    new: dict[str, Column] = {}
    for alias in held.aliases:
        expect(alias, "expr", "name")
        if len(alias.name) != 1 or alias.name[0].lower() in new:
            raise Unproven("withColumns with repeated or several names")
        if alias.expr.WhichOneof("expr_type") == "unresolved_function":
            generated = analysis.generated(walker, alias.expr.unresolved_function, list(alias.name))
            if generated:
                new[alias.name[0].lower()] = generated[0]
                continue
        new[alias.name[0].lower()] = Column(alias.name[0], walker.type_of(alias.expr))
    if walker.aggregates:
        raise Unproven("withColumn of an aggregate")
    counted = Counter(column.name.lower() for column in source.columns)
    if any(counted[name] > 1 for name in new):
        raise Unproven("withColumn over an ambiguous column")
    if any(c.name.lower() in new and new[c.name.lower()].name != c.name for c in source.columns):
        analysis.proven.need("withColumn in another case")
    replaced = tuple(new.pop(column.name.lower(), column) for column in source.columns)
    return source.with_columns((*replaced, *new.values()))


def _hint(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "name")
    source = analysis.relation(held.input)
    if held.name.lower() not in ("broadcast", "broadcastjoin", "mapjoin", "merge", "shuffle_hash", "shuffle_merge"):
        raise Unproven(f"hint {held.name}")
    pb.replace(relation, held.input)  # a hint changes no answer
    return source


def _na(analysis: Analysis, what: str, held: Message) -> tuple[Output, tuple[Column, ...]]:
    source = analysis.relation(held.input)
    analysis.proven.need(f"relation {what}")
    return source, source.named(held.cols) if held.cols else source.columns


def _fill_na(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "cols", "values")
    source, columns = _na(analysis, "fill na", held)
    for column in columns:
        for value in held.values:
            analysis.proven.need(f"fill na {literal_type(value).signature()} into {column.type.signature()}")
    values = [literal_type(value) for value in held.values] * (len(columns) if len(held.values) == 1 else 1)
    filled = {
        column.ident: column.type.nullable(column.type.null and not _fills(value, column.type))
        for column, value in zip(columns, values, strict=False)
    }
    return source.with_columns(
        tuple(replace(column, type=filled.get(column.ident, column.type)) for column in source.columns)
    )


def _fills(value: Type, column: Type) -> bool:
    """Whether no NULL is left in a column of that type: a fraction may be none of its integers."""
    if value.kind in types.INTEGRAL or value.kind in types.FRACTIONAL:
        return column.kind in types.FRACTIONAL or (value.kind in types.INTEGRAL and column.kind in types.INTEGRAL)
    return value.kind == column.kind


def _drop_na(analysis: Analysis, held: Message, relation: Message) -> Output:
    expect(held, "input", "cols", "min_non_nulls")
    source, columns = _na(analysis, "drop na", held)
    for column in columns:
        analysis.proven.need(f"drop na {column.type.signature(shallow=True)}")
    return source


HANDLERS: dict[str, Callable[[Analysis, Message, Message], Output]] = {
    "read": _read,
    "project": _project,
    "filter": _filter,
    "join": joins.join,
    "set_op": _set_operation,
    "sort": _sort,
    "limit": _limit,
    "offset": _offset,
    "tail": _tail,
    "aggregate": _aggregate,
    "sql": _sql,
    "with_relations": _with_relations,
    "local_relation": local.relation,
    "deduplicate": _deduplicate,
    "range": _range,
    "subquery_alias": _subquery_alias,
    "repartition": _repartition,
    "repartition_by_expression": _repartition_by,
    "to_df": _to_df,
    "with_columns_renamed": _renamed,
    "drop": _drop,
    "with_columns": _with_columns,
    "hint": _hint,
    "fill_na": _fill_na,
    "drop_na": _drop_na,
    "replace": reshaping.replace,
    "unpivot": reshaping.unpivot,
    "map_partitions": python.map_partitions,
    "group_map": python.group_map,
    "co_group_map": python.co_group_map,
}
