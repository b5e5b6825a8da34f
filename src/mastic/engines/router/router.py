"""The plan router: stands where a Spark Connect client keeps its gRPC stub and sends each plan to the engine
that is proven to give Spark's answer."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import grpc

from mastic.engines import functions
from mastic.engines.router import confs, pb, show, types
from mastic.engines.router.commands import Commands
from mastic.engines.router.errors import broken_off, cancelled, first_line, refuse_too_deep, spark_lost, unproven_error
from mastic.engines.router.jdbc import Jdbc, registration
from mastic.engines.router.mistakes import error_of
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.proven import Proven, committed
from mastic.engines.router.relations import Analysis
from mastic.engines.router.rewrites import python, reshaping
from mastic.engines.router.rewrites.paths import Buckets
from mastic.engines.router.scope import ColumnNotFound, Output, TableNotFound
from mastic.engines.router.session import Session
from mastic.engines.router.statements import Statements, rows

SPARK, SAIL = "spark", "sail"
KEPT = 8  # parts of an answer that Sail keeps until it is told that they have arrived


class Policy(StrEnum):
    """Which engines may run a plan: `--mastic-engine`."""

    AUTO = "auto"
    SAIL = "sail"
    SPARK = "spark"


class Router:
    """Duck-types SparkConnectServiceStub. Engines are started by their factories when first needed."""

    def __init__(
        self,
        sail: Callable[[], Any] | None,
        spark: Callable[[], Any] | None,
        policy: Policy = Policy.AUTO,
        *,
        buckets: Path | None = None,
        proven: Proven | None = None,
        notify: Callable[[str], None] | None = None,
        drivers: Callable[[], None] | None = None,
    ) -> None:
        self.policy = Policy(policy)
        self.proven = proven or committed()
        self.paths = functions.extra_paths()  # where the run's own modules are
        self.buckets = Buckets(buckets, os.environ.get("AWS_ENDPOINT_URL_S3", ""))
        self._factories = {SAIL: sail, SPARK: spark}
        self._stubs: dict[str, Any] = {}
        self._sessions: dict[str, Session] = {}
        self._operations: dict[str, str] = {}
        self._lock = threading.RLock()
        self._failed = threading.local()
        self._notify = notify or (lambda message: None)
        self._jdbc = Jdbc(drivers)
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._commands = Commands(self)
        self.statements = Statements(self)

    def summary(self) -> dict[str, Any]:
        """How many plans each engine ran, and why any went to Spark."""
        return {SAIL: self.counts[SAIL], SPARK: self.counts[SPARK], "reasons": dict(self.reasons)}

    # -- engines

    def session(self, session_id: str) -> Session:
        """The session of a request, made on first sight."""
        with self._lock:
            return self._sessions.setdefault(session_id, Session(session_id))

    def started(self, engine: str) -> bool:
        """Whether the engine is up (or about to be)."""
        return engine in self._stubs

    def stub(self, engine: str) -> Any:
        """The engine's own stub, started when first needed."""
        with self._lock:
            if engine not in self._stubs:
                factory = self._factories[engine]
                if factory is None:
                    raise Unproven(f"no {engine} engine here")
                self._stubs[engine] = factory()
            return self._stubs[engine]

    def _as_spark_takes_it(self, request: Message) -> None:
        reshaping.count_rows(request)
        if self.paths:
            python.importable(request, self.paths)

    def send(self, engine: str, session: Session, rpc: str, request: Message, **call: Any) -> Message:
        """One unary request to one engine."""
        if engine == SPARK:
            self._jdbc.prepare(request)
        addressed = session.addressed(engine, request)
        if engine == SPARK:
            self._as_spark_takes_it(addressed)
        try:
            response = getattr(self.stub(engine), rpc)(addressed, **call)
        except grpc.RpcError as error:
            self._failed.engine = engine
            raise (spark_lost(error) if engine == SPARK else error) from None
        return session.seen(engine, response)

    def stream(self, engine: str, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        """One ExecutePlan to one engine."""
        if engine == SPARK:
            self._jdbc.prepare(request)
        addressed = session.addressed(engine, request)
        if engine == SPARK:
            self._as_spark_takes_it(addressed)
        self._operations[request.operation_id] = engine
        answer = self._whole if engine == SAIL else self.stub(SPARK).ExecutePlan
        try:
            for response in answer(addressed, **call):
                if response.HasField("schema"):
                    refuse_too_deep(response.schema)
                yield session.seen(engine, response)
        except grpc.RpcError as error:
            self._failed.engine = engine
            raise (spark_lost(error) if engine == SPARK else error) from None

    def _whole(self, request: Message, **call: Any) -> Iterator[Message]:
        """Sail's answer up to the end, which it is asked to say: if a thread of it dies, the answer just stops."""
        request.operation_id = request.operation_id or str(uuid.uuid4())
        request.ClearField("request_options")
        request.request_options.add().reattach_options.reattachable = True
        sail, complete = self.stub(SAIL), False
        try:
            for number, response in enumerate(sail.ExecutePlan(request, **call), 1):
                complete = response.HasField("result_complete")
                if number % KEPT == 0:
                    sail.ReleaseExecute(released(request, response.response_id))
                yield response
        finally:
            with suppress(grpc.RpcError):  # it may have ended with an error, and be forgotten
                sail.ReleaseExecute(released(request))
        if not complete:
            raise broken_off()

    def spark(self, session: Session, why: str) -> None:
        """Bring Spark up to date with the session; raises the error that names what is unproven if there is none."""
        if self.policy is Policy.SAIL or self._factories[SPARK] is None:
            raise unproven_error(why, pinned=self.policy is Policy.SAIL)
        if SPARK not in self._stubs:
            self._notify(f"starting Spark: {why}")
        with session.lock:
            while session.replayed < len(session.history):
                rpc, request = session.history[session.replayed]
                session.replayed += 1
                if rpc == "ExecutePlan":
                    for _ in self.stream(SPARK, session, request):
                        pass
                elif rpc == "AddArtifacts":
                    self.stub(SPARK).AddArtifacts(iter(request))
                else:
                    self.send(SPARK, session, rpc, request)

    def remember(self, session: Session, rpc: str, request: Any) -> None:
        """Record a request that changes the session; Spark sees it now if it is up, else when it starts."""
        with session.lock:
            session.history.append((rpc, request if rpc == "AddArtifacts" else pb.copied(request)))
            if self.policy is Policy.SPARK or SPARK in self._stubs:
                self.spark(session, "session state")

    # -- deciding

    def analysis(self, session: Session, **call: Any) -> Analysis:
        """A fresh analysis in the session; raises Unproven when nothing of the session may run on Sail."""
        if self.policy is Policy.SPARK:
            raise Unproven("engine pinned to spark")
        if session.spark_only:
            raise Unproven(session.spark_only)
        for construct in session.special_confs.values():
            self.proven.need(construct)
        return Analysis(
            proven=self.proven,
            views=session.views,
            registered=session.registered,
            persisted=frozenset(session.persisted),
            buckets=self.buckets,
            database_source=lambda: self._register_database_source(session, **call),
            cached=session.cached,
        )

    def _register_database_source(self, session: Session, **call: Any) -> None:
        """Have the session on Sail know the data source that JDBC reads become."""
        if not session.has_database_source:
            for _ in self.stream(SAIL, session, registration(session.session_id), **call):
                pass
            session.has_database_source = True

    def went(self, engine: str, why: str = "") -> None:
        """Count a plan."""
        self.counts[engine] += 1
        if why and self.policy is not Policy.SPARK:
            self.reasons[why] += 1

    # -- the stub surface

    def ExecutePlan(self, request: Message, **call: Any) -> Iterator[Message]:
        session = self.session(request.session_id)
        if request.plan.WhichOneof("op_type") == "command":
            return self._commands.execute(session, request, **call)
        return self._root(session, request, **call)

    def _root(self, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        shown = request.plan.root.WhichOneof("rel_type") == "show_string"
        if request.plan.root.WhichOneof("rel_type") == "catalog":
            yield from self._catalog(session, request, **call)
            return
        try:
            rewritten = show.rows_request(request) if shown else pb.copied(request)
            output = self.analyse(session, rewritten.plan.root, **call)
            if shown:
                show_needs(self.proven, request.plan.root.show_string, output)
        except Unproven as unproven:
            yield from self.on_spark(session, request, str(unproven), **call)
            return
        responses = self.on_sail(session, request, rewritten, output, **call)
        yield from self._drawn(session, request, output, responses) if shown else responses

    def _catalog(self, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        try:
            answered = self.statements.catalog(session, request)
        except Unproven as unproven:
            session.views.pop(request.plan.root.catalog.drop_temp_view.view_name.lower(), None)
            yield from self.on_spark(session, request, str(unproven), **call)
            return
        yield from rows(request, session, answered)

    def _drawn(
        self, session: Session, request: Message, output: Output, responses: Iterator[Message]
    ) -> Iterator[Message]:
        """The rows Sail gave as the drawing the client asked for; Spark's own drawing passes through."""
        held = list(responses)
        if self._operations.get(request.operation_id) == SPARK:
            yield from held
            return
        import pyarrow as pa

        data = [response.arrow_batch.data for response in held if response.HasField("arrow_batch")]
        tables = [pa.ipc.open_stream(pa.BufferReader(each)).read_all() for each in data]
        table = pa.concat_tables(tables)
        text = show.draw(table, [column.type for column in output.columns], request.plan.root.show_string)
        yield from rows(request, session, pa.table({"show_string": [text]}))

    def analyse(self, session: Session, relation: Message, **call: Any) -> Output:
        """Analyse and rewrite one relation for Sail; raises Unproven."""
        analysis = self.analysis(session, **call)
        original = pb.copied(relation)
        try:
            return analysis.relation(relation)
        except (ColumnNotFound, TableNotFound) as missing:
            known = None
            if not self.started(SPARK):
                known = error_of(missing, original, session, self.proven, analysis.seen)
            raise known or missing from None

    def on_spark(self, session: Session, request: Message, why: str, **call: Any) -> Iterator[Message]:
        self.spark(session, why)
        self.went(SPARK, why)
        yield from self.stream(SPARK, session, request, **call)

    def on_sail(
        self, session: Session, request: Message, rewritten: Message, output: Output, **call: Any
    ) -> Iterator[Message]:
        """Run on Sail. If it fails before it gave a row, Spark decides: its answer or its error is the true one."""
        given = False
        try:
            for response in self.stream(SAIL, session, rewritten, **call):
                given = given or response.WhichOneof("response_type") == "arrow_batch"
                if response.HasField("schema"):
                    if not (given or types.same(response.schema, output.type)):
                        break  # one of us takes the plan for another
                    types.say_nulls(response.schema, output.type)
                yield response
            else:
                self.went(SAIL)
                return
        except grpc.RpcError as error:
            if given or not self.may_ask_spark(error):
                raise
            yield from self.on_spark(session, request, f"Sail failed: {first_line(error)}", **call)
            return
        yield from self.on_spark(session, request, "Sail gives other types than the router says", **call)

    def may_ask_spark(self, error: Exception) -> bool:
        """Whether Spark may run what Sail refused."""
        return self.policy is Policy.AUTO and self._factories[SPARK] is not None and not cancelled(error)

    def AnalyzePlan(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        kind = request.WhichOneof("analyze")
        local = self._commands.analyze_locally(session, request, kind)
        if local is not None:
            return local
        try:
            if kind not in ("schema", "explain", "is_streaming", "is_local"):
                raise Unproven(f"analyze {kind}")
            rewritten = pb.copied(request)
            output = self.analyse(session, getattr(rewritten, kind).plan.root, **call)
        except Unproven as unproven:
            return self._analyze_on_spark(session, request, str(unproven), **call)
        try:
            response = self.send(SAIL, session, "AnalyzePlan", rewritten, **call)
        except grpc.RpcError as error:
            if not self.may_ask_spark(error):
                raise
            return self._analyze_on_spark(session, request, f"Sail failed: {first_line(error)}", **call)
        if kind == "schema":
            if not types.same(response.schema.schema, output.type):
                return self._analyze_on_spark(session, request, "Sail gives other types than the router says", **call)
            types.say_nulls(response.schema.schema, output.type)
        return response

    def _analyze_on_spark(self, session: Session, request: Message, why: str, **call: Any) -> Message:
        self.spark(session, why)
        if self.policy is not Policy.SPARK:
            self.reasons[why] += 1
        return self.send(SPARK, session, "AnalyzePlan", request, **call)

    def Config(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        changes = request.operation.WhichOneof("op_type") in ("set", "unset")
        try:
            if self.policy is Policy.SPARK or session.spark_only:  # a statement may have set there what is asked for
                raise Unproven(session.spark_only or "engine pinned to spark")
            if doubt := confs.doubtful(self.proven, request):
                self.spark(session, doubt)
                self.send(SPARK, session, "Config", request, **call)
            response = confs.answer(session, self.proven, request)
        except Unproven as unproven:
            self.spark(session, str(unproven))
            return self.send(SPARK, session, "Config", request, **call)
        if changes:
            self.remember(session, "Config", request)
            self._configure_sail(session, request, **call)
        return response

    def _configure_sail(self, session: Session, request: Message, **call: Any) -> None:
        operation = request.operation
        if confs.TIME_ZONE in [pair.key for pair in operation.set.pairs]:
            self.send(SAIL, session, "Config", request, **call)
        if confs.TIME_ZONE in operation.unset.keys:
            default = pb.base.ConfigRequest(session_id=request.session_id, user_context=request.user_context)
            default.operation.set.pairs.add(key=confs.TIME_ZONE, value=self.proven.confs[confs.TIME_ZONE])
            self.send(SAIL, session, "Config", default, **call)

    def AddArtifacts(self, requests: Iterator[Message], **call: Any) -> Message:
        return self._commands.add_artifacts(requests, **call)

    def ArtifactStatus(self, request: Message, **call: Any) -> Message:
        return self._commands.artifact_status(request, **call)

    def Interrupt(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        merged: Message | None = None
        for engine in list(self._stubs):
            response = self.send(engine, session, "Interrupt", request, **call)
            if merged is None:
                merged = response
            else:
                merged.interrupted_ids.extend(response.interrupted_ids)
        return merged or pb.base.InterruptResponse(
            session_id=request.session_id, server_side_session_id=session.shown_id
        )

    def ReattachExecute(self, request: Message, **call: Any) -> Iterator[Message]:
        session = self.session(request.session_id)
        engine = self._operations.get(request.operation_id, SAIL)
        for response in self.stub(engine).ReattachExecute(session.addressed(engine, request), **call):
            yield session.seen(engine, response)

    def ReleaseExecute(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        if self._operations.get(request.operation_id) == SPARK:
            return self.send(SPARK, session, "ReleaseExecute", request, **call)
        return pb.base.ReleaseExecuteResponse(
            session_id=request.session_id, server_side_session_id=session.shown_id, operation_id=request.operation_id
        )

    def ReleaseSession(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        for engine in list(self._stubs):
            self.send(engine, session, "ReleaseSession", request, **call)
        with self._lock:
            self._sessions.pop(request.session_id, None)
        return pb.base.ReleaseSessionResponse(session_id=request.session_id, server_side_session_id=session.shown_id)

    def FetchErrorDetails(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        engine = getattr(self._failed, "engine", SPARK if SPARK in self._stubs else SAIL)
        return self.send(engine, session, "FetchErrorDetails", request, **call)

    def CloneSession(self, request: Message, **call: Any) -> Message:
        session = self.session(request.session_id)
        self.spark(session, "clone of a session")
        response = self.send(SPARK, session, "CloneSession", request, **call)
        made = self.session(response.new_session_id)
        made.conf = dict(session.conf)
        made.spark_only = "cloned session"
        return response


def released(request: Message, response_id: str = "") -> Message:
    """Word to Sail that an answer has arrived, as far as that response or whole, and need not be kept."""
    made = pb.base.ReleaseExecuteRequest(session_id=request.session_id, operation_id=request.operation_id)
    made.user_context.CopyFrom(request.user_context)
    if response_id:
        made.release_until.response_id = response_id
    else:
        made.release_all.SetInParent()
    return made


def show_needs(proven: Proven, held: Message, output: Output) -> None:
    """Raise Unproven unless a show of these columns is proven."""
    pb.expect(held, "input", "num_rows", "truncate", "vertical")
    proven.need("relation show vertical" if held.vertical else "relation show")
    for column in output.columns:
        proven.need(f"show {column.type.signature()}")
