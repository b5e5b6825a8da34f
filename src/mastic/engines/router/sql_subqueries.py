"""Subqueries in SQL as the joins they are: IN and EXISTS semi joins, NOT IN with its nulls, scalars a column beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from mastic.engines.router import functions, pb, scope, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.scope import Output
from mastic.engines.router.sql_expressions import aggregates_in, only

if TYPE_CHECKING:
    from mastic.engines.router.sql import Query

HIDDEN = "__sub_"
_INNER, _CROSS, _LEFT, _ANTI, _SEMI = 1, 7, 3, 5, 6
_numbers = count(1)
# Aggregates that are NULL where there are no rows.
_NULL_OF_NOTHING = functions.NULL_SKIPPING - {"count", "count_if", "collect_list", "collect_set"}


@dataclass
class Scalars:
    """Scalar subqueries met in expressions: each becomes a column of a relation joined to the outer one."""

    query: Query
    outer: Output
    held: list[tuple[Message, Message | None]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def translate(self, node: Any) -> Message:
        """The expression with a column in the place of each scalar subquery."""
        return self.query.translate(node, self._subquery)

    def _subquery(self, node: Any) -> Message:
        only(node, "this")
        self.query.need("scalar subquery")
        name = _fresh()
        found = _correlated(self.query, node.this, self.outer)
        if found is not None:
            return self._grouped(found, name)
        relation = self.query.relation(node.this)
        columns = self.query.output(relation).columns
        if len(columns) != 1:
            raise Unproven("sql scalar subquery of several columns")
        self.names.append(name)
        self.held.append((_renamed(_single(node.this, relation, columns[0]), [name]), None))
        return pb.attribute(name) if columns[0].type.null else _may_be_null(pb.attribute(name))

    def _grouped(self, found: Correlated, name: str) -> Message:
        """One aggregate per group of the correlated keys; no group is NULL, and zero to a count."""
        (item,) = found.items
        called = item.unresolved_function.function_name.lower()
        if item.WhichOneof("expr_type") != "unresolved_function" or not aggregates_in(item):
            raise Unproven("sql correlated scalar subquery that is not one aggregate")
        if aggregates_in(pb.function("coalesce", *item.unresolved_function.arguments)):
            raise Unproven("sql correlated scalar subquery of nested aggregates")
        if called != "count" and called not in _NULL_OF_NOTHING:
            raise Unproven(f"sql correlated scalar subquery of {called}")
        if any(condition.unresolved_function.function_name != "==" for condition in found.conditions):
            raise Unproven("sql correlated scalar subquery by something other than equality")
        self.query.need("correlated scalar subquery")
        made = pb.Relation()
        made.aggregate.input.CopyFrom(found.source)
        made.aggregate.group_type = 1
        made.aggregate.grouping_expressions.extend(pb.attribute(given) for given in found.inner)
        made.aggregate.aggregate_expressions.add().CopyFrom(pb.alias(item, name))
        self.held.append((made, _all(found.conditions)))
        self.names += [*found.inner, name]
        if called == "count":
            return _may_be_null(pb.function("coalesce", pb.attribute(name), pb.long(0)))
        return pb.attribute(name)

    def attached(self, source: Message | None) -> Message:
        """The outer relation with the columns of the subqueries beside its own."""
        for relation, condition in self.held:
            if source is None:
                source = relation
                continue
            source = joined(source, relation, _CROSS if condition is None else _LEFT, condition)
        if source is None:
            raise Unproven("sql subquery without from")
        return source


@dataclass
class Correlated:
    """A subquery whose WHERE mentions the outer query: its rows, under fresh names, and how they meet the outer's."""

    source: Message
    inner: list[str]
    conditions: list[Message]
    items: list[Message]


def conjuncts(node: Any) -> Iterator[Any]:
    """The conditions that an AND joins."""
    from sqlglot import exp

    if isinstance(node, exp.And):
        only(node, "this", "expression")
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    elif isinstance(node, exp.Paren) and isinstance(node.this, (exp.And, exp.Paren)):
        only(node, "this")
        yield from conjuncts(node.this)
    else:
        yield node


def holds(node: Any) -> bool:
    """Whether a query stands somewhere in the expression."""
    from sqlglot import exp

    return node is not None and node.find(exp.Query) is not None


def where(query: Query, source: Message, node: Any) -> Message:
    """The rows of the source that the condition keeps, subqueries turned into joins."""
    plain = [held for held in conjuncts(node) if not holds(held)]
    if plain:
        source = pb.filtered(source, _all([query.translate(held) for held in plain]))
    for held in conjuncts(node):
        if holds(held):
            source = _one(query, source, held)
    return source


