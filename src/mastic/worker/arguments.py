"""What a run's arguments ask for: the special parameters of AWS Glue, and `sys.argv` as a Glue script sees it.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from importlib.util import find_spec

from mastic import ENGINES
from mastic.worker.assignment import Assignment

BOOKMARKS = ("job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause")

# Consumed by the worker; a script never sees them.
CONSUMED = frozenset({
    "--extra-py-files", "--extra-files", "--extra-jars", "--user-jars-first", "--additional-python-modules",
    "--python-modules-installer-option", "--library-set", "--conf", "--job-language", "--class", "--scriptLocation",
    "--mastic-engine", "--mastic-idempotency-key", "--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID",
})  # fmt: skip

# Known to AWS Glue, without effect here: the reason goes on the run when one is switched on.
WITHOUT_EFFECT = {
    "--enable-spark-ui": "there is no Spark history server; the run's log says which engine ran what",
    "--spark-event-logs-path": "Spark event logs are not written",
    "--enable-job-insights": "job insights are not computed",
    "--enable-observability-metrics": "observability metrics are not collected",
    "--enable-auto-scaling": "a run keeps the capacity it started with",
    "--enable-s3-parquet-optimized-committer": "writes are already committed by rename",
    "--enable-rename-algorithm-v2": "writes do not use the EMRFS rename algorithm",
    "--write-shuffle-files-to-s3": "shuffle files stay on the worker's disk",
    "--write-shuffle-spills-to-s3": "spill files stay on the worker's disk",
    "--use-postgres-driver": "drivers are not chosen from a Java class path",
    "--enable-lakeformation-fine-grained-access": "there is no Lake Formation; every caller sees every column",
    "--continuous-log-conversionPattern": "log lines keep the form the script gives them",
    "--enable-continuous-log-filter": "nothing is filtered out of the logs",
    "--spark-event-logs-rolling": "Spark event logs are not written",
    "--disable-proxy-v2": "runs use the network of the machine",
    "--disable-proxy": "runs use the network of the machine",
    "--auto-scale-within-microbatch": "a run keeps the capacity it started with",
    "--number-of-cpus": "a run's vCPUs follow from its workers",
    "--class": "it names a Scala class, and this is a Python job",
}

# The import names of AWS's analytics library set for Python shell jobs.
ANALYTICS = (
    "avro", "awscli", "awswrangler", "botocore", "boto3", "elasticsearch", "numpy", "pandas", "psycopg2", "pyathena",
    "pymysql", "pyodbc", "pyorc", "redshift_connector", "requests", "sklearn", "scipy", "sqlalchemy", "s3fs",
)  # fmt: skip

# Known, and honoured elsewhere: by awsglue, by the catalog, or by the log groups.
HONOURED = frozenset({
    "--TempDir", "--job-bookmark-option", "--job-bookmark-from", "--job-bookmark-to", "--enable-glue-datacatalog",
    "--enable-metrics", "--enable-continuous-cloudwatch-log", "--continuous-log-logGroup",
    "--continuous-log-logStreamPrefix", "--custom-logGroup-prefix", "--custom-logStream-prefix", "--datalake-formats",
    "--encryption-type",
})  # fmt: skip


class ArgumentError(ValueError):
    """An argument has a value that cannot be used; the message says which and what would be right."""


@dataclass(frozen=True)
class LogNames:
    """Where a run's output goes. `driver` is the continuous log, when that is on."""

    output_group: str
    error_group: str
    stream: str
    driver_group: str | None = None
    driver_stream: str = ""


@dataclass(frozen=True)
class Plan:
    """What the arguments of one run ask for."""

    script_location: str
    user_arguments: list[str]
    py_files: list[str]
    files: list[str]
    jars: list[str]
    modules: list[str]
    installer_options: list[str]
    library_set: str | None
    conf: dict[str, str]
    engine: str
    logs: LogNames
    notes: list[str] = field(default_factory=list)

    def argv(self, script: str, assignment: Assignment) -> list[str]:
        """`sys.argv` in Glue's form: the script, what was given, then the names of the job and the run."""
        argv = [script, *self.user_arguments]
        if "--job-bookmark-option" not in self.user_arguments and not assignment.is_shell:
            argv += ["--job-bookmark-option", "job-bookmark-disable"]
        if assignment.is_shell:
            argv += ["--scriptLocation", self.script_location]
        argv += ["--JOB_ID", assignment.job_id, "--JOB_RUN_ID", assignment.job_run_id, "--JOB_NAME"]
        argv.append(assignment.job_name)
        if assignment.workflow and "--WORKFLOW_NAME" not in argv:
            argv += ["--WORKFLOW_NAME", assignment.workflow.name, "--WORKFLOW_RUN_ID", assignment.workflow.run_id]
        return argv


