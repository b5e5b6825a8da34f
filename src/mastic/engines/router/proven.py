"""The proven list: every construct the differential suite has shown to be right on Sail, with its result type and
when that may be NULL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from mastic.engines.router import types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.types import Type

PATH = Path(__file__).parent.parent / "proven.json"


class Proven:
    """What may run on Sail: construct -> the type it results in (None where a rule or no type applies)."""

    def __init__(
        self,
        entries: dict[str, str | None],
        confs: dict[str, str | None],
        nulls: dict[str, str] | None = None,
    ) -> None:
        self.entries = entries
        self._nulls = nulls or {}
        self.confs = confs
        self._types: dict[str, Type] = {}
        calls = (name.split("(")[0].split() for name in entries if name.startswith("fn "))
        self.functions = {call[-1] for call in calls}  # names of functions there surely are

    def need(self, construct: str) -> None:
        """Raise Unproven unless the construct is on the list."""
        if construct not in self.entries:
            raise Unproven(construct)

    def result(
        self, construct: str, call: Message = None, arguments: Sequence[Type] = (), *, window: bool = False
    ) -> Type:
        """The result type of a proven function; raises Unproven when it is not on the list."""
        found = self._types.get(construct)
        if found is None:
            self.need(construct)
            text = self.entries[construct]
            if text is None:
                raise Unproven(f"{construct} (result type unknown)")
            found = self._types[construct] = types.parse(text, own=True)
        return found

    def nulls(self, construct: str, made: Message, arguments: Sequence[Type], *, window: bool = False) -> str:
        """When a proven function or cast may give NULL, see `functions.may_be_null`."""
        return self._nulls.get(construct, "")


def load(path: Path = PATH) -> Proven:
    """Read the committed list; an absent list proves nothing."""
    if not path.exists():
        return Proven({}, {})
    held = json.loads(path.read_text())
    entries = held["entries"].items()
    return Proven(
        {name: entry.get("result") for name, entry in entries},
        held.get("confs", {}),
        {name: entry["nulls"] for name, entry in entries if "nulls" in entry},
    )


@lru_cache(maxsize=1)
def committed() -> Proven:
    """The committed list, read once per process."""
    return load()
