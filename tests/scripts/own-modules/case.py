"""A module and a zipped package of packages by --extra-py-files."""

import io
import zipfile
from pathlib import Path

from script_case import Case, Run, World

PACKAGE = Path(__file__).parent / "cleaning"
CASE = Case(
    arguments={
        "--extra-py-files": "s3://scripts/own-modules/job_logging.py,s3://own-modules/lib/cleaning.zip",
        "--bucket": "own-modules",
    }
)


def given(world: World) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(PACKAGE.rglob("*.py")):
            archive.write(path, path.relative_to(PACKAGE.parent))
    world.put("s3://own-modules/lib/cleaning.zip", target.getvalue())
    world.put_csv(
        "s3://own-modules/people/p.csv", ["id", "name", "phone"],
        [1, "  ada   lovelace ", "020 7946 0958"], [2, "alan TURING", "12345"], [3, "Grace hopper", "(0161) 496-0000"],
    )  # fmt: skip


def expect(world: World, run: Run) -> None:
    assert world.read_rows("s3://own-modules/cleaned/", "json") == [
        {"id": "1", "name": "Ada Lovelace", "phone": "+442079460958"},
        {"id": "3", "name": "Grace Hopper", "phone": "+441614960000"},
    ]
    assert [line for line in run.output if line.startswith("[INFO]")] == [
        "[INFO] job named",
        "[INFO] reading ...",
        "[INFO] reading done",
        "[INFO] cleaning 1.4 rejected 1 of 3",
    ]
