"""A column of JSON text: Unbox, UnnestFrame, SplitRows, RenameField and DropFields with names that have dots."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://unbox-unnest"


def given(world: World) -> None:
    world.put_parquet(
        f"{BUCKET}/in/m.parquet",
        [
            {"id": 1, "payload": '{"size": 5, "from": {"name": "Ann", "mail": "a@x"}}'},
            {"id": 2, "payload": '{"size": 500, "from": {"name": "Bob", "mail": "b@x"}}'},
            {"id": 3, "payload": '{"size": 5000, "from": {"name": "Cid", "mail": null}}'},
        ],
    )
    world.table("unboxed", "mails", f"{BUCKET}/in/", {"id": "bigint", "payload": "string"}, "parquet")


def expect(world: World, run: Run) -> None:
    start = run.output.index("root")
    assert run.output[start : start + 7] == [
        "root", "|-- id: long", "|-- payload: struct", "|    |-- size: int", "|    |-- from: struct",
        "|    |    |-- name: string", "|    |    |-- mail: string",
    ]  # fmt: skip
    assert "|-- payload.from.name: string" in run.output
    assert "['middle', 'others']" in run.output
    assert world.read_rows(f"{BUCKET}/middle/", "json") == [
        {"id": 2, "payload.size": 500, "payload.from.name": "Bob", "payload.from.mail": "b@x"}
    ]
    assert [row["id"] for row in world.read_rows(f"{BUCKET}/others/", "json")] == [1, 3]
    assert world.read_rows(f"{BUCKET}/slim/", "parquet") == [
        {"payload.size": 5, "sender": "Ann"}, {"payload.size": 500, "sender": "Bob"},
        {"payload.size": 5000, "sender": "Cid"},
    ]  # fmt: skip
