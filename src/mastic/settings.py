"""Every setting, with its default and its reason. `docs/settings.md` is generated from here.

Precedence, strongest first: command-line option, environment variable, `mastic.toml` in the home folder,
the default below. A setting named `storage.endpoint` is the TOML key `endpoint` in table `[storage]` and the
environment variable `MASTIC_STORAGE_ENDPOINT`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from mastic import ENGINES

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


class SettingsError(ValueError):
    """A setting has a name or value that cannot be used; the message says which and what would be right."""


def setting(name: str, default: Any, reason: str, *, choices: tuple[str, ...] = (), secret: bool = False) -> Any:
    """Declare one setting: its dotted name, default and why it exists."""
    return field(default=default, metadata={"name": name, "reason": reason, "choices": choices, "secret": secret})


def default_home() -> Path:
    """`$MASTIC_HOME`, else `~/.mastic`."""
    return Path(os.environ.get("MASTIC_HOME") or Path.home() / ".mastic")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one Mastic installation, read once at start."""

    home: Path = field(
        default_factory=default_home,
        metadata={
            "name": "home",
            "reason": "The folder that holds the database, buckets, runtimes and keys.",
        },
    )
    host: str = setting("host", "127.0.0.1", "The address the server binds; loopback unless auth is on.")
    port: int = setting("port", 4590, "The one port for the AWS API and all doors.")
    auth: str = setting(
        "auth",
        "open",
        "`open` accepts any caller and is allowed on loopback only; `sigv4` verifies signatures.",
        choices=("open", "sigv4"),
    )
    region: str = setting("region", "us-east-1", "The region in ARNs and in what `mastic env` exports.")
    account_id: str = setting("account_id", "123456789012", "The twelve-digit account id in ARNs.")
    database_url: str = setting(
        "database.url",
        "",
        "SQLAlchemy URL; empty means SQLite in the home folder. PostgreSQL to share one state.",
    )
    storage_endpoint: str = setting(
        "storage.endpoint", "", "URL of a real S3-compatible store; empty means bucket folders in the home."
    )
    storage_access_key: str = setting(
        "storage.access_key",
        "",
        "Access key for `storage.endpoint`. boto3 has one pair of keys for all services, so runs use it for all, and"
        " with `sigv4` it is accepted here too.",
    )
    storage_secret_key: str = setting("storage.secret_key", "", "Secret key for `storage.endpoint`.", secret=True)
    storage_fsync: bool = setting(
        "storage.fsync",
        False,
        "Flush every object put through the S3 door to disk before answering. Off, as for files engines write: no crash"
        " of a process loses anything, a power failure may lose the last seconds.",
    )
    lease_seconds: float = setting(
        "worker.lease_seconds", 15.0, "A run whose worker is silent this long is taken from it."
    )
    worker_vcpus: float = setting("worker.vcpus", 0.0, "vCPUs the worker offers; 0 means all of the machine.")
    worker_memory_mb: int = setting(
        "worker.memory_mb", 0, "Memory the worker offers, MiB; 0 means 80 % of the machine."
    )
    worker_overcommit: float = setting(
        "worker.overcommit",
        4.0,
        "A run asking for more than the machine is capped to it; the worker admits runs up to this many machines,"
        " so that a job that starts another and waits for it does not block itself.",
    )
    queue_limit_hours: float = setting(
        "jobs.queue_limit_hours", 24.0, "A run that has waited this long for its turn or for a worker is EXPIRED."
    )
    worker_memory_groups: bool = setting(
        "worker.memory_groups",
        True,
        "Bound each run's memory with a kernel memory group (cgroup) where the worker may make one.",
    )
    history_days: int = setting(
        "jobs.history_days", 90, "Ended runs, their events and superseded bookmarks are kept this long, as on AWS."
    )
    stop_grace_seconds: float = setting(
        "worker.stop_grace_seconds", 10.0, "Between SIGTERM and SIGKILL when a run is stopped."
    )
    engine: str = setting(
        "engine",
        "auto",
        "`auto` sends proven plans to Sail, the rest to Spark; `sail`, `spark` and `classic` (RDDs, the JVM) pin one."
        " `--mastic-engine` sets it for one job or run.",
        choices=ENGINES,
    )
    spark_version: str = setting("spark.version", "4.1.4", "The Spark of the runtime created on first use.")
    spark_master: str = setting("spark.master", "", "A Spark master for classic runs; empty means local[vCPUs].")
    spark_java_options: str = setting(
        "spark.java_options",
        "",
        "More options for every JVM of Spark, after Mastic's own: a trust store, a proxy. For many short runs,"
        " `-XX:TieredStopAtLevel=1` halves what a JVM costs to start; long ones would be slower.",
    )
    runtimes_folder: str = setting(
        "runtimes",
        "",
        "Folder of immutable runtimes; empty means `runtimes` in the home. Shareable between homes.",
    )
    spark_spare: bool = setting(
        "spark.spare",
        True,
        "Keep one Spark Connect server warm once Spark has been used or its runtime exists.",
    )
    dpu_hour_price: float = setting("cost.dpu_hour", 0.44, "Price of a DPU-hour, standard execution class.")
    flex_dpu_hour_price: float = setting("cost.flex_dpu_hour", 0.29, "Price of a DPU-hour, FLEX class.")
    m_dpu_hour_price: float = setting("cost.m_dpu_hour", 0.52, "Price of a memory-optimised DPU-hour (R workers).")
    currency: str = setting("cost.currency", "USD", "Printed beside costs.")
    table_versions_kept: int = setting(
        "catalog.table_versions_kept", 0, "Archived versions kept of each table; the oldest go first. 0 keeps all."
    )
    master_key: str = setting(
        "security.master_key",
        "",
        "32 random bytes in base64 that encrypt keys and secrets at rest; empty means `keys/master.key` in the home.",
        secret=True,
    )
    log_retention_days: int = setting("logs.retention_days", 30, "Log events older than this are removed.")

    @property
    def endpoint(self) -> str:
        """The URL AWS clients use to reach this server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def buckets(self) -> Path:
        """Folder that holds one folder per bucket."""
        return self.home / "buckets"

    @property
    def store_environment(self) -> dict[str, str]:
        """What points S3 clients at `storage.endpoint`. boto3 has one pair of keys: it then goes for every service."""
        if not self.storage_endpoint:
            return {}
        keys = {"AWS_ACCESS_KEY_ID": self.storage_access_key, "AWS_SECRET_ACCESS_KEY": self.storage_secret_key}
        return {"AWS_ENDPOINT_URL_S3": self.storage_endpoint} | (keys if self.storage_access_key else {})

    @property
    def runtimes(self) -> Path:
        """Folder of immutable runtimes."""
        return Path(self.runtimes_folder) if self.runtimes_folder else self.home / "runtimes"

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home / 'mastic.db'}"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK_HOSTS

    def make_home(self) -> None:
        """Make the home folder where missing. Raises SettingsError where that cannot be."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"home = {str(self.home)!r} cannot be made: {error.strerror}; choose another with --home or MASTIC_HOME"
            ) from error

    def check(self) -> None:
        """Refuse combinations that would be unsafe. Raises SettingsError."""
        if self.auth == "open" and not self.on_loopback:
            raise SettingsError(
                f"host = {self.host!r} is reachable from other machines and auth = 'open' would let anyone in; "
                "set auth = 'sigv4' and create a key with `mastic keys create`, or bind 127.0.0.1"
            )


