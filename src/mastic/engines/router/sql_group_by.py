"""SELECT over groups: GROUP BY, HAVING, and an order by what is grouped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mastic.engines.router import pb, scope, sql_subqueries
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.scope import Output
from mastic.engines.router.sql_expressions import aggregates_in, only
from mastic.engines.router.sql_groups import (
    Split,
    filtered,
    named,
    ordered_by,
    restored,
    same_name,
    sort_key,
    substitute,
)

if TYPE_CHECKING:
    from mastic.engines.router.sql import Query

GROUPING_SETS = 5
Columns = tuple[scope.Column, ...]


class GroupBy:
    """The groups of one SELECT."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def select(self, node: Any, source: Message, items: list[Any], group: Any, having: Any) -> Message:
        """The relation of a SELECT over groups; its items have been translated."""
        if any(name is None for _, name in items):
            raise Unproven("sql star with group by")
        self._query.need("group by" if group is not None else "aggregate")
        kind, group = self._group_type(group)
        columns = self._query.output(source).columns if group is not None or having is not None else ()
        keys = self._keys(columns, items, group)
        split = Split(keys, scope.Named(columns))
        projected = [(split.replace(item), name) for item, name in items]
        scalars = sql_subqueries.Scalars(self._query, Output(()))
        condition = None
        if having is not None:
            self._query.need("having")
            condition = split.replace(self._having(having, columns, items, scalars))
        aliases = {name.lower() for item, name in items if not same_name(item, name, split.columns)}
        order_keys, hidden = self._grouped_order(node.args.get("order"), projected, split, aliases)
        made = pb.Relation()
        made.aggregate.input.CopyFrom(source)
        made.aggregate.group_type = kind
        made.aggregate.grouping_expressions.extend(named(key, f"__key_{i}") for i, key in enumerate(keys))
        if kind == GROUPING_SETS:
            sets = self._grouping_sets(group, columns, items)
            made.aggregate.grouping_sets.extend(sets)
        made.aggregate.aggregate_expressions.extend(
            named(call, f"__agg_{i}") for i, call in enumerate(split.aggregates)
        )
        if condition is not None and scalars.held:
            made = sql_subqueries.joined(made, scalars.attached(None), 6, condition)
        elif condition is not None:
            made = filtered(made, condition)
        project = pb.projected(made, (named(item, name) for item, name in projected))
        if node.args.get("distinct") is not None:
            if order_keys:
                raise Unproven("sql select distinct with groups and an order")
            only(node.args["distinct"])
            self._query.need("select distinct")
            distinct = pb.Relation()
            distinct.deduplicate.input.CopyFrom(project)
            distinct.deduplicate.all_columns_as_keys = True
            return self._query.limited(distinct, node)
        if not order_keys:
            return self._query.limited(project, node)
        output = self._query.output(project)
        project.project.expressions.extend(hidden)
        made = ordered_by(project, order_keys)
        return self._query.limited(restored(made, output) if hidden else made, node)

    def _group_type(self, group: Any) -> tuple[int, Any]:
        """The kind of grouping and the node whose expressions are its keys."""
        from sqlglot import exp

        if group is None:
            return 1, None
        (only_one,) = group.expressions if len(group.expressions) == 1 else (None,)
        if isinstance(only_one, exp.GroupingSets):
            self._query.need("grouping sets")
            return GROUPING_SETS, only_one
        for kind, node, key in ((2, exp.Rollup, "rollup"), (3, exp.Cube, "cube")):
            if isinstance(only_one, node):
                self._query.need(f"group by {key}")
                return kind, only_one
            if group.args.get(key) and not group.args[key][0].expressions:
                only(group, "expressions", key)
                self._query.need(f"group by {key}")
                return kind, exp.Rollup(expressions=group.expressions)
        return 1, group

    def _grouping_sets(self, group: Any, columns: Columns, items: list[Any]) -> list[Message]:
        keys = self._keys(columns, items, group)
        made = []
        for held in group.expressions:
            part = pb.Relation().aggregate.grouping_sets.add()
            for node in _members(held):
                key = self._key(node, columns, items)
                part.grouping_set.add().CopyFrom(named(key, f"__key_{keys.index(key)}"))
            made.append(part)
        return made

    def _having(self, having: Any, columns: Columns, items: list[Any], scalars: Any) -> Message:
        """The condition, with what is no column of the source but a select item's name replaced by that item."""
        only(having, "this")
        made = self._query.translate(having.this, scalars._subquery)
        known = {column.name.lower() for column in columns}
        aliases = {name.lower(): item for item, name in items if name and name.lower() not in known}
        substitute(made, aliases)
        return made

    def _keys(self, columns: Columns, items: list[Any], group: Any) -> list[Message]:
        from sqlglot import exp

        if group is None:
            return []
        only(group, "expressions", "all")
        keys: list[Message] = []
        if group.args.get("all"):
            self._query.need("group by all")
            return [item for item, _ in items if not aggregates_in(item)]
        if isinstance(group, exp.GroupingSets):
            for node in (member for held in group.expressions for member in _members(held)):
                key = self._key(node, columns, items)
                if key not in keys:
                    keys.append(key)
            return keys
        for node in group.expressions:
            if isinstance(node, exp.Literal):
                if node.is_string or not node.this.isdigit() or not 1 <= int(node.this) <= len(items):
                    raise Unproven("sql group by a constant")
                self._query.need("group by ordinal")
                key = items[int(node.this) - 1][0]
            else:
                key = self._key(node, columns, items)
            if aggregates_in(key):
                raise Unproven("sql group by an aggregate")
            keys.append(key)
        return keys

    def _key(self, node: Any, columns: Columns, items: list[Any]) -> Message:
        from sqlglot import exp

        if isinstance(node, exp.Column) and not node.table:
            name = node.name.lower()
            if not any(column.name.lower() == name for column in columns):
                fitting = [item for item, given in items if given and given.lower() == name]
                if len(fitting) != 1:
                    raise Unproven(f"sql group by {node.name}")
                self._query.need("group by alias")
                return fitting[0]
        return self._query.translate(node)

    def _grouped_order(
        self, order: Any, projected: list[Any], split: Split, aliases: set[str]
    ) -> tuple[list[Message], list[Message]]:
        """The sort keys, and what of them is not selected; `aliases` mean something else than a column of that name."""
        from sqlglot import exp

        if order is None:
            return [], []
        keys: list[Message] = []
        hidden: list[Message] = []
        outputs = [name for _, name in projected]
        for index, ordered in enumerate(self._query.order_items(order)):
            node = ordered.this
            name = None
            if isinstance(node, exp.Literal):
                if node.is_string or not node.this.isdigit() or not 1 <= int(node.this) <= len(outputs):
                    raise Unproven("sql order by a constant")
                name = outputs[int(node.this) - 1]
            elif isinstance(node, exp.Column) and not node.table:
                name = next((given for given in outputs if given.lower() == node.name.lower()), None)
            if name is None:
                name = f"__order_{index}"
                expression = self._query.translate(node)
                if any(_name(held) in aliases for held in sql_subqueries.attributes(expression)):
                    raise Unproven("sql order by an expression over an alias")
                hidden.append(named(split.replace(expression), name))
            keys.append(sort_key(ordered, name))
        if len({name.lower() for name in outputs}) != len(outputs):
            raise Unproven("sql order by over repeated names")
        return keys, hidden


def _name(attribute: Message) -> str:
    return scope.split(attribute.unresolved_attribute.unparsed_identifier)[0].lower()


def _members(node: Any) -> list[Any]:
    """The expressions of one grouping set: `()`, `(a)`, `(a, b)` or a bare `a`."""
    from sqlglot import exp

    if isinstance(node, exp.Tuple):
        return list(node.expressions)
    return [node.this] if isinstance(node, exp.Paren) else [node]
