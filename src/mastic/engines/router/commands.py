"""Commands of a plan: views, functions, writes, SQL commands, artifacts; and what the router answers by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mastic.engines.router import mistakes, pb, sql_text, types
from mastic.engines.router.errors import first_line
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.relations import View
from mastic.engines.router.rewrites.local import stream_of
from mastic.engines.router.session import Session

if TYPE_CHECKING:
    from mastic.engines.router.router import Router

# What gives other values each time: a cache of it must be a cache.
_UNSTEADY = frozenset(
    [
        "rand",
        "randn",
        "random",
        "uuid",
        "shuffle",
        "monotonically_increasing_id",
        "current_timestamp",
        "now",
        "localtimestamp",
    ]
)
# First words of statements that leave the session's settings, variables and current database as they are.
_SETTLED = frozenset([
    "add", "alter", "analyze", "cache", "clear", "comment", "create", "delete", "desc", "describe", "drop", "explain",
    "from", "insert", "list", "load", "merge", "msck", "refresh", "repair", "select", "show", "table", "truncate",
    "uncache", "update", "values", "with",
])  # fmt: skip
_STATEFUL = ("register_function", "register_table_function", "register_data_source")


class Commands:
    """The part of the router that handles commands."""

    def __init__(self, router: Router) -> None:
        self.router = router

    def execute(self, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        command = request.plan.command
        kind = command.WhichOneof("command_type")
        if kind == "create_dataframe_view":
            return self._view(session, request, **call)
        if kind in _STATEFUL:
            return self._register(session, request, kind, **call)
        if kind == "write_operation":
            return self._write(session, request, **call)
        if kind == "sql_command":
            return self._sql(session, request, **call)
        if kind == "ml_command" and command.ml_command.HasField("clean_cache") and not self.router.started("spark"):
            return _empty(session, request)  # every client says this as it leaves; nothing was ever cached
        return self.router.on_spark(session, request, f"command {kind}", **call)

    # -- views and functions

    def _view(self, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        held = request.plan.command.create_dataframe_view
        router = self.router
        try:
            if held.is_global:
                raise Unproven("global temporary view")
            if not held.replace and held.name.lower() in session.views:
                raise Unproven("temporary view that exists already")
            rewritten = pb.copied(request)
            view = rewritten.plan.command.create_dataframe_view
            expect(view, "input", "name", "is_global", "replace")
            analysis = router.analysis(session, **call)
            output = analysis.relation(view.input)
            view.replace, view.name = True, held.name.lower()
            responses = list(router.stream("sail", session, rewritten, **call))
            made = View(output.columns, analysis.rerun_differs, output.size)
        except Exception as error:
            if not isinstance(error, Unproven) and not _is_rpc_error(error):
                raise
            session.views.pop(held.name.lower(), None)
            session.spark_views = True
            session.history.append(("ExecutePlan", pb.copied(request)))
            router.spark(session, str(error) if isinstance(error, Unproven) else f"view {held.name} failed on Sail")
            router.went("spark", str(error) if isinstance(error, Unproven) else first_line(error))
            yield from _empty(session, request)
            return
        session.views[held.name.lower()] = made
        router.remember(session, "ExecutePlan", request)
        yield from responses

    def _register(self, session: Session, request: Message, kind: str, **call: Any) -> Iterator[Message]:
        held = getattr(request.plan.command, kind)
        name = getattr(held, "function_name", "") or getattr(held, "name", "")
        session.registered[name.lower()] = held
        self.router.remember(session, "ExecutePlan", request)
        yield from _empty(session, request)

    # -- writes and SQL

    def _write(self, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        from mastic.engines.router.rewrites import writing

        router = self.router
        try:
            rewritten = pb.copied(request)
            analysis = router.analysis(session, **call)
            write = writing.prepare(analysis, rewritten.plan.command.write_operation, session.conf)
        except Unproven as unproven:
            yield from router.on_spark(session, request, str(unproven), **call)
            return
        if write.skip:
            yield from _empty(session, request)
            return
        with write:
            yield from self._staged(session, request, rewritten, write, **call)

    def _staged(
        self, session: Session, request: Message, rewritten: Message, write: Any, **call: Any
    ) -> Iterator[Message]:
        """Sail writes aside; only a write that succeeded is published, and only then does the client hear of it."""
        router = self.router
        try:
            responses = list(router.stream("sail", session, rewritten, **call))
            write.publish()
        except Exception as error:
            write.discard()
            if isinstance(error, Unproven):
                why = str(error)
            elif _is_rpc_error(error) and router.may_ask_spark(error):
                why = f"Sail failed: {first_line(error)}"
            else:
                raise
            yield from router.on_spark(session, request, why, **call)
            return
        router.went("sail")
        yield from responses

    def _sql(self, session: Session, request: Message, **call: Any) -> Iterator[Message]:
        held = request.plan.command.sql_command
        router = self.router
        view = _view_statement(request)
        if view is not None:
            yield from self._view_by_sql(session, request, view, **call)
            return
        try:
            answered = None
            if held.input.WhichOneof("rel_type") == "sql" and not sql_text.is_query(held.input.sql.query):
                answered = router.statements.answer(session, request, held.input.sql.query, **call)
            if answered is not None:
                yield from self._answered(session, request, answered)
                return
            if held.input.WhichOneof("rel_type") not in ("sql", "with_relations"):
                raise Unproven("sql command without a plain query")
            checked = pb.copied(held.input)
            router.analyse(session, checked, **call)
        except Unproven as unproven:
            yield from router.on_spark(session, request, str(unproven), **call)
            _forget(session, held.input.sql.query)
            return
        response = session.response(request)
        response.sql_command_result.relation.CopyFrom(held.input)
        yield response
        yield from _empty(session, request)

    def _answered(self, session: Session, request: Message, table: Any) -> Iterator[Message]:
        """A statement's rows, as the local relation they are from now on."""
        response = session.response(request)
        held = response.sql_command_result.relation.local_relation
        held.data = stream_of(table)
        if not table.num_columns:
            held.schema = "struct<>"
        yield response
        yield from _empty(session, request)

    def _view_by_sql(self, session: Session, request: Message, view: Message, **call: Any) -> Iterator[Message]:
        """CREATE TEMPORARY VIEW ... AS SELECT, as the DataFrame command it is."""
        import pyarrow as pa

        for _ in self._view(session, view, **call):
            pass
        yield from self._answered(session, request, pa.table({}))

    # -- answered here

    def analyze_locally(self, session: Session, request: Message, kind: str) -> Message | None:
        """Answers that need no engine."""
        response = pb.base.AnalyzePlanResponse(session_id=request.session_id, server_side_session_id=session.shown_id)
        if self.router.policy == "spark":
            return None
        if kind == "spark_version":
            import pyspark

            response.spark_version.version = pyspark.__version__
            return response
        if kind == "ddl_parse":
            return _ddl(request.ddl_parse.ddl_string, response)
        if kind == "persist" and mistakes.calls(request.persist.relation) & _UNSTEADY:
            session.spark_only = "a cached DataFrame whose values would differ if computed again"
            return None
        if kind in ("persist", "unpersist"):
            self._persist(session, request, kind)
            getattr(response, kind).SetInParent()
            return response
        return None

    def _persist(self, session: Session, request: Message, kind: str) -> None:
        """Cached rows of a Python function must be computed once, which Spark does. Others may be computed again."""
        relation = pb.copied(getattr(request, kind).relation)
        plan_id = relation.common.plan_id
        if kind == "unpersist":
            if plan_id in session.persisted:
                session.persisted.discard(plan_id)
                self.router.remember(session, "AnalyzePlan", request)
            return
        try:
            analysis = self.router.analysis(session)
            analysis.relation(relation)
        except Unproven:
            rerun_differs = True  # it will run on Spark
        else:
            rerun_differs = analysis.rerun_differs
        if rerun_differs:
            session.persisted.add(plan_id)
            self.router.remember(session, "AnalyzePlan", request)

    def add_artifacts(self, requests: Iterator[Message], **call: Any) -> Message:
        held = list(requests)
        session = self.router.session(held[0].session_id) if held else None
        response = pb.base.AddArtifactsResponse()
        if session is None:
            return response
        names = _artifact_names(held)
        for name, data in _cache_blobs(held):
            session.cached[name] = data
        self.router.remember(session, "AddArtifacts", [pb.copied(request) for request in held])
        response.session_id, response.server_side_session_id = session.session_id, session.shown_id
        for name in names:
            response.artifacts.add(name=name, is_crc_successful=True)
        return response

    def artifact_status(self, request: Message, **call: Any) -> Message:
        session = self.router.session(request.session_id)
        response = pb.base.ArtifactStatusesResponse(
            session_id=request.session_id, server_side_session_id=session.shown_id
        )
        for name in request.names:
            response.statuses[name].exists = name in session.cached
        return response


