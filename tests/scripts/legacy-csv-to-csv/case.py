"""The console's CSV job: catalog types, a decimal and a date by ApplyMapping, one CSV file with another separator."""

from script_case import Case, Run, World

CASE = Case(arguments={"--TempDir": "s3://legacy-csv-to-csv/temp/", "--job-bookmark-option": "job-bookmark-enable"})
BUCKET = "s3://legacy-csv-to-csv"


def given(world: World) -> None:
    header = ["id", "customer", "amount", "ordered", "note"]
    world.put_csv(f"{BUCKET}/in/1.csv", header, [1, "Ann", "12.345", "2026-01-31", ""], [2, "Bob", "", "", "a|b"])
    world.put_csv(f"{BUCKET}/in/2.csv", header, [3, "Cid", "-0.5", "2026-02-30", "x"])
    kinds = ["int", "string", "double", "string", "string"]
    world.table("sales", "orders", f"{BUCKET}/in/", dict(zip(header, kinds, strict=True)), "csv")


def expect(world: World, run: Run) -> None:
    assert any("read 3 orders" in line for line in run.errors)
    (key,) = world.keys(f"{BUCKET}/out/")
    header, *lines = world.get(f"{BUCKET}/out/{key}").decode().splitlines()
    assert header == "id|customer name|amount|ordered|note"
    assert sorted(lines) == ['1|Ann|12.35|2026-01-31|""', '2|Bob|||"a|b"', "3|Cid|-0.50||x"]
    assert world.glue.get_job_bookmark(JobName=world.job)["JobBookmarkEntry"]["Run"] == 1