def plan(assignment: Assignment, default_engine: str = "auto") -> Plan:
    """Read the arguments of a run. Raises ArgumentError naming the argument and what would be right."""
    given = dict(assignment.arguments)
    notes: list[str] = []
    _check_language(given)
    _check_bookmark(given, assignment)
    engine = given.get("--mastic-engine") or default_engine
    if engine not in ENGINES:
        raise ArgumentError(f"--mastic-engine is {engine!r}; it must be one of {', '.join(ENGINES)}")
    jars = _list(given.get("--extra-jars"))
    if jars and engine == "sail":
        raise ArgumentError("--extra-jars needs Spark, and --mastic-engine is 'sail'; leave one of them out")
    notes += _warnings(given, assignment)
    return Plan(
        script_location=given.get("--scriptLocation") or assignment.command.script_location,
        user_arguments=[word for key, value in given.items() if key not in CONSUMED for word in (key, value)],
        py_files=_list(given.get("--extra-py-files")),
        files=_list(given.get("--extra-files")),
        jars=jars,
        modules=_list(given.get("--additional-python-modules")),
        installer_options=_words(given.get("--python-modules-installer-option", "")),
        library_set=given.get("--library-set"),
        conf=parse_conf(given.get("--conf", "")),
        engine=engine,
        logs=log_names(assignment, given),
        notes=notes,
    )


def parse_conf(text: str) -> dict[str, str]:
    """Spark settings of `--conf`, however many were put into the one string.

    `a=b --conf c=d`, `a=b --conf "c=d e"` and `a=b,c=d`-free forms as people write them; values may hold `=`.
    Raises ArgumentError for a piece without `=`.
    """
    conf: dict[str, str] = {}
    for piece in re.split(r"(?:^|\s)--conf(?:\s+|=)", text):
        setting = piece.strip()
        if not setting:
            continue
        if len(setting) > 1 and setting[0] == setting[-1] and setting[0] in "\"'":
            setting = setting[1:-1]
        key, equals, value = setting.partition("=")
        if not equals or not key.strip() or " " in key.strip():
            raise ArgumentError(
                f"--conf holds {setting!r}, which is not KEY=VALUE; several settings are written "
                "'spark.a=1 --conf spark.b=2'"
            )
        conf[key.strip()] = value.strip()
    return conf


def log_names(assignment: Assignment, given: dict[str, str]) -> LogNames:
    """Groups and streams as Glue names them; the server has already put the custom names in."""
    run_id = assignment.job_run_id
    groups = assignment.log_groups
    base = "/aws-glue/python-jobs" if assignment.is_shell else "/aws-glue/jobs"
    output, error = groups.get("output") or f"{base}/output", groups.get("error") or f"{base}/error"
    stream = assignment.log_stream or run_id
    if assignment.is_shell or not is_on(given, "--enable-continuous-cloudwatch-log"):
        return LogNames(output, error, stream)
    driver_group = groups.get("logs-v2") or "/aws-glue/jobs/logs-v2"
    driver = f"{run_id}-driver"
    if given.get("--continuous-log-logStreamPrefix"):
        driver = f"{given['--continuous-log-logStreamPrefix']}-{driver}"
    return LogNames(output, error, stream, driver_group, driver)


def is_on(given: dict[str, str], key: str) -> bool:
    """Whether a switch is set; AWS accepts the bare key as well as `true`."""
    return key in given and given[key].strip().lower() in ("", "true", "1", "yes")


def _warnings(given: dict[str, str], assignment: Assignment) -> list[str]:
    notes = []
    for key, value in given.items():
        switched_off = value.strip().lower() == "false"
        if key in WITHOUT_EFFECT and not switched_off:
            notes.append(f"{key} has no effect here: {WITHOUT_EFFECT[key]}")
        elif key.startswith("--enable-") and key not in HONOURED and key not in WITHOUT_EFFECT:
            notes.append(f"{key} is not a parameter Mastic knows; it was passed to the script and has no other effect")
    if "--continuous-log-logGroup" in given and not is_on(given, "--enable-continuous-cloudwatch-log"):
        notes.append("--continuous-log-logGroup has no effect without --enable-continuous-cloudwatch-log true")
    if given.get("--library-set", "none") not in ("none", "analytics"):
        notes.append(f"--library-set is {given['--library-set']!r}; AWS knows 'analytics' and 'none'")
    if given.get("--library-set") == "analytics":
        notes += _missing_analytics()
    spark_only = ("--conf", "--extra-jars", "--mastic-engine", "--user-jars-first", "--enable-glue-datacatalog")
    if assignment.is_shell:
        notes += [f"{key} has no effect in a Python shell job" for key in spark_only if key in given]
    return notes


def _missing_analytics() -> list[str]:
    """What of AWS's analytics set this installation does not have."""
    missing = [name for name in ANALYTICS if find_spec(name) is None]
    if not missing:
        return []
    return [f"--library-set analytics: not installed here: {', '.join(missing)}; --additional-python-modules adds them"]


def _check_language(given: dict[str, str]) -> None:
    language = given.get("--job-language", "python").lower()
    if language == "scala":
        raise ArgumentError("--job-language is 'scala'; Mastic runs Python scripts only (see docs/coverage.md)")
    if language not in ("python", ""):
        raise ArgumentError(f"--job-language is {language!r}; it must be 'python'")


def _check_bookmark(given: dict[str, str], assignment: Assignment) -> None:
    option = given.get("--job-bookmark-option")
    if option is None or assignment.is_shell:
        return
    if option not in BOOKMARKS:
        raise ArgumentError(f"--job-bookmark-option is {option!r}; it must be one of {', '.join(BOOKMARKS)}")


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ArgumentError(f"--python-modules-installer-option is {text!r}: {str(error).lower()}") from error


def _list(text: str | None) -> list[str]:
    """A comma-separated list as people write it: blanks and empty pieces do not count."""
    return [piece.strip() for piece in (text or "").split(",") if piece.strip()]
