"""Deleting old files of a path or a table. AWS page: GlueContext Class, purge_s3_path and purge_table."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

from pyspark.sql import SparkSession

from awsglue import _aws, _files
from awsglue.catalog_table import get_table, partitions_of

RETENTION_HOURS = 168
BATCH = 1000
PARTITION_BATCH = 25


def purge_path(path: str, options: dict[str, Any], ctx: str = "") -> None:
    """Delete the files under an S3 path older than `retentionPeriod` hours."""
    if not _files.is_s3(path):
        raise ValueError(f"{path!r} is not an S3 path")
    deleted, failed = _purge(path, options)
    _manifest(options, ctx, deleted, failed)


def purge_table(
    spark: SparkSession, database: str, name: str, options: dict[str, Any], ctx: str, catalog_id: str | None
) -> None:
    """Delete a table's old files in the partitions of `partitionPredicate`, then the partitions left empty."""
    table = get_table(database, name, catalog_id)
    partitions = partitions_of(spark, table, str(options.get("partitionPredicate") or "")) if table.keys else []
    deleted, failed = [], []
    for location in [p.location for p in partitions] if table.keys else [table.location]:
        done, left = _purge(location, options)
        deleted += done
        failed += left
    _manifest(options, ctx, deleted, failed)
    empty = [p for p in partitions if not _files.list_files(p.location.rstrip("/"), recurse=True)]
    request: Any = {"DatabaseName": database, "TableName": name} | ({"CatalogId": catalog_id} if catalog_id else {})
    for start in range(0, len(empty), PARTITION_BATCH):
        batch: Any = [{"Values": list(p.values)} for p in empty[start : start + PARTITION_BATCH]]
        _aws.glue().batch_delete_partition(**request, PartitionsToDelete=batch)


def _purge(path: str, options: dict[str, Any]) -> tuple[list[str], list[str]]:
    retention = options.get("retentionPeriod")
    hours = RETENTION_HOURS if retention is None else float(retention)
    before_ms = time.time() * 1000 - hours * 3_600_000
    kept_classes = _files.string_list(list(options.get("excludeStorageClasses") or []))
    files = _files.list_files(path.rstrip("/"), recurse=True, exclude_storage_classes=kept_classes)
    # Retention 0 means everything, also what was written in this very millisecond.
    old = [file.path for file in files if hours <= 0 or file.modified_ms < before_ms]
    bucket = _files.split_s3(path)[0]
    failed: list[str] = []
    for start in range(0, len(old), BATCH):
        keys: Any = [{"Key": _files.split_s3(file)[1]} for file in old[start : start + BATCH]]
        answer = _aws.s3().delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        failed += [f"s3://{bucket}/{error.get('Key', '')}" for error in answer.get("Errors", [])]
    return [file for file in old if file not in set(failed)], failed


def _manifest(options: dict[str, Any], ctx: str, deleted: list[str], failed: list[str]) -> None:
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
