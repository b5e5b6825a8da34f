"""What the fixture `mastic` gives: a Mastic of one test, in the test's process."""

from __future__ import annotations

import contextlib
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from mastic.settings import Settings
from mastic.storage.client import parse_uri
from mastic.testing import frames, tables
from mastic.testing.clock import Clock
from mastic.testing.common import KEY, Common
from mastic.testing.frames import Stored
from mastic.testing.here import RunHere, Sources
from mastic.testing.result import Result
from mastic.worker import assignment, capacity
from mastic.worker.api import Api
from mastic.worker.heartbeat import Heartbeat
from mastic.worker.home import WorkerFolder
from mastic.worker.main import COMMANDS
from mastic.worker.run import Run
from mastic.worker.shared import Shared

SCRIPTS = "s3://mastic-scripts"
TABLES = "s3://mastic-tables"
ROLE = "arn:aws:iam::123456789012:role/test"
ALONE_SECONDS = 3.0  # after which a run that was started by the one under way is executed beside it


@contextmanager
def installed(common: Common, home: Path, patch: pytest.MonkeyPatch) -> Iterator[Mastic]:
    """A new Mastic, which the AWS clients of this process talk to, for the block."""
    settings = replace(common.settings, home=home)
    settings.buckets.mkdir(parents=True)
    common.buckets.unlink(missing_ok=True)
    common.buckets.symlink_to(settings.buckets)
    clock = Clock()
    common.server.open(settings, clock.now())
    try:
        found = Mastic(common, settings, clock)
        found._point_here(patch)
        common.meanwhile(lambda: found.s3, lambda: found.glue)
        common.server.wait()
        common.current = found
        try:
            yield found
        finally:
            common.current = None
            found._close()
    finally:
        common.server.leave()


