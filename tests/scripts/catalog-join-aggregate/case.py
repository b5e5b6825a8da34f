"""Only the days asked for are read; users without events and events without users do not count."""

from script_case import Case, Run, World

BUCKET = "s3://catalog-join-aggregate"
CASE = Case(arguments={"--from_day": "2026-01-02", "--to_day": "2026-01-03"})


def given(world: World) -> None:
    days = {
        "2026-01-01": [(1, 1, 100.0)],
        "2026-01-02": [(2, 1, 1.25), (3, 1, 2.25), (4, 2, 4.0), (5, 99, 7.0)],
        "2026-01-03": [(6, 3, 0.1), (7, 3, 0.2)],
    }
    columns = {"event_id": "bigint", "user_id": "bigint", "price": "double", "kind": "string", "agent": "string"}
    world.table("catalog_join_aggregate", "events", f"{BUCKET}/events/", columns, "parquet", keys={"day": "string"})
    for day, events in days.items():
        rows = [{"event_id": e, "user_id": u, "price": p, "kind": "buy", "agent": "x"} for e, u, p in events]
        world.put_parquet(f"{BUCKET}/events/day={day}/part-0.parquet", rows)
        world.partition("catalog_join_aggregate", "events", day)
    people = [(1, "Ada", "CH"), (2, "Bo", "CH"), (3, "Cy", "NO"), (4, "Di", "SE")]
    rows = [{"id": number, "name": name, "country": country} for number, name, country in people]
    world.put_parquet(f"{BUCKET}/users/users.parquet", rows)
    columns = {"id": "bigint", "name": "string", "country": "string"}
    world.table("catalog_join_aggregate", "users", f"{BUCKET}/users/", columns, "parquet")


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{BUCKET}/revenue/", "parquet") == [
        {"country": "CH", "day": "2026-01-02", "events": 3, "users": 2, "revenue": 7.5, "highest": 4.0},
        {"country": "NO", "day": "2026-01-03", "events": 2, "users": 1, "revenue": 0.3, "highest": 0.2},
    ]
