"""JDBC on Spark: a plan that names a database gets that database's driver, fetched before the plan is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from awsglue._database import spoken
from mastic.engines import database_source, drivers
from mastic.engines.router import pb
from mastic.engines.router.pb import Message

_IN_SPARK = ("jdbc:derby:",)


class MissingDriver(RuntimeError):
    """There is no JDBC driver for a URL; the message says how to bring one."""


class Jdbc:
    """Prepares requests that are about to be sent to Spark. `fetch` has the drivers fetched; None: they are there."""

    def __init__(self, fetch: Callable[[], None] | None) -> None:
        self._fetch = fetch

    def prepare(self, request: Message) -> None:
        """Name the driver of every JDBC source and sink, and have the drivers fetched. Raises MissingDriver."""
        used = False
        for options in _jdbc_options(request):
            used = True
            if options is not None:
                _name_driver(options)
        if used and self._fetch is not None:
            self._fetch()
            self._fetch = None


def registration(session_id: str) -> Message:
    """The request that has Sail know the data source which stands for JDBC there."""
    from pyspark import cloudpickle

    dumps: Callable[[Any], bytes] = cloudpickle.dumps
    made = pb.base.ExecutePlanRequest(session_id=session_id)
    source = made.plan.command.register_data_source
    source.name = database_source.NAME
    source.python_data_source.command = dumps(database_source.DatabaseSource)
    source.python_data_source.python_ver = f"{sys.version_info.major}.{sys.version_info.minor}"
    return made


def _name_driver(options: MutableMapping[str, str]) -> None:
    known = {key.lower(): value for key, value in options.items()}
    url, given = known.get("url", ""), known.get("driver")
    ours = drivers.class_for(url)
    if ours is None and not url.lower().startswith(_IN_SPARK) and given not in drivers.CLASSES.values():
        wanted = given or ":".join(url.split(":")[:2]) or "this source"
        raise MissingDriver(
            f"there is no JDBC driver for {wanted}; give its jar by --extra-jars (Mastic brings the drivers of "
            "PostgreSQL, MariaDB and MySQL)"
        )
    if given is None and ours is not None:
        options["driver"] = ours
    url_key = next((key for key in options if key.lower() == "url"), "url")
    options[url_key] = spoken(url)


def _jdbc_options(message: Any) -> Iterator[MutableMapping[str, str] | None]:
    """The options of every JDBC source and sink in a request; None for one written in SQL."""
    name = message.DESCRIPTOR.name
    if (name == "DataSource" and message.format.lower() == "jdbc") or (
        name == "WriteOperation" and message.source.lower() == "jdbc"
    ):
        yield message.options
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING and field.name in ("query", "sql") and "jdbc" in str(value).lower():
            yield None
        if field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for each in [value] if hasattr(value, "DESCRIPTOR") else value:
                yield from _jdbc_options(each)
