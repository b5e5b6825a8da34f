"""A full disk ends the run that meets it with the reason, and nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import Live, wait_for


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home" / "workers"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    live = Live(small_disk.parent).start()
    try:
        assert live.run("print('room')").state == "SUCCEEDED"
        wait_for(lambda: not list(small_disk.glob("*/runs/*")), 5, "the first run's folder to be removed")
        filler = small_disk / "filler"
        with filler.open("wb") as file, pytest.raises(OSError, match="No space"):
            while True:
                os.write(file.fileno(), bytes(4096))
        full = live.run("print('no room')")
        assert full.state in ("ERROR", "FAILED")
        assert "No space left" in full.error
        filler.unlink()
        assert live.run("print('room')").state == "SUCCEEDED"
    finally:
        live.close()
