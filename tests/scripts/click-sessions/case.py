"""Nested events to sessions: explode_outer, arrays, maps, windows over gaps, collect_set, first that is not null."""

from datetime import UTC, datetime, timedelta

from script_case import Case, Run, World

CASE = Case(arguments={"--in": "s3://click-sessions/in/", "--out": "s3://click-sessions/out/"})
START = datetime(2026, 1, 1, tzinfo=UTC)


def given(world: World) -> None:
    def event(minute: float, page: str, device: str | None = None, tags: list[str] | None = None) -> dict[str, object]:
        at = int((START + timedelta(minutes=minute)).timestamp() * 1000)
        return {"at": at, "page": page, "tags": tags, "context": {"device": device} if device else {}}

    world.put_json(
        "s3://click-sessions/in/c.json",
        {"user": "u1", "events": [event(0, "home"), event(10, "shop", "phone"), event(40, "home", "phone")]},
        {"user": "u1", "events": [event(70.5, "shop", "tablet", ["new"]), event(75, "pay", "tablet", [])]},
        {"user": "u2", "events": [event(5, "home", "bot", ["bot"]), event(6, "home", None, ["x", "y"])]},
        {"user": "u3", "events": []},
    )


def expect(world: World, run: Run) -> None:
    def session(
        user: str, number: int, begin: float, end: float, *visited: str, pages: int, device: str
    ) -> dict[str, object]:
        began, ended = START + timedelta(minutes=begin), START + timedelta(minutes=end)
        return {
            "user": user, "session": number, "began": began, "ended": ended, "pages": pages, "visited": list(visited),
            "device": device, "minutes": int(end - begin),
        }  # fmt: skip

    assert world.read_rows("s3://click-sessions/out/", "parquet") == [
        session("u1", 1, 0, 40, "home", "shop", pages=3, device="?"),
        session("u1", 2, 70.5, 75, "pay", "shop", pages=2, device="tablet"),
        session("u2", 1, 6, 6, "home", pages=1, device="?"),
    ]
    assert "3 sessions of 2 users" in run.output
