"""File writes: Sail writes into a staging folder, and what it wrote is published as Spark would have left it.

Nothing of a failed write is ever seen, no other partition is touched, files carry Spark's names, and `_SUCCESS` comes
last. A sorted result stays sorted: it is written as one file (Sail would deal its batches to several).
"""

from __future__ import annotations

import gzip
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mastic.engines.router import pb, scope, types
from mastic.engines.router.errors import analysis_error
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.rewrites import arithmetic, publishing, text
from mastic.engines.router.rewrites.csv_lines import Dialect
from mastic.engines.router.rewrites.listing import HIVE_NULL
from mastic.engines.router.rewrites.publishing import Target
from mastic.engines.router.scope import Column, Output

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

MODES = {0: "error", 1: "append", 2: "overwrite", 3: "error", 4: "ignore"}
EXTENSIONS = {"parquet": "parquet", "csv": "csv", "json": "json", "text": "txt"}
_CODECS = {
    "parquet": {
        "snappy": "snappy",
        "gzip": "gzip",
        "zstd": "zstd",
        "none": "uncompressed",
        "uncompressed": "uncompressed",
    },
    "csv": {"none": "", "uncompressed": "", "gzip": "gzip"},
    "json": {"none": "", "uncompressed": "", "gzip": "gzip"},
    "text": {"none": "", "uncompressed": ""},
}
_SUFFIX = {"snappy": ".snappy", "gzip": ".gz", "zstd": ".zstd", "uncompressed": "", "": ""}
_LINE = "value"
_ONE = "__mastic_one"  # partitioning by a constant is what makes Sail write one file
# What Spark escapes in the name of a partition folder (ExternalCatalogUtils).
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^") | {chr(code) for code in range(1, 32)}


@dataclass
class Write:
    """One write under way: Sail fills `staging`, `publish` makes it the target's."""

    target: Target
    staging: Path
    mode: str
    kind: str
    codec: str
    output: Output
    partitions: tuple[str, ...]
    single: bool
    dynamic: bool
    dialect: Dialect | None  # of CSV
    skip: bool = False
    _published: bool = field(default=False, repr=False)

    def __enter__(self) -> Write:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    @property
    def data(self) -> list[Column]:
        """The columns that are in the files."""
        partitions = {name.lower() for name in self.partitions}
        return [column for column in self.output.columns if column.name.lower() not in partitions]

    def discard(self) -> None:
        """Remove what was not published."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def publish(self) -> None:
        """Rename the written files into the target; raises Unproven when there is nothing Sail could have written."""
        source = self.staging / f"{_ONE}=1" if self.single else self.staging
        made = self._renamed(source)
        if not made and not self.partitions:
            made = [((), self._empty())]
        if self.mode == "overwrite" and not self.dynamic:
            self.target.replace(made, self.staging)
        else:
            self.target.merge(made, {folders for folders, _ in made} if self.mode == "overwrite" else set())
        self._published = True

    def _renamed(self, source: Path) -> list[tuple[tuple[str, ...], Path]]:
        """Every written file under Spark's name, with its partition folders."""
        job = uuid.uuid4()
        found: list[tuple[tuple[str, ...], Path]] = []
        if not source.is_dir():
            return found
        numbers: dict[str, int] = {}
        for path in sorted(held for held in source.rglob("*") if held.is_file()):
            folders = path.relative_to(source).parts[:-1]
            if path.name.startswith("."):
                continue
            number = numbers.setdefault(path.name, len(numbers))
            mark = ".c000" if self.partitions else "-c000"
            suffix = _SUFFIX[self.codec]
            extension = EXTENSIONS[self.kind]
            ending = f"{suffix}.{extension}" if self.kind == "parquet" else f".{extension}{suffix}"
            named = path.with_name(f"part-{number:05d}-{job}{mark}{ending}")
            path.rename(named)
            if self.dialect is not None and self.dialect.header:
                self._put_header(named, self.dialect)
            found.append((tuple(_folder(name) for name in folders), named))
        return found

    def _put_header(self, path: Path, dialect: Dialect) -> None:
        """Put the header before the lines; gzip takes another member."""
        header = dialect.names(self.data)
        headed = path.with_name(f".{path.name}")
        with path.open("rb") as lines, headed.open("wb") as out:
            out.write(gzip.compress(header) if self.codec == "gzip" else header)
            shutil.copyfileobj(lines, out, 1 << 20)
        headed.replace(path)

    def _only_header(self, dialect: Dialect) -> Path:
        self.staging.mkdir(parents=True, exist_ok=True)
        path = self.staging / f"part-00000-{uuid.uuid4()}-c000.csv{_SUFFIX[self.codec]}"
        path.touch()
        self._put_header(path, dialect)
        return path

    def _empty(self) -> Path:
        """The one file Spark writes for an empty result."""
        if self.dialect is not None and self.dialect.header:
            return self._only_header(self.dialect)
        if self.kind != "parquet":
            raise Unproven(f"write of an empty result as {self.kind}")
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.staging.mkdir(parents=True, exist_ok=True)
        path = self.staging / f"part-00000-{uuid.uuid4()}-c000{_SUFFIX[self.codec]}.parquet"
        schema = pa.schema([(column.name, types.to_arrow(column.type)) for column in self.output.columns])
        codec: Any = "none" if self.codec == "uncompressed" else self.codec
        pq.write_table(schema.empty_table(), path, compression=codec)
        return path


