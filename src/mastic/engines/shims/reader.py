"""`spark.read` finds a missing path at once, where scripts catch it; Spark Connect would tell at the first action.

`try: spark.read.parquet(history) except AnalysisException:` is how many scripts tell their first run from later ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from pyspark.sql.connect.readwriter import DataFrameReader

# A script names a few paths; lists of files come from listings, and every one of them is there.
MOST_PATHS = 8
SCHEMES = ("s3", "s3a", "s3n")


def install() -> None:
    """Have `DataFrameReader.load`, which all of its formats end in, look for the paths."""
    reader: Any = DataFrameReader
    own = reader.load

    def load(self: Any, path: Any = None, format: Any = None, schema: Any = None, **options: Any) -> Any:
        frame: Any = own(self, path, format, schema, **options)
        paths = [path] if isinstance(path, str) else list(path or [])
        if len(paths) <= MOST_PATHS and not all(map(_is_there, paths)):
            frame.schema  # noqa: B018 - only the engine knows globs and has Spark's words for what is missing
        return frame

    reader.load = load


def _is_there(path: str) -> bool:
    """Whether something has just this path; False where only the engine can say."""
    scheme, _, rest = path.rpartition("://")
    if scheme not in ("", "file", *SCHEMES):
        return False
    bucket, _, key = rest.partition("/")
    try:
        return _is_in_bucket(bucket, key) if scheme in SCHEMES else Path(rest.removeprefix("file:")).exists()
    except (OSError, ClientError):  # a name too long, no such bucket
        return False


def _is_in_bucket(bucket: str, key: str) -> bool:
    from mastic.engines import session

    buckets = session.config().buckets
    if buckets is not None:
        return bool(bucket) and (buckets / bucket / key).exists()
    import boto3

    folder = f"{key.rstrip('/')}/" if key else ""
    found: int = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=1)["KeyCount"]
    return found > 0
