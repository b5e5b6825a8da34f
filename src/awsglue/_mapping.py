"""ApplyMapping: select, rename, cast, nest and unnest in one projection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import Column

from awsglue._columns import Typed, at, cast, struct_of
from awsglue._paths import ELEMENT, find, split_path
from awsglue._schema import parse_type
from awsglue.gluetypes import Field, StructType

Mapping = tuple[str, str, str, str]
Tree = dict[str, Any]


def mappings_of(mappings: Any) -> list[Mapping]:
    """Glue's forms of a mapping list: one tuple, a list of them; (source, target) keeps the type.

    Raises ValueError naming the entry that is neither.
    """
    if not isinstance(mappings, list | tuple):
        raise ValueError(f"mappings are a list of (source, source type, target, target type), not {mappings!r}")
    entries = [mappings] if isinstance(mappings, tuple) else mappings
    return [_mapping(entry) for entry in entries]


def _mapping(entry: Any) -> Mapping:
    if not isinstance(entry, tuple | list) or not all(isinstance(part, str) for part in entry):
        raise ValueError(f"a mapping must be a tuple of texts, not {entry!r}")
    if len(entry) == 4:
        return tuple(entry)
    if len(entry) == 2:
        return entry[0], "", entry[1], ""
    raise ValueError(f"a mapping must be (source, source type, target, target type), not {entry!r}")


def project(schema: StructType, mappings: Iterable[Mapping], case_sensitive: bool) -> tuple[list[Column], StructType]:
    """The mapped columns and their schema. A source field that no record has gives no target field, as in Glue."""
    tree: Tree = {}
    for source, _, target, target_type in mappings:
        found = find(schema, source, case_sensitive)
        wanted = parse_type(target_type) if target_type else None
        if found is None:
            continue
        if ELEMENT in found.steps:
            raise ValueError(f"mapping source {source!r} is inside an array; relationalize or explode it first")
        _plant(tree, split_path(target), cast(at(found.steps), found.data_type, wanted or found.data_type))
    columns = {name: _grown(branch) for name, branch in tree.items()}
    fields = [Field(name, data_type) for name, (_, data_type) in columns.items()]
    return [value.alias(name) for name, (value, _) in columns.items()], StructType(fields)


def _plant(tree: Tree, steps: Sequence[str], leaf: Typed) -> None:
    *parents, last = steps
    for parent in parents:
        branch = tree.setdefault(parent, {})
        if not isinstance(branch, dict):
            raise ValueError(f"mapping target {'.'.join(steps)!r} is inside {parent!r}, which is a value already")
        tree = branch
    if isinstance(tree.get(last), dict):
        raise ValueError(f"mapping target {'.'.join(steps)!r} is a value, and other targets are inside it")
    if last in tree:
        raise ValueError(f"mapping target {'.'.join(steps)!r} is given twice; one of the fields would be lost")
    tree[last] = leaf


def _grown(branch: Any) -> Typed:
    if not isinstance(branch, dict):
        return branch  # type: ignore[no-any-return]
    members = {name: _grown(inner) for name, inner in branch.items()}
    value = struct_of((name, member) for name, (member, _) in members.items())
    return value, StructType([Field(name, data_type) for name, (_, data_type) in members.items()])