def _folder(name: str) -> str:
    """Sail's partition folder name as Spark writes it."""
    key, _, value = name.partition("=")
    return f"{_escaped(unquote(key))}={_escaped(unquote(value)) or HIVE_NULL}"


def _escaped(text: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in _ESCAPED else char for char in text)


def prepare(analysis: Analysis, held: Message, conf: Mapping[str, str]) -> Write:
    """Analyse the write and point it at a staging folder; raises Unproven, or Spark's error when the path exists."""
    expect(held, "input", "source", "path", "mode", "partitioning_columns", "options")
    kind = (held.source or "parquet").lower()
    if kind not in EXTENSIONS:
        raise Unproven(f"write {kind}")
    options = {key.lower(): value for key, value in held.options.items()}
    shown = held.path or options.pop("path", "")
    if not shown:
        raise Unproven("write without a path")
    options.pop("path", None)
    mode = MODES.get(held.mode, "unknown")
    target = publishing.target(analysis.buckets.local(shown), analysis.buckets.root)
    analysis.proven.need(f"write {kind}")
    analysis.proven.need(f"write mode {mode}")
    codec = _codec(kind, options, conf)
    dynamic = options.pop("partitionoverwritemode", conf.get("spark.sql.sources.partitionOverwriteMode", "")).lower()
    if dynamic not in ("", "static", "dynamic"):
        raise Unproven(f"partitionOverwriteMode {dynamic}")
    for key, value in options.items():
        analysis.proven.need(f"write {kind} option {key}={value}")
    output = analysis.relation(held.input)
    partitions = tuple(held.partitioning_columns)
    _check_target(analysis, target, mode, shown)
    write = Write(
        target=target,
        staging=target.staging(),
        mode=mode,
        kind=kind,
        codec=codec,
        output=output,
        partitions=partitions,
        single=not partitions and (output.single or output.ordered),
        dynamic=dynamic == "dynamic" and bool(partitions),
        dialect=Dialect.of(options) if kind == "csv" else None,
        skip=mode == "ignore" and target.exists(),
    )
    if write.dynamic and mode == "overwrite":
        analysis.proven.need("write dynamic overwrite")
    _check_columns(analysis, write)
    _values(held, write)
    _shape(analysis, held, write)
    held.path, held.mode, held.source = str(write.staging), 1, "text" if kind == "csv" else kind
    held.options.clear()
    for key, value in options.items() if kind != "csv" else ():
        held.options[key] = value
    if codec:
        held.options["compression"] = codec
    return write