class Mastic:
    """One test's Mastic: S3, Glue Data Catalog, jobs, logs and secrets, empty at first.

    boto3 in the test and in whatever it calls talks to it.
    """

    def __init__(self, common: Common, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        """Time as jobs, queues and timeouts see it; `clock.advance(hours=1)` moves it."""
        self.settings = settings
        self.endpoint = settings.endpoint
        self._common = common
        self._sources = Sources()
        self._clients: dict[str, Any] = {}
        self._engines = ExitStack()
        self._has_engines = False
        self._folder = WorkerFolder.create(settings.home)
        self._shared = Shared(
            settings=settings,
            api=Api(self.endpoint, settings.region),
            folder=self._folder,
            capacity=capacity.of_machine(settings),
            broker=common.broker,
            zygote=common.zygote,
        )
        self._runs: list[Run] = []
        clock.moved = lambda step: common.server.advance(step, self._folder.worker_id)

    # -- AWS

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client, the same one when asked again without options: `mastic.client("secretsmanager")`."""
        if options:
            return self._common.session.client(service, endpoint_url=self.endpoint, **options)
        if service not in self._clients:
            self._clients[service] = self._common.session.client(service, endpoint_url=self.endpoint)
        return self._clients[service]

    @property
    def s3(self) -> Any:
        """`client("s3")`."""
        return self.client("s3")

    @property
    def glue(self) -> Any:
        """`client("glue")`."""
        return self.client("glue")

    # -- jobs

    def upload(self, path: str | Path, uri: str = "") -> str:
        """Put a local file into S3, by default under s3://mastic-scripts/; its `s3://` path.

        A script or module uploaded this way is executed from the local file, where breakpoints and coverage are. It is
        looked for in the current folder, then in pytest's rootdir.
        """
        __tracebackhide__ = True
        path = self._local(path)
        content = path.read_bytes()
        uri = uri or f"{SCRIPTS}/{path.name}"
        self._put_bytes(uri, content)
        self._sources.add(path, content)
        return uri

    def create_job(
        self, name: str, script: str | Path, *, command: str = "glueetl", arguments: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:  # fmt: skip
        """A job whose script is a local file. `arguments` are its DefaultArguments, `fields` any of CreateJob's;
        one that exists is changed. Returns the name."""
        __tracebackhide__ = True
        shell = command == "pythonshell"
        size: dict[str, Any] = {"MaxCapacity": 0.0625} if shell else {"WorkerType": "G.1X", "NumberOfWorkers": 2}
        if {"MaxCapacity", "WorkerType", "NumberOfWorkers"} & set(fields):
            size = {}
        definition = {
            "Role": ROLE,
            "Command": {
                "Name": command,
                "ScriptLocation": self.upload(script, f"{SCRIPTS}/{name}/{Path(script).name}"),
                "PythonVersion": "3.9" if shell else "3",
            },
            "DefaultArguments": _arguments(arguments),
            **({} if shell else {"GlueVersion": "5.0"}),
            **size,
            **fields,
        }
        try:
            self._ask("create_job", Name=name, **definition)
        except self.glue.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in (
                "AlreadyExistsException",
                "IdempotentParameterMismatchException",
            ):
                raise
            self._ask("update_job", JobName=name, JobUpdate=definition)
        return name

    def run_script(
        self, path: str | Path, arguments: Mapping[str, Any] | None = None, *, engine: str | None = None,
        check: bool = True, isolated: bool | None = None, **fields: Any,
    ) -> Result:  # fmt: skip
        """Run a local script as a job of its file's name. `fields` are CreateJob's, or `command="pythonshell"`.

        Raises what the script raises, unless `check=False`.
        """
        __tracebackhide__ = True
        name = self.create_job(Path(path).stem, path, **fields)
        pinned = {"--mastic-engine": engine} if engine else {}
        return self.run_job(name, {**(arguments or {}), **pinned}, check=check, isolated=isolated)

    def run_job(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, check: bool = True,
        isolated: bool | None = None, **request: Any,
    ) -> Result:  # fmt: skip
        """StartJobRun, and the run executed to its end in this process, retries too; the last attempt.

        `isolated=True` gives it a process of its own, as in production. `request` are StartJobRun's other fields.
        Raises what the script raises, unless `check=False`.
        """
        __tracebackhide__ = True
        run_id = self._ask("start_job_run", JobName=name, Arguments=_arguments(arguments), **request)["JobRunId"]
        ended = self._work(isolated)
        attempts = tuple(one for one in ended if one.run_id == run_id or one.run_id.startswith(f"{run_id}_attempt_"))
        if not attempts:
            raise RuntimeError(self._why_it_waits(run_id))
        last = replace(attempts[-1], attempts=attempts)
        return last.check(whole_traceback=self._common.whole_traceback) if check else last

    def run_pending(self, *, check: bool = True, isolated: bool | None = None) -> list[Result]:
        """Execute every run that waits for a worker: what was started by boto3, by a trigger, by another job."""
        __tracebackhide__ = True
        ended = self._work(isolated)
        return [one.check(whole_traceback=self._common.whole_traceback) for one in ended] if check else ended

    # -- data

    def put(self, path: str, frame: Any, *, format: str = "") -> str:
        """Write one object: a table (pandas, Arrow, rows) in a format, or text, bytes and a local Path as they are.

        A path without an extension, or with a slash at its end, is a folder; `.csv.gz` is packed. The bucket is made
        where missing. Returns the object's path.
        """
        if isinstance(frame, str | bytes | Path):
            content = frame.read_bytes() if isinstance(frame, Path) else frame
            return self._put_bytes(path, content.encode() if isinstance(content, str) else content)
        name = parse_uri(path).key.rpartition("/")[2]
        is_folder = "." not in name
        format = format or ("parquet" if is_folder else frames.format_of(name, name.rpartition(".")[2]))
        uri = f"{path.rstrip('/')}/{uuid.uuid4().hex[:8]}.{format}" if is_folder else path
        return self._put_bytes(uri, frames.encoded(frames.to_arrow(frame), format, uri))

    def read(self, path: str, *, format: str = "", header: bool = True) -> Stored:
        """Every object at or under a path: parquet, csv, json or text, by default what names end in.

        `header=False` is for csv as Spark writes it where not told otherwise; its columns are _c0, _c1, ...
        `spark.read` has options for all other files. Raises FileNotFoundError when there is none.
        """
        return Stored(frames.read(self._shared.storage, path, format, header=header))

    def put_table(
        self, name: str, frame: Any, *, partition_keys: Sequence[str] = (), format: str = "parquet", location: str = ""
    ) -> str:
        """Make the catalog table `database.table` with these rows, in the place of one of that name.

        Database and bucket are made where missing. Returns the location.
        """
        database, table = tables.split(name)
        data = frames.storable(frames.to_arrow(frame))
        partition_keys = [partition_keys] if isinstance(partition_keys, str) else partition_keys
        frames.check_keys(data, partition_keys)
        location = location or f"{TABLES}/{database}/{table}/"
        with contextlib.suppress(self.glue.exceptions.AlreadyExistsException):
            self.glue.create_database(DatabaseInput={"Name": database})
        with contextlib.suppress(self.glue.exceptions.EntityNotFoundException):
            self.glue.delete_table(DatabaseName=database, Name=table)
        for each in list(self._shared.storage.list(location)) if self._has_bucket(location) else []:
            self._shared.storage.delete(each.uri)
        self._make_bucket(location)
        self.glue.create_table(
            DatabaseName=database, TableInput=tables.described(table, data, list(partition_keys), format, location)
        )
        self.append_table(name, data)
        return location

    def append_table(self, name: str, frame: Any) -> None:
        """Add rows to a catalog table as new files, and register the partitions they are in."""
        database, table = tables.split(name)
        found = self.glue.get_table(DatabaseName=database, Name=table)["Table"]
        descriptor = found["StorageDescriptor"]
        keys = [key["Name"] for key in found.get("PartitionKeys", [])]
        format = tables.format_of(found)
        data = frames.storable(frames.to_arrow(frame))
        frames.check_keys(data, keys)
        if format == "csv":
            data = frames.aligned(data, [column["Name"] for column in descriptor["Columns"]] + keys, name)
        for values, part in frames.partitioned(data, keys):
            folder = descriptor["Location"].rstrip("/") + "/" + frames.folder_of(keys, values)
            if part.num_rows:
                # The catalog's timestamps are moments, and so are those in files that Spark writes.
                self.put(folder, frames.storable(part, "UTC" if format == "parquet" else None), format=format)
            if keys:
                with contextlib.suppress(self.glue.exceptions.AlreadyExistsException):
                    self.glue.create_partition(
                        DatabaseName=database, TableName=table,
                        PartitionInput={"Values": values, "StorageDescriptor": {**descriptor, "Location": folder}},
                    )  # fmt: skip

    def table(self, name: str) -> Stored:
        """What a query of the catalog table gives: the registered partitions' files, typed by the catalog."""
        return Stored(self.spark.table(name).toArrow())

    @property
    def spark(self) -> Any:
        """A SparkSession of the test's own, for functions that take one or a DataFrame."""
        self.open_engines()  # first: the class imported next is another before it
        from pyspark.sql import SparkSession

        return SparkSession.builder.getOrCreate()

    @property
    def glue_context(self) -> Any:
        """A GlueContext over `spark`."""
        spark = self.spark
        from awsglue.context import GlueContext

        return GlueContext(spark.sparkContext)

    # -- inside

    def _point_here(self, patch: pytest.MonkeyPatch) -> None:
        import boto3

        region = self.settings.region
        # Neither the profile nor the keys of whoever runs the tests.
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_GLUE"):
            patch.delenv(name, raising=False)
        values = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for name, value in values.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", self._common.session)

    def _close(self) -> None:
        for one in list(self._runs):
            one.order("shutdown")
        self._engines.close()
        if "_heartbeat" in self.__dict__:
            self._heartbeat.stop()
        self._shared.api.close()
        self._folder.remove()
        shutil.rmtree(self.settings.home / "workers", ignore_errors=True)

    def _local(self, path: str | Path) -> Path:
        __tracebackhide__ = True
        places = [Path.cwd() / path, self._common.root / path]
        for place in places:
            if place.is_file():
                return place
        raise FileNotFoundError(f"there is no file {' nor '.join(dict.fromkeys(map(str, places)))}")

    def _ask(self, operation: str, **request: Any) -> Any:
        """A call of the Glue API; what it refuses is raised without botocore's own lines, which tell nothing."""
        __tracebackhide__ = True
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.glue, operation)(**request)
        except (BotoCoreError, ClientError) as error:
            raise error.with_traceback(None) from None

    @cached_property
    def _heartbeat(self) -> Heartbeat:
        heartbeat = Heartbeat(self._shared.api, self._folder.worker_id, lambda: list(self._runs))
        heartbeat.start()
        return heartbeat

    def open_engines(self) -> None:
        """Engines for this test's own sessions; nothing within a run, which has engines of its own or none."""
        if self._has_engines or self._runs:
            return
        self._has_engines = True
        self._engines.enter_context(self._common.engines(self.settings.buckets))

    def _claim(self, wait_seconds: float = 0.0) -> assignment.Assignment | None:
        size = self._shared.capacity
        document = self._shared.api.claim(self._folder.worker_id, {
            "wait_seconds": wait_seconds,
            "capacity": {"vcpus": size.vcpus, "memory_mb": size.memory_mb},
            "commands": COMMANDS,
            "running": [run.run_id for run in self._runs],
        })  # fmt: skip
        return assignment.parse(document) if document else None

    def _work(self, isolated: bool | None) -> list[Result]:
        """Execute what can be claimed until there is nothing left."""
        isolated = self._common.isolated if isolated is None else isolated
        ended = []
        while found := self._claim():
            ended += self._execute(found, isolated)
        return ended

    def _execute(self, found: assignment.Assignment, isolated: bool) -> list[Result]:
        run = Run(found, self._shared) if isolated else RunHere(found, self._shared, self._sources, self._common.folder)
        beside: list[Result] = []
        with self._under_way(run), self._others(beside):
            run.execute()
        error = run.exception if isinstance(run, RunHere) else None
        if isinstance(error, KeyboardInterrupt | pytest.exit.Exception):
            raise error
        return [*beside, self._result(run)]

    @contextmanager
    def _under_way(self, run: Run) -> Iterator[None]:
        self._runs.append(run)
        self._heartbeat.wake()
        try:
            yield
        finally:
            self._runs.remove(run)

    @contextmanager
    def _others(self, ended: list[Result]) -> Iterator[None]:
        """Runs that the one under way starts and waits for have a process of their own, after a while."""
        if self._common.server.has_claimable():  # their turn comes later, in this process
            yield
            return
        over = threading.Event()

        def work() -> None:
            while not over.wait(ALONE_SECONDS):
                if found := self._claim():
                    run = Run(found, self._shared)
                    with self._under_way(run):
                        run.execute()
                    ended.append(self._result(run))

        thread = threading.Thread(target=work, name="mastic-others", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _result(self, run: Run) -> Result:
        described = self.glue.get_job_run(JobName=run.assignment.job_name, RunId=run.run_id)["JobRun"]
        known = self._shared.api.details(run.run_id)
        here = run if isinstance(run, RunHere) and run.output is not None else None
        return Result(
            run=described,
            stdout=here.output or "" if here else self._log(known, "output"),
            stderr=here.errors or "" if here else self._log(known, "error"),
            exception=here.exception if here else None,
            plans=known["engine"] or {"sail": 0, "spark": 0, "reasons": {}},
            seconds=known["execution_seconds"],
            notes=tuple(known["notes"]),
        )

    def _log(self, known: dict[str, Any], kind: str) -> str:
        pages = (
            self.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=known["log_groups"][kind], logStreamNames=[known["log_stream"]])
        )
        with contextlib.suppress(self.client("logs").exceptions.ResourceNotFoundException):
            return "".join(f"{event['message']}\n" for page in pages for event in page["events"])
        return ""

    def _why_it_waits(self, run_id: str) -> str:
        known = self._shared.api.details(run_id)
        notes = "; ".join(known["notes"]) or "no worker may execute it"
        return f"run {run_id} of job {known['job_name']} is {known['state']} and cannot be executed now: {notes}"

    def _put_bytes(self, uri: str, content: bytes) -> str:
        self._make_bucket(uri)
        self._shared.storage.write_bytes(uri, content)
        return uri

    def _make_bucket(self, uri: str) -> None:
        self._shared.storage.create_bucket(_bucket(uri))

    def _has_bucket(self, uri: str) -> bool:
        return (self.settings.buckets / _bucket(uri)).is_dir()


def _bucket(uri: str) -> str:
    return parse_uri(uri).bucket


def _arguments(given: Mapping[str, Any] | None) -> dict[str, str]:
    """Glue's argument map: `{"day": date(2026, 1, 31)}` is `{"--day": "2026-01-31"}`."""
    return {
        name if name.startswith("--") else f"--{name}": frames.text_of(value) if value is not None else ""
        for name, value in (given or {}).items()
    }
