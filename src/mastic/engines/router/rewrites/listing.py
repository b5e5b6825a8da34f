"""Which files a read means, by Spark's rules: hidden names, directories, globs, Hive partitions and their types."""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from mastic.engines.router import types
from mastic.engines.router.errors import analysis_error
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.files import Entry, File, at
from mastic.engines.router.types import Type

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_GLOB = re.compile(r"[*?\[\]{}]")
_INT = re.compile(r"[+-]?\d{1,18}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN_TEXT = re.compile(r"[A-HJ-MO-Za-z_][^\x00-\x1f]*")


@dataclass(frozen=True)
class Listing:
    """The data files of a read; `partitions` are the columns its directory names give, in order."""

    roots: tuple[str, ...]
    files: tuple[File, ...]
    partitions: tuple[tuple[str, Type], ...] = ()
    nulls: frozenset[str] = field(default_factory=frozenset)  # partition columns with a NULL among their values


def hidden(name: str) -> bool:
    """Whether Spark overlooks a file or folder of this name."""
    if name.startswith(("_metadata", "_common_metadata")):
        raise Unproven(f"file {name}")
    return (name.startswith("_") and "=" not in name) or name.startswith(".") or name.endswith("._COPYING_")


def listing(paths: list[str], shown: list[str]) -> Listing:
    """The files behind the paths; raises Spark's PATH_NOT_FOUND with the path as the user wrote it."""
    roots: list[Entry] = []
    for path, given in zip(paths, shown, strict=True):
        roots.extend(_expanded(path, given))
    if len(roots) == 1 and roots[0].file is None:
        return _directory(roots[0].path)
    files: list[File] = []
    for root in roots:
        if root.file is None:
            held = _directory(root.path)
            if held.partitions:
                raise Unproven("several partitioned folders in one read")
            files.extend(held.files)
        elif not hidden(root.name):
            files.append(root.file)
    return Listing(tuple(root.path for root in roots), tuple(file for file in files if file.size))


def _expanded(path: str, given: str) -> list[Entry]:
    found = at(path).look(path)
    if found:
        if _GLOB.search(path):
            raise Unproven("path with glob characters in its name")
        return [found]
    if not _GLOB.search(path):
        raise path_not_found(given)
    if re.search(r"[\[\]{}]|\*\*", path):
        raise Unproven("path glob beyond * and ?")
    matching = [entry for entry in at(path).matching(path) if not hidden(entry.name)]
    if not matching:
        raise path_not_found(given)
    return sorted(matching, key=lambda entry: entry.path)


def path_not_found(given: str) -> Exception:
    """Spark's error for a path that does not exist."""
    shown = given if re.match(r"^[A-Za-z][\w+.-]*:", given) else f"file:{os.path.abspath(given)}"  # noqa: PTH100
    return analysis_error("PATH_NOT_FOUND", "42K03", f"Path does not exist: {shown}.")


def _directory(root: str) -> Listing:
    plain, partitioned = [], []
    for entry in at(root).entries(root):
        if hidden(entry.name):
            continue
        if entry.file is None:
            partitioned.append(entry)
        else:
            plain.append(entry.file)
    plain.sort(key=lambda file: file.path)
    deeper = [entry for entry in partitioned if "=" in entry.name]
    if not deeper:
        return Listing((root,), tuple(file for file in plain if file.size))
    if plain or len(deeper) != len(partitioned):
        raise Unproven("folder with partitions and other files")
    return _partitioned(root)


def _partitioned(root: str) -> Listing:
    names: tuple[str, ...] | None = None
    rows: list[tuple[str, ...]] = []
    files: list[File] = []
    stack: list[tuple[str, tuple[tuple[str, str], ...]]] = [(root, ())]
    entries = at(root).below(root)
    while stack:
        folder, keys = stack.pop()
        found: list[File] = []
        below = 0
        for entry in entries(folder):
            if hidden(entry.name):
                if entry.name.startswith(("_", ".")) and entry.file is None and folder != root:
                    raise Unproven("hidden folder inside partitions")
                continue
            if entry.file is None:
                name, equals, value = entry.name.partition("=")
                if not equals or not name or "%" in name:
                    raise Unproven("folder that is not a partition inside partitions")
                below += 1
                stack.append((entry.path, (*keys, (name, value))))
            else:
                found.append(entry.file)
        if not found and not below:
            continue
        if found and below:
            raise Unproven("files at different depths of partitions")
        if found:
            here = tuple(name for name, _ in keys)
            if names is not None and here != names:
                raise Unproven("partitions of different columns")
            names = here
            rows.append(tuple(unquote(value) for _, value in keys))
            files.extend(file for file in found if file.size)
    if names is None:
        return Listing((root,), ())
    columns = tuple((name, inferred({row[i] for row in rows})) for i, name in enumerate(names))
    nulls = frozenset(name for i, name in enumerate(names) if any(row[i] == HIVE_NULL for row in rows))
    files.sort(key=lambda file: file.path)
    return Listing((root,), tuple(files), columns, nulls)


def inferred(values: set[str]) -> Type:
    """The type Spark infers for a partition column; raises Unproven where its rules are subtler than ours."""
    values = values - {HIVE_NULL}
    if not values:
        return types.VOID
    if all(_INT.fullmatch(value) for value in values):
        small = all(-(2**31) <= int(value) < 2**31 for value in values)
        return types.INT if small else types.BIGINT
    if all(_DATE.fullmatch(value) and _is_date(value) for value in values):
        return types.DATE
    if all(_PLAIN_TEXT.fullmatch(value) for value in values):
        return types.STRING
    if any(_PLAIN_TEXT.fullmatch(value) for value in values) and all(
        _PLAIN_TEXT.fullmatch(value) or _INT.fullmatch(value) for value in values
    ):
        return types.STRING
    raise Unproven("partition values whose type is not plainly int, date or string")


def _is_date(value: str) -> bool:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True