def _ddl(text: str, response: Message) -> Message | None:
    """A schema from its text, where nothing but names and types is in it."""
    if "null" in text.lower() or "comment" in text.lower():
        return None
    try:
        response.ddl_parse.parsed.CopyFrom(types.to_proto(types.parse(text)))
    except Unproven:
        return None
    return response


def _artifact_names(requests: list[Message]) -> list[str]:
    names = []
    for request in requests:
        kind = request.WhichOneof("payload")
        if kind == "batch":
            names += [artifact.name for artifact in request.batch.artifacts]
        elif kind == "begin_chunk":
            names.append(request.begin_chunk.name)
    return names


def _cache_blobs(requests: list[Message]) -> Iterator[tuple[str, bytes]]:
    name = ""
    parts: list[bytes] = []
    for request in requests:
        kind = request.WhichOneof("payload")
        if kind == "batch":
            for artifact in request.batch.artifacts:
                if artifact.name.startswith("cache/"):
                    yield artifact.name, artifact.data.data
        elif kind == "begin_chunk":
            if name:
                yield name, b"".join(parts)
            name = request.begin_chunk.name if request.begin_chunk.name.startswith("cache/") else ""
            parts = [request.begin_chunk.initial_chunk.data]
        elif kind == "chunk" and name:
            parts.append(request.chunk.data)
    if name:
        yield name, b"".join(parts)


