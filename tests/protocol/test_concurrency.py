"""Many clients at once: every answer is the right one, and writes are never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from serving import MasticServer

CLIENTS, ROUNDS = 8, 15


def test_eight_clients_at_once(server: MasticServer) -> None:
    def work(number: int) -> None:
        glue = server.client("glue")
        for turn in range(ROUNDS):
            name = f"job-{number}-{turn}"
            command = {"Name": "glueetl", "ScriptLocation": f"s3://b/{name}.py"}
            glue.create_job(Name=name, Role="r", Command=command)
            assert glue.get_job(JobName=name)["Job"]["Command"]["ScriptLocation"] == f"s3://b/{name}.py"

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(work, range(CLIENTS)))
    pages = server.client("glue").get_paginator("get_jobs").paginate(PaginationConfig={"PageSize": 7})
    names = [job["Name"] for page in pages for job in page["Jobs"]]
    assert sorted(names) == sorted(f"job-{n}-{t}" for n in range(CLIENTS) for t in range(ROUNDS))
    assert len(names) == len(set(names))
