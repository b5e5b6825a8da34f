"""What the router knows of one Spark Connect session, and what must be replayed on an engine that starts later."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from mastic.engines.router import pb
from mastic.engines.router.pb import Message
from mastic.engines.router.relations import View


@dataclass
class Session:
    """State of one client session; `history` is every request that changed it, in order."""

    session_id: str
    conf: dict[str, str] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    registered: dict[str, Any] = field(default_factory=dict)  # functions registered by (lower-case) name
    persisted: set[int] = field(default_factory=set)  # plans whose rows must be computed once: Spark caches them
    history: list[tuple[str, Any]] = field(default_factory=list)  # (rpc, request)
    special_confs: dict[str, str] = field(default_factory=dict)  # key -> what must be proven under its value
    spark_only: str = ""  # why every further plan needs Spark (a current database was set there, ...)
    server_ids: dict[str, str] = field(default_factory=dict)
    cached: dict[str, bytes] = field(default_factory=dict)
    cached_tables: set[str] = field(default_factory=set)
    spark_views: bool = False  # Spark holds views this side does not know
    has_database_source: bool = False
    replayed: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def shown_id(self) -> str:
        """The one server-side session id the client sees, whichever engine answers."""
        return f"mastic-{self.session_id}"

    def addressed(self, engine: str, request: Message) -> Message:
        """A copy of the request as the engine expects it."""
        made = pb.copied(request)
        if "client_observed_server_side_session_id" not in made.DESCRIPTOR.fields_by_name:
            return made
        known = self.server_ids.get(engine)
        if known:
            made.client_observed_server_side_session_id = known
        else:
            made.ClearField("client_observed_server_side_session_id")
        return made

    def response(self, request: Message) -> Message:
        """An empty response to an ExecutePlan, to be filled."""
        return pb.base.ExecutePlanResponse(
            session_id=request.session_id, operation_id=request.operation_id, server_side_session_id=self.shown_id
        )

    def complete(self, request: Message) -> Message:
        """The last response to an ExecutePlan."""
        made = self.response(request)
        made.result_complete.SetInParent()
        return made

    def seen(self, engine: str, response: Message) -> Message:
        """The response as the client should see it."""
        if response.server_side_session_id:
            self.server_ids[engine] = response.server_side_session_id
        response.server_side_session_id = self.shown_id
        return response
