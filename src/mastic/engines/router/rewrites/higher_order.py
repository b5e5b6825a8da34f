"""Functions that take lambdas: what their variables are, and what they give."""

from __future__ import annotations

from collections.abc import Sequence

from mastic.engines.router import types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.types import Type


def variables(name: str, known: Sequence[Type], count: int, index: int) -> list[Type]:
    """The types of the lambda's variables, given those of the arguments before it."""
    source = known[0]
    if source.kind == "array":
        if name in ("exists", "forall") and count == 1:
            return [source.element]
        if name in ("transform", "filter") and count in (1, 2):
            return [source.element, types.INT.nullable(False)][:count]
        if name in ("aggregate", "reduce") and (index, count) == (0, 2):
            return [known[1].nullable(), source.element]
        if name in ("aggregate", "reduce") and (index, count) == (1, 1):
            return [known[1].nullable()]
        if name == "zip_with" and count == 2 and known[1].kind == "array":
            return [source.element.nullable(), known[1].element.nullable()]
    if source.kind == "map" and name in ("map_filter", "transform_values", "transform_keys") and count == 2:
        return [source.children[0][1], source.element]
    raise Unproven(f"function {name} with such lambdas")


def result(name: str, known: Sequence[Type]) -> Type:
    """The type of the call, given the types of its arguments and of its lambdas' bodies."""
    null = known[0].null or (name == "zip_with" and known[1].null)
    if name in ("exists", "forall", "aggregate", "reduce"):
        null = null or known[-1].null
    return _result(name, known).nullable(null)


def _result(name: str, known: Sequence[Type]) -> Type:
    source, body = known[0], known[-1]
    if name in ("transform", "zip_with"):
        return types.array_of(body)
    if name in ("filter", "map_filter"):
        return source
    if name in ("exists", "forall"):
        return types.BOOLEAN
    if name in ("aggregate", "reduce"):
        if known[2] != known[1]:
            raise Unproven(f"{name} whose merge has another type than its start")
        return body
    if name == "transform_values":
        return types.map_of(source.children[0][1], body)
    if name == "transform_keys":
        return types.map_of(body, source.element)
    raise Unproven(f"function {name} with a lambda")
