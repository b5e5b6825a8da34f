"""What a folder of `tests/scripts` is run with: its case, the world its script finds, and the runs it makes."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from live import BUCKET, Finished, Live
from script_data import STORAGE, Row, parquet, parsed, partitions_of, schema_text, sort_key

pytest.register_assert_rewrite("scripts")  # a case's assertions show their values


@dataclass(frozen=True)
class Case:
    """How a script's job is defined: its `DefaultArguments`, what else `CreateJob` gets, and how its run ends.

    `passing`: `bucket/key` patterns of what no two runs share (generated ids, staging), for `expect` alone to judge.
    """

    arguments: dict[str, str] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)
    state: str = "SUCCEEDED"
    passing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script:
    """One folder: `script.py`, `case.py`, and the modules and files that go along."""

    folder: Path

    @cached_property
    def _module(self) -> Any:
        return importlib.import_module(f"scripts.{self.folder.name}.case")  # `tests` is on the path

    @property
    def case(self) -> Case:
        return self._module.CASE

    @property
    def given(self) -> Callable[[World], None]:
        return self._module.given

    @property
    def expect(self) -> Callable[[World, Run], None]:
        return self._module.expect

    @property
    def source(self) -> str:
        return (self.folder / "script.py").read_text()

    @property
    def companions(self) -> list[Path]:
        """What is uploaded beside the script: `s3://scripts/<name>/<file>`."""
        files = (p for p in sorted(self.folder.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)
        return [p for p in files if p.relative_to(self.folder).as_posix() not in ("script.py", "case.py")]


class Run:
    """A run that has ended."""

    def __init__(self, finished: Finished) -> None:
        self._finished = finished
        self.state = finished.state
        self.error = finished.error

    @cached_property
    def output(self) -> list[str]:
        """The lines of the output log."""
        return self._lines("output")

    @cached_property
    def errors(self) -> list[str]:
        """The lines of the error log."""
        return self._lines("error")

    def _lines(self, kind: str) -> list[str]:
        try:
            return self._finished.lines(kind)
        except ClientError as error:  # a run that wrote none has no stream
            assert error.response["Error"]["Code"] == "ResourceNotFoundException", error
            return []

    @property
    def plans(self) -> dict[str, Any]:
        """Plans per engine and the reasons of those that went to Spark."""
        return dict(self._finished.details.get("engine") or {})

    @property
    def notes(self) -> list[str]:
        return self._finished.notes


class World:
    """The account a script finds: buckets, databases, secrets, and the script's own job on one engine."""

    def __init__(self, live: Live, script: Script, engine: str) -> None:
        self.live = live
        self.s3, self.glue, self.secretsmanager = live.s3, live.glue, live.secretsmanager
        self.engine = engine
        self.runs: list[Run] = []
        self._script = script
        self._secrets: list[str] = []

    @property
    def passing(self) -> tuple[str, ...]:
        """What two runs need not have in common."""
        return self._script.case.passing

    # -- running

    @property
    def job(self) -> str:
        """The job's name: the folder's."""
        return self._script.folder.name

    def run(self, **arguments: str) -> Run:
        """Run the job once more, with arguments given as `name="value"` for `--name value`."""
        if not self.runs:
            self._define()
        given = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
        started = self.glue.start_job_run(JobName=self.job, Arguments={"--mastic-engine": self.engine, **given})
        run = Run(self.live.wait(self.job, started["JobRunId"], 500))
        self.runs.append(run)
        return run

    def _define(self) -> None:
        case = self._script.case
        for file in self._script.companions:
            key = f"{self.job}/{file.relative_to(self._script.folder).as_posix()}"
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())
        self.live.create_job(
            self._script.source, "glueetl", Name=self.job, DefaultArguments=case.arguments, **case.job
        )  # fmt: skip

    # -- objects

    def bucket(self, name: str) -> None:
        """A bucket, made if it is not there."""
        if name not in self.buckets():
            self.s3.create_bucket(Bucket=name)

    def put(self, uri: str, body: str | bytes) -> None:
        """An object; its bucket is made if need be."""
        bucket, key = split(uri)
        self.bucket(bucket)
        self.s3.put_object(Bucket=bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def put_csv(self, uri: str, header: Sequence[str] | None, *rows: Sequence[Any], separator: str = ",") -> None:
        """A CSV object with a header, or none."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator, lineterminator="\n")
        writer.writerows([*([header] if header else []), *rows])
        self.put(uri, text.getvalue())

    def put_json(self, uri: str, *records: Any) -> None:
        """JSON, one record per line."""
        self.put(uri, "".join(json.dumps(record) + "\n" for record in records))

    def put_parquet(self, uri: str, table: pa.Table | list[Row]) -> None:
        """A Parquet object of a table or of records."""
        target = io.BytesIO()
        pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pylist(table), target)
        self.put(uri, target.getvalue())

    def keys(self, uri: str) -> list[str]:
        """Keys under a prefix, relative to it, those of data only: no `_SUCCESS`, no folder markers."""
        bucket, prefix = split(uri)
        found = [key[len(prefix) :] for key in self.all_keys(bucket, prefix)]
        return [key for key in found if key and not key.endswith("/") and not key.rsplit("/", 1)[-1].startswith("_")]

    def all_keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Every key of a bucket under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def folders(self, uri: str) -> list[str]:
        """The folders under a prefix that hold data, relative to it; `""` is the prefix itself."""
        return sorted({unquote(key.rpartition("/")[0]) for key in self.keys(uri)})

    def get(self, uri: str) -> bytes:
        """An object's content."""
        bucket, key = split(uri)
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def read_rows(self, uri: str, format: str) -> list[Row]:
        """The records under a prefix, sorted; partition folders add their values as text.

        `format`: parquet, csv (a header per file, every value text), json (lines), text (`{"value": line}`).
        """
        rows = [
            row | partitions_of(key)
            for key in self.keys(uri)
            for row in parsed(self.get(f"{uri}{key}"), key, format)
        ]  # fmt: skip
        return sorted(rows, key=sort_key)

    def schema(self, uri: str) -> dict[str, str]:
        """Column -> Arrow type of the Parquet files under a prefix, which must all have the same; nullable or not."""
        schemas = [parquet(self.get(f"{uri}{key}")).schema for key in self.keys(uri)]
        assert schemas, f"no files under {uri}"
        assert all(schema.equals(schemas[0]) for schema in schemas), schemas
        return {name: schema_text(schemas[0].field(name).type) for name in schemas[0].names}

    # -- the catalog

    def database(self, name: str) -> None:
        """A database, made if it is not there."""
        if name not in {d["Name"] for d in self.glue.get_databases()["DatabaseList"]}:
            self.glue.create_database(DatabaseInput={"Name": name})

    def table(
        self, database: str, name: str, location: str, columns: dict[str, str], format: str,
        keys: dict[str, str] | None = None, parameters: dict[str, str] | None = None, **serde: str,
    ) -> None:  # fmt: skip
        """A table as a crawler leaves it: parquet, csv (with a header unless `parameters` say else) or json."""
        self.database(database)
        storage = {**STORAGE[format], "Location": location, "Columns": fields_of(columns)}
        if serde:
            information = storage["SerdeInfo"]
            storage["SerdeInfo"] = {**information, "Parameters": {**information.get("Parameters", {}), **serde}}
        header = {"skip.header.line.count": "1"} if format == "csv" else {}
        self.glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": format, **header, **(parameters or {})},
                "PartitionKeys": fields_of(keys or {}),
                "StorageDescriptor": storage,
            },
        )

    def partition(self, database: str, table: str, *values: str, location: str = "") -> None:
        """A partition, in the Hive folder of its values unless `location` names another."""
        found = self.glue.get_table(DatabaseName=database, Name=table)["Table"]
        base = found["StorageDescriptor"]["Location"].rstrip("/")
        names = [f"{key['Name']}={value}" for key, value in zip(found["PartitionKeys"], values, strict=True)]
        storage = {**found["StorageDescriptor"], "Location": location or "/".join([base, *names, ""])}
        self.glue.create_partition(
            DatabaseName=database,
            TableName=table,
            PartitionInput={"Values": list(values), "StorageDescriptor": storage},
        )

    def columns(self, database: str, table: str) -> dict[str, str]:
        """Column -> type of a table, partition keys last."""
        found = self.glue.get_table(DatabaseName=database, Name=table)["Table"]
        columns = [*found["StorageDescriptor"]["Columns"], *found.get("PartitionKeys", [])]
        return {column["Name"]: column["Type"] for column in columns}

    def partitions(self, database: str, table: str) -> list[tuple[str, ...]]:
        """The values of a table's partitions, sorted."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
        return sorted(tuple(p["Values"]) for page in pages for p in page["Partitions"])

    # -- secrets

    def secret(self, name: str, value: Any) -> None:
        """A secret: text, or anything else as JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.secretsmanager.create_secret(Name=name, SecretString=text)
        self._secrets.append(name)

    # -- the end

    def buckets(self) -> list[str]:
        """Every bucket but the one of scripts."""
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"] if bucket["Name"] != BUCKET]

    def clean(self) -> None:
        """Leave nothing: the next engine finds the same world."""
        self.glue.delete_job(JobName=self.job)
        for bucket in self.buckets():
            keys = self.all_keys(bucket)
            for start in range(0, len(keys), 1000):
                batch = [{"Key": key} for key in keys[start : start + 1000]]
                self.s3.delete_objects(Bucket=bucket, Delete={"Objects": batch})
            self.s3.delete_bucket(Bucket=bucket)
        for database in self.glue.get_databases()["DatabaseList"]:
            self.glue.delete_database(Name=database["Name"])
        for secret in self._secrets:
            self.secretsmanager.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


def split(uri: str) -> tuple[str, str]:
    """(bucket, key) of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def fields_of(columns: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in columns.items()]