def load(home: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings for `home`: defaults, then `mastic.toml`, then `MASTIC_*`, then `overrides` (by attribute).

    Raises SettingsError naming the setting and the value that does not fit.
    """
    home = (home or default_home()).expanduser().absolute()
    given: dict[str, Any] = _from_toml(home / "mastic.toml") | _from_environment()
    given |= {k: v for k, v in (overrides or {}).items() if v is not None}
    given["home"] = home
    return Settings(**given)


def env_name(name: str) -> str:
    """`storage.endpoint` -> `MASTIC_STORAGE_ENDPOINT`."""
    return "MASTIC_" + name.replace(".", "_").upper()


def _from_environment() -> dict[str, Any]:
    found = {}
    for f in fields(Settings):
        raw = os.environ.get(env_name(f.metadata["name"]))
        if f.name != "home" and raw is not None:
            found[f.name] = _convert(f, raw)
    return found


def _from_toml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    flat: dict[str, Any] = {}
    for key, value in document.items():
        flat |= {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
    known = {f.metadata["name"]: f for f in fields(Settings)}
    unknown = sorted(set(flat) - set(known))
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], known, 1)
        guess = f", did you mean {near[0]!r}?" if near else ";"
        raise SettingsError(f"{path}: unknown setting {unknown[0]!r}{guess} known: {', '.join(sorted(known))}")
    return {known[k].name: _convert(known[k], v) for k, v in flat.items()}


def _convert(f: Any, raw: Any) -> Any:
    default = f.default if f.default is not MISSING else Path()
    name = f.metadata["name"]
    try:
        value = _parse(type(default), raw)
    except (TypeError, ValueError):
        wanted = type(default).__name__
        raise SettingsError(f"{name} = {raw!r} is not a valid {wanted}") from None
    if isinstance(value, int | float) and value < 0:
        raise SettingsError(f"{name} = {raw!r} must not be negative")
    choices = f.metadata.get("choices")
    if choices and value not in choices:
        raise SettingsError(f"{name} = {raw!r} must be one of {', '.join(choices)}")
    return value


def _parse(kind: type, raw: Any) -> Any:
    if kind is not bool:
        return kind(raw)
    text = str(raw).lower()
    if text not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return text in ("true", "1")
