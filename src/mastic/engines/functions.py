"""What stands around a user's Python function inside an engine: Spark's own values in and out, and its modules.

A function travels as the client pickled it and is loaded where it runs. What Spark would treat in a way not known here
raises, and the router asks Spark.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mastic.engines.java_text import java_double

if TYPE_CHECKING:
    from mastic.engines.router.types import Type

Convert = Callable[[Any], Any]
_CONTAINERS = ("array", "map", "struct")
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


class Refused(TypeError):
    """A value for which Spark's conversion is not known here."""


# -- modules ---------------------------------------------------------------------------------------------------------


def extra_paths() -> list[str]:
    """Where the run's own modules are: what the worker put on the path for --extra-py-files and added modules."""
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def loaded(paths: list[str], command: bytes) -> Any:
    """A pickled function, its modules importable. Called by the unpickling itself, in Spark's Python workers."""
    sys.path[:0] = [path for path in paths if path not in sys.path]
    return pickle.loads(command)  # noqa: S301  the user's own function, on its way to where it runs


class _WithPaths:
    def __init__(self, paths: list[str], command: bytes) -> None:
        self.arguments = (paths, command)

    def __reduce__(self) -> tuple[Any, ...]:
        return loaded, self.arguments


def with_paths(command: bytes, paths: list[str]) -> bytes:
    """The same pickled function, finding its modules in the paths wherever it is loaded."""
    return pickle.dumps(_WithPaths(paths, command))


# -- functions over Arrow ----------------------------------------------------------------------------------------------


