"""Memory groups: what a killed worker leaves behind."""

import os
import time
from pathlib import Path

from mastic.worker.limits import FILLED_AFTER_SECONDS, remove_left_behind


def test_groups_of_a_killed_worker_are_removed_and_those_in_use_stay(tmp_path: Path) -> None:
    """A folder with something in it stands for a group with processes: rmdir refuses both."""
    old = time.time() - FILLED_AFTER_SECONDS - 1
    for name in ("mastic-jr_left", "mastic-jr_used", "mastic-jr_new", "someone-else"):
        (tmp_path / name).mkdir()
    (tmp_path / "mastic-jr_used" / "process").touch()
    for name in ("mastic-jr_left", "mastic-jr_used", "someone-else"):
        os.utime(tmp_path / name, (old, old))

    remove_left_behind(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"mastic-jr_used", "mastic-jr_new", "someone-else"}
