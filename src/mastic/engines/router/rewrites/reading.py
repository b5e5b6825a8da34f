"""File reads: the files are found and described here, so that Sail reads exactly what Spark would."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from mastic.engines.router import pb, scope, types
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.rewrites import csv, parquet
from mastic.engines.router.rewrites.files import File, opened
from mastic.engines.router.rewrites.listing import HIVE_NULL, Listing, listing
from mastic.engines.router.scope import Column, Output
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

_LONG_NUMBER = re.compile(rb"[0-9]{18}")
Fields = tuple[tuple[str, Type], ...]
FORMATS = {"": "parquet", "parquet": "parquet", "csv": "csv", "json": "json", "text": "text"}


def data_source(analysis: Analysis, held: Message, relation: Message) -> Output:
    """A Read.DataSource, rewritten to explicit files and an explicit schema."""
    expect(held, "format", "schema", "options", "paths")
    kind = FORMATS.get(held.format.lower())
    if kind is None:
        raise Unproven(f"read {held.format.lower()}")
    options = {key.lower(): value for key, value in held.options.items()}
    shown = [*held.paths, *([options.pop("path")] if "path" in options else [])]
    if not shown:
        raise Unproven(f"read {kind} without a path")
    found = listing([analysis.buckets.local(path) for path in shown], shown)
    analysis.reads.extend(found.roots)
    given = types.parse(held.schema).children if held.schema else None
    analysis.proven.need(f"read {kind}")
    fields = _SCHEMAS[kind](analysis, options, found, given)
    partitions = _partition_types(found, given)
    taken = {name.lower() for name, _ in partitions}
    fields = tuple((name, type_) for name, type_ in fields if name.lower() not in taken or given is None)
    if len({name.lower() for name, _ in (*fields, *partitions)}) != len(fields) + len(partitions):
        raise Unproven("columns of the same name in a read")
    for _, type_ in fields:
        analysis.proven.need(f"read {kind} {type_.signature()}")
    if not found.files:
        return _nothing(analysis, relation, (*fields, *partitions))
    _point(held, kind, found, fields)
    for key, value in options.items():
        held.options[key] = value
    if partitions:
        _restore(analysis, relation, found, fields, partitions)
    return Output(tuple(Column(name, type_) for name, type_ in (*fields, *partitions)))


def _point(held: Message, kind: str, found: Listing, fields: Fields) -> None:
    """Name the files and the schema."""
    del held.paths[:]
    held.options.clear()
    held.format = kind
    if found.partitions:
        held.paths.append(found.roots[0])
        fields = (*fields, *((name, types.STRING) for name, _ in found.partitions))
    else:
        held.paths.extend(file.path for file in found.files)
    held.schema = ", ".join(f"{_quoted(name)} {type_.ddl()}" for name, type_ in fields)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _partition_types(found: Listing, given: Fields | None) -> Fields:
    if given is None:
        return found.partitions
    wanted = {name.lower(): (name, type_) for name, type_ in given}
    return tuple(wanted.get(name.lower(), (name, type_)) for name, type_ in found.partitions)


def _restore(analysis: Analysis, relation: Message, found: Listing, fields: Fields, partitions: Fields) -> None:
    """Sail reads partition values as text: give them their types and NULL back."""
    made = pb.Relation()
    made.project.input.CopyFrom(relation)
    made.project.input.ClearField("common")
    if relation.HasField("common"):
        made.common.CopyFrom(relation.common)
    for name, _ in fields:
        made.project.expressions.add().CopyFrom(pb.attribute(scope.quote(name)))
    for (stored, _), (name, type_) in zip(found.partitions, partitions, strict=True):
        analysis.proven.need(f"partition column {type_.signature()}")
        value = pb.attribute(scope.quote(stored))
        if stored in found.nulls:
            value = pb.function("nullif", value, pb.string(HIVE_NULL))
        if type_ != types.STRING:
            value = pb.cast(value, types.to_proto(type_))
        made.project.expressions.add().CopyFrom(pb.alias(value, name))
    relation.CopyFrom(made)


def _nothing(analysis: Analysis, relation: Message, fields: Fields) -> Output:
    analysis.proven.need("local relation without data")
    common = relation.common if relation.HasField("common") else None
    made = pb.Relation()
    made.local_relation.schema = ", ".join(f"{_quoted(name)} {type_.ddl()}" for name, type_ in fields)
    if common is not None:
        made.common.CopyFrom(common)
    relation.CopyFrom(made)
    return Output(tuple(Column(name, type_) for name, type_ in fields))


def _parquet(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    for key, value in list(options.items()):
        if (key, value.lower()) not in (("mergeschema", "false"), ("recursivefilelookup", "false")):
            raise Unproven(f"read parquet option {key}={value}")
        del options[key]
    if not found.files and given is None:
        raise Unproven("read parquet without files")
    return parquet.fields(found.files, given, {name.lower() for name, _ in found.partitions})


_inferred: OrderedDict[tuple[str, tuple[File, ...]], Fields] = OrderedDict()


def _json(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    """Sail's own inference over every record (Spark samples none either), with Spark's order and types."""
    for key, value in list(options.items()):
        if (key, value.lower()) not in (("multiline", "false"), ("mode", "permissive"), ("mode", "failfast")):
            raise Unproven(f"read json option {key}={value}")
        del options[key]
    if not found.files:
        if given is None:
            raise Unproven("read json without files")
        return given
    seen = _infer_json(analysis, found)
    if given is None:
        return tuple(sorted(seen))
    held = dict(seen)
    lowered = {name.lower() for name in held}
    for name, type_ in given:
        if name not in held and name.lower() in lowered:
            raise Unproven("json field written in another case")
        if name in held and not _readable(held[name], type_):
            raise Unproven(f"json {held[name].ddl()} read as {type_.ddl()}")
    return given


def _infer_json(analysis: Analysis, found: Listing) -> Fields:
    key = ("json", found.files)
    if key not in _inferred:
        if analysis.infer is None:
            raise Unproven("json schema inference")
        relation = pb.Relation()
        relation.read.data_source.format = "json"
        relation.read.data_source.paths.extend(file.path for file in found.files)
        relation.read.data_source.options["schemaInferMaxRecords"] = str(2**62)
        type_ = types.from_proto(analysis.infer(relation))
        fields = type_.children
        if len({name.lower() for name, _ in fields}) != len(fields):
            raise Unproven("json fields that differ in case only")
        if "double" in type_.signature() and any(map(_has_long_number, found.files)):
            raise Unproven("json number beyond bigint")
        _inferred[key] = tuple((name, _json_type(held)) for name, held in fields)
        if len(_inferred) > 256:
            _inferred.popitem(last=False)
    return _inferred[key]


def _has_long_number(file: File) -> bool:
    """Whether there may be an integer that Spark infers as a decimal."""
    if file.path.endswith((".gz", ".bz2", ".zst")):
        return True
    with opened(file) as stream:
        tail = b""
        while block := stream.read(1 << 24):
            if _LONG_NUMBER.search(tail + block):
                return True
            tail = block[-32:]
    return False


def _json_type(type_: Type) -> Type:
    """Spark's type for an inferred one: a field that is null everywhere is a string, fields are sorted."""
    if type_.kind == "void":
        return types.STRING
    if type_.kind == "array":
        return types.array_of(_json_type(type_.element))
    if type_.kind == "struct":
        if not type_.children:
            raise Unproven("json object that is always empty")
        return types.struct_of(*sorted((name, _json_type(child)) for name, child in type_.children))
    if type_.kind in ("bigint", "double", "string", "boolean"):
        return type_
    raise Unproven(f"json {type_.kind}")


def _readable(held: Type, wanted: Type) -> bool:
    """Whether values seen as `held` read as `wanted` without a doubt."""
    if held == wanted or (held.kind, wanted.kind) == ("bigint", "double"):
        return True
    if held.kind == wanted.kind == "array":
        return _readable(held.element, wanted.element)
    if held.kind == wanted.kind == "struct":
        have = dict(held.children)
        return all(name not in have or _readable(have[name], type_) for name, type_ in wanted.children)
    return False


def _text(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    whole = options.get("wholetext", "false").lower()
    for key in options:
        if key != "wholetext":
            raise Unproven(f"read text option {key}")
    if whole == "true":
        analysis.proven.need("read text wholetext")
    if given is not None and [type_ for _, type_ in given] != [types.STRING]:
        raise Unproven("read text with a schema")
    return given or (("value", types.STRING),)


_SCHEMAS: dict[str, Callable[[Analysis, dict[str, str], Listing, Fields | None], Fields]] = {
    "parquet": _parquet,
    "csv": csv.fields,
    "json": _json,
    "text": _text,
}
