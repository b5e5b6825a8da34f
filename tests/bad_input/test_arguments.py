"""getResolvedOptions, with Glue's quirks: what argparse does with `--name value`, and the job's own arguments."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from awsglue.utils import GlueArgumentError, getResolvedOptions

OWN = ["JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type", "enable_data_lineage", "TempDir",
       "RedshiftTempDir", "job_bookmark_option", "job_bookmark_from", "job_bookmark_to"]  # fmt: skip


def resolved(line: list[str], *options: str, **more: bool) -> dict[str, str]:
    return {k: v for k, v in getResolvedOptions(["s.py", *line], list(options), **more).items() if k not in OWN}


def test_documented_example() -> None:
    line = ["--day_partition_key", "partition_0", "--day_partition_value", "2024", "--JOB_NAME", "j", "--other", "1"]
    assert resolved(line, "JOB_NAME", "day_partition_key", "day_partition_value") == {
        "JOB_NAME": "j", "day_partition_key": "partition_0", "day_partition_value": "2024",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (["--x", "1"], "1"),
        (["--x=a=b"], "a=b"),
        (["--x", ""], ""),
        (["--x="], ""),
        (["--x", "-5"], "-5"),
        (["--x", "-1.5"], "-1.5"),
        (["--x", "-"], "-"),
        (["--x", "spark.a=1 --conf spark.b=2"], "spark.a=1 --conf spark.b=2"),
        (["--x", "--conf spark.b=2"], "--conf spark.b=2"),
        (["--x=--dashes"], "--dashes"),
        (["--x", "1", "--x", "2"], "2"),
        (["--x", "1", "--y", "--x", "2", "stray"], "2"),
        (["-x", "0", "--X", "0", "--xx", "0", "--x", "1"], "1"),
        (["--x", "é \n'\""], "é \n'\""),
    ],
)
def test_values_of_every_shape(line: list[str], value: str) -> None:
    assert resolved(line, "x") == {"x": value}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([], "the following arguments are required: --x"),
        (["--X", "1"], "the following arguments are required: --x"),
        (["--xy", "1"], "the following arguments are required: --x"),
        (["--x"], "argument --x: expected one argument"),
        (["--x", "--y", "1"], "argument --x: expected one argument"),
        (["--x", "--looks-like-an-option"], "argument --x: expected one argument"),
        (["--x", "-e"], "argument --x: expected one argument"),
    ],
)
def test_what_is_missing_is_named(line: list[str], message: str) -> None:
    with pytest.raises(GlueArgumentError, match=message):
        resolved(line, "x")


def test_every_missing_option_is_named_at_once() -> None:
    with pytest.raises(GlueArgumentError, match="required: --a, --c"):
        resolved(["--b", "1"], "a", "b", "c")


def test_dashes_are_read_back_as_underscores_and_must_be_asked_for_as_passed() -> None:
    assert resolved(["--a-b", "1"], "a-b") == {"a_b": "1"}
    with pytest.raises(GlueArgumentError, match="required: --a_b"):
        resolved(["--a-b", "1"], "a_b")


def test_abbreviations_are_read_only_when_allowed() -> None:
    assert resolved(["--day", "1"], "day_partition", allow_abbrev=True) == {"day_partition": "1"}
    with pytest.raises(GlueArgumentError, match="required: --day_partition"):
        resolved(["--day", "1"], "day_partition")
    with pytest.raises(GlueArgumentError, match="ambiguous option: --day"):
        resolved(["--day", "1"], "day_a", "day_b", allow_abbrev=True)


def test_the_jobs_own_arguments_come_unasked_and_are_none_where_not_passed() -> None:
    nothing = getResolvedOptions(["s.py"], [])
    assert nothing == dict.fromkeys(OWN) | {"job_bookmark_option": "job-bookmark-disable"}
    line = ["s.py", "--JOB_NAME", "j", "--JOB_RUN_ID", "jr_1", "--TempDir", "s3://t/", "--encryption-type", "sse-s3"]
    given = {"JOB_RUN_ID": "jr_1", "TempDir": "s3://t/", "RedshiftTempDir": "s3://t/", "encryption_type": "sse-s3"}
    assert getResolvedOptions(line, []) == nothing | given
    assert getResolvedOptions(line, ["JOB_NAME", "JOB_RUN_ID", "TempDir"]) == nothing | given | {"JOB_NAME": "j"}
    assert getResolvedOptions(["s.py"], ["TempDir"])["TempDir"] is None, "Glue never insists on a TempDir"
    with pytest.raises(GlueArgumentError, match="required: --JOB_RUN_ID"):
        getResolvedOptions(["s.py"], ["JOB_RUN_ID"])


@pytest.mark.parametrize("name", ["job-bookmark-option", "job-bookmark-from", "job-bookmark-to", "continuation-option"])
def test_nobody_may_ask_for_reserved_names(name: str) -> None:
    with pytest.raises(RuntimeError, match=f"Using reserved arguments {name}"):
        getResolvedOptions(["s.py", f"--{name}", "x"], [name])


@pytest.mark.parametrize(
    ("line", "option"),
    [
        (["--job-bookmark-option", "job-bookmark-enable"], "job-bookmark-enable"),
        (["--continuation-option", "continuation-enabled"], "job-bookmark-enable"),
        (["--continuation-option", "continuation-readonly"], "job-bookmark-pause"),
        (["--continuation-option", "continuation-ignore"], "job-bookmark-disable"),
        (["--continuation-option", "continuation-enabled", "--job-bookmark-option=job-bookmark-pause"],
         "job-bookmark-pause"),
    ],
)  # fmt: skip
def test_bookmark_options_old_and_new(line: list[str], option: str) -> None:
    assert getResolvedOptions(["s.py", *line], [])["job_bookmark_option"] == option


def test_bad_bookmark_options() -> None:
    pause = ["s.py", "--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-from", "jr_1"]
    with pytest.raises(GlueArgumentError, match="invalid choice: 'on'"):
        getResolvedOptions(["s.py", "--job-bookmark-option", "on"], [])
    with pytest.raises(RuntimeError, match="Missing option or value for --job-bookmark-to"):
        getResolvedOptions(pause, [])
    both = [*pause, "--job-bookmark-to", "jr_2"]
    assert getResolvedOptions(both, [])["job_bookmark_to"] == "jr_2"
    with pytest.raises(RuntimeError, match="Invalid option"):
        getResolvedOptions(["s.py", *both[3:]], [])


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}(-[a-z]{1,3})?", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=("Cs",)), max_size=20).filter(lambda v: v != "--")


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.dictionaries(NAMES, VALUES, max_size=3), st.randoms())
def test_what_is_passed_is_read_back(asked: dict[str, str], others: dict[str, str], random: object) -> None:
    keys = [name.replace("-", "_") for name in asked]
    assume(len(set(keys)) == len(keys) and not {*asked, *others, *keys} & {*OWN, *(o.replace("_", "-") for o in OWN)})
    passed = [*((n, v) for n, v in others.items() if n not in asked), *asked.items()]
    random.shuffle(passed)  # type: ignore[attr-defined]
    # Text that looks like an option can only be glued to its name.
    glued = [[f"--{n}={v}"] if v.startswith("-") else [f"--{n}", v] for n, v in passed]
    line = [word for words in glued for word in words]
    assert resolved(line, *asked) == dict(zip(keys, asked.values(), strict=True))
