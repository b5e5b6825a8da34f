"""File reads: the files are found and described here, so that Sail reads exactly what Spark would."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mastic.engines.router import pb, scope, types
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.rewrites import arithmetic, csv, database, documents, json, parquet, parsing
from mastic.engines.router.rewrites.gathering import gathered
from mastic.engines.router.rewrites.listing import HIVE_NULL, Listing, listing
from mastic.engines.router.scope import Column, Output
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

Fields = tuple[tuple[str, Type], ...]
FORMATS = {"": "parquet", "parquet": "parquet", "csv": "csv", "json": "json", "text": "text"}


def data_source(analysis: Analysis, held: Message, relation: Message) -> Output:
    """A Read.DataSource, rewritten to explicit files and an explicit schema."""
    if held.format.lower() == "jdbc":
        return database.read(analysis, held, relation)
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
    if "basepath" in options:
        analysis.proven.need("read basePath")
        _check_base(options.pop("basepath"), shown, found)
    if kind == "json" and options.get("multiline", "").lower() == "true":
        analysis.proven.need("read json documents")
        found = documents.as_lines(found)
        del options["multiline"]
    null = options.get("nullvalue", "") if kind == "csv" else ""
    fields = _SCHEMAS[kind](analysis, options, found, given)
    partitions = _partition_types(found, given)
    taken = {name.lower() for name, _ in partitions}
    fields = tuple((name, type_) for name, type_ in fields if name.lower() not in taken or given is None)
    if len({name.lower() for name, _ in (*fields, *partitions)}) != len(fields) + len(partitions):
        raise Unproven("columns of the same name in a read")
    for place in (place for _, type_ in fields for place in type_.places()):
        analysis.proven.need(f"read {kind} {place}")
    if not found.files:
        return _nothing(analysis, relation, (*fields, *partitions))
    texts = frozenset(name for name, type_ in fields if null or (kind == "json" and type_.kind in json.FROM_TEXT))
    if null:
        analysis.proven.need("read csv nullValue")
    _point(held, kind, found, tuple((name, types.STRING if name in texts else type_) for name, type_ in fields))
    for key, value in options.items():
        held.options[key] = value
    floats = frozenset(name for name, type_ in fields if kind == "parquet" and type_.kind in types.FRACTIONAL)
    if partitions or texts or floats:
        _restore(analysis, relation, found, fields, partitions, texts, floats, null)
    columns = tuple(Column(name, type_.nullable_throughout()) for name, type_ in (*fields, *partitions))
    return Output(columns, size=sum(file.size for file in found.files))


def _check_base(base: str, shown: list[str], found: Listing) -> None:
    """A base path says something only about paths below it; of the folder that is read it is the default."""
    same = [path.rstrip("/") for path in shown] == [base.rstrip("/")]
    if not same or set("*?") & set(base) or any(file.path in found.roots for file in found.files):
        raise Unproven("read below a basePath")


def _point(held: Message, kind: str, found: Listing, fields: Fields) -> None:
    """Name the files and the schema."""
    del held.paths[:]
    held.options.clear()
    held.format = kind
    if found.partitions:
        held.paths.append(found.roots[0])
        fields = (*fields, *((name, types.STRING) for name, _ in found.partitions))
    else:
        held.paths.extend(gathered(found.files) if kind == "json" else (file.path for file in found.files))
    held.schema = ", ".join(f"{types.quoted(name)} {type_.ddl()}" for name, type_ in fields)


def _partition_types(found: Listing, given: Fields | None) -> Fields:
    if given is None:
        return found.partitions
    wanted = {name.lower(): (name, type_) for name, type_ in given}
    return tuple(wanted.get(name.lower(), (name, type_)) for name, type_ in found.partitions)


def _restore(
    analysis: Analysis,
    relation: Message,
    found: Listing,
    fields: Fields,
    partitions: Fields,
    texts: frozenset[str],
    floats: frozenset[str],
    null: str,
) -> None:
    """Sail reads partition values (and `texts`) as text: give them their types and NULL (`null`) back.

    Parquet files may hold NaN with a sign."""
    made = pb.Relation()
    made.project.input.CopyFrom(relation)
    made.project.input.ClearField("common")
    for name, type_ in fields:
        value = pb.attribute(scope.quote(name))
        if name in texts:
            value = pb.function("nullif", value, pb.string(null)) if null else value
            value = pb.alias(parsing.of_file(value, type_), name)
        elif name in floats:
            value = pb.alias(arithmetic.unsigned(value, type_), name)
        made.project.expressions.add().CopyFrom(value)
    for (stored, _), (name, type_) in zip(found.partitions, partitions, strict=True):
        analysis.proven.need(f"partition column {type_.signature()}")
        value = pb.attribute(scope.quote(stored))
        if stored in found.nulls:
            value = pb.function("nullif", value, pb.string(HIVE_NULL))
        if type_ != types.STRING:
            value = pb.cast(value, types.to_proto(type_))
        made.project.expressions.add().CopyFrom(pb.alias(value, name))
    pb.replace(relation, made)


def _nothing(analysis: Analysis, relation: Message, fields: Fields) -> Output:
    analysis.proven.need("local relation without data")
    made = pb.Relation()
    made.local_relation.schema = ", ".join(f"{types.quoted(name)} {type_.ddl()}" for name, type_ in fields)
    pb.replace(relation, made)
    return Output(tuple(Column(name, type_.nullable_throughout()) for name, type_ in fields))


def _parquet(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    for key, value in list(options.items()):
        if (key, value.lower()) not in (("mergeschema", "false"), ("recursivefilelookup", "false")):
            raise Unproven(f"read parquet option {key}={value}")
        del options[key]
    if not found.files and given is None:
        raise Unproven("read parquet without files")
    return parquet.fields(found.files, given, {name.lower() for name, _ in found.partitions})


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
    "json": json.fields,
    "text": _text,
}
