"""The failure record of an ending that is awkward to provoke."""

from __future__ import annotations

from mastic.worker.failures import Ending, classify

TRACE = """[CANNOT_READ] file s3://a/b.
\tat org.apache.X(X.scala:1)
Caused by: RuntimeException: s3://a/b is no Parquet file
\tat org.apache.Y(Y.scala:2)
\t... 9 more

Driver stacktrace:

JVM stacktrace:
org.apache.Z
\tat org.apache.W"""


def test_sparks_error_is_shown_with_its_causes_and_without_java_frames() -> None:
    report = {"kind": "exception", "type": "SparkException", "message": TRACE, "line": 3, "source": "read()"}
    verdict = classify(Ending(status=1 << 8, report=report, script="etl.py"))
    assert verdict.error_message == (
        "SparkException: [CANNOT_READ] file s3://a/b.\nCaused by: RuntimeException: s3://a/b is no Parquet file"
        " (etl.py, line 3: read())"
    )
