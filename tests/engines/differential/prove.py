"""Runs every check on both engines and writes the proven list: `python tests/engines/differential/prove.py`."""

from __future__ import annotations

import argparse
import copy
import json
import os
import pickle
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

import combined_programs  # noqa: F401 - registers its programs
import glue_programs  # noqa: F401 - registers its programs
import jdbc  # noqa: F401 - registers its programs
import nasty
import null_programs  # noqa: F401 - registers its programs
import programs
import python_programs  # noqa: F401  registers its programs
import queries  # noqa: F401 (registers its programs)
import settings_programs  # noqa: F401 - registers its programs
import tables
from harness import ANSWERED, Engines, Outcome, Recorder, analysed, outcome, start_sail, start_spark

from mastic.engines.router import Policy
from mastic.engines.router.proven import PATH, committed

NOWHERE = "Spark raises on every row"


UNORDERED = "collect_set("  # Spark says itself that the order of its elements is not determined


@dataclass
class Result:
    """One check: what it used, and why it failed (empty when both engines agree)."""

    check: str
    constructs: frozenset[str]
    failure: str = ""
    loud: bool = False  # Sail refuses some inputs that Spark takes; Spark is then asked


@dataclass
class Proof:
    """All results so far."""

    engines: Engines
    results: list[Result] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    rows: int = nasty.ROWS
    agreed_errors: list[tuple[str, str, str]] = field(default_factory=list)
    match: re.Pattern[str] = field(
        default_factory=lambda: re.compile("")
    )  # checks whose text it is not in are left out
    unsaid: list[tuple[str, str]] = field(default_factory=list)  # what only Spark says is never NULL
    known: dict[str, Outcome] = field(default_factory=dict)  # Spark's outcomes, kept between runs while developing

    @property
    def recorder(self) -> Recorder:
        return self.engines.recorder

    def record(self, check: str, failure: str, constructs: Iterable[str] | None = None, *, loud: bool = False) -> None:
        asked = frozenset(self.recorder.asked if constructs is None else constructs)
        self.results.append(Result(check, asked, failure, loud))

    def compared(
        self, check: str, want: Outcome, got: Outcome, *, ordered: bool = False, tolerance: float = 0.0
    ) -> str:
        """Why the two are not the same. What only Spark says is never NULL is counted where the README tells of it."""
        failure = want.differs(got, ordered=ordered, tolerance=tolerance)
        unsaid = "" if failure else want.unsaid(got)
        if unsaid and not any(re.search(where, check) for where in UNSAID.values()):
            return f"only Spark says that never NULL is {unsaid}"
        if unsaid:
            self.unsaid.append((check, unsaid))
        return failure

    # -- expression tables

    def expressions(self, mode: str, texts: list[str], size: int = 25, rows: int = nasty.ROWS) -> None:
        """Check each expression: on Sail one by one (to know its constructs), on Spark in batches.

        Where one engine raises, the first `rows` rows are compared one by one.
        """
        self.rows = rows
        session, _ = self.engines.recording()
        data = nasty.texts if mode == "parse" else nasty.frame
        sail, spark = data(session), data(self.engines.spark)
        if mode == "parse":
            self.rows = len(nasty.TEXTS) if rows == nasty.ROWS else rows * 10
        build = MODES[mode]
        scope = tables.scope()
        texts = [text for text in dict.fromkeys(texts) if self.match.search(text) and not _absent(text)]
        for start in range(0, len(texts), size):
            batch = [(text, eval(text, dict(scope))) for text in texts[start : start + size]]  # our own tables
            keys = [f"{mode}: {text}" for text, _ in batch]
            if not all(key in self.known for key in keys):
                made = self._spark_batch(lambda made: build(spark, made), [made for _, made in batch])
                self.known.update(zip(keys, made, strict=True))
            expected = [copy.deepcopy(self.known[key]) for key in keys]
            for (text, made), want in zip(batch, expected, strict=True):
                if "[CANNOT" in want.error[:40] and "[CANNOT_PARSE" not in want.error[:40]:
                    continue
                self._expression(
                    f"{mode}: {text}", made, want,
                    lambda x, row=None: build(sail, x, row),
                    lambda x, row=None: build(spark, x, row),
                )  # fmt: skip

    def _spark_batch(
        self, build: Callable[[list[Any]], Any], made: list[Any], run: Callable[..., Outcome] = outcome
    ) -> list[Outcome]:
        whole = run(lambda: build(made))
        if whole.error and len(made) > 1:
            middle = len(made) // 2
            return self._spark_batch(build, made[:middle], run) + self._spark_batch(build, made[middle:], run)
        if whole.error or whole.schema is None or whole.rows is None:
            return [whole]
        keys = len(whole.schema) - len(made)
        return [
            Outcome(
                [*whole.schema[:keys], whole.schema[keys + i]],
                [(*row[:keys], row[keys + i]) for row in whole.rows],
                never=(*whole.never[:keys], whole.never[keys + i]),
            )
            for i in range(len(made))
        ]

    def _expression(
        self, check: str, made: Any, want: Outcome, sail: Callable[..., Any], spark: Callable[..., Any]
    ) -> None:
        self.recorder.asked.clear()
        got = outcome(lambda: sail([made]))
        if "name of" in got.error and "[UNPROVEN]" in got.error and hasattr(made, "alias"):
            self._expression(check, made.alias("c"), outcome(lambda: spark([made.alias("c")])), sail, spark)
            return
        if "[UNPROVEN]" in got.error:
            self.refused.append((check, got.error))
            return
        asked = set(self.recorder.asked)
        names = _names(asked)
        if UNORDERED in check:
            want, got = want.unordered(), got.unordered()
        tolerance = 0.0 if check.startswith(("select", "parse")) else 1e-12
        if want.error or got.error:
            failure, loud = self._row_by_row(check, made, sail, spark)
            if failure == NOWHERE and want.error:
                self.refused.append((check, failure))
                return
            self.record(check, failure, asked - names, loud=loud)
            return
        if got.schema and want.schema and [n for n, _ in got.schema] != [n for n, _ in want.schema]:
            self.record(check + " (name)", f"name {want.schema[-1][0]} on Spark, {got.schema[-1][0]}", names)
            got.schema = [(a, t) for (a, _), (_, t) in zip(want.schema, got.schema, strict=False)]
            asked -= names
        failure = self.compared(check, want, got, tolerance=tolerance)
        if failure and check.startswith(("group", "total")):
            # A distinct in the same batch has Spark take rows in another order.
            failure = self.compared(check, outcome(lambda: spark([made])), got, tolerance=tolerance)
        self.record(check, failure, asked - names if failure else asked)  # a wrong value is no fault of the name

    def nulls(self, mode: str, texts: list[str], size: int = 25) -> None:
        """Check what each expression says of NULL, over columns of which some never are: schemas only."""
        session, _ = self.engines.recording()
        sail, spark = nasty.sure(session), nasty.sure(self.engines.spark)
        build, scope = MODES[mode], tables.scope()
        texts = [text for text in dict.fromkeys(texts) if self.match.search(text) and not _absent(text)]
        for start in range(0, len(texts), size):
            batch = [(text, eval(text, dict(scope)).alias("c")) for text in texts[start : start + size]]  # our own
            keys = [f"nulls of {mode}: {text}" for text, _ in batch]
            if not all(key in self.known for key in keys):
                made = self._spark_batch(lambda made: build(spark, made), [made for _, made in batch], analysed)
                self.known.update(zip(keys, made, strict=True))
            for key, (_, made) in zip(keys, batch, strict=True):
                self._nulls_of(key, self.known[key], made, lambda x: build(sail, x))

    def every_null(self, chosen: Callable[[list[str]], list[str]] = list) -> None:
        """All tables, by `nulls`."""
        for mode, texts in NULLS:
            self.nulls(mode, chosen(texts))

    def _nulls_of(self, check: str, want: Outcome, made: Any, sail: Callable[..., Any]) -> None:
        self.recorder.asked.clear()
        got = analysed(lambda: sail([made]))
        if got.error or want.error:
            return  # another check says what of that
        if got.schema and want.schema and [t for _, t in got.schema] != [t for _, t in want.schema]:
            return
        failure = self.compared(check, replace(want, schema=got.schema), got)
        asked = {held for held in self.recorder.asked if not held.startswith(("local", "relation"))}
        self.record(check, failure, asked if failure else ())  # it supports nothing: there were no rows

    def programs(self, folder: Path, wanted: Callable[[str], bool]) -> None:
        """Check each whole program, a fresh session on Sail for each."""
        shared = folder / "shared"
        if not shared.exists():
            shared.mkdir()
            programs.inputs(shared, self.engines.spark)
        for number, (name, run) in enumerate(programs.PROGRAMS.items()):
            if wanted(name) and self.match.search(name):
                self._program(name, run, folder / f"p{number}", shared)

    def _program(self, name: str, run: programs.Program, own: Path, shared: Path) -> None:
        if name.startswith("setting:"):
            self._as_users_do(name, run, own, shared)
            return
        session, _ = self.engines.recording()
        self.recorder.asked.clear()
        (own / "sail").mkdir(parents=True)
        (own / "spark").mkdir()
        got = outcome(lambda: run(programs.Case(session, shared, own / "sail")))
        asked = frozenset(self.recorder.asked)
        if "[UNPROVEN]" in got.error:
            self.refused.append((name, got.error))
            return
        if name not in self.known:
            spark = self.engines.spark
            if name.startswith(("conf:", "statement:")):
                spark = self.engines.another_spark()
            self.known[name] = outcome(lambda: run(programs.Case(spark, shared, own / "spark")))
        want = self.known[name]
        if (got.error and not want.error) or _write_failed(got) > _write_failed(want):
            self.refused.append((name, f"Sail refuses aloud: {got.error or got.rows}"))
            return
        failure = self.compared(name, want, got, ordered="ordered" in (run.__doc__ or ""), tolerance=1e-12)
        if want.error and not failure and got.condition not in ANSWERED:
            self.agreed_errors.append((name, want.error, got.error))
            return
        if failure and not failure.startswith("schema"):
            asked -= _names(asked)
        self.record(name, failure, asked if failure or not want.error else ())

    def _as_users_do(self, name: str, run: programs.Program, own: Path, shared: Path) -> None:
        """With the committed list and Spark behind it: whatever the router decides, the answer is Spark's."""
        session, _ = self.engines.recording(committed(), Policy.AUTO)
        got, want = (
            outcome(lambda: run(programs.Case(spark, shared, own / engine)))  # noqa: B023
            for engine, spark in (("router", session), ("spark", self.engines.another_spark()))
        )
        self.record(name, want.differs(got, ordered="ordered" in (run.__doc__ or ""), tolerance=1e-12), ())

    def _row_by_row(
        self, check: str, made: Any, sail: Callable[..., Any], spark: Callable[..., Any]
    ) -> tuple[str, bool]:
        """One engine raises somewhere: compare row by row. Where Sail alone raises, Spark will be asked (loud)."""
        if check.startswith(("select", "parse", "filter")):
            together = self._rows_together(check, made, sail, spark)
            if together is not None:
                return together
        agreed, loud = 0, False
        for row in range(self.rows):
            a, b = self._on_spark(check, row, made, spark), outcome(lambda: sail([made], row))  # noqa: B023
            if b.error and not a.error:
                loud = True
                continue
            if a.schema and b.schema:
                b.schema = [(n, t) for (n, _), (_, t) in zip(a.schema, b.schema, strict=False)]
            difference = a.differs(b, tolerance=1e-12)
            if difference:
                return f"row {row}: {difference}", loud
            agreed += not a.error
        return ("" if agreed else NOWHERE), loud

    def _rows_together(
        self, check: str, made: Any, sail: Callable[..., Any], spark: Callable[..., Any]
    ) -> tuple[str, bool] | None:
        """The rows that Sail takes in one query, those it refuses in another; None when Spark has to be asked for
        each: it refuses one that Sail takes."""
        raising = tuple(row for row in range(self.rows) if outcome(lambda: sail([made], row)).error)  # noqa: B023
        taken = tuple(row for row in range(self.rows) if row not in raising)
        if not taken:
            return None
        a, b = self._on_spark(check, taken, made, spark), outcome(lambda: sail([made], taken))
        if a.error or b.error:
            return None
        b.schema = [(n, t) for (n, _), (_, t) in zip(a.schema or [], b.schema or [], strict=False)]
        difference = a.differs(b, tolerance=1e-12)
        if difference or not raising:
            return difference, False
        if not self._on_spark(check, raising, made, spark).error:
            return "", True
        return "", len(raising) > 1 and any(not self._on_spark(check, row, made, spark).error for row in raising)

    def _on_spark(self, check: str, rows: Any, made: Any, spark: Callable[..., Any]) -> Outcome:
        key = f"{check} @{rows}"
        if key not in self.known:
            self.known[key] = outcome(lambda: spark([made], rows))
        return copy.deepcopy(self.known[key])


