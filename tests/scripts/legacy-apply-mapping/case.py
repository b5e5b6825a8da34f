"""The console's generated job of years ago: catalog, ApplyMapping into structs, ResolveChoice, DropNullFields, S3."""

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-disable"})
BUCKET = "s3://legacy-apply-mapping"


def given(world: World) -> None:
    header = ["drg definition", "provider id", "provider name", "average covered charges", "average total payments"]
    world.put_csv(
        f"{BUCKET}/in/payments.csv", header,
        ["039 - EXTRACRANIAL", 10001, "SOUTHEAST ALABAMA", "32963.07", "5777.24"],
        ["039 - EXTRACRANIAL", 10005, "MARSHALL, NORTH", "15131.85", ""],
        ["057 - DEGENERATIVE", 10006, "ELIZA COFFEE", "n/a", "7658.5"],
    )  # fmt: skip
    kinds = ["string", "bigint", "string", "string", "string"]
    columns = dict(zip(header, kinds, strict=True))
    world.table("legacy_apply_mapping", "medicare", f"{BUCKET}/in/", columns, "csv", quoteChar='"')


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{BUCKET}/out/", "parquet") == [
        {
            "drg": "039 - EXTRACRANIAL",
            "provider": {"id": 10001, "name": "SOUTHEAST ALABAMA"},
            "charges": {"covered": 32963.07, "total_pay": 5777.24},
        },
        {
            "drg": "039 - EXTRACRANIAL",
            "provider": {"id": 10005, "name": "MARSHALL, NORTH"},
            "charges": {"covered": 15131.85, "total_pay": None},
        },
        {
            "drg": "057 - DEGENERATIVE",
            "provider": {"id": 10006, "name": "ELIZA COFFEE"},
            "charges": {"covered": None, "total_pay": 7658.5},
        },
    ]
    assert world.schema(f"{BUCKET}/out/") == {
        "drg": "string",
        "provider": "struct<id: int64, name: string>",
        "charges": "struct<covered: double, total_pay: double>",
    }
