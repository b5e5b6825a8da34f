"""Explode, pivot, fill, when; CSV with a header in one file, in the order asked for."""

from script_case import Case, Run, World

CASE = Case()


def given(world: World) -> None:
    def response(id: int, region: str, tags: str, *answers: tuple[str, str]) -> dict[str, object]:
        found = [{"question": question, "score": score} for question, score in answers]
        return {"respondent": {"id": id, "region": region}, "answers": found, "tags": tags}

    world.put_json(
        "s3://survey-pivot-data/responses/a.json",
        response(1, "north", "Fast, cheap", ("price", "4"), ("quality", "5"), ("price", "4")),
        response(2, "north", "fast", ("price", "3"), ("quality", "4"), ("service", "2")),
    )
    world.put_json(
        "s3://survey-pivot-data/responses/b.json",
        response(3, "south", "", ("quality", "1")),
        response(4, "south", "cheap,slow"),
    )
    world.put("s3://survey-pivot-data/responses/readme.txt", "not JSON")


def expect(world: World, run: Run) -> None:
    def text(folder: str) -> str:
        keys = world.keys(f"s3://survey-pivot-data/out/{folder}/")
        assert len(keys) == 1
        return world.get(f"s3://survey-pivot-data/out/{folder}/{keys[0]}").decode()

    assert text("regions") == "region,price,quality,service,verdict\nNORTH,3.5,4.5,2.0,good\nSOUTH,0.0,1.0,0.0,poor\n"
    assert text("tags") == "tag,count\ncheap,2\nfast,2\nslow,1\n"
