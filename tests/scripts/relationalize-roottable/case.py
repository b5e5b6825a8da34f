"""Relationalize with the console's name roottable: tables joined by their ids, nested arrays, a whole collection."""

from script_case import Case, Run, World

IDS = tuple(f"relationalize-roottable/{folder}/*" for folder in ("temp", "out/orders", "all"))  # generated
CASE = Case(arguments={"--TempDir": "s3://relationalize-roottable/temp/"}, passing=IDS)
BUCKET = "s3://relationalize-roottable"


def given(world: World) -> None:
    world.put_json(
        f"{BUCKET}/in/orders.json",
        {"number": 1, "to": {"name": "Ann", "zip": {"code": "53111"}},
         "lines": [{"sku": "a", "qty": 2, "notes": ["gift", "red"]}, {"sku": "b", "qty": 1, "notes": []}]},
        {"number": 2, "to": {"name": "Bob", "zip": {"code": "89073"}}, "lines": [{"sku": "a", "qty": 5}]},
        {"number": 3, "to": {"name": "Cid"}, "lines": []},
    )  # fmt: skip


def expect(world: World, run: Run) -> None:
    tables = ["roottable", "roottable_lines", "roottable_lines.val.notes"]
    assert str(tables) in run.output
    start = run.output.index("root")
    assert run.output[start : start + 5] == [
        "root", "|-- number: int", "|-- to.name: string", "|-- to.zip.code: string", "|-- lines: long",
    ]  # fmt: skip
    rows = world.read_rows(f"{BUCKET}/out/orders/", "parquet")
    assert [(row["number"], row["to.name"], row["to.zip.code"]) for row in rows] == [
        (1, "Ann", "53111"), (2, "Bob", "89073"), (3, "Cid", None),
    ]  # fmt: skip
    assert world.read_rows(f"{BUCKET}/out/quantities/", "parquet") == [
        {"number": 1, "sum(qty)": 3}, {"number": 2, "sum(qty)": 5},
    ]  # fmt: skip
    assert world.folders(f"{BUCKET}/all/") == tables
    order_of = {str(row["lines"]): row["number"] for row in rows}
    lines = world.read_rows(f"{BUCKET}/all/roottable_lines/", "csv")
    found = {(order_of[row["id"]], row["index"], row["lines.val.sku"], row["lines.val.qty"]) for row in lines}
    assert found == {(1, "0", "a", "2"), (1, "1", "b", "1"), (2, "0", "a", "5")}
    notes = world.read_rows(f"{BUCKET}/all/roottable_lines.val.notes/", "csv")
    line_of = {row["lines.val.notes"]: row["lines.val.sku"] for row in lines if row["lines.val.notes"]}
    assert {(line_of[n["id"]], n["index"], n["lines.val.notes.val"]) for n in notes} == {
        ("a", "0", "gift"), ("a", "1", "red"),
    }  # fmt: skip
