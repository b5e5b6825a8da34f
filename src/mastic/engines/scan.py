"""Finds, before a run starts, whether its script needs a classic Spark driver: RDDs, the JVM, py4j.

Static and cautious: an attribute called `rdd` counts whatever it belongs to; the idioms that scripts carry along
without needing them (log4j, `hadoopConfiguration()`, `shutdown_callback_server()`) do not.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

# Only SparkContext and RDDs have these.
RDD_CALLS = frozenset({
    "parallelize", "textFile", "wholeTextFiles", "binaryFiles", "binaryRecords", "sequenceFile", "pickleFile",
    "hadoopFile", "hadoopRDD", "newAPIHadoopFile", "newAPIHadoopRDD", "emptyRDD", "runJob", "accumulator",
    "mapPartitions", "mapPartitionsWithIndex", "reduceByKey", "aggregateByKey", "combineByKey", "groupByKey",
    "saveAsTextFile", "saveAsPickleFile", "saveAsHadoopFile", "saveAsNewAPIHadoopFile", "toJSON", "addSparkListener",
    "getExecutorMemoryStatus", "statusTracker", "fromRDD", "from_rdd", "create_dynamic_frame_from_rdd",
    "jsonRDD", "inferSchema", "applySchema",
})  # fmt: skip
# Private handles on JVM objects.
JVM_HANDLES = frozenset({
    "_jdf", "_jc", "_jschema", "_jreader", "_jwrite", "_jrdd", "_jsparkSession", "_ssql_ctx", "_jconf", "_jcatalog",
    "_java_obj", "_to_java_column", "_jseq", "_jmap", "_jsql_ctx",
})  # fmt: skip
# Modules that exist only with a JVM.
JVM_MODULES = ("py4j", "pyspark.rdd", "pyspark.core.rdd", "pyspark.mllib", "pyspark.streaming", "pyspark.files")
JVM_NAMES = frozenset({"RDD", "SparkFiles", "StatusTracker"})
HARMLESS_JSC = ("hadoopConfiguration", "setLogLevel", "sc.setLogLevel", "sc.hadoopConfiguration")
HARMLESS_GATEWAY = ("shutdown_callback_server", "shutdown", "close")
LOG4J = "org.apache.log4j"
CONTEXT_NAMES = frozenset({"sc", "sparkContext", "spark_context"})
CONTEXT_ONLY_CALLS = frozenset({"range", "union"})
# Without one of these words there is nothing to find: whole libraries are passed over without being parsed.
_TELLTALE = re.compile(
    rf"\b(?:{'|'.join(RDD_CALLS | JVM_HANDLES | JVM_NAMES | CONTEXT_NAMES)}|_jvm|_jsc|_gateway|rdd|py4j|pyspark)\b"
)


def needs_classic(source: str, extra_sources: list[str] | None = None) -> str | None:
    """Why a run with this script and these modules needs a classic driver; None when it does not."""
    for number, text in enumerate([source, *(extra_sources or [])]):
        found = _first(text)
        if found:
            return found if number == 0 else f"{found} of an extra module"
    return None


def _first(source: str) -> str | None:
    if not _TELLTALE.search(source):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a script's own invalid escapes are not ours to report
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None  # the run will fail with Python's own message
    reasons = sorted(_reasons(tree))
    return f"{reasons[0][1]} in line {reasons[0][0]}" if reasons else None


def _reasons(tree: ast.AST) -> Iterator[tuple[int, str]]:
    parents = {id(child): parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        what = None
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            what = _attribute(node, parents)
        elif isinstance(node, ast.Import):
            what = next((f"import {a.name}" for a in node.names if _is_jvm_module(a.name)), None)
        elif isinstance(node, ast.ImportFrom):
            what = _import_from(node)
        if what:
            yield node.lineno, what  # type: ignore[attr-defined]


def _attribute(node: ast.Attribute, parents: dict[int, ast.AST]) -> str | None:
    name = node.attr
    if name == "rdd":
        return ".rdd"
    if name in JVM_HANDLES:
        return f".{name}"
    called = isinstance(parents.get(id(node)), ast.Call) and parents[id(node)].func is node  # type: ignore[attr-defined]
    if name in RDD_CALLS and called:
        return f".{name}(...)"
    if name in CONTEXT_ONLY_CALLS and called and _last_name(node.value) in CONTEXT_NAMES:
        return f"SparkContext.{name}(...)"
    if name == "_jvm":
        return None if _starts(_chain(node, parents), (LOG4J,)) else "._jvm"
    if name == "_jsc":
        return None if _starts(_chain(node, parents), HARMLESS_JSC) else "._jsc"
    if name == "_gateway":
        return None if _starts(_chain(node, parents), HARMLESS_GATEWAY) else "._gateway"
    return None


def _chain(node: ast.AST, parents: dict[int, ast.AST]) -> str:
    """What is reached from a node, calls left out: `sc.hadoopConfiguration.set` of `x._jsc.sc().hadoop...`."""
    names: list[str] = []
    while (parent := parents.get(id(node))) is not None:
        if isinstance(parent, ast.Attribute) and parent.value is node:
            names.append(parent.attr)
        elif not (isinstance(parent, ast.Call) and parent.func is node):
            break
        node = parent
    return ".".join(names)


def _starts(chain: str, beginnings: tuple[str, ...]) -> bool:
    return any(chain == b or chain.startswith(f"{b}.") for b in beginnings)


def _last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _import_from(node: ast.ImportFrom) -> str | None:
    module = node.module or ""
    if node.level == 0 and _is_jvm_module(module):
        return f"from {module} import"
    if module in ("pyspark", "pyspark.core"):
        return next((f"from {module} import {a.name}" for a in node.names if a.name in JVM_NAMES), None)
    return None


def _is_jvm_module(name: str) -> bool:
    return _starts(name, JVM_MODULES) and not name.startswith("pyspark.sql")
