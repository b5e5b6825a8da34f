"""CSV format_options as scripts give them: Booleans as texts, quotes, escapes, lines within fields, no header."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://csv-options"


def given(world: World) -> None:
    world.put(f"{BUCKET}/semicolons/a.csv", "id;name\n1;'a;b'\n2;\n")
    world.put(f"{BUCKET}/semicolons/b.csv", 'id;name\n3;"c"\n')
    world.put(f"{BUCKET}/headless/a.csv", "1,x\n2,y\n")
    world.put(f"{BUCKET}/multi/a.csv", 'id,text\n1,"two\nlines"\n2,"a \\"quote\\""\n3,"comma, here"\n')
    world.put(f"{BUCKET}/unquoted/a.csv", 'id\ttext\n1\t"as is"\n2\thalf "open\n')


def expect(world: World, run: Run) -> None:
    def saved(name: str) -> str:
        (key,) = world.keys(f"{BUCKET}/out/{name}/")
        return world.get(f"{BUCKET}/out/{name}/{key}").decode()

    assert "['col0', 'col1']" in run.output
    assert "skipped 3" in run.output
    assert world.read_rows(f"{BUCKET}/out/semicolons/", "csv") == [
        {"id": "1", "name": "a;b"}, {"id": "2", "name": ""}, {"id": "3", "name": '"c"'},
    ]  # fmt: skip
    assert sorted(saved("headless").splitlines()) == ["1,x", "2,y"]
    assert saved("multi").splitlines()[0] == "id|text"
    assert '1|"two\nlines"\n' in saved("multi")
    assert "3|comma, here\n" in saved("multi")
    assert sorted(saved("unquoted").splitlines()) == ['1,"as is"', '2,half "open', "id,text"]
