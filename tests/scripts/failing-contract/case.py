"""An exception of the script: FAILED, its type, message and line in ErrorMessage, and nothing written."""

from script_case import Case, Run, World

CASE = Case(state="FAILED", arguments={"--job-bookmark-option": "job-bookmark-enable"})


def given(world: World) -> None:
    world.put_json("s3://failing-contract/in/p.json", {"id": 1, "amount": 2.5})


def expect(world: World, run: Run) -> None:
    message = "s3://failing-contract/in/ lacks the columns ['currency']"
    line = """raise ValueError(f"{path} lacks the columns {sorted(missing)}")"""
    assert run.error == f"ValueError: {message} (failing-contract.py, line 22: {line})"
    logged = [text for text in run.output if text.startswith("ERROR")]
    assert logged == [f"ERROR:job failed: {message}", "ERROR:Traceback (most recent call last):"]
    assert run.errors[-1] == f"ValueError: {message}"
    assert world.all_keys("failing-contract") == ["in/p.json"]
    world.put_json("s3://failing-contract/in/p.json", {"id": 1, "amount": 2.5, "currency": "EUR"})
    assert world.run().state == "SUCCEEDED"
    assert world.read_rows("s3://failing-contract/out/", "parquet") == [{"amount": 2.5, "currency": "EUR", "id": 1}]
