"""Runs one program on Sail through the router and on Spark, and says what differs."""

from __future__ import annotations

import atexit
import math
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("SPARK_CONNECT_MODE_ENABLED", "1")
os.environ.setdefault("RUST_LOG", "error")
os.environ.setdefault("SAIL_EXECUTION__COLLECT_STATISTICS", "false")  # as in engines.sail
os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", "100000")

import logging

import grpc
import pyspark.sql.connect.proto as proto
import pyspark.sql.connect.proto.base_pb2_grpc as services
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type
from pyspark.sql.pandas.types import to_arrow_schema

from mastic.engines import drivers, jvm, spark_server
from mastic.engines.router import Policy, Router, functions, pb, types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.proven import Proven, load
from mastic.engines.router.types import Type
from mastic.engines.spark_runtime import Runtime
from mastic.settings import load as load_settings

# The client logs every error with its stack trace.
for noisy in ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark.sql.connect.logging"):
    logging.getLogger(noisy).disabled = True
CHANNEL = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def stub(address: str) -> Any:
    return services.SparkConnectServiceStub(grpc.insecure_channel(address, CHANNEL))


class Recorder(Proven):
    """Proves everything and writes down what was asked; result types come from Spark itself."""

    def __init__(self, spark: SparkSession | None, known: dict[str, str | None] | None = None) -> None:
        super().__init__(dict(known or {}), load().confs)
        self.spark = spark
        self.functions = load().functions
        self.asked: set[str] = set()
        self.results: dict[str, str | None] = {}
        self.known_nulls: dict[str, str] = {}

    def need(self, construct: str) -> None:
        self.asked.add(construct)

    def result(self, construct: str, call: Any = None, arguments: Any = (), *, window: bool = False) -> Type:
        self.asked.add(construct)
        known = self.results.get(construct)
        if known is None:
            known = self.results[construct] = self._ask(call, list(arguments), window).ddl(nulls=True)
        return types.parse(known, own=True)

    def _ask(self, call: Any, arguments: list[Type], window: bool) -> Type:
        """Spark's result type of the call over NULLs of the argument types."""
        if self.spark is None:
            raise Unproven("no oracle")
        relation = pb.Relation()
        relation.project.input.range.end = 1
        relation.project.input.range.step = 1
        made = pb.Expression()
        made.unresolved_function.function_name = call.function_name
        made.unresolved_function.is_distinct = call.is_distinct
        literal = functions.LITERAL_ARGUMENTS.get(call.function_name.lower(), ())
        for position, (argument, type_) in enumerate(zip(call.arguments, arguments, strict=True)):
            if position in literal or argument.WhichOneof("expr_type") == "literal":
                made.unresolved_function.arguments.add().CopyFrom(argument)
                continue
            null = pb.Expression()
            null.literal.null.CopyFrom(types.to_proto(types.VOID))
            value = null if type_ == types.VOID else pb.cast(null, types.to_proto(type_))
            made.unresolved_function.arguments.add().CopyFrom(value)
        if window:
            made = _windowed(made, "id")
        relation.project.expressions.add().CopyFrom(pb.alias(made, "x"))
        try:
            schema = self._schema(relation)
        except grpc.RpcError as error:
            raise Unproven(f"Spark refuses {call.function_name}: {str(error.details())[:120]}") from error
        return types.from_proto(schema).children[0][1]

    def _schema(self, relation: Any) -> Any:
        assert self.spark is not None
        request = proto.AnalyzePlanRequest(session_id=self.spark.session_id)
        request.schema.plan.root.CopyFrom(relation)
        return self.spark.client._stub.AnalyzePlan(request).schema.schema

    def nulls(self, construct: str, made: Any, arguments: Any, *, window: bool = False) -> str:
        """When Spark says that the call may give NULL, by its arguments being NULL or never NULL."""
        known = self.known_nulls.get(construct)
        if known is None and self.spark is None:
            return ""
        if known is None:
            for literally in (False, True):  # as written where Spark takes nothing else
                try:
                    known = self._ask_nulls(made, list(arguments), window, literally)
                    break
                except grpc.RpcError:
                    continue
            known = self.known_nulls[construct] = known or ""
        return known

    def _ask_nulls(self, made: Any, arguments: list[Type], window: bool, literally: bool) -> str:
        never = [_throughout(argument, False) for argument in arguments]
        ways = [never, [argument.nullable(False) for argument in map(Type.nullable_throughout, arguments)]]
        ways.append([argument.nullable_throughout() for argument in arguments])
        ways += [[ways[2][i] if i == one else never[i] for i in range(len(arguments))] for one in range(len(arguments))]
        fields = [(f"c{way}_{i}", held) for way, given in enumerate(ways) for i, held in enumerate(given)]
        row = types.to_proto(types.struct_of(("id", types.INT), *((n, t) for n, t in fields if t.kind != "void")))
        types.say_nulls(row, types.struct_of(("id", types.INT), *((n, t) for n, t in fields if t.kind != "void")))
        relation = pb.Relation()
        relation.project.input.local_relation.schema = proto_schema_to_pyspark_data_type(row).json()
        for way in range(len(ways)):
            call = _over_columns(made, arguments, f"c{way}_", literally)
            relation.project.expressions.add().CopyFrom(pb.alias(_windowed(call, "id") if window else call, f"x{way}"))
        schema = self._schema(relation)
        none, inside, every, *single = (field.nullable for field in schema.struct.fields)
        if not every or none:
            return "always" if none else "never"
        if inside:
            return "or in one"
        if single[0] and not any(single[1:]) and len(single) > 1:
            return "of the first"
        return "" if any(single) else "of all"


