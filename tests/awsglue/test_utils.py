"""getResolvedOptions, with Glue's quirks."""

from __future__ import annotations

import pytest

from awsglue.utils import GlueArgumentError, getResolvedOptions

ARGV = ["script.py", "--JOB_NAME", "flights", "--JOB_RUN_ID", "jr_1", "--TempDir", "s3://tmp/", "--a-b", "x",
        "--empty", "", "--number", "-5", "--conf", "spark.a=1 --conf spark.b=2", "--glued=a=b", "--flag",
        "--job-bookmark-option", "job-bookmark-enable"]  # fmt: skip


def test_documented_example() -> None:
    argv = ["s.py", "--day_partition_key", "partition_0", "--day_partition_value", "2024", "--JOB_NAME", "j"]
    args = getResolvedOptions(argv, ["JOB_NAME", "day_partition_key", "day_partition_value"])
    assert (args["JOB_NAME"], args["day_partition_key"], args["day_partition_value"]) == ("j", "partition_0", "2024")


@pytest.mark.parametrize("asked", ["a-b", "a_b"])
def test_dashes_are_read_back_as_underscores(asked: str) -> None:
    assert getResolvedOptions(ARGV, [asked])["a_b"] == "x"


def test_nothing_asked_for_still_gives_the_jobs_own() -> None:
    args = getResolvedOptions(ARGV, [])
    assert args["JOB_RUN_ID"] == "jr_1" and args["TempDir"] == "s3://tmp/" and args["JOB_NAME"] == "flights"
    assert args["job_bookmark_option"] == "job-bookmark-enable"


@pytest.mark.parametrize(
    ("name", "value"),
    [("empty", ""), ("number", "-5"), ("conf", "spark.a=1 --conf spark.b=2"), ("glued", "a=b")],
)
def test_values_of_every_shape(name: str, value: str) -> None:
    assert getResolvedOptions(ARGV, [name])[name] == value


@pytest.mark.parametrize("name", ["missing", "flag", "A-B"])
def test_a_missing_option_raises_and_is_named(name: str) -> None:
    with pytest.raises(GlueArgumentError, match=f"required: --{name}"):
        getResolvedOptions(ARGV, [name])


def test_reserved_names_and_bad_values() -> None:
    with pytest.raises(RuntimeError, match="reserved"):
        getResolvedOptions(ARGV, ["job-bookmark-option"])
    with pytest.raises(GlueArgumentError, match="must be one of"):
        getResolvedOptions(["s.py", "--job-bookmark-option", "on"], [])
    with pytest.raises(GlueArgumentError, match="together"):
        getResolvedOptions(["s.py", "--job-bookmark-from", "jr_1"], [])


def test_the_last_of_several_wins() -> None:
    assert getResolvedOptions(["s.py", "--x", "1", "--x", "2"], ["x"])["x"] == "2"


def test_no_bookmark_option_means_disabled() -> None:
    assert getResolvedOptions(["s.py"], [])["job_bookmark_option"] == "job-bookmark-disable"