def _names(asked: Iterable[str]) -> set[str]:
    return {construct for construct in asked if construct.startswith("name ")}


def _write_failed(held: Outcome) -> bool:
    return any(row[0] == b"error" and row[1] != b"" for row in held.rows or () if len(row) == 2)


def _absent(text: str) -> bool:
    """Whether the expression uses a function this client does not have."""
    import re

    from pyspark.sql import functions as F

    absent = "hasattr" not in text and any(not hasattr(F, name) for name in re.findall(r"F\.(\w+)", text))
    if absent:
        print("no such function:", text)
    return absent


def _rows(frame: Any, rows: int | tuple[int, ...] | None) -> Any:
    if isinstance(rows, tuple):
        return frame.filter(frame.id.isin(*rows))
    return frame if rows is None else frame.filter(frame.id == rows)


def _window_rows(frame: Any, row: int | None) -> Any:
    return frame if row is None else frame.filter(frame.id <= row)


MODES: dict[str, Callable[..., Any]] = {
    "select": lambda frame, made, row=None: _rows(frame, row).select("id", *made),
    "parse": lambda frame, made, row=None: _rows(frame, row).select("id", *made),
    "filter": lambda frame, made, row=None: _rows(frame, row).filter(made[0]).select("id", "s"),
    "group": lambda frame, made, row=None: _rows(frame, row).groupBy("g").agg(*made),
    "total": lambda frame, made, row=None: _rows(frame, row).agg(*made),
    "window": lambda frame, made, row=None: _window_rows(frame, row).select("id", *made),
}


