"""Job arguments, as AWS's `awsglue.utils` reads them. AWS page: Accessing Parameters Using getResolvedOptions."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import ItemsView, Iterable, KeysView, ValuesView
from typing import Any, NoReturn

from awsglue._absent import JVM, Absent

__all__ = ["GlueArgumentError", "GlueArgumentParser", "callsite", "getResolvedOptions", "iteritems", "iterkeys",
           "itervalues", "makeOptions"]  # fmt: skip

_BOOKMARKS = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
_CONTINUATIONS = ("continuation-enabled", "continuation-readonly", "continuation-ignore")
_RANGE = ("job-bookmark-from", "job-bookmark-to")
_TEMP = ("TempDir", "RedshiftTempDir")
# What Glue hands over unasked, with the values allowed; nobody may ask for those it reserves.
_RESERVED = {"job-bookmark-option": _BOOKMARKS, "continuation-option": _CONTINUATIONS, **dict.fromkeys(_RANGE)}
_OWN = {**_RESERVED, "JOB_ID": None, "JOB_RUN_ID": None, "SECURITY_CONFIGURATION": None,
        "encryption-type": ("sse-s3",), "enable-data-lineage": None, **dict.fromkeys(_TEMP)}  # fmt: skip


class GlueArgumentError(Exception):
    """A required argument is missing, or a reserved one is asked for."""


class GlueArgumentParser(argparse.ArgumentParser):
    """argparse that raises instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: Iterable[str], allow_abbrev: bool = False) -> dict[str, Any]:
    """The values of `options` (without dashes) out of `sys.argv`, and the job's own arguments, None where not passed.

    `a-b` is read back as `a_b`. `allow_abbrev`: an argument may be the start of an option's name, as up to Glue 4.0.
    Raises GlueArgumentError when an option was not passed, RuntimeError when a reserved one is asked for.
    """
    asked = list(dict.fromkeys(options))
    for name in asked:
        if name in _RESERVED:
            raise RuntimeError(f"Using reserved arguments {name}: Glue hands it over without being asked")
    parser = GlueArgumentParser(allow_abbrev=allow_abbrev, add_help=False)
    for name, choices in _OWN.items():
        parser.add_argument(f"--{name}", choices=choices, required=name in asked and name not in _TEMP)
    for name in asked:
        if name not in _OWN:
            parser.add_argument(f"--{name}", required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    found["TempDir"] = found["RedshiftTempDir"] = found["TempDir"] or found["RedshiftTempDir"]
    return found | {"job_bookmark_option": _bookmark_option(found)}


def _bookmark_option(found: dict[str, Any]) -> str:
    """The bookmark option, also out of its old name. Raises RuntimeError for a range that does not go with it."""
    old = found.pop("continuation_option")
    option = found["job_bookmark_option"] or (_BOOKMARKS[_CONTINUATIONS.index(old)] if old else _BOOKMARKS[-1])
    absent = [name for name in _RANGE if found[name.replace("-", "_")] is None]
    if option == "job-bookmark-pause" and len(absent) == 1:
        raise RuntimeError(f"Missing option or value for --{absent[0]}: a range has both ends")
    if option != "job-bookmark-pause" and not absent:
        raise RuntimeError(f"Invalid option(s) --{' --'.join(_RANGE)}: a range goes with job-bookmark-pause only")
    return str(option)


makeOptions = Absent("utils.makeOptions", JVM)


def callsite() -> str:
    """Where the caller was called from, as a stack trace."""
    return "".join(traceback.format_list(traceback.extract_stack()[:-2]))


def iteritems(d: dict[Any, Any], **kwargs: Any) -> ItemsView[Any, Any]:
    """`d.items()`; scripts from Python 2 times import it from here."""
    return d.items()


def iterkeys(d: dict[Any, Any], **kwargs: Any) -> KeysView[Any]:
    """`d.keys()`."""
    return d.keys()


def itervalues(d: dict[Any, Any], **kwargs: Any) -> ValuesView[Any]:
    """`d.values()`."""
    return d.values()