def _windowed(made: Any, by: str) -> Any:
    wrapped = pb.Expression()
    wrapped.window.window_function.CopyFrom(made)
    wrapped.window.order_spec.add(direction=1, null_ordering=1).child.CopyFrom(pb.attribute(by))
    return wrapped


def _throughout(type_: Type, null: bool) -> Type:
    children = tuple((name, _throughout(child, null)) for name, child in type_.children)
    return replace(type_, children=children, null=null)


def _over_columns(made: Any, arguments: list[Type], prefix: str, literally: bool) -> Any:
    """The call or cast over columns; literals that are part of the construct stay, `literally` all of them."""
    made = pb.copied(made)
    if made.WhichOneof("expr_type") == "cast":
        if arguments[0] == types.VOID:
            return made
        made.cast.expr.CopyFrom(pb.attribute(f"{prefix}0"))
        return made
    call = made.unresolved_function
    name = call.function_name.lower()
    kept = (*functions.LITERAL_ARGUMENTS.get(name, ()), *functions.SIGNED_ARGUMENTS.get(name, ()))
    for position, (argument, type_) in enumerate(zip(call.arguments, arguments, strict=True)):
        literal = argument.WhichOneof("expr_type") == "literal"
        if not (literal and (literally or position in kept)) and type_ != types.VOID:
            argument.CopyFrom(pb.attribute(f"{prefix}{position}"))
    return made


@dataclass
class Engines:
    """Sail (behind a router that records) and Spark, side by side."""

    sail_address: str
    spark_address: str
    server: Any = None
    spark: SparkSession = field(init=False)
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.spark = connect(self.spark_address)
        self.spark.conf.set("spark.sql.session.timeZone", "UTC")
        self.recorder = Recorder(self.spark)

    def another_spark(self) -> SparkSession:
        """A session of its own on Spark."""
        session = connect(self.spark_address)
        session.conf.set("spark.sql.session.timeZone", "UTC")
        return session

    def recording(self, known: Proven | None = None, policy: Policy = Policy.SAIL) -> tuple[SparkSession, Router]:
        """A fresh session whose plans all go to Sail through the router."""
        session = connect(self.sail_address)
        router = Router(
            lambda: stub(self.sail_address),
            (lambda: stub(self.spark_address)) if policy is not Policy.SAIL else None,
            policy,
            proven=known or self.recorder,
        )
        session.client._stub = router
        session.conf.set("spark.sql.session.timeZone", "UTC")
        return session, router


