"""The job of this project, run through its whole life on real data. Every test begins with an empty Mastic."""

import pytest

from mastic.testing import assert_frames_equal

ARGUMENTS = {
    "source": "s3://landing/orders/",
    "target": "s3://lake/orders/",
    "oldest_day": "2026-01-01",
    "job-bookmark-option": "job-bookmark-enable",
}


@pytest.fixture(autouse=True)
def deployed(mastic):
    """What Terraform makes in production: buckets, a database and the job."""
    for bucket in ("landing", "lake"):
        mastic.s3.create_bucket(Bucket=bucket)
    mastic.glue.create_database(DatabaseInput={"Name": "lake"})
    mastic.create_job("orders", "jobs/orders.py", arguments=ARGUMENTS, MaxRetries=1, Timeout=60)


def test_orders_reach_the_lake(mastic):
    mastic.put(
        "s3://landing/orders/1.csv",
        [
            {"id": 1, "day": "2026-01-31", "amount": 10.5},
            {"id": 2, "day": "2026-02-01", "amount": 20.0},
            {"id": 3, "day": "2025-12-31", "amount": 30.0},  # too old
        ],
    )

    result = mastic.run_job("orders")

    assert "2 orders, 0 rejected" in result.stdout
    assert_frames_equal(
        mastic.table("lake.orders"),
        [
            {"id": 1, "day": "2026-01-31", "amount": 10.5},
            {"id": 2, "day": "2026-02-01", "amount": 20.0},
        ],
    )


def test_a_second_run_reads_only_what_is_new(mastic):
    mastic.put("s3://landing/orders/1.csv", "id,day,amount\n1,2026-01-31,10.5\n")
    mastic.run_job("orders")
    mastic.put("s3://landing/orders/2.csv", "id,day,amount\n2,2026-01-31,7.0\n")

    assert "1 orders" in mastic.run_job("orders").stdout
    assert "nothing new" in mastic.run_job("orders").stdout
    assert len(mastic.table("lake.orders")) == 2


def test_an_amount_that_is_no_number_is_rejected(mastic):
    mastic.put("s3://landing/orders/1.csv", "id,day,amount\n1,2026-01-31,10.5\n2,2026-01-31,ten\n")

    result = mastic.run_job("orders")

    assert "1 orders, 1 rejected" in result.stdout
    assert [row["id"] for row in mastic.table("lake.orders").rows()] == [1]
    assert [row["id"] for row in mastic.read("s3://lake/orders_rejected/").rows()] == [2]


def test_a_late_order_gets_a_partition_of_its_day(mastic):
    mastic.put("s3://landing/orders/1.csv", "id,day,amount\n1,2026-01-31,10.5\n")
    mastic.run_job("orders")
    mastic.put("s3://landing/orders/late.csv", "id,day,amount\n2,2026-01-01,1.0\n")
    mastic.run_job("orders")

    partitions = mastic.glue.get_partitions(DatabaseName="lake", TableName="orders")["Partitions"]
    assert sorted(partition["Values"] for partition in partitions) == [["2026-01-01"], ["2026-01-31"]]


def test_a_run_that_fails_is_retried_with_the_same_input(mastic, monkeypatch):
    from awsglue.job import Job

    mastic.put("s3://landing/orders/1.csv", "id,day,amount\n1,2026-01-31,10.5\n")
    failures, commit = [RuntimeError("the lake is away")], Job.commit

    def commit_at_the_second_attempt(job):
        if failures:
            raise failures.pop()
        commit(job)

    monkeypatch.setattr(Job, "commit", commit_at_the_second_attempt)

    result = mastic.run_job("orders")

    assert [attempt.state for attempt in result.attempts] == ["FAILED", "SUCCEEDED"]
    assert "RuntimeError: the lake is away (orders.py, line" in result.attempts[0].error_message
    assert "1 orders" in result.stdout


def test_a_run_past_its_timeout_is_ended(mastic, monkeypatch):
    mastic.put("s3://landing/orders/1.csv", "id,day,amount\n1,2026-01-31,10.5\n")
    monkeypatch.setattr("awsglue.job.Job.commit", lambda job: mastic.clock.advance(hours=2))

    result = mastic.run_job("orders", check=False)

    assert result.state == "TIMEOUT"
    assert len(result.attempts) == 1  # AWS: jobs that reach the timeout limit are not restarted