def _one(query: Query, source: Message, node: Any) -> Message:
    from sqlglot import exp

    negated = False
    while isinstance(node, (exp.Not, exp.Paren)):
        only(node, "this")
        negated ^= isinstance(node, exp.Not)
        node = node.this
    if isinstance(node, exp.Exists):
        return _exists(query, source, node, negated=negated)
    if isinstance(node, exp.In) and node.args.get("query") is not None:
        return _in(query, source, node, negated=negated)
    scalars = Scalars(query, query.output(source))
    condition = scalars.translate(node)
    if negated:
        condition = pb.function("not", condition)
    if all(by is None for _, by in scalars.held):
        return joined(source, scalars.attached(None), _SEMI, condition)
    made = pb.Relation()
    made.drop.input.CopyFrom(pb.filtered(scalars.attached(source), condition))
    made.drop.column_names.extend(scalars.names)
    return made


def _exists(query: Query, source: Message, node: Any, *, negated: bool) -> Message:
    only(node, "this")
    query.need("exists")
    found = _correlated(query, node.this, query.output(source), aggregates=False)
    if found is not None:
        return joined(source, found.source, _ANTI if negated else _SEMI, _all(found.conditions))
    held = pb.Relation()
    held.aggregate.input.CopyFrom(query.relation(node.this))
    held.aggregate.group_type = 1
    name = _fresh()
    held.aggregate.aggregate_expressions.add().CopyFrom(pb.alias(pb.function("count", pb.integer(1)), name))
    return joined(source, held, _SEMI, pb.function("==" if negated else ">", pb.attribute(name), pb.long(0)))


def _in(query: Query, source: Message, node: Any, *, negated: bool) -> Message:
    only(node, "this", "query")
    only(node.args["query"], "this")
    query.need("in subquery")
    outer = query.output(source)
    value = query.translate(node.this)
    found = _correlated(query, node.args["query"].this, outer, aggregates=False)
    if found is not None:
        if negated or len(found.items) != 1:
            raise Unproven("sql correlated not in")
        name = _fresh()
        wide = pb.projected(found.source, [pb.star(), pb.alias(found.items[0], name)])
        _same_types(query, value, outer, pb.attribute(name), query.output(wide))
        return joined(source, wide, _SEMI, _all([pb.function("==", value, pb.attribute(name)), *found.conditions]))
    held = query.relation(node.args["query"].this)
    if len(query.output(held).columns) != 1:
        raise Unproven("sql in with a query of several columns")
    name = _fresh()
    held = _renamed(held, [name])
    _same_types(query, value, outer, pb.attribute(name), query.output(held))
    equal = pb.function("==", value, pb.attribute(name))
    if not negated:
        return joined(source, held, _SEMI, equal)
    query.need("not in subquery")
    # A NULL among the values keeps no row; a NULL beside any value keeps its row out.
    rows, values = _fresh(), _fresh()
    counted = pb.Relation()
    counted.aggregate.input.CopyFrom(held)
    counted.aggregate.group_type = 1
    for given, call in ((rows, pb.integer(1)), (values, pb.attribute(name))):
        counted.aggregate.aggregate_expressions.add().CopyFrom(pb.alias(pb.function("count", call), given))
    whole = pb.function("==", pb.attribute(rows), pb.attribute(values))
    kept = pb.function(
        "or",
        pb.function("==", pb.attribute(rows), pb.long(0)),
        pb.function("and", whole, pb.function("isnotnull", value)),
    )
    return joined(joined(source, held, _ANTI, equal), counted, _SEMI, kept)


def _same_types(query: Query, left: Message, outer: Output, right: Message, inner: Output) -> None:
    a = query.analysis.expressions(outer).type_of(pb.copied(left))
    b = query.analysis.expressions(inner).type_of(pb.copied(right))
    if a != b and not {a.kind, b.kind} <= set(types.INTEGRAL):
        raise Unproven(f"sql in of {a.ddl()} with a query of {b.ddl()}")


def _correlated(query: Query, node: Any, outer: Output, *, aggregates: bool = True) -> Correlated | None:
    """The parts of a correlated subquery; None when nothing in it looks outside."""
    from sqlglot import exp

    if not isinstance(node, exp.Select) or not node.args.get("where"):
        return None
    inside = query.within(node)
    source = inside.source(node)
    if source is None:
        return None
    here = query.output(source)
    own: list[Any] = []
    meeting: list[Any] = []
    for held in conjuncts(node.args["where"].this):
        if holds(held):
            own.append(held)
            continue
        made = inside.translate(held)
        (meeting if any(not _is_of(at, here) for at in attributes(made)) else own).append(held)
    if not meeting:
        return None
    only(node, "expressions", "from_", "from", "joins", "where", "with_", "with")
    query.need("correlated subquery")
    for held in own:
        source = where(inside, source, held)
    given: dict[str, str] = {}
    conditions = []
    for held in meeting:
        made = inside.translate(held)
        for at in attributes(made):
            written = at.unresolved_attribute.unparsed_identifier
            if not _is_of(at, here):
                scope.find(outer.columns, scope.split(written))
                continue
            at.CopyFrom(pb.attribute(given.setdefault(written, _fresh())))
        conditions.append(made)
    made = pb.Relation()
    made.project.input.CopyFrom(source)
    made.project.expressions.extend(pb.alias(pb.attribute(written), name) for written, name in given.items())
    if not aggregates and _calls_aggregates(node):
        raise Unproven("sql correlated subquery of an aggregate")  # which has a row also where nothing meets
    items = [] if _is_exists(node) else _items(inside, node, here)
    # What the items need passes through under fresh names as well.
    for item in items:
        for at in attributes(item):
            written = at.unresolved_attribute.unparsed_identifier
            name = _fresh()
            made.project.expressions.add().CopyFrom(pb.alias(pb.attribute(written), name))
            at.CopyFrom(pb.attribute(name))
    if not made.project.expressions:
        raise Unproven("sql correlated subquery that compares nothing of its own")
    return Correlated(made, list(given.values()), conditions, items)


