"""Job arguments, as AWS's `awsglue.utils` reads them. AWS page: Accessing Parameters Using getResolvedOptions."""

from __future__ import annotations

import argparse
from collections.abc import ItemsView, Iterable, KeysView, ValuesView
from typing import Any, NoReturn

__all__ = ["GlueArgumentError", "GlueArgumentParser", "getResolvedOptions", "iteritems", "iterkeys", "itervalues"]

_BOOKMARK_OPTION = "job_bookmark_option"
_BOOKMARK_VALUES = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
_CONTINUATION = {
    "continuation-enabled": "job-bookmark-enable",
    "continuation-readonly": "job-bookmark-pause",
    "continuation-ignore": "job-bookmark-disable",
}
_BOOKMARK_RANGE = ("job_bookmark_from", "job_bookmark_to")
# What AWS's version always hands over when it was passed, asked for or not.
_ALWAYS = ("JOB_NAME", "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type", "enable_data_lineage",
           "RedshiftTempDir", "TempDir")  # fmt: skip


class GlueArgumentError(Exception):
    """A required argument is missing, or a reserved one is asked for."""


class GlueArgumentParser(argparse.ArgumentParser):
    """argparse that raises instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: Iterable[str], allow_abbrev: bool = False) -> dict[str, Any]:
    """The values of `options` (without dashes) out of `sys.argv`, and the job's own arguments.

    `--a-b` is read back as `a_b`, in either spelling. Values may start with dashes or be glued with `=`.
    Raises GlueArgumentError when an option was not passed, RuntimeError when a reserved one is asked for.
    """
    wanted = [_checked(option) for option in options]
    passed = _passed(args)
    known = {name.replace("-", "_"): name for name in passed} if allow_abbrev else {}
    result: dict[str, Any] = {}
    missing = []
    for option in wanted:
        name = _spelled(option, passed, known)
        if name is None or passed[name] is None:
            missing.append(option)
        else:
            result[option.replace("-", "_")] = passed[name]
    if missing:
        raise GlueArgumentError("the following arguments are required: " + ", ".join(f"--{m}" for m in missing))
    return _own(passed) | result


def _checked(option: str) -> str:
    option = option.removeprefix("--")
    if option.replace("-", "_") in (_BOOKMARK_OPTION, "continuation_option", *_BOOKMARK_RANGE):
        raise RuntimeError(f"Using reserved arguments {option}: Glue hands it over without being asked")
    return option


def _passed(args: list[str]) -> dict[str, str | None]:
    """Every `--name value` and `--name=value` after the script's name; the last of several wins."""
    found: dict[str, str | None] = {}
    rest = list(args[1:])
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            continue
        name, glued, value = word[2:].partition("=")
        if glued:
            found[name] = value
        # A value may start with dashes ("-1", "--conf" text): what is not a known shape of a flag is a value.
        elif rest and not _is_flag(rest[0]):
            found[name] = rest.pop(0)
        else:
            found[name] = None
    return found


def _is_flag(word: str) -> bool:
    return word.startswith("--") and len(word) > 2 and (word[2].isalpha() or word[2] == "_") and " " not in word


def _spelled(option: str, passed: dict[str, str | None], abbreviable: dict[str, str]) -> str | None:
    wanted = option.replace("-", "_")
    exact = next((name for name in passed if name.replace("-", "_") == wanted), None)
    if exact is not None or not abbreviable:
        return exact
    longer = [original for name, original in abbreviable.items() if wanted.startswith(name)]
    return longer[0] if len(longer) == 1 else None


def _own(passed: dict[str, str | None]) -> dict[str, Any]:
    """The job's own arguments: bookmark settings always, the rest when passed."""
    plain = {name.replace("-", "_"): value for name, value in passed.items()}
    result: dict[str, Any] = {name: plain[name] for name in _ALWAYS if plain.get(name) is not None}
    continuation = plain.get("continuation_option")
    option = plain.get(_BOOKMARK_OPTION) or _CONTINUATION.get(continuation or "", "job-bookmark-disable")
    if option not in _BOOKMARK_VALUES:
        raise GlueArgumentError(f"--job-bookmark-option is {option!r}; it must be one of {', '.join(_BOOKMARK_VALUES)}")
    result[_BOOKMARK_OPTION] = option
    bounds = {name: plain[name] for name in _BOOKMARK_RANGE if plain.get(name) is not None}
    if len(bounds) == 1:
        raise GlueArgumentError("--job-bookmark-from and --job-bookmark-to must be given together")
    for name in _BOOKMARK_RANGE:
        result[name] = bounds.get(name, "")
    return result


def iteritems(d: dict[Any, Any], **kwargs: Any) -> ItemsView[Any, Any]:
    """`d.items()`; scripts from Python 2 times import it from here."""
    return d.items()


def iterkeys(d: dict[Any, Any], **kwargs: Any) -> KeysView[Any]:
    """`d.keys()`."""
    return d.keys()


def itervalues(d: dict[Any, Any], **kwargs: Any) -> ValuesView[Any]:
    """`d.values()`."""
    return d.values()
