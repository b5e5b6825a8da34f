"""Local relations: types from their Arrow schema, and values as Sail must find them to give Spark's answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mastic.engines.router import types
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.scope import Column, Output
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis


def relation(analysis: Analysis, held: Message, message: Message) -> Output:
    """A LocalRelation: Arrow IPC data, a schema, or both."""
    import pyarrow as pa

    expect(held, "data", "schema")
    if held.schema.startswith("{"):
        held.schema = json.dumps(_without_metadata(json.loads(held.schema)))
    declared = types.parse(held.schema) if held.schema else None
    if not held.data:
        if declared is None or declared.kind != "struct":
            raise Unproven("local relation without data or schema")
        analysis.proven.need("local relation without data")
        fields = declared.children
    else:
        reader = pa.ipc.open_stream(pa.BufferReader(held.data))
        arrow = reader.schema
        fields = tuple((field.name, types.of_field(field)) for field in arrow)
        if declared is not None and (declared.kind != "struct" or not _fits(declared.children, fields)):
            raise Unproven("local relation whose schema is not that of its data")
        if declared is not None:
            fields = declared.children
        if any(field.type.num_fields or pa.types.is_floating(field.type) for field in arrow):
            changed = _normalized(reader.read_all())
            if changed is not None:
                held.data = changed
    for _, type_ in fields:
        analysis.proven.need(f"local {type_.signature()}")
    return Output(tuple(Column(name, type_) for name, type_ in fields), size=len(held.data))


def _without_metadata(schema: Any) -> Any:
    """A JSON schema without the empty metadata of its columns, which Sail would write into Parquet files."""
    if isinstance(schema, list):
        return [_without_metadata(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("metadata"):
        raise Unproven("metadata of a column")
    return {name: _without_metadata(value) for name, value in schema.items() if name != "metadata"}


def _fits(declared: tuple[tuple[str, Type], ...], held: tuple[tuple[str, Type], ...]) -> bool:
    """Whether the data has the declared types (names come from the declaration)."""
    return [type_ for _, type_ in declared] == [type_ for _, type_ in held]


def _normalized(table: Any) -> bytes | None:
    """The table with normalized columns, as an IPC stream; None when nothing changes."""
    import pyarrow as pa

    table = table.combine_chunks()
    columns, changed = [], False
    for column in table.columns:
        array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        columns.append(normalized(array))
        changed = changed or columns[-1] is not array
    if not changed:
        return None
    return stream_of(pa.Table.from_arrays(columns, schema=table.schema))


def stream_of(table: Any) -> bytes:
    """The table as an Arrow IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]:
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def normalized(array: Any) -> Any:
    """The array with the children of null structs null, and any NaN the one without a sign, at every depth.

    Sail looks below a null struct, and takes a NaN with a sign for another value, smaller than all others.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(array.type):
        nans = pc.is_nan(array)
        return pc.if_else(nans, pa.scalar(float("nan"), array.type), array) if pc.any(nans).as_py() else array
    if pa.types.is_struct(array.type):
        children = [normalized(child) for child in (array.field(i) for i in range(array.type.num_fields))]
        if array.null_count:
            nulls = pc.is_null(array)
            children = [pc.if_else(nulls, pa.scalar(None, child.type), child) for child in children]
        elif all(child is array.field(i) or child.equals(array.field(i)) for i, child in enumerate(children)):
            return array
        fields = [field.with_nullable(True) for field in array.type]
        return pa.StructArray.from_arrays(children, fields=fields, mask=pc.is_null(array)).cast(array.type)
    if pa.types.is_list(array.type) and _may_change(array.type.value_type):
        values = normalized(array.flatten() if array.null_count else array.values)
        return array if values is array.values else _relisted(array, values)
    return array


def _may_change(arrow: Any) -> bool:
    import pyarrow as pa

    return bool(arrow.num_fields) or pa.types.is_floating(arrow)


def _relisted(array: Any, values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(array), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])
    flat = values if array.null_count else normalized(array.flatten())
    return pa.ListArray.from_arrays(offsets, flat, type=array.type, mask=pc.is_null(array))
