"""Classic openings (`SparkContext()`, `SparkSession(sc)`, `spark.sparkContext`, `sc._jsc` ...) on Spark Connect.

What needs nothing done does nothing; what is ignored says so once; what needs RDDs or the JVM fails, with the way out.
"""

from __future__ import annotations

_installed = False


def install() -> None:
    """Put the openings into `pyspark`. Idempotent; a script may import pyspark before or after."""
    global _installed
    if _installed:
        return
    from mastic.engines.shims import context, reader, session, sqlcontext

    context.install()
    session.install()
    sqlcontext.install()
    reader.install()
    _installed = True
