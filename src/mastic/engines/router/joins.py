"""Joins: what they give, what they ask of the proven list, and which side Sail holds in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastic.engines.router import pb, scope, types
from mastic.engines.router.expressions import Expressions
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.scope import Column, Output, merge_plans
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

KINDS = {1: "inner", 2: "full", 3: "left", 4: "right", 5: "anti", 6: "semi", 7: "cross"}
MIRRORED = {"inner": 1, "full": 2, "left": 4, "right": 3}


def join(analysis: Analysis, held: Message, relation: Message) -> Output:
    """A Join of any kind, by names, on a condition or without."""
    expect(held, "left", "right", "join_condition", "join_type", "using_columns")
    kind = KINDS.get(held.join_type, "unknown")
    left, right = analysis.relation(held.left), analysis.relation(held.right)
    if kind in ("right", "full"):
        left = left.nullable()
    if kind in ("left", "full"):
        right = right.nullable()
    output = Output((*left.columns, *right.columns), merge_plans(left.plans, right.plans))
    if held.using_columns:
        analysis.proven.need(f"join {kind} using")
        output = output.with_columns(_using(analysis, held, kind, left, right))
        if kind in ("semi", "anti") and output.columns != left.columns:
            _build_on_smaller(analysis, held, kind, left, right)
            pb.replace(relation, pb.projected(relation, [_reference(left, column) for column in output.columns]))
            return output
    else:
        _condition(analysis, held, kind, output)
        if kind in ("semi", "anti"):
            output = output.with_columns(left.columns)
    _build_on_smaller(analysis, held, kind, left, right)
    return output


def _condition(analysis: Analysis, join: Message, kind: str, both: Output) -> None:
    if not join.HasField("join_condition"):
        analysis.proven.need(f"join {kind} without condition")
        return
    analysis.proven.need(f"join {kind} on")
    walker = analysis.expressions(both)
    for type_ in _equated(walker, join.join_condition):
        analysis.proven.need(f"join key {type_.signature()}")
    if walker.type_of(join.join_condition) != types.BOOLEAN:
        raise Unproven("join condition that is not boolean")
    if walker.aggregates:
        raise Unproven("join on an aggregate")


def _build_on_smaller(analysis: Analysis, join: Message, kind: str, left: Output, right: Output) -> None:
    """Sail makes its hash table of the left side, whatever that holds: let it be the smaller one."""
    mirrored = MIRRORED.get(kind)
    if not analysis.any_order or mirrored is None or left.size is None or right.size is None:
        return
    if left.size <= right.size:
        return
    first = pb.copied(join.left)
    join.left.CopyFrom(join.right)
    join.right.CopyFrom(first)
    join.join_type = mirrored


def _equated(walker: Expressions, condition: Message) -> list[Type]:
    """The types compared for equality in the conjuncts of a join condition."""
    if condition.WhichOneof("expr_type") != "unresolved_function":
        return []
    call = condition.unresolved_function
    if call.function_name.lower() == "and":
        return [type_ for argument in call.arguments for type_ in _equated(walker, argument)]
    if call.function_name in ("==", "=", "<=>"):
        found = []
        for argument in call.arguments:
            found.append(walker.type_of(pb.copied(argument)))
        return found
    return []


def _reference(side: Output, column: Column) -> Message:
    """The column by its name: Spark puts the keys of a semi join first, Sail leaves them where they are."""
    side.named([column.name])  # no other has it
    return pb.attribute(scope.quote(column.name))


def _using(analysis: Analysis, join: Message, kind: str, left: Output, right: Output) -> tuple[Column, ...]:
    keys: list[Column] = []
    taken: set[int] = set()
    names = join.using_columns
    for name, a, b in zip(names, left.named(names), right.named(names), strict=True):
        if a.type != b.type:
            raise Unproven(f"join using columns of different types ({a.type.ddl()}, {b.type.ddl()})")
        if a.name != name or b.name != name:
            raise Unproven("join using columns written in different cases")
        analysis.proven.need(f"join key {a.type.signature()}")
        taken |= {a.ident, b.ident}
        keys.append(b if kind == "right" else Column(name, a.type) if kind == "full" else a)
    rest = left.columns if kind in ("semi", "anti") else (*left.columns, *right.columns)
    return (*keys, *(column for column in rest if column.ident not in taken))
