"""Documentation is tested: a file it names must exist, and every feature folder explains itself."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# Folders that hold a feature: each has a README that says what it owns.
FEATURES = [p.parent for p in ROOT.glob("src/mastic/*/__init__.py")] + [ROOT / "src/awsglue"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_paths_in_documentation_exist(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|docs|examples|benchmarks|chaos|scripts)/[\w./-]*)", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_files_named_in_the_tour_exist() -> None:
    named = set(re.findall(r"`(?:[\w/]+/)?(\w+\.(?:py|json))", (ROOT / "docs/tour.md").read_text()))
    known = {path.name for path in (ROOT / "src").rglob("*.*")}
    assert sorted(named - known) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_in_documentation_work(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("folder", FEATURES, ids=lambda p: p.name)
def test_every_feature_folder_has_a_readme(folder: Path) -> None:
    assert (folder / "README.md").exists()


def test_every_metric_of_a_run_is_documented(server: Any) -> None:
    glue = server.client("glue")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://b/s.py", "PythonVersion": "3.9"}
    glue.create_job(Name="j", Role="r", Command=command)
    run_id = glue.start_job_run(JobName="j")["JobRunId"]
    with urllib.request.urlopen(f"{server.endpoint}/_mastic/v1/runs/{run_id}") as response:
        details = json.load(response)
    names = {f"cost.{name}" for name in details.pop("cost")} | set(details) - {"engine"}
    names |= {"engine.sail", "engine.spark", "engine.reasons"}
    documented = set(re.findall(r"`([\w.]+)`", (ROOT / "docs/run-api.md").read_text()))
    assert sorted(names - documented) == []
