"""sys.argv read by hand, a literal job name, Filter, sorted CSV."""

from script_case import Case, Run, World

CASE = Case(arguments={"--source": "s3://argv-inspection-in/orders/", "--fullload": "false", "--since": "2026-01-10"})
OUT = "s3://argv-inspection-out/orders/"


def given(world: World) -> None:
    world.bucket("argv-inspection-out")
    world.put_json(
        "s3://argv-inspection-in/orders/o.json",
        {"id": 3, "updated": "2026-02-01", "note": "c"},
        {"id": 1, "updated": "2026-01-09", "note": "a"},
        {"id": 2, "updated": "2026-01-10", "note": "b"},
    )


def expect(world: World, run: Run) -> None:
    def lines() -> list[str]:
        return [row["value"] for row in world.read_rows(OUT, "text")]

    assert lines() == ["2|2026-01-10", "3|2026-02-01"]
    assert run.output[:2] == ["Count: 2", "{'fullload': 'false', 'since': '2026-01-10'}"]
    full = world.run(fullload="TRUE")
    assert full.output[:1] == ["Count: 3"], full.error
    assert lines() == ["1|2026-01-09", "2|2026-01-10", "3|2026-02-01"]
