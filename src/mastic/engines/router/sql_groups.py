"""Pieces of SQL translation: expressions divided over groups, and small relations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mastic.engines.router import functions, pb, scope
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.scope import Output

# Written as functions, translated to something whose name is another in Spark.
UNNAMEABLE = frozenset([*functions.CASTS, "if", "decode", "nvl2"])


@dataclass
class Split:
    """Divides expressions over groups: grouping keys and aggregate calls become columns of an Aggregate."""

    keys: list[Message]
    columns: scope.Named  # what is grouped
    aggregates: list[Message] = field(default_factory=list)

    def replace(self, expression: Message) -> Message:
        made = pb.copied(expression)
        self._replace(made)
        return made

    def _replace(self, expression: Message) -> None:
        for index, key in enumerate(self.keys):
            if self._is(expression, key):
                expression.CopyFrom(pb.attribute(f"__key_{index}"))
                return
        kind = expression.WhichOneof("expr_type")
        if kind == "unresolved_function":
            call = expression.unresolved_function
            if call.function_name.lower() in functions.AGGREGATES:
                expression.CopyFrom(pb.attribute(f"__agg_{self._index(expression)}"))
                return
        elif kind == "unresolved_attribute":
            if expression.unresolved_attribute.unparsed_identifier.startswith("__sub_"):
                return  # a scalar subquery, joined after the grouping
            raise Unproven(f"sql column {expression.unresolved_attribute.unparsed_identifier} is not grouped")
        elif kind == "window":
            for argument in expression.window.window_function.unresolved_function.arguments:
                self._replace(argument)
            for child in expression.window.partition_spec:
                self._replace(child)
            for order in expression.window.order_spec:
                self._replace(order.child)
            return
        for child in _children(expression, kind):
            self._replace(child)

    def _is(self, expression: Message, key: Message) -> bool:
        """Whether the expression is the key: `t.a` is `a` where both mean one column, a struct's `s.a` is not."""
        if expression == key:
            return True
        if {held.WhichOneof("expr_type") for held in (expression, key)} != {"unresolved_attribute"}:
            return False
        left, right = (scope.split(held.unresolved_attribute.unparsed_identifier) for held in (expression, key))
        if left[-1].lower() != right[-1].lower():
            return False
        (column, path), (other, others) = self.columns.find(left), self.columns.find(right)
        return column.ident == other.ident and path == others

    def _index(self, call: Message) -> int:
        for index, held in enumerate(self.aggregates):
            if held == call:
                return index
        self.aggregates.append(pb.copied(call))
        return len(self.aggregates) - 1


def substitute(expression: Message, aliases: dict[str, Message]) -> None:
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_attribute":
        parts = scope.split(expression.unresolved_attribute.unparsed_identifier)
        if len(parts) == 1 and parts[0].lower() in aliases:
            expression.CopyFrom(aliases[parts[0].lower()])
        return
    for child in _children(expression, kind):
        substitute(child, aliases)


def _children(expression: Message, kind: str) -> Iterator[Message]:
    if kind == "unresolved_function":
        yield from expression.unresolved_function.arguments
    elif kind == "cast":
        yield expression.cast.expr
    elif kind == "alias":
        yield expression.alias.expr
    elif kind == "unresolved_extract_value":
        yield expression.unresolved_extract_value.child
    elif kind != "literal":
        raise Unproven(f"sql {kind} over groups")


def nameable(node: Any) -> None:
    """Refuse an unnamed select item whose name in Spark is not plainly known."""
    from sqlglot import exp

    plain: tuple[Any, ...] = (
        exp.Column, exp.Anonymous, exp.Literal, exp.Star, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Distinct,
        exp.Identifier, exp.Paren, exp.EQ, exp.GT, exp.LT, exp.GTE, exp.LTE, exp.Null, exp.Boolean, exp.Mod,
    )  # fmt: skip
    for held in node.walk():
        if isinstance(held, exp.Anonymous) and held.name.lower() in UNNAMEABLE:
            raise Unproven(f"sql select item without a name ({held.name.lower()})")
        if not isinstance(held, plain):
            raise Unproven(f"sql select item without a name ({type(held).__name__.lower()})")


def mentioned(expression: Message) -> set[str]:
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_attribute":
        return {scope.split(expression.unresolved_attribute.unparsed_identifier)[0].lower()}
    if kind == "literal":
        return set()
    return {name for child in _children(expression, kind) for name in mentioned(child)}


def same_name(item: Message, name: str, columns: scope.Named) -> bool:
    """Whether the item only passes a column (not a field of one) through under its own name."""
    if item.WhichOneof("expr_type") != "unresolved_attribute":
        return False
    column, path = columns.find(scope.split(item.unresolved_attribute.unparsed_identifier))
    return not path and column.name.lower() == name.lower()


def filtered(source: Message | None, condition: Message) -> Message:
    if source is None:
        raise Unproven("sql where without from")
    return pb.filtered(source, condition)


def named(item: Message, name: str) -> Message:
    if item.WhichOneof("expr_type") == "unresolved_attribute":
        parts = scope.split(item.unresolved_attribute.unparsed_identifier)
        if parts[-1] == name:
            return item
    return pb.alias(item, name)


def sort_key(ordered: Any, name: str) -> Message:
    made = pb.Expression()
    key = made.sort_order
    key.child.CopyFrom(pb.attribute(scope.quote(name)))
    key.direction = 2 if ordered.args.get("desc") else 1
    key.null_ordering = 1 if ordered.args.get("nulls_first") else 2
    return key


def ordered_by(relation: Message, keys: list[Message]) -> Message:
    made = pb.Relation()
    made.sort.input.CopyFrom(relation)
    made.sort.order.extend(keys)
    made.sort.is_global = True
    return made


def restored(relation: Message, output: Output) -> Message:
    """Only the columns that were there before the hidden ones."""
    if len({column.name.lower() for column in output.columns}) != len(output.columns):
        raise Unproven("sql order by over repeated names")
    return pb.projected(relation, (pb.attribute(scope.quote(column.name)) for column in output.columns))