# Checks in which only Spark says of something that it is never NULL, by what the router's README calls them.
UNSAID = {
    "`element_at` of an array made on the spot": r"F\.element_at\(F\.array\(",
    "dates and timestamps written as literals in SQL": r"\b(?:date|timestamp) ?'\d",
}
NULLS = (("select", [*tables.SCALARS, *tables.matrix()]), ("total", tables.AGGREGATES), ("window", tables.WINDOWS))


def blame(
    results: list[Result], held: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[dict[str, list[str]], list[str]]:
    """Constructs whose every check agrees. Where a failing check holds only constructs that other checks support,
    the least supported of them goes: one check that disagrees is enough to be taken off the list.
    `held` are entries of a list that these results add to."""
    support: dict[str, list[str]] = defaultdict(list)
    for construct, entry in (held or {}).items():
        support[construct] += entry["checks"]
    for result in results:
        if not result.failure:
            for construct in result.constructs:
                support[construct].append(result.check)
    proven = dict(support)
    failing = [result for result in results if result.failure]
    log: list[str] = []
    # Surest blame first: the fewer supported constructs a failing check has, the clearer it is which one is wrong.
    while True:
        open_ = [result for result in failing if result.constructs and result.constructs <= proven.keys()]
        if not open_:
            return proven, log
        for result in open_:
            if not result.constructs <= proven.keys():
                continue
            least = min(len(support[construct]) for construct in result.constructs)
            for construct in [c for c in result.constructs if len(support[c]) == least]:
                proven.pop(construct, None)
                log.append(f"{construct}: {result.check}: {result.failure[:160]}")


KINDS = tuple(dict.fromkeys(name.split(":")[0] for name in programs.PROGRAMS))


def _of_kind(proof: Proof, folder: Path, kind: str) -> None:
    proof.programs(folder, lambda name: name.split(":")[0] == kind)


def prove(proof: Proof, folder: Path, only: str = "") -> None:
    """Run all checks."""
    plan: list[tuple[str, Callable[[], None]]] = [
        ("select", lambda: proof.expressions("select", tables.SCALARS)),
        ("parse", lambda: proof.expressions("parse", tables.PARSES)),
        ("matrix", lambda: proof.expressions("select", tables.matrix())),
        ("group", lambda: proof.expressions("group", tables.AGGREGATES)),
        ("total", lambda: proof.expressions("total", tables.AGGREGATES)),
        ("window", lambda: proof.expressions("window", tables.WINDOWS)),
        ("nulls", lambda: proof.every_null()),
        *((kind, partial(_of_kind, proof, folder, kind)) for kind in KINDS),
    ]
    for name, run in plan:
        if only and name not in only.split(","):
            continue
        start = time.monotonic()
        run()
        print(f"{name}: {len(proof.results)} checks, {time.monotonic() - start:.1f} s", flush=True)


def write(proof: Proof, path: Path, *, add: bool = False) -> None:
    held = json.loads((path if path.exists() else PATH).read_text())
    kept = held["entries"] if add else {}
    proven, log = blame(proof.results, kept)
    results = {name: entry.get("result") for name, entry in kept.items()} | proof.recorder.results
    nulls = {name: entry.get("nulls") for name, entry in kept.items()} | proof.recorder.known_nulls
    loud = {construct for result in proof.results if result.loud for construct in result.constructs}
    loud |= {name for name, entry in kept.items() if entry.get("loud")}
    entries = {
        construct: {
            **({"result": results[construct]} if results.get(construct) else {}),
            **({"nulls": nulls[construct]} if nulls.get(construct) else {}),
            **({"loud": True} if construct in loud else {}),
            "checks": list(dict.fromkeys(checks))[:2],
        }
        for construct, checks in sorted(proven.items())
    }
    held["entries"] = entries
    path.write_text(json.dumps(held, indent=0, ensure_ascii=False) + "\n")
    failed = [result for result in proof.results if result.failure]
    ran = len(proof.results) + len(proof.agreed_errors)
    print(f"{ran} checks, {len(failed)} disagree, {len(proof.refused)} refused, {len(entries)} entries")
    print(f"{len(proof.unsaid)} checks in which only Spark says of something that it is never NULL")
    report = Path(tempfile.gettempdir()) / f"proof-{os.getpid()}.txt"
    with report.open("w") as out:
        for line in sorted(log):
            print("OFF ", line, file=out)
        for result in failed:
            print("FAIL", result.check, "|", result.failure[:1000].replace("\n", " "), file=out)
        for check, spark, sail in proof.agreed_errors:
            print("ERRORS", check, "|", spark[:120].replace("\n", " "), "|", sail[:120].replace("\n", " "), file=out)
        for check, unsaid in proof.unsaid:
            print("NULLS", check, "|", unsaid, file=out)
        for check, why in proof.refused:
            print("REFUSED", check, "|", why[:200].replace("\n", " "), file=out)
    print("report:", report, Counter(why.split(":")[-1] for _, why in proof.refused).most_common(3))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--spark", help="address of a running Spark Connect server")
    parser.add_argument("--only", default="")
    parser.add_argument("--match", type=re.compile, default=re.compile(""), help="only checks in which this is found")
    parser.add_argument("--out", type=Path, default=PATH)
    parser.add_argument("--add", action="store_true", help="keep what the list holds: for a run of --only some kinds")
    parser.add_argument("--check", action="store_true", help="fail if the committed list is not what is proven")
    parser.add_argument("--cache", type=Path, help="keep Spark's outcomes here between runs")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="proof-"))
    server, sail = start_sail()
    process = None
    address = given.spark
    if not address:
        process, address = start_spark(folder)
    try:
        proof = Proof(Engines(sail, address, server), match=given.match)
        if given.cache and given.cache.exists():
            held = pickle.loads(given.cache.read_bytes())
            proof.known, proof.recorder.results, proof.recorder.known_nulls = held
        try:
            prove(proof, folder, given.only)
        finally:
            if given.cache:
                held = (proof.known, proof.recorder.results, proof.recorder.known_nulls)
                given.cache.write_bytes(pickle.dumps(held))
        before = given.out.read_text() if given.out.exists() else ""
        write(proof, given.out, add=given.add)
        if wrong := [held.check for held in proof.results if held.failure and held.check.startswith("setting:")]:
            sys.exit(f"wrong answers: {wrong}")
        if given.check and given.out.read_text() != before:
            sys.exit("the proven list is not what the suite proves: commit what this run wrote")
    finally:
        if process:
            process.kill()


if __name__ == "__main__":
    main()
