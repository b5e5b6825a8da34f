"""Everything a run needs before its process starts: files, environment, limits, engine, and the spec of the child."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mastic.engines.scan import needs_classic
from mastic.engines.spark_runtime import RuntimeInstallError
from mastic.worker.api import Fenced, Refused, ServerAway
from mastic.worker.arguments import Plan
from mastic.worker.assignment import Assignment
from mastic.worker.capacity import Capacity
from mastic.worker.environment import plain_environment
from mastic.worker.files import base_name, download, modules_below, unpack
from mastic.worker.limits import MemoryGroup, data_bytes
from mastic.worker.modules import Overlay, ensure_overlay
from mastic.worker.processes import RUN_MARK, WORKER_MARK
from mastic.worker.shared import Shared

OPEN_KEY = "mastic"  # what an open server is signed to with; any key would do


class PreparationError(RuntimeError):
    """The run cannot be started as asked; the message says what to change."""


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to be forked."""

    spec: Path
    script: str
    capacity: Capacity
    processors: list[int]
    memory_group: MemoryGroup | None
    notes: list[str] = field(default_factory=list)


class Preparation:
    """Prepares one run. Raises FetchError, ArgumentError or PreparationError."""

    def __init__(self, shared: Shared, assignment: Assignment, plan: Plan, folder: Path) -> None:
        self._shared = shared
        self._assignment = assignment
        self._plan = plan
        self._folder = folder
        self._notes: list[str] = []

    def prepare(self) -> Prepared:
        """Fetch, decide, and write the child's spec."""
        self._check_connections()
        script = self._fetch_script()
        for uri in self._plan.files:
            self._fetch(uri, self._folder / "work", "--extra-files")
        paths = [self._python_file(uri) for uri in self._plan.py_files]
        overlay = self._overlay()
        capacity, note = self._shared.capacity.grant(self._assignment)
        self._notes += [note] if note else []
        classic = self._classic(script, paths)
        environment = self._environment(paths, overlay)
        group = self._shared.memory_groups.create(self._assignment.job_run_id, capacity.memory_mb)
        processors = self._shared.processors.take(capacity.vcpus)
        spec: dict[str, Any] = {
            "argv": self._plan.argv(str(script), self._assignment),
            "cwd": str(script.parent),
            "env": environment,
            "path": [str(p) for p in paths] + ([str(overlay.path)] if overlay else []),
            "report": str(self._folder / "report.json"),
            "data_bytes": None if group else data_bytes(capacity.memory_mb),
            "processors": processors,
            "engine": None if self._assignment.is_shell else self._engine(capacity, classic is not None),
        }
        if interpreter := self._fresh_interpreter(overlay, classic):
            spec["exec"] = [interpreter, "-m", "mastic.worker.child", str(self._folder / "spec.json")]
        path = self._folder / "spec.json"
        path.write_text(json.dumps(spec))
        return Prepared(path, script.name, capacity, processors, group, self._notes)

    def _check_connections(self) -> None:
        if missing := self._assignment.missing_connections:
            raise PreparationError(
                f"EntityNotFoundException: Connection {missing[0]} not found. The job's Connections name it: create it "
                "in the Data Catalog, or take it off the job"
            )

    def _fetch_script(self) -> Path:
        uri = self._plan.script_location
        given = "--scriptLocation" if "--scriptLocation" in self._assignment.arguments else "Command.ScriptLocation"
        return self._fetch(uri, self._folder / "work", given)

    def _fetch(self, uri: str, folder: Path, wanted_by: str) -> Path:
        return download(self._shared.storage, uri, folder / base_name(uri), wanted_by)

    def _python_file(self, uri: str) -> Path:
        """What goes onto the module path for one of --extra-py-files."""
        lib = self._folder / "lib"
        fetched = self._fetch(uri, lib, "--extra-py-files")
        if fetched.suffix in (".whl", ".egg"):
            return unpack(fetched, lib / f"{fetched.name}.d")
        if fetched.suffix == ".zip":
            return fetched
        if fetched.suffix == ".py":
            return lib
        raise PreparationError(f"--extra-py-files names {uri}; only .py, .zip, .whl and .egg files can be imported")

    def _overlay(self) -> Overlay | None:
        if not self._plan.modules:
            return None
        return ensure_overlay(
            self._plan.modules, self._plan.installer_options, self._shared.settings.runtimes,
            lambda uri: self._fetch(uri, self._folder / "lib", "--additional-python-modules"),
        )  # fmt: skip

    def _classic(self, script: Path, paths: list[Path]) -> str | None:
        """Why the run needs a classic Spark driver, if it does."""
        if self._assignment.is_shell:
            return None
        if self._plan.jars:
            reason = "--extra-jars"
        elif self._plan.engine == "classic":
            reason = "pinned (--mastic-engine, or the setting engine)"
        elif self._plan.engine == "sail":
            return None
        else:
            reason = _scan(script, paths) or ""
        if reason:
            self._notes.append(f"runs on a classic Spark driver: {reason}")
            self._fetch_drivers(script, paths)
        return reason or None

    def _fetch_drivers(self, script: Path, paths: list[Path]) -> None:
        """JDBC drivers for a classic run that may want them: nothing sees its plans before they run."""
        if not self._assignment.connections and not any(map(_DATABASES.search, _sources(script, paths))):
            return
        try:
            self._shared.broker.drivers(self._progress)
        except RuntimeInstallError as error:
            self._notes.append(str(error))

    def _fresh_interpreter(self, overlay: Overlay | None, classic: str | None) -> str | None:
        """Another interpreter where the zygote's would be wrong: classic Spark, or a module it has already imported."""
        if classic:
            return str(self._spark_python())
        if overlay is None:
            return None
        self._shared.zygote.wait_ready(60)
        replaced = sorted(overlay.modules & self._shared.zygote.modules)
        if replaced:
            self._notes.append(f"started in a fresh interpreter, as --additional-python-modules replaces {replaced[0]}")
        return sys.executable if replaced else None

    def _spark_python(self) -> Path:
        try:
            return self._shared.broker.spark_python(self._progress)
        except RuntimeInstallError as error:
            raise PreparationError(f"the run needs a classic Spark driver: {error}") from error

    def _progress(self, message: str) -> None:
        """Say at once why the run does not start yet; a note that cannot be delivered is not worth failing for."""
        with contextlib.suppress(ServerAway, Refused, Fenced):
            self._shared.api.notes(self._assignment.job_run_id, self._assignment.token, [message])

    def _engine(self, capacity: Capacity, classic: bool) -> dict[str, Any]:
        settings = self._shared.settings
        jars = [str(self._fetch(uri, self._folder / "lib", "--extra-jars")) for uri in self._plan.jars]
        conf = dict(self._plan.conf)
        if jars:
            conf["spark.jars"] = ",".join([*filter(None, [conf.get("spark.jars")]), *jars])
        return {
            "engine": self._plan.engine,
            "vcpus": capacity.vcpus,
            "memory_mb": capacity.memory_mb,
            "work_dir": str(self._folder / "tmp"),
            "buckets": None if settings.storage_endpoint else str(settings.buckets),
            "conf": conf,
            "broker": str(self._shared.broker.socket_path),
            "classic": classic,
            "master": settings.spark_master,
            "java_options": settings.spark_java_options,
        }

    def _environment(self, paths: list[Path], overlay: Overlay | None) -> dict[str, str]:
        a, settings, url = self._assignment, self._shared.settings, self._shared.api.url
        keys = a.credentials
        environment = {
            **plain_environment(),
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id if keys else OPEN_KEY,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key if keys else OPEN_KEY,
            "AWS_DEFAULT_REGION": settings.region,
            "AWS_REGION": settings.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            RUN_MARK: a.job_run_id,
            WORKER_MARK: str(self._shared.folder.path),
            "MASTIC_RUN_API": f"{url}/_mastic/v1/runs/{a.job_run_id}",
            "MASTIC_RUN_TOKEN": a.run_token,
            "TMPDIR": str(self._folder / "tmp"),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "GLUE_PYTHON_VERSION": "3",
        }
        extra = [str(p) for p in paths] + ([str(overlay.path)] if overlay else [])
        if extra:
            environment["PYTHONPATH"] = ":".join(extra)  # for the processes the script starts
        if settings.storage_endpoint:
            environment |= settings.store_environment
        else:
            environment["MASTIC_BUCKETS"] = str(settings.buckets)
        return environment


_DATABASES = re.compile(r"jdbc|postgresql|mysql|mariadb|connectionName", re.IGNORECASE)


def _scan(script: Path, paths: list[Path]) -> str | None:
    first, *extras = _sources(script, paths)
    return needs_classic(first, extras)


def _sources(script: Path, paths: list[Path]) -> list[str]:
    # Several .py files share one folder.
    extras = [source for path in dict.fromkeys(paths) for source in modules_below(path)]
    return [script.read_text(errors="replace"), *extras]
