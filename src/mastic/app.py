"""What every handler is given: the parts of one running server, and who is calling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from mastic.clock import Clock, SystemClock
from mastic.protocol.caller import Caller as Caller
from mastic.protocol.caller import Identity
from mastic.settings import Settings
from mastic.store.database import Store
from mastic.store.notify import Notifier


class App:
    """One server's parts. Cheap to build; opens nothing until used."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        # Looks up an access key; `server.create_app` plugs in the keys of `security`. Without it nobody is known.
        self.find_identity: Callable[[str], Identity | None] = lambda access_key_id: None
        # Which of a job's connections do not exist; plugged in likewise, as jobs do not know the catalog.
        self.missing_connections: Callable[[list[str]], list[str]] = lambda names: []

    @cached_property
    def store(self) -> Store:
        """The database, migrated to this version's schema."""
        store = Store(self.settings.url)
        store.migrate()
        return store

    @cached_property
    def notifier(self) -> Notifier:
        """Wakes whoever waits for a change of state: in this process, or through PostgreSQL in every server."""
        return Notifier(self.store)

    def arn(self, resource: str, service: str = "glue") -> str:
        """`arn:aws:glue:us-east-1:123456789012:<resource>`."""
        s = self.settings
        return f"arn:aws:{service}:{s.region}:{s.account_id}:{resource}"


@dataclass(frozen=True)
class Context:
    """One request: the app, the caller, and the id that appears in logs and responses."""

    app: App
    caller: Caller
    request_id: str
