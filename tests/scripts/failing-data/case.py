"""Data that cannot be cast: both engines fail with Spark's error class, and no data is left."""

from script_case import Case, Run, World

CASE = Case(state="FAILED")


def given(world: World) -> None:
    world.put_csv("s3://failing-data/in/a.csv", ["id", "amount"], [1, 5], [2, "five"])


def expect(world: World, run: Run) -> None:
    assert '[CAST_INVALID_INPUT] The value \'five\' of the type "STRING" cannot be cast to "INT"' in run.error
    assert "(failing-data.py, line 10: amounts.withColumn(" in run.error
    assert run.output[:1] == ["2 rows"]
    assert "not reached" not in run.output
    assert world.keys("s3://failing-data/out/") == []
