"""PySpark without awsglue, argparse beside Glue's own arguments, Python's logging."""

from script_case import Case, Run, World

CASE = Case(
    arguments={"--input": "s3://plain-argparse/in/", "--output": "s3://plain-argparse/out/", "--threshold": "21.5"}
)


def given(world: World) -> None:
    def reading(station: str, at: str, fahrenheit: float | None) -> dict[str, object]:
        return {"station": station, "taken_at": f"2026-07-{at}:00", "fahrenheit": fahrenheit}

    world.put_parquet(
        "s3://plain-argparse/in/readings.parquet",
        [
            reading("S1", "01T06", 68.0), reading("S1", "01T12", 77.0), reading("S1", "02T06", 71.6),
            reading("S2", "01T06", 32.0), reading("S2", "01T12", None),
        ],
    )  # fmt: skip


def expect(world: World, run: Run) -> None:
    assert world.read_rows("s3://plain-argparse/out/", "json") == [
        {"station": "S1", "day": "2026-07-01", "low": 20.0, "high": 25.0, "warm_readings": 1},
        {"station": "S1", "day": "2026-07-02", "low": 22.0, "high": 22.0, "warm_readings": 1},
        {"station": "S2", "day": "2026-07-01", "low": 0.0, "high": 0.0, "warm_readings": 0},
    ]
    shown = [line for line in run.output if line.startswith(("+", "|", "INFO"))]
    assert shown == [
        "INFO weather threshold 21.5, dry run false",
        "+-------+----------+----+----+-------------+",
        "|station|       day| low|high|warm_readings|",
        "+-------+----------+----+----+-------------+",
        "|     S1|2026-07-01|20.0|25.0|            1|",
        "|     S1|2026-07-02|22.0|22.0|            1|",
        "|     S2|2026-07-01| 0.0| 0.0|            0|",
        "+-------+----------+----+----+-------------+",
        "INFO weather done",
    ]
    dry = world.run(output="s3://plain-argparse/dry/", dry_run="true")
    assert (dry.state, world.keys("s3://plain-argparse/dry/")) == ("SUCCEEDED", [])
    wrong = world.run(threshold="warm")
    assert wrong.state == "FAILED"
    assert wrong.error.startswith("SystemExit: the script ended with exit code 2")
    assert any("argument --threshold: invalid float value: 'warm'" in line for line in wrong.errors)
