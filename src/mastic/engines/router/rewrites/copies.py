"""A folder for copies of input that Sail reads in their place; it goes with the process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def folder() -> Path:
    """Made when first needed."""
    made = Path(tempfile.mkdtemp(prefix="mastic-json-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
