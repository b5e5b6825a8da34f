"""Picking, dropping and renaming fields at any depth."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column

from awsglue._choice import Columns, columns_of, find_column, selected
from awsglue._columns import Typed, at, edit, rebuilt, struct_of, transformed
from awsglue._paths import ELEMENT, find, split_path
from awsglue.gluetypes import Field, StructType

Projection = tuple[list[Column], StructType]


def select(schema: StructType, paths: Iterable[str]) -> Projection:
    """The named fields, in the order asked; nested ones keep their place in their struct. Unknown ones are left out."""
    columns: Columns = {}
    nested: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        found = find(schema, path)
        if found is None:
            continue
        head, *rest = found.steps
        whole = schema.getField(head).dataType
        columns.setdefault(head, (at([head]), whole))
        nested.setdefault(head, []).append(tuple(rest))
    for head, kept in nested.items():
        if all(kept):
            columns[head] = _pruned(*columns[head], kept)
    return selected(columns)


def _pruned(value: Column, data_type: object, kept: list[tuple[str, ...]]) -> Typed:
    from awsglue.gluetypes import ArrayType, DataType

    assert isinstance(data_type, DataType)
    if not all(kept):
        return value, data_type
    if isinstance(data_type, ArrayType):
        inner = [steps[1:] if steps[0] == ELEMENT else steps for steps in kept]
        element = data_type.elementType
        array = transformed(value, lambda item: _pruned(item, element, inner))
        assert array is not None
        return array
    if not isinstance(data_type, StructType):
        return value, data_type
    wanted = [f for f in data_type if any(steps[0] == f.name for steps in kept)]
    members = [_pruned(value.getField(f.name), f.dataType, [s[1:] for s in kept if s[0] == f.name]) for f in wanted]
    return rebuilt(value, [f.name for f in wanted], members)


def drop(schema: StructType, paths: Iterable[str]) -> Projection:
    """All but the named fields. A struct that loses its last field goes too; unknown paths are passed over."""
    columns = columns_of(schema)
    for path in paths:
        found = find_column(columns, path)
        if found is None:
            continue
        head, *rest = found.steps
        changed = edit(*columns[head], tuple(rest), lambda value, data_type: None)
        if changed is None:
            del columns[head]
        else:
            columns[head] = changed
    return selected(columns)


def rename(schema: StructType, old: str, new: str) -> Projection:
    """One field under another name or path; in place where only the name changes."""
    found = find(schema, old)
    if found is None:
        return selected(columns_of(schema))
    target = split_path(new)
    if _names_of(found.steps[:-1]) == _names_of(target[:-1]):
        return _renamed_in_place(schema, found.steps, target[-1])
    if ELEMENT in found.steps or ELEMENT in target:
        raise ValueError(f"cannot move {old!r} to {new!r}: a field of an array's elements can only change its own name")
    exprs, remaining = drop(schema, [old])
    columns = {f.name: (expr, f.dataType) for f, expr in zip(remaining, exprs, strict=True)}
    _insert(columns, target, (at(found.steps), found.data_type))
    return selected(columns)


def _names_of(steps: Iterable[str]) -> list[str]:
    """Steps without `[]`, which a path may leave out."""
    return [step for step in steps if step != ELEMENT]


def _renamed_in_place(schema: StructType, steps: tuple[str, ...], name: str) -> Projection:
    columns = columns_of(schema)
    *parents, last = steps
    if not parents:
        return selected(
            {name if key == last else key: typed for key, typed in columns.items() if key != name or key == last}
        )
    head, *inner = parents

    def change(value: Column, data_type: object) -> Typed:
        assert isinstance(data_type, StructType)
        kept = [f for f in data_type if f.name == last or f.name != name]
        names = [name if f.name == last else f.name for f in kept]
        return rebuilt(value, names, [(value.getField(f.name), f.dataType) for f in kept])

    changed = edit(*columns[head], tuple(inner), change)
    assert changed is not None
    return selected(columns | {head: changed})


def _insert(columns: Columns, steps: tuple[str, ...], leaf: Typed) -> None:
    head, *rest = steps
    if not rest:
        columns[head] = leaf
        return
    members: Columns = {}
    if head in columns:
        value, struct = columns[head]
        if not isinstance(struct, StructType):
            raise ValueError(f"{'.'.join(steps)!r} is inside {head!r}, which is a value already")
        members = {f.name: (value.getField(f.name), f.dataType) for f in struct}
    _insert(members, tuple(rest), leaf)
    fields = [Field(name, data_type) for name, (_, data_type) in members.items()]
    columns[head] = struct_of((name, value) for name, (value, _) in members.items()), StructType(fields)
