"""What GlueContext has of Spark's SQLContext."""

from script_case import Case, Run, World

CASE = Case()


def given(world: World) -> None:
    rows = [("apple", 3, "shed"), ("pear", "-", "barn"), ("fig", 4, "-")]
    world.put_csv("s3://sql-context-data/in/i.csv", ["item", "quantity", "place"], *rows)


def expect(world: World, run: Run) -> None:
    assert run.output[:5] == [
        "7", "True ['inventory', 'quantities']", "['inventory', 'quantities']", "static", "False",
    ]  # fmt: skip
    assert world.read_rows("s3://sql-context-data/out/", "parquet") == [
        {"item": "apple", "quantity": "3", "place": "shed"},
        {"item": "fig", "quantity": "4", "place": "unknown"},
        {"item": "pear", "quantity": None, "place": "barn"},
    ]
