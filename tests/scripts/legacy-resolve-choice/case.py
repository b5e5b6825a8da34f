"""AWS's data preparation tutorial: a long column with texts in it is a choice, resolved in four ways."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://legacy-resolve-choice"


def given(world: World) -> None:
    header = ["drg definition", "provider id", "provider name", "average total payments"]
    world.put_csv(
        f"{BUCKET}/in/medicare.csv", header,
        ["039", 10001, "SOUTHEAST", "5777.24"],
        ["039", 10005, "MARSHALL", "5787.57"],
        ["948", "  n/a  ", "UNKNOWN", "12.5"],
    )  # fmt: skip
    columns = dict(zip(header, ["string", "bigint", "string", "string"], strict=True))
    world.table("payments", "medicare", f"{BUCKET}/in/", columns, "csv")


def expect(world: World, run: Run) -> None:
    choice = ["|-- provider id: choice", "|    |-- long", "|    |-- string"]
    start = run.output.index(choice[0])
    assert run.output[start : start + 3] == choice
    long = "|-- provider id: long"
    assert run.output.count(long) == 2, "cast and project"
    assert run.output[run.output.index("--- make_cols") :][3:5] == [
        "|-- provider id_long: long",
        "|-- provider id_string: string",
    ]
    struct = ["|-- provider id: struct", "|    |-- long: long", "|    |-- string: string"]
    assert run.output[run.output.index("--- make_struct") :][3:6] == struct

    def ids(folder: str) -> list[object]:
        rows = world.read_rows(f"{BUCKET}/{folder}/", "json")
        names = {row["provider name"]: {k: v for k, v in row.items() if k.startswith("provider id")} for row in rows}
        return [names[name] for name in ("SOUTHEAST", "MARSHALL", "UNKNOWN")]

    assert ids("cast") == [{"provider id": 10001}, {"provider id": 10005}, {}]
    assert ids("project") == [{"provider id": 10001}, {"provider id": 10005}, {}]
    assert ids("make_cols") == [
        {"provider id_long": 10001},
        {"provider id_long": 10005},
        {"provider id_string": "  n/a  "},
    ]
    assert ids("make_struct") == [
        {"provider id": {"long": 10001}}, {"provider id": {"long": 10005}}, {"provider id": {"string": "  n/a  "}},
    ]  # fmt: skip
    assert world.read_rows(f"{BUCKET}/medicare_parquet/", "parquet") == [
        {"drg": "039", "provider": {"id": 10001, "name": "SOUTHEAST"}, "charges": {"total_pay": 5777.24}},
        {"drg": "039", "provider": {"id": 10005, "name": "MARSHALL"}, "charges": {"total_pay": 5787.57}},
    ]
