"""`--additional-python-modules`: an immutable overlay of packages over our own, built once per set and kept.

uv resolves against what is installed, so that the overlay holds only what is missing or different. It is built
aside, under a lock per key, and renamed into place: a reader sees all of it or nothing, and it is never edited.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path

MANIFEST = "mastic-overlay.json"
INSTALL_SECONDS = 900
_ADDED = re.compile(r"\s*\+ (\S+==\S+|\S+ @ \S+)$")  # what uv says of a package it would install


class InstallError(RuntimeError):
    """The modules could not be installed; the message holds the installer's own words."""


@dataclass(frozen=True)
class Overlay:
    """A folder for the module path, and the top-level modules in it."""

    path: Path
    modules: frozenset[str]


def ensure_overlay(
    requirements: list[str], options: list[str], runtimes: Path, fetch: Callable[[str], Path]
) -> Overlay | None:
    """The overlay for these requirements, built where it does not exist; None when nothing is missing.

    `fetch` brings an `s3://` wheel to a local file. Raises InstallError.
    """
    local = [str(fetch(r)) if "://" in r and r.startswith("s3") else r for r in requirements]
    target = runtimes / f"modules-{_key(local, options)}"
    if not (target / MANIFEST).exists():
        runtimes.mkdir(parents=True, exist_ok=True)
        with _locked(target.with_suffix(".lock")):
            if not (target / MANIFEST).exists():
                _build(local, options, target)
    modules = frozenset(json.loads((target / MANIFEST).read_text())["modules"])
    return Overlay(target, modules) if modules else None


def _build(requirements: list[str], options: list[str], target: Path) -> None:
    aside = target.with_suffix(".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    missing = _missing(requirements, options)
    if missing:
        exactly = [option for option in options if option != "--no-deps"]
        _uv(["install", "--no-deps", "--target", str(aside), *exactly, *missing])
    (aside / MANIFEST).write_text(json.dumps({"requirements": requirements, "modules": sorted(_top_level(aside))}))
    shutil.rmtree(target, ignore_errors=True)  # left without a manifest by someone's hand
    aside.rename(target)


def _missing(requirements: list[str], options: list[str]) -> list[str]:
    """What installing `requirements` over our own packages would add or change, as exact requirements."""
    said = _uv(["install", "--dry-run", *options, *requirements])
    return [match[1].replace(" @ ", "@") for line in said.splitlines() if (match := _ADDED.match(line))]


def _uv(arguments: list[str]) -> str:
    from uv import find_uv_bin

    command = [find_uv_bin(), "pip", arguments[0], "--python", sys.executable, "--color", "never", *arguments[1:]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InstallError(f"--additional-python-modules: not installed within {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise InstallError(f"--additional-python-modules could not be installed: {done.stderr.strip()[-2000:]}")
    return done.stdout + done.stderr


def _top_level(folder: Path) -> Iterator[str]:
    """Names that can be imported from `folder`."""
    for entry in folder.iterdir():
        if entry.is_dir() and entry.suffix == "" and entry.name not in ("bin", "__pycache__"):
            yield entry.name
        elif entry.suffix in (".py", ".so"):
            yield entry.name.partition(".")[0]


def _key(requirements: list[str], options: list[str]) -> str:
    """A hash of everything the overlay depends on."""
    digest = hashlib.sha256()
    for requirement in sorted(requirements):
        path = Path(requirement)
        is_file = "/" in requirement and path.is_file()
        digest.update(path.name.encode() + path.read_bytes() if is_file else requirement.encode())
        digest.update(b"\0")
    for part in (*options, sys.implementation.cache_tag, sysconfig.get_platform(), _base()):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:20]


@lru_cache(maxsize=1)
def _base() -> str:
    """The packages the overlay lies upon."""
    return "\n".join(sorted(f"{d.name}=={d.version}" for d in distributions()))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One builder per key, also among processes."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
