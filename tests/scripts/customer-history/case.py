"""SCD type 2 over two loads; the first finds no history (AnalysisException), the second closes and opens versions."""

from datetime import date
from hashlib import md5

from script_case import Case, Run, World

CASE = Case(arguments={"--bucket": "customer-history", "--date": "2026-04-01"})
ROOT = "s3://customer-history"
HEADER = ["id", "name", "city"]


def given(world: World) -> None:
    rows = [1, "Ann", "Graz"], [2, "Bob", "Wien"], [2, "Bob", "Wien"]
    world.put_csv(f"{ROOT}/incoming/2026-04-01/c.csv", HEADER, *rows)
    rows = [1, "Ann", "Linz"], [2, "Bob", "Wien"], [3, "Cid", "Bonn"]
    world.put_csv(f"{ROOT}/incoming/2026-05-01/c.csv", HEADER, *rows)


def expect(world: World, run: Run) -> None:
    def version(id: int, name: str, city: str, begin: date, end: date | None = None) -> dict[str, object]:
        hashed = md5(f"{name}|{city}".encode()).hexdigest()
        return {
            "id": id, "name": name, "city": city, "hash": hashed, "valid_from": begin, "valid_to": end,
            "is_current": end is None,
        }  # fmt: skip

    april, may = date(2026, 4, 1), date(2026, 5, 1)
    history = f"{ROOT}/history/current_version/"
    assert run.output[:2] == ["no history yet", "opened 2 closed 0 total 2"]
    ann, bob = version(1, "Ann", "Graz", april), version(2, "Bob", "Wien", april)
    assert world.read_rows(history, "parquet") == [ann, bob]

    second = world.run(date="2026-05-01")
    assert second.output[:1] == ["opened 2 closed 1 total 4"], second.error
    closed = version(1, "Ann", "Graz", april, date(2026, 4, 30))
    opened = [version(1, "Ann", "Linz", may), version(3, "Cid", "Bonn", may)]
    assert world.read_rows(history, "parquet") == [closed, opened[0], bob, opened[1]]
