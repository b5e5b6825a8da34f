"""Studio's Filter, Select Fields, Drop Duplicates and Drop Fields over a Parquet table with decimals."""

from decimal import Decimal

import pyarrow as pa

from script_case import Case, Run, World

CASE = Case(arguments={"--TempDir": "s3://studio-filter/temp/"})
BUCKET = "s3://studio-filter"
NAMES = (
    "tag_number_masked", "date_of_infraction", "ticket_number", "officer", "infraction_code",
    "infraction_description", "set_fine_amount", "province",
)  # fmt: skip


def given(world: World) -> None:
    number = pa.decimal128(10, 0)
    kinds = [pa.string(), pa.string(), number, number, number, pa.string(), number, pa.string()]
    rows = [
        ("***1", "20260101", 1, 11, 3, "PARK", 30, "ON"),
        ("***1", "20260101", 1, 12, 4, "PARK TWICE", 30, "ON"),
        ("***2", "20260102", 2, 11, 5, "PARK", 25, "ON"),
        ("***3", "20260103", 3, 11, 6, "STOP", 0, "QC"),
        ("***4", "20260104", 4, 11, 6, "STOP", 100, "QC"),
        ("***5", "20260105", 5, 11, 7, "STOP", 100, "MB"),
    ]
    columns = list(zip(*rows, strict=True))
    arrays = [
        pa.array([Decimal(v) for v in values] if kind == number else values, kind)
        for kind, values in zip(kinds, columns, strict=True)
    ]
    world.put_parquet(f"{BUCKET}/in/tickets.parquet", pa.Table.from_arrays(arrays, names=list(NAMES)))
    types = ["decimal(10,0)" if kind == number else "string" for kind in kinds]
    world.table("yyz-tickets", "tickets", f"{BUCKET}/in/", dict(zip(NAMES, types, strict=True)), "parquet")


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{BUCKET}/fined/", "parquet") == [
        {"ticket_date": "20260101", "ticket_number": 1.0, "set_fine_amount": 30.0, "province": "ON"},
        {"ticket_date": "20260104", "ticket_number": 4.0, "set_fine_amount": 100.0, "province": "QC"},
    ]
    assert world.schema(f"{BUCKET}/fined/") == {
        "ticket_date": "string", "ticket_number": "float", "set_fine_amount": "float",
    }  # fmt: skip
    assert all(key.endswith(".gz.parquet") for key in world.keys(f"{BUCKET}/fined/"))
    assert all(key.endswith(".json.gz") for key in world.keys(f"{BUCKET}/free/"))
    rows = world.read_rows(f"{BUCKET}/free/", "json")
    assert rows == [
        {"ticket_number": 1.0, "infraction_code": 3, "infraction_description": "PARK",
         "set_fine_amount": 30.0, "province": "ON"},
        {"ticket_number": 3.0, "infraction_code": 6, "infraction_description": "STOP",
         "set_fine_amount": 0.0, "province": "QC"},
    ]  # fmt: skip
