"""AWS's legislators tutorial without Job: catalog JSON, Join twice, partitioned Parquet, relationalize to tables."""

from script_case import Case, Run, World

CASE = Case(passing=("legacy-join-relationalize/temp-dir/*", "legacy-join-relationalize/flat/*"))  # ids are generated
BUCKET = "s3://legacy-join-relationalize"


def given(world: World) -> None:
    world.put_json(
        f"{BUCKET}/persons/persons.json",
        {"id": "p1", "name": "Ann Kirk", "links": [{"note": "wiki", "url": "en/ann"}, {"note": "wiki", "url": "de"}]},
        {"id": "p2", "name": "Bob Hale", "links": []},
        {"id": "p3", "name": "Cid Moss", "links": [{"note": "site", "url": "cid.example"}]},
    )
    world.put_json(
        f"{BUCKET}/memberships/memberships.json",
        {"person_id": "p1", "organization_id": "o1", "start_date": "2009-01-06"},
        {"person_id": "p1", "organization_id": "o2", "start_date": "2013-01-03"},
        {"person_id": "p2", "organization_id": "o2", "start_date": "2011-01-05"},
        {"person_id": "p9", "organization_id": "o2", "start_date": "1999-01-05"},
    )
    world.put_json(
        f"{BUCKET}/organizations/organizations.json",
        {"id": "o1", "name": "Senate", "seats": 100, "other_names": [{"lang": "es"}], "identifiers": []},
        {"id": "o2", "name": "House", "seats": 435, "other_names": [], "identifiers": []},
    )
    links = "array<struct<note:string,url:string>>"
    world.table(
        "legislators", "persons_json", f"{BUCKET}/persons/", {"id": "string", "name": "string", "links": links}, "json"
    )
    memberships = {"person_id": "string", "organization_id": "string", "start_date": "string"}
    world.table("legislators", "memberships_json", f"{BUCKET}/memberships/", memberships, "json")
    organizations = {
        "id": "string", "name": "string", "seats": "int", "other_names": "array<struct<lang:string>>",
        "identifiers": "array<string>",
    }  # fmt: skip
    world.table("legislators", "organizations_json", f"{BUCKET}/organizations/", organizations, "json")


def expect(world: World, run: Run) -> None:
    assert [line for line in run.output if line.startswith("Count:")] == ["Count:  3", "Count:  3"]
    tree = [
        "root", "|-- id: string", "|-- name: string", "|-- links: array", "|    |-- element: struct",
        "|    |    |-- note: string", "|    |    |-- url: string",
    ]  # fmt: skip
    start = run.output.index("root")
    assert run.output[start : start + len(tree)] == tree
    assert [line for line in run.output if "|" in line and "o1" in line] == ["|    o1|  Senate|  100|"]

    ann = [{"note": "wiki", "url": "en/ann"}, {"note": "wiki", "url": "de"}]
    history = [
        {"org_name": "House", "seats": 435, "id": "p1", "name": "Ann Kirk", "links": ann,
         "organization_id": "o2", "start_date": "2013-01-03"},
        {"org_name": "House", "seats": 435, "id": "p2", "name": "Bob Hale", "links": [],
         "organization_id": "o2", "start_date": "2011-01-05"},
        {"org_name": "Senate", "seats": 100, "id": "p1", "name": "Ann Kirk", "links": ann,
         "organization_id": "o1", "start_date": "2009-01-06"},
    ]  # fmt: skip
    out = f"{BUCKET}/output-dir"
    assert world.read_rows(f"{out}/legislator_history/", "parquet") == history
    assert world.read_rows(f"{out}/legislator_single/", "parquet") == history
    assert len(world.keys(f"{out}/legislator_single/")) == 1
    assert world.folders(f"{out}/legislator_part/") == ["org_name=House", "org_name=Senate"]
    by_name = {str(row): row for row in world.read_rows(f"{out}/legislator_part/", "parquet")}
    moved = [{**{k: v for k, v in row.items() if k != "org_name"}, "org_name": row["org_name"]} for row in history]
    assert sorted(by_name) == sorted(map(str, moved))

    assert world.folders(f"{BUCKET}/flat/") == ["hist_root", "hist_root_links"]
    root = world.read_rows(f"{BUCKET}/flat/hist_root/", "json")
    children = world.read_rows(f"{BUCKET}/flat/hist_root_links/", "json")
    assert [(row["org_name"], row["name"]) for row in root] == [
        ("House", "Ann Kirk"), ("House", "Bob Hale"), ("Senate", "Ann Kirk"),
    ]  # fmt: skip
    by_id = {row["links"]: (row["org_name"], row["name"]) for row in root}
    assert len(by_id) == 3
    found = {(by_id[c["id"]], c["index"], c["links.val.note"], c["links.val.url"]) for c in children}
    assert found == {
        ((org, "Ann Kirk"), index, "wiki", url)
        for org in ("House", "Senate")
        for index, url in ((0, "en/ann"), (1, "de"))
    }