def _codec(kind: str, options: dict[str, str], conf: Mapping[str, str]) -> str:
    default = conf.get("spark.sql.parquet.compression.codec", "snappy") if kind == "parquet" else "none"
    asked = options.pop("compression", options.pop("codec", default)).lower()
    codec = _CODECS[kind].get(asked)
    if codec is None:
        raise Unproven(f"write {kind} compressed with {asked}")
    return codec


def _check_target(analysis: Analysis, target: Target, mode: str, shown: str) -> None:
    target.check(shown)
    if mode == "error" and target.exists():
        place = shown if ":" in shown.split("/", 1)[0] else f"file:{target.path}"
        raise analysis_error(
            "PATH_ALREADY_EXISTS",
            "42K04",
            f'Path {place} already exists. Set mode as "overwrite" to overwrite the existing path.',
        )
    if mode != "overwrite":
        return
    written = Path(target.path)
    for read in map(Path, analysis.reads):
        if read == written or written in read.parents or read in written.parents:
            raise Unproven("overwrite of a path that is being read")


def _check_columns(analysis: Analysis, write: Write) -> None:
    columns = write.output.columns
    if len({column.name.lower() for column in columns}) != len(columns):
        raise Unproven("write of columns with the same name")
    for column in write.data:
        for place in column.type.places():
            analysis.proven.need(f"write {write.kind} {place}")
    if not write.data:
        raise Unproven("write without a data column")
    if write.dialect is not None:
        if _LINE in write.partitions:
            raise Unproven(f"write csv partitioned by {_LINE}")
        if write.dialect.header:
            write.dialect.names(write.data)


def _shape(analysis: Analysis, held: Message, write: Write) -> None:
    """Partition values become text here: Sail writes the NULL of a number as 0."""
    if write.single:
        analysis.proven.need("write as one file")
        _project(held, [pb.star(), pb.alias(pb.integer(1), _ONE)])
        held.partitioning_columns.append(_ONE)
        return
    if not write.partitions:
        return
    by_name = {column.name: column for column in write.output.columns}
    values: dict[str, Message] = {}
    for name in write.partitions:
        held_column = by_name.get(name)
        if held_column is None:
            raise Unproven(f"partition column {name} (absent, or written in another case)")
        analysis.proven.need(f"write partition {held_column.type.signature()}")
        values[name] = _partition_value(held_column)
    names = [_LINE, *write.partitions] if write.dialect is not None else list(by_name)
    _project(held, [values.get(name, pb.attribute(scope.quote(name))) for name in names])


def _values(held: Message, write: Write) -> None:
    """Text formats: values as Spark prints them; what Sail would print in another way is refused aloud."""
    if write.kind == "json":
        printed = {column.name: text.printed(column) for column in write.output.columns}
        if any(printed.values()):
            columns = write.output.columns
            _project(held, [printed[column.name] or pb.attribute(scope.quote(column.name)) for column in columns])
    if write.dialect is not None:
        line = pb.alias(write.dialect.line(write.data), _LINE)
        _project(held, [line, *(pb.attribute(scope.quote(name)) for name in write.partitions)])
        if len(write.data) == 1:  # Spark writes no line for a row that has nothing in it
            something = pb.function("!=", pb.attribute(_LINE), pb.string(""))
            held.input.CopyFrom(pb.filtered(held.input, something))


def _partition_value(column: Column) -> Message:
    reference = pb.attribute(scope.quote(column.name))
    if column.type == types.DOUBLE:
        shown = arithmetic.double_text(reference)
    else:
        shown = reference if column.type == types.STRING else pb.cast(reference, types.to_proto(types.STRING))
    filled = pb.function("coalesce", pb.function("nullif", shown, pb.string("")), pb.string(HIVE_NULL))
    return pb.alias(filled, column.name)


def _project(held: Message, expressions: list[Message]) -> None:
    held.input.CopyFrom(pb.projected(held.input, expressions))


__all__ = ["Write", "prepare"]
