"""Deleting old files of a path or a table. AWS page: GlueContext Class, purge_s3_path and purge_table."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from typing import Any

from pyspark.sql import SparkSession

from awsglue import _aws, _files
from awsglue._files import File
from awsglue._predicate import in_folders
from awsglue.catalog_table import get_table, partitions_of

Options = dict[str, Any]

RETENTION_HOURS = 168
BATCH = 1000
PARTITION_BATCH = 25


def purge_path(spark: SparkSession, path: str, options: Options, ctx: str = "") -> None:
    """Delete the files under an S3 path older than `retentionPeriod` hours, of `partitionPredicate` where given."""
    if not _files.is_s3(path):
        raise ValueError(f"{path!r} is not an S3 path")
    path = _files.one_scheme(path)
    files = _below(path, options)
    if predicate := str(options.get("partitionPredicate") or ""):
        files = in_folders(spark, files, path, predicate)
    _manifest(options, ctx, *_delete(files, options))


def purge_table(
    spark: SparkSession, database: str, name: str, options: Options, ctx: str, catalog_id: str | None
) -> None:
    """Delete a table's old files in the partitions of `partitionPredicate`, then the partitions left empty."""
    table = get_table(database, name, catalog_id)
    partitions = partitions_of(spark, table, str(options.get("partitionPredicate") or "")) if table.keys else []
    locations = [p.location for p in partitions] if table.keys else [table.location]
    files = [file for location in locations for file in _below(location, options)]
    _manifest(options, ctx, *_delete(files, options))
    empty = [p for p in partitions if not _files.list_files(p.location.rstrip("/"), recurse=True)]
    request: Any = {"DatabaseName": database, "TableName": name} | ({"CatalogId": catalog_id} if catalog_id else {})
    for start in range(0, len(empty), PARTITION_BATCH):
        batch: Any = [{"Values": list(p.values)} for p in empty[start : start + PARTITION_BATCH]]
        _aws.glue().batch_delete_partition(**request, PartitionsToDelete=batch)


def _below(path: str, options: Options) -> list[File]:
    """Every file at or under a path, also those that readers pass over, such as _SUCCESS."""
    root = path.rstrip("/")
    kept_classes = _files.string_list(options.get("excludeStorageClasses"))
    return [f for f in _files.list_all(root, kept_classes) if f.path == path or f.path.startswith(root + "/")]


def _delete(files: list[File], options: Options) -> tuple[list[str], list[str]]:
    """Delete what is older than the retention; returns what was deleted and what could not be."""
    retention = options.get("retentionPeriod")
    try:
        hours = RETENTION_HOURS if retention is None else float(retention)
    except (TypeError, ValueError):
        hours = -1
    if not hours >= 0:
        raise ValueError(f"retentionPeriod is {retention!r}; it must be a number of hours, and 0 for all files")
    before_ms = time.time() * 1000 - hours * 3_600_000
    # Retention 0 means everything, also what was written in this very millisecond.
    old = [file.path for file in files if hours == 0 or file.modified_ms < before_ms]
    by_bucket: dict[str, list[str]] = {}
    for path in sorted(old):
        bucket, key = _files.split_s3(path)
        by_bucket.setdefault(bucket, []).append(key)
    failed = {path for bucket, keys in by_bucket.items() for path in _delete_keys(bucket, keys)}
    return [path for path in sorted(old) if path not in failed], sorted(failed)


def _delete_keys(bucket: str, keys: list[str]) -> Iterator[str]:
    for start in range(0, len(keys), BATCH):
        batch: Any = [{"Key": key} for key in keys[start : start + BATCH]]
        answer = _aws.s3().delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for error in answer.get("Errors", []):
            yield f"s3://{bucket}/{error.get('Key', '')}"


def _manifest(options: Options, ctx: str, deleted: list[str], failed: list[str]) -> None:
    base = str(options.get("manifestFilePath") or "")
    if not base:
        return
    bucket, prefix = _files.split_s3(base)
    folder = "/".join(part for part in (prefix.strip("/"), ctx) if part)
    for name, files in (("Success.csv", deleted), ("Failed.csv", failed)):
        text = io.StringIO()
        csv.writer(text).writerows([file] for file in files)
        key = f"{folder}/{name}" if folder else name
        _aws.s3().put_object(Bucket=bucket, Key=key, Body=text.getvalue().encode())
