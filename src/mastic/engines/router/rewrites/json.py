"""JSON: every record is looked at once, so that Sail is asked only for what it reads as Spark does.

Sail's own reader takes without a word what Spark does not: numbers in texts, records that share a line or take several,
leading zeros. None of that is left when every line is known to be one record and every field's values are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from awsglue import _files
from awsglue._json import lines_by_python
from awsglue._json_pass import Seen, files_seen, place, remembered
from awsglue._json_shape import NOTHING, Shape
from mastic.engines.router import types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.files import File
from mastic.engines.router.rewrites.listing import Listing
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

Fields = tuple[tuple[str, Type], ...]
_INTEGERS = frozenset(("int", "long"))
_DIGITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
FROM_TEXT = ("date", "timestamp")  # read as text and parsed, where they stand at the top
# Spark's defaults, and what changes nothing about text that is one record per line.
_HARMLESS = {
    "multiline": ("false",),
    "mode": ("permissive", "failfast", "dropmalformed"),
    "encoding": ("utf-8", "utf8"),
    "charset": ("utf-8", "utf8"),
    "primitivesasstring": ("false",),
    "prefersdecimal": ("false",),
    "infertimestamp": ("false",),
    "samplingratio": ("1", "1.0"),
    "dropfieldifallnull": ("false",),
    "recursivefilelookup": ("false",),
    "allowcomments": ("true", "false"),
    "allowsinglequotes": ("true", "false"),
    "allowunquotedfieldnames": ("true", "false"),
    "allownumericleadingzeros": ("true", "false"),
    "allownonnumericnumbers": ("true", "false"),
    "allowbackslashescapinganycharacter": ("true", "false"),
    "allowunquotedcontrolchars": ("true", "false"),
}
# Options of other formats, which Spark's JSON reader does not know.
_UNKNOWN = ("header", "inferschema", "sep", "delimiter", "quote", "escape")


def fields(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    """The columns of a JSON read; leaves no option."""
    for key, value in options.items():
        if key not in _UNKNOWN and value.lower() not in _HARMLESS.get(key, ()):
            raise Unproven(f"read json option {key}={value}")
    options.clear()
    if not found.files:
        if given is None:
            raise Unproven("read json without files")
        return given
    seen = _seen(analysis, found.files)
    if given is None:
        if "doubled" in seen.notes:
            raise Unproven("json records with a field twice")
        return _spark_type(seen.shape).children
    if len({name for name, _ in given}) != len(given):
        raise Unproven("columns of the same name in a read")
    try:
        _fit(seen.shape.fields, given, top=True)
    except Unproven:  # for small integers it takes their exact bounds to tell
        _fit(_seen(analysis, found.files, exact=True).shape.fields, given, top=True)
    return given


def _seen(analysis: Analysis, found: tuple[File, ...], *, exact: bool = False) -> Seen:
    files = [_files.File(file.path, file.size, file.modified_ns // 10**6) for file in found]
    names = [_place(file.path, analysis.buckets.root) for file in files]
    seen = remembered(files, names, lambda: files_seen(files, lines_by_python, exact=exact), exact=exact)
    if seen.bad:
        raise Unproven("json lines that are not one record each")
    if "minus zero" in seen.notes:
        raise Unproven("json integer -0")
    _same_case(seen.shape)
    return seen


def _place(path: str, root: Path | None) -> str:
    """The file's name as awsglue knows it: bucket/key where the path is in a bucket's folder."""
    return path[len(f"{root}/") :] if root is not None and path.startswith(f"{root}/") else place(path)


def _same_case(shape: Shape) -> None:
    if len({name.lower() for name in shape.fields}) != len(shape.fields):
        raise Unproven("json fields that differ in case only")
    for held in (*shape.fields.values(), *([shape.element] if shape.element else [])):
        _same_case(held)


def _spark_type(shape: Shape) -> Type:
    """The type Spark infers: a field that is null everywhere is a string, fields are sorted."""
    kinds = shape.kinds
    if not kinds:
        return types.STRING
    if kinds <= _INTEGERS:
        return types.BIGINT
    if "double" in kinds and kinds <= _INTEGERS | {"double"}:
        return types.DOUBLE
    if "huge" in kinds:
        raise Unproven("json number beyond bigint")
    if len(kinds) > 1:
        raise Unproven(f"json field of several types ({', '.join(sorted(kinds))})")
    if "array" in kinds:
        return types.array_of(_spark_type(shape.element or NOTHING))
    if "struct" in kinds:
        if not shape.fields:
            raise Unproven("json object that is always empty")
        return types.struct_of(*sorted((name, _spark_type(held)) for name, held in shape.fields.items()))
    return types.BOOLEAN if "boolean" in kinds else types.STRING


def _fit(held: Mapping[str, Shape], wanted: Fields, *, top: bool = False) -> None:
    """Raise Unproven unless every value reads as wanted without a doubt."""
    lowered = {name.lower() for name in held}
    for name, type_ in wanted:
        if name not in held and name.lower() in lowered:
            raise Unproven("json field written in another case")
        if name in held and not (top and type_.kind in FROM_TEXT and held[name].kinds <= {"string"}):
            _read(held[name], type_)


def _read(shape: Shape, wanted: Type) -> None:
    if not shape.kinds:
        return
    if wanted.kind == "struct" and shape.kinds == {"struct"}:
        _fit(shape.fields, wanted.children)
    elif wanted.kind == "map" and shape.kinds == {"struct"} and wanted.children[0][1] == types.STRING:
        for each in shape.fields.values():
            _read(each, wanted.element)
    elif wanted.kind == "array" and shape.kinds == {"array"}:
        _read(shape.element or NOTHING, wanted.element)
    elif not _scalar(shape, wanted):
        raise Unproven(f"json {'/'.join(sorted(shape.kinds))} read as {wanted.ddl()}")


def _scalar(shape: Shape, wanted: Type) -> bool:
    if wanted.kind in _DIGITS:
        limit = 2 ** _DIGITS[wanted.kind]
        return shape.kinds <= _INTEGERS and -limit <= shape.low and shape.high < limit
    if wanted.kind == "decimal":
        limit = 10 ** (wanted.precision - wanted.scale)
        return shape.kinds <= _INTEGERS and -limit < shape.low and shape.high < limit
    if wanted.kind in types.FRACTIONAL:
        return shape.kinds <= _INTEGERS | {"double"}
    return (wanted.kind in ("string", "boolean")) and shape.kinds == {wanted.kind}