def connect(address: str) -> SparkSession:
    session = SparkSession.builder.remote(f"sc://{address}").create()
    session.client.disable_reattachable_execute()
    atexit.unregister(session.client._cleanup_ml_cache)  # it would wait long for a server that is gone
    return session


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def start_sail() -> tuple[Any, str]:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    return server, f"127.0.0.1:{server.listening_address[1]}"


def spark_python() -> Path | None:
    """The python of a Spark runtime: `MASTIC_TEST_SPARK_PYTHON`, or one under `MASTIC_RUNTIMES`."""
    given = os.environ.get("MASTIC_TEST_SPARK_PYTHON")
    if given:
        return Path(given)
    runtimes = os.environ.get("MASTIC_RUNTIMES")
    found = sorted(Path(runtimes).glob("spark-*/bin/python")) if runtimes else []
    return found[-1] if found else None


def start_spark(folder: Path) -> tuple[Any, str]:
    """A JVM Spark Connect server of our own; killed by its handle."""
    python = spark_python()
    if python is None:
        raise RuntimeError("no Spark runtime: set MASTIC_RUNTIMES or MASTIC_TEST_SPARK_PYTHON")
    port = free_port()
    confs = {
        "spark.master": "local[2]",
        "spark.app.name": "differential",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.connect.grpc.binding.port": str(port),
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    runtime = Runtime(python.parent.parent)
    drivers.ensure(runtime)
    command = [
        str(runtime.java), *jvm.options(2048, 2, load_settings().spark_java_options), *jvm.archive(runtime),
        *(f"-D{key}={value}" for key, value in confs.items()), "-cp", jvm.classpath(runtime), spark_server.MAIN,
    ]  # fmt: skip
    log = (folder / "spark.log").open("wb")
    environment = {**os.environ, "SPARK_HOME": str(runtime.spark_home), "PYSPARK_PYTHON": str(python)}
    environment.pop("SPARK_CONNECT_MODE_ENABLED", None)
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as held:
            if held.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"127.0.0.1:{port}"
        time.sleep(0.2)
    process.kill()
    raise RuntimeError(f"Spark did not start: {(folder / 'spark.log').read_text()[-2000:]}")


# -- outcomes


def canonical(value: Any) -> Any:
    """A value that compares by what a user would see: NaN equals NaN, -0.0 is not 0.0."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else ("-0.0" if value == 0 and math.copysign(1, value) < 0 else value)
    if isinstance(value, dict):
        return tuple((key, canonical(held)) for key, held in value.items())
    if isinstance(value, list):
        return tuple(canonical(held) for held in value)
    if isinstance(value, tuple):
        return tuple(canonical(held) for held in value)
    return value


def close(left: Any, right: Any, tolerance: float) -> bool:
    """Equality up to the order floating-point sums are added in."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=tolerance, abs_tol=0.0) if tolerance else left == right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(close(a, b, tolerance) for a, b in zip(left, right, strict=True))
    return bool(left == right and type(left) is type(right))


def _plain(column: Any) -> Any:
    """Times as integers: Python's datetime does not hold all of them."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64())
    if pa.types.is_string(column.type):
        return column.cast(pa.binary())  # a binary cast to string need not be UTF-8
    return column.cast(pa.int32()) if pa.types.is_date32(column.type) else column


def rows_of(table: Any) -> list[tuple[Any, ...]]:
    columns = [_plain(column).to_pylist() for column in table.columns]
    return [tuple(canonical(value) for value in row) for row in zip(*columns, strict=True)]


@dataclass
class Outcome:
    """What a program gave: a schema and rows, or an error."""

    schema: list[tuple[str, str]] | None = None
    rows: list[tuple[Any, ...]] | None = None
    error: str = ""
    condition: str = ""
    never: tuple[frozenset[str], ...] = ()  # by column: the places in its type that the engine says are never NULL

    def promises(self, other: Outcome) -> str:
        """What the other says is never NULL of which this does not say it; empty when there is nothing."""
        pairs = zip(self.schema or [], self.never, other.never, strict=False)
        return ", ".join(f"{name}{place}" for (name, _), own, its in pairs for place in sorted(its - own))

    def unsaid(self, other: Outcome) -> str:
        """What only this says is never NULL."""
        return other.promises(self)

    def differs(self, other: Outcome, *, ordered: bool = False, tolerance: float = 0.0) -> str:
        """Why the two are not the same; empty when they are."""
        if self.error or other.error:
            if self.error and other.error:
                return self._another_error(other)
            return f"error {self.error or 'none'} against {other.error or 'none'}"
        if self.schema != other.schema:
            return f"schema {self.schema} against {other.schema}"
        if promised := self.promises(other):
            return f"Spark does not say that never NULL is {promised}"
        left, right = self.rows or [], other.rows or []
        if not ordered:
            left, right = sorted(left, key=repr), sorted(right, key=repr)
        if len(left) != len(right):
            return f"{len(left)} rows against {len(right)}: {left[:5]} against {right[:5]}"
        for a, b in zip(left, right, strict=True):
            if not close(a, b, tolerance):
                return f"row {a} against {b}"
        return ""

    def unordered(self) -> Outcome:
        """The same with the elements of arrays in an order of their own."""
        rows = [tuple(sorted(v, key=repr) if isinstance(v, tuple) else v for v in row) for row in self.rows or []]
        return replace(self, rows=None if self.rows is None else rows)

    def _another_error(self, other: Outcome) -> str:
        """Sail's own errors never reach a user, Spark is asked for its; what the router says itself must be Spark's."""
        if other.condition not in ANSWERED:
            return ""
        ours, spark = (re.split(r";\n'|;\n\+|\n\nJVM|\n'", held.error)[0] for held in (other, self))
        return "" if (self.condition, spark) == (other.condition, ours) else f"error {spark!r} against {ours!r}"


# Conditions of errors that the router raises in Spark's words, see `router.mistakes`.
ANSWERED = ("UNRESOLVED_COLUMN.WITH_SUGGESTION", "TABLE_OR_VIEW_NOT_FOUND")


def type_text(arrow: Any) -> str:
    """An Arrow type without nullability and large/small variants."""
    return re.sub(r" not null|large_", "", str(arrow)).replace("element: ", "").replace("item: ", "")


def never_null(field: Any, place: str = "") -> Iterator[str]:
    """The places in an Arrow field that are said to be never NULL; the keys of a map and its entries always are."""
    import pyarrow as pa

    if not field.nullable:
        yield place
    if pa.types.is_map(field.type):
        yield from never_null(field.type.item_field, f"{place}.value")
        return
    for number in range(field.type.num_fields):
        yield from never_null(field.type.field(number), f"{place}.{number}")


def outcome(make: Callable[[], Any]) -> Outcome:
    """Run a program that returns a DataFrame."""
    try:
        table = make().toArrow()
    except Exception as error:  # whatever it is, both engines must fail
        condition = getattr(error, "getCondition", lambda: "")() or ""
        return Outcome(error=f"{type(error).__name__}: {str(error)[:700]}", condition=condition)
    return _of(table.schema, rows_of(table))


def analysed(make: Callable[[], Any]) -> Outcome:
    """What a DataFrame is said to give, without running it."""
    try:
        schema = to_arrow_schema(make().schema)
    except Exception as error:
        return Outcome(error=f"{type(error).__name__}: {str(error)[:700]}")
    return _of(schema, [])


def _of(schema: Any, rows: list[tuple[Any, ...]]) -> Outcome:
    never = tuple(frozenset(never_null(field)) for field in schema)
    return Outcome([(f.name, type_text(f.type)) for f in schema], rows, never=never)