def _is_rpc_error(error: Exception) -> bool:
    import grpc

    return isinstance(error, grpc.RpcError)


_VIEW = re.compile(
    r"\s*create\s+(or\s+replace\s+)?temp(?:orary)?\s+view\s+(\w+|`[^`.]+`)(\s+\([\w\s,]+\))?\s+as\s+"
    r"((?:select|with|values)\b.*?|\(.*\)\s*);?\s*$",
    re.IGNORECASE | re.DOTALL,
)


def _view_statement(request: Message) -> Message | None:
    """The statement as a view command, when it is one and takes no arguments."""
    held = request.plan.command.sql_command
    if held.input.WhichOneof("rel_type") != "sql" or len(held.input.sql.ListFields()) != 1:
        return None
    match = _VIEW.match(held.input.sql.query)
    if match is None:
        return None
    made = pb.copied(request)
    made.plan.Clear()
    view = made.plan.command.create_dataframe_view
    view.replace, view.name = bool(match[1]), match[2].strip("`")
    view.input.sql.query = match[4]
    if match[3]:
        made.plan.command.create_dataframe_view.input.to_df.input.sql.query = match[4]
        names = match[3].strip()[1:-1].split(",")
        made.plan.command.create_dataframe_view.input.to_df.column_names.extend(name.strip() for name in names)
    return made


def _forget(session: Session, text: str) -> None:
    """What a statement that ran on Spark alone may have changed there is no longer known here."""
    words = re.findall(r"\w+", sql_text.without_comments(text.lower()))
    if "view" in words:
        session.views.clear()
        session.spark_views = True
    if words and words[0] not in _SETTLED:
        session.spark_only = f"after sql {words[0]}"
    if "function" in words:
        session.spark_only = "after sql function"


def _empty(session: Session, request: Message) -> Iterator[Message]:
    """A finished operation without rows."""
    yield session.complete(request)
