"""A project of a user's: tests of theirs, run by pytest in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(folder: Path, test: str, *options: str, files: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code and output of pytest over one file of tests."""
    for name, text in {"test_it.py": test, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *options, "."]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)
    return done.returncode, done.stdout + done.stderr


def passes(folder: Path, test: str, *options: str, files: dict[str, str] | None = None) -> str:
    code, output = run(folder, test, *options, files=files)
    assert code == 0, output
    return output