class ArrowBatches:
    """A mapInArrow function between batches as Spark gives and takes them: plain types and normalized values."""

    def __init__(self, command: bytes, inputs: list[tuple[str, Type]], outputs: list[tuple[str, Type]]) -> None:
        self.command, self.inputs, self.outputs = command, inputs, outputs

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        function, _ = pickle.loads(self.command)  # noqa: S301
        for batch in function(self._given(batch) for batch in batches):
            yield self._taken(batch)

    def _given(self, batch: Any) -> Any:
        import pyarrow as pa

        from mastic.engines.router.types import to_arrow

        schema = pa.schema([pa.field(name, to_arrow(type_)) for name, type_ in self.inputs])
        columns = [given(column, wanted) for column, wanted in zip(batch.columns, schema.types, strict=True)]
        if not columns:
            return batch
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _taken(self, batch: Any) -> Any:
        import pyarrow as pa

        from mastic.engines.router.rewrites.local import normalized
        from mastic.engines.router.types import to_arrow

        if not isinstance(batch, pa.RecordBatch):
            raise Refused(f"mapInArrow gave {type(batch).__name__}")
        schema = pa.schema([pa.field(name, to_arrow(type_)) for name, type_ in self.outputs])
        if [plain(field.type) for field in batch.schema] != schema.types or batch.schema.names != schema.names:
            raise Refused(f"mapInArrow gave {batch.schema}, not {schema}")
        columns = [
            normalized(column if column.type == wanted else column.cast(wanted))
            for column, wanted in zip(batch.columns, schema.types, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)


class ExactIntegers:
    """A pandas function whose floats may become bigints: those too large to be exact are refused."""

    def __init__(self, command: bytes, *, iterates: bool) -> None:
        self.command, self.iterates = command, iterates

    def __call__(self, *given: Any) -> Any:
        function, _ = pickle.loads(self.command)  # noqa: S301
        return map(_exact, function(*given)) if self.iterates else _exact(function(*given))


def _exact(made: Any) -> Any:
    import pandas as pd

    for column in [made[name] for name in made] if isinstance(made, pd.DataFrame) else [made]:
        if isinstance(column, pd.Series) and column.dtype.kind == "f" and (column.abs() >= 2**53).any():
            raise Refused("a float that is no exact integer")
    return made


def given(array: Any, wanted: Any) -> Any:
    """A column as Spark would hand it over."""
    from mastic.engines.router.rewrites.local import normalized

    return normalized(array if array.type == wanted else array.cast(wanted))


def plain(arrow: Any) -> Any:
    """The Arrow type with every part nullable and under Spark's names."""
    import pyarrow as pa

    if pa.types.is_struct(arrow):
        return pa.struct([pa.field(field.name, plain(field.type)) for field in arrow])
    if pa.types.is_list(arrow):
        return pa.list_(pa.field("element", plain(arrow.value_type)))
    if pa.types.is_map(arrow):
        return pa.map_(plain(arrow.key_type), plain(arrow.item_type))
    return arrow


# -- functions over rows -----------------------------------------------------------------------------------------------


class RowFunction:
    """A `udf` over columns: rows as Spark pickles them for Python, results as the JVM reads them from Python."""

    def __init__(self, command: bytes, inputs: list[Type], output: Type, names: list[str]) -> None:
        self.command, self.inputs, self.output, self.names = command, inputs, output, names

    @cached_property
    def _loaded(self) -> tuple[Callable[..., Any], Any]:
        function, return_type = pickle.loads(self.command)  # noqa: S301
        return function, return_type

    def __call__(self, *arrays: Any) -> Any:
        function, return_type = self._loaded
        count = len(arrays[0])
        columns = [values(array, type_) for array, type_ in zip(arrays, self.inputs, strict=False)]
        positional = len(columns) - len([name for name in self.names if name])
        keywords = self.names[positional:]
        if keywords:
            called = function

            def function(*row: Any) -> Any:
                return called(*row[:positional], **dict(zip(keywords, row[positional:], strict=True)))

        rows = zip(*columns, strict=True) if columns else iter([()] * count)
        if return_type.needConversion():
            inner = return_type.toInternal
            results = [inner(function(*row)) for row in rows]
        else:
            results = [function(*row) for row in rows]
        return array_of(results, self.output)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_loaded"}


def values(array: Any, type_: Type) -> list[Any]:
    """A column as the Python values Spark gives a row function."""
    import pyarrow as pa

    if type_.kind == "timestamp":
        inner = inbound(type_)
        return [None if held is None else inner(held) for held in array.cast(pa.int64()).to_pylist()]
    held = array.to_pylist()
    convert = inbound(type_)
    if convert is None:
        return list(held)
    return [None if value is None else convert(value) for value in held]


def inbound(type_: Type) -> Any:
    """How one Arrow value becomes Spark's Python value; None where it is that already."""
    if type_.kind == "timestamp":
        return _local_time
    if type_.kind == "array":
        element = inbound(type_.element)
        return None if element is None else lambda held: [None if v is None else element(v) for v in held]
    if type_.kind == "map":
        key, value = inbound(type_.children[0][1]) or _same, inbound(type_.element) or _same
        return lambda held: {key(k): None if v is None else value(v) for k, v in held}
    if type_.kind == "struct":
        return _row_maker(type_)
    return None


def _same(value: Any) -> Any:
    return value


def _local_time(held: Any) -> Any:
    """A naive datetime in the process's own zone, as Spark's Python workers have it."""
    import datetime

    if isinstance(held, datetime.datetime):  # inside a container
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        held = (held - epoch) // datetime.timedelta(microseconds=1)
    return datetime.datetime.fromtimestamp(held // 1000000).replace(microsecond=held % 1000000)


def _row_maker(type_: Type) -> Convert:
    from pyspark.sql.types import _create_row

    names = [name for name, _ in type_.children]
    if len(set(names)) != len(names):
        raise Refused("a struct with two fields of one name")
    converters = [inbound(child) or _same for _, child in type_.children]

    def make(held: dict[str, Any]) -> Any:
        pairs = zip(held.values(), converters, strict=True)
        return _create_row(names, [None if value is None else convert(value) for value, convert in pairs])

    return make


# -- results -----------------------------------------------------------------------------------------------------------

_EXACT: dict[str, type] = {"bigint": int, "double": float, "string": str, "boolean": bool}


def array_of(results: list[Any], type_: Type) -> Any:
    """Results as the Arrow array Spark would make of them; null structs are null inside, any NaN the one."""
    import pyarrow as pa

    from mastic.engines.router.rewrites.local import normalized
    from mastic.engines.router.types import to_arrow

    wanted = to_arrow(type_)
    exact = _EXACT.get(type_.kind)
    if exact is not None and set(map(type, results)) <= {exact, type(None)}:
        try:
            return pa.array(results, wanted)
        except (pa.ArrowInvalid, OverflowError):
            pass
    made = pa.array([outbound(value, type_) for value in results], wanted)
    return normalized(made)


def outbound(value: Any, type_: Type) -> Any:
    """One result as the JVM takes it: a value of another kind is null, integers wrap, text takes anything plain."""
    if value is None:
        return None
    known = _KNOWN.get(type(value))
    if known is None:
        raise Refused(f"a result of type {type(value).__name__} for {type_.ddl()}")
    kind = type_.kind
    if kind in _BITS:
        return _wrapped(value, _BITS[kind]) if known == "int" and _is_long(value) else None
    if kind == "boolean":
        return value if known == "bool" else None
    if kind in ("float", "double"):
        return value if known == "float" else None
    if kind == "string":
        return _text(value, known)
    if kind == "binary":
        return value.encode() if known == "str" else bytes(value) if known == "bytes" else None
    if kind == "decimal":
        return _decimal(value, type_) if known == "decimal" else None
    if kind in ("date", "timestamp", "timestamp_ntz"):  # the type's own toInternal made them numbers
        return value if known == "int" and _is_long(value) and (kind != "date" or abs(value) < 2**31) else None
    if kind in _CONTAINERS:
        return _container(value, known, type_)
    raise Refused(f"a result for {type_.ddl()}")


_KNOWN: dict[type, str] = {
    bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes", bytearray: "bytes", Decimal: "decimal",
    list: "list", tuple: "tuple", dict: "dict",
}  # fmt: skip


def _is_long(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _wrapped(value: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (value + half) % (1 << bits) - half


def _text(value: Any, known: str) -> str:
    if known == "str":
        return str(value)
    if known == "bool":
        return "true" if value else "false"
    if known == "int":
        return str(value)
    if known == "float":
        return java_double(value)
    raise Refused(f"a result of type {type(value).__name__} for a string")


def _decimal(value: Decimal, type_: Type) -> Decimal:
    if not value.is_finite():
        raise Refused("a decimal that is no number")
    rounded = value.quantize(Decimal(1).scaleb(-type_.scale), ROUND_HALF_UP)
    if len(rounded.as_tuple().digits) > type_.precision:
        raise Refused(f"a decimal too large for {type_.ddl()}")
    return rounded


def _container(value: Any, known: str, type_: Type) -> Any:
    if type_.kind == "array":
        if known == "bytes":
            raise Refused("bytes for an array")
        return [outbound(item, type_.element) for item in value] if known in ("list", "tuple") else None
    if type_.kind == "map":
        if known != "dict":
            return None
        key = type_.children[0][1]
        made = [(outbound(k, key), outbound(v, type_.element)) for k, v in value.items()]
        if any(k is None for k, _ in made) or len({k for k, _ in made}) != len(made):
            raise Refused("a null or repeated key of a map")
        return made
    if known != "tuple" or len(value) != len(type_.children):
        raise Refused(f"a result for {type_.ddl()}")
    fields = zip(value, type_.children, strict=True)
    return {name: outbound(held, child) for held, (name, child) in fields}
