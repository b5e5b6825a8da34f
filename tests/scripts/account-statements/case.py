"""Window functions, one file of output, and what printSchema and show print."""

from datetime import UTC, datetime

from script_case import Case, Run, World

CASE = Case(arguments={"--bucket": "account-statements"})
OUT = "s3://account-statements/statements/"


def given(world: World) -> None:
    def record(transaction: str, account: str, cents: int, at: str, version: int = 1) -> dict[str, object]:
        return {"transaction_id": transaction, "account": account, "cents": cents, "booked_at": at, "version": version}

    world.put_json(
        "s3://account-statements/raw/transactions.json",
        record("t1", "A", 1000, "2026-01-01 09:00:00"),
        record("t2", "A", -300, "2026-01-03 10:00:00"),
        record("t2", "A", -250, "2026-01-03 10:00:00", 2),
        record("t3", "A", 500, "2026-01-03 10:00:00"),
        record("t4", "B", 70, "2026-02-28 23:59:59"),
        record("t5", "B", 70, "2026-03-01 00:00:00"),
    )


def expect(world: World, run: Run) -> None:
    names = ["transaction_id", "balance", "previous", "next", "opening", "days_since_last", "size_rank"]
    rows = world.read_rows(OUT, "parquet")
    assert [tuple(row[name] for name in names) for row in sorted(rows, key=lambda row: row["transaction_id"])] == [
        ("t1", 1000, None, -250, 1000, None, 1),
        ("t2", 750, 1000, 500, 1000, 2, 3),
        ("t3", 1250, -250, 0, 1000, 0, 2),
        ("t4", 70, None, 70, 70, None, 1),
        ("t5", 140, 70, 0, 70, 1, 1),
    ]
    assert rows[0]["booked_at"] == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert world.schema(OUT) == {
        "account": "string", "booked_at": "timestamp[us, tz=UTC]", "cents": "int64", "transaction_id": "string",
        "balance": "int64", "previous": "int64", "next": "int64", "opening": "int64", "days_since_last": "int32",
        "size_rank": "int32",
    }  # fmt: skip
    assert len(world.keys(OUT)) == 1
    assert " |-- booked_at: string (nullable = true)" in run.output
    assert (
        "|A      |2026-01-01 09:00:00|1000 |t1            |1000   |NULL    |-250|1000   |NULL           |1        |"
        in run.output
    )
