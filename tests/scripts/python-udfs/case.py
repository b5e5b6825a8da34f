"""UDFs as decorator, lambda, registered for SQL, returning struct and array; nulls reach Python as None."""

from script_case import Case, Run, World

CASE = Case()
ROOT = "s3://python-udfs-data"


def given(world: World) -> None:
    world.put_json(
        f"{ROOT}/in/people.json",
        {"id": 1, "name": "ada  lovelace", "email": "Ada@Mail.ORG", "country": "de", "born": "1990-12-10"},
        {"id": 2, "name": "Cher", "email": None, "country": "fr", "born": "2015-05-20"},
        {"id": 3, "name": "bo b", "email": "nomail", "country": "us", "born": None},
        {"id": 4, "name": "Max M Muster", "email": "x@y", "country": "us", "born": "1980-01-01"},
    )


def expect(world: World, run: Run) -> None:
    names = ["id", "first", "last", "words", "initials", "email", "country", "adult"]
    rows = [
        (1, "ada", "lovelace", 2, ["A", "L"], "A***@mail.org", "Germany", True),
        (2, "Cher", None, 1, ["C"], None, "France", False),
        (4, "Max", "Muster", 3, ["M", "M", "M"], "x***@y", "other", True),
    ]
    assert world.read_rows(f"{ROOT}/out/", "parquet") == [dict(zip(names, row, strict=True)) for row in rows]
    assert [line for line in run.output if line.startswith("|  ")] == [
        "|  1|  ada|lovelace|    2|   [A, L]|A***@mail.org|Germany| true|",
        "|  2| Cher|    NULL|    1|      [C]|         NULL| France|false|",
        "|  4|  Max|  Muster|    3|[M, M, M]|       x***@y|  other| true|",
    ]