def _is_exists(node: Any) -> bool:
    from sqlglot import exp

    return isinstance(node.parent, exp.Exists)


def _calls_aggregates(node: Any) -> bool:
    from sqlglot import exp

    calls = (call for item in node.expressions for call in item.find_all(exp.Anonymous))
    return any(call.name.lower() in functions.AGGREGATES for call in calls)


def _items(inside: Query, node: Any, here: Output) -> list[Message]:
    from sqlglot import exp

    items = []
    for held in node.expressions:
        made = inside.translate(held.this if isinstance(held, exp.Alias) else held)
        if any(not _is_of(at, here) for at in attributes(made)):
            raise Unproven("sql subquery that selects from outside")
        items.append(made)
    return items


def _is_of(attribute: Message, output: Output) -> bool:
    """Whether the name is one of the relation's own; raises Unproven when it could be several of them."""
    parts = scope.split(attribute.unresolved_attribute.unparsed_identifier)
    if not scope.candidates(output.columns, parts):
        return False
    scope.find(output.columns, parts)
    return True


def attributes(message: Message) -> Iterator[Message]:
    """Every column reference in an expression."""
    if getattr(message, "DESCRIPTOR", None) is None:
        return
    if message.DESCRIPTOR.name == "Expression" and message.WhichOneof("expr_type") == "unresolved_attribute":
        yield message
        return
    if message.DESCRIPTOR.name == "UnresolvedStar":
        raise Unproven("sql star in a subquery")
    for held, value in message.ListFields():
        if held.message_type is not None:
            for child in value if held.is_repeated else [value]:
                yield from attributes(child)


def _single(node: Any, relation: Message, column: scope.Column) -> Message:
    """One row of one column: an aggregate without groups gives it; of anything else more than a row is an error."""
    from sqlglot import exp

    made = pb.Relation()
    if isinstance(node, exp.Select) and not node.args.get("group") and _aggregated(node):
        return relation
    made.aggregate.input.CopyFrom(relation)
    made.aggregate.group_type = 1
    rows, value = pb.function("count", pb.integer(1)), pb.function("max", pb.attribute(scope.quote(column.name)))
    refused = pb.cast(
        pb.function("raise_error", pb.string("scalar subquery of several rows")), types.to_proto(column.type)
    )
    one = pb.function("when", pb.function("<=", rows, pb.long(1)), value, refused)
    made.aggregate.aggregate_expressions.add().CopyFrom(pb.alias(one, column.name))
    return made


def _aggregated(node: Any) -> bool:
    from sqlglot import exp

    return not any(node.args.get(key) for key in ("limit", "offset", "having")) and all(
        any(
            isinstance(call, exp.Anonymous)
            and call.name.lower() in functions.AGGREGATES
            and call.find_ancestor(exp.Window, exp.Query) is node
            for call in item.find_all(exp.Anonymous)
        )
        for item in node.expressions
    )


def _may_be_null(value: Message) -> Message:
    """What is never NULL, as Spark sees it: a scalar subquery may be."""
    return pb.function("when", pb.function("isnotnull", value), value)


def joined(left: Message, right: Message, kind: int, condition: Message | None) -> Message:
    """A join; semi and anti joins keep the left side's columns."""
    made = pb.Relation()
    made.join.left.CopyFrom(left)
    made.join.right.CopyFrom(right)
    made.join.join_type = kind
    if condition is not None:
        made.join.join_condition.CopyFrom(condition)
    return made


def _renamed(relation: Message, names: list[str]) -> Message:
    made = pb.Relation()
    made.to_df.input.CopyFrom(relation)
    made.to_df.column_names.extend(names)
    return made


def _all(conditions: list[Message]) -> Message:
    made = conditions[0]
    for condition in conditions[1:]:
        made = pb.function("and", made, condition)
    return made


def _fresh() -> str:
    return f"{HIDDEN}{next(_numbers)}"
