"""Random programs of proven constructs on both engines: `python tests/engines/differential/fuzz.py --minutes 10`.

A program is made from its number, so that a number names it for good; only what the router gives to Sail is compared.
Each disagreement is made as small as it gets and printed as a program for the suite."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

import fuzz_plans
import fuzz_trees
import nasty
from harness import Engines, Outcome, close, outcome, start_sail, start_spark

from mastic.engines.router.proven import committed

Node = list[Any]
UNSAID = ("when true", "WHEN true", "F.lit(True)", "date '", "timestamp '", "BD", "element_at(", "D('", "fromisoformat")
TAGS = frozenset(
    [
        "call",
        "cast",
        "case",
        "field",
        "at",
        "struct",
        "lambda",
        "col",
        "lit",
        "agg",
        "over",
        "udf",
        "scalar",
        "nested",
        "joined",
        "view",
        "query",
        "exists",
    ]
) | {"sub in"}


def table(chance: random.Random | None, rows: int, *, sure: bool = False) -> Any:
    """The columns of `nasty`, `as` as `as_`; with chance, their values put together anew."""
    import pyarrow as pa

    held = nasty.arrow().rename_columns([n if n != "as" else "as_" for n in nasty.COLUMNS])
    columns, fields = [], []
    for given in held.schema:
        values = held[given.name].to_pylist()
        if chance is not None and given.name != "id":
            values = [chance.choice([*values, None]) for _ in range(rows)]
        if sure:
            values = [v for v in values if v is not None] * 2
        columns.append(pa.array((values if given.name != "id" else list(range(rows)))[:rows], given.type))
        fields.append(pa.field(given.name, given.type, nullable=not (sure and pa.types.is_primitive(given.type))))
    return pa.table(columns, schema=pa.schema(fields))


def tables(chance: random.Random) -> dict[str, Any]:
    some = {"n": table(None, nasty.ROWS), "r1": table(chance, 30), "r2": table(chance, 12), "o": table(chance, 1)}
    return some | {"e": table(chance, 0), "sure": table(None, 10, sure=True)}


class Functions:
    """Python functions."""

    def __init__(self) -> None:
        from pyspark.sql import functions as F

        self.same_int = F.udf(lambda v: v, "int")
        self.same_string = F.udf(lambda v: v, "string")


@dataclass
class Side:
    """One engine with the tables."""

    spark: Any
    folder: Path
    scope: dict[str, Any] = field(default_factory=dict)
    written: int = 0

    def __post_init__(self) -> None:
        self.scope = {**fuzz_trees.scope(), "spark": self.spark, "saved": self._saved, "U": Functions()}

    def load(self, held: dict[str, Any], parquet: Path) -> dict[str, Any]:
        from pyspark.sql.pandas.types import from_arrow_schema

        frames = {
            name: self.spark.createDataFrame(made if made.num_rows else [], from_arrow_schema(made.schema))
            for name, made in held.items()
        }
        frames["p"] = self.spark.read.parquet(str(parquet))
        for name, frame in frames.items():
            frame.createOrReplaceTempView(name)
        self.scope |= frames
        return frames

    def _saved(self, frame: Any, kind: str, by: list[str], mode: str) -> Any:
        """Written and read back."""
        self.written += 1
        path = str(self.folder / f"w{self.written}")
        for _ in range(2 if mode == "append" else 1):
            writer = frame.write.format(kind).mode(mode)
            (writer.partitionBy(*by) if by else writer).save(path)
        reader = self.spark.read.format(kind)
        return (reader if kind == "parquet" else reader.schema(frame.schema)).load(path)

    def run(self, text: str) -> Outcome:
        try:
            return outcome(lambda: eval(text, self.scope))
        except OverflowError as error:  # a date that Python does not have
            return Outcome(error=f"OverflowError: {error}")


class Fuzz:
    """Runs programs and counts."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.engines = engines
        self.folder = folder
        session, _ = engines.recording(committed())
        folding = "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation"
        engines.spark.conf.set("spark.sql.optimizer.excludedRules", folding)  # which raises for rows not asked for
        self.sail, self.spark = Side(session, folder / "sail"), Side(engines.spark, folder / "spark")
        self.plans: fuzz_plans.Plans | None = None
        self.data = -1

    def load(self, data: int) -> None:
        """The tables of that number."""
        import pyarrow.parquet as pq

        chance = random.Random(data)
        held = tables(chance)
        path = self.folder / f"p{data}.parquet"
        pq.write_table(table(chance, 25), path)
        self.spark.load(held, path)
        frames = self.sail.load(held, path)
        self.plans = fuzz_plans.Plans(chance, frames, self.sail.scope)
        self.data = data

    def program(self, number: int) -> Node:
        if self.data != number // 200:
            self.load(number // 200)
        assert self.plans is not None
        self.plans.chance = random.Random(number)
        return self.plans.program()

    def calls(self) -> int:
        return 3 * len(self.entries())

    def entries(self) -> list[Any]:
        return [entry for held in fuzz_trees.listed()[0].values() for entry in held]

    def call(self, number: int) -> Node:
        """One call of a proven function, of columns and literals."""
        if self.data < 0:
            self.load(0)
        assert self.plans is not None
        source = self.plans.output(["program", "n", ["many"]])
        assert source is not None
        trees = fuzz_trees.Trees(random.Random(number), source)
        entries = self.entries()
        node = trees.call(entries[number % len(entries)], 1)
        kept = [] if trees.type_of(node) is None else [["shown", node, "x", False]]
        name = trees.chance.choice(["n", "n", "r1", "sure", "p"])
        return ["program", name, ["many", ["select", ["many", ["shown", ["col", "id"], None, False], *kept]]]]

    def difference(self, program: Node) -> str:
        """Why the engines differ; empty when they agree or the program is not Sail's."""
        try:
            text = fuzz_plans.text(program)
        except (ValueError, TypeError):
            return ""
        got = self.sail.run(text)
        if "other types" in got.error:
            self.counts["other types"] += 1
            return ""
        if "[UNPROVEN]" in got.error or "Unproven" in got.error:
            self.counts["unproven"] += 1
            return ""
        if got.error:
            self.counts["refused aloud"] += 1  # Spark would be asked
            return ""
        want = self.spark.run(text)
        self.counts["compared"] += 1
        self.counts["no rows"] += got.rows == []
        if want.error and "AnalysisException" not in want.error and not _flat(program):
            self.counts["raised by Spark only, of rows that may not matter"] += 1
            return ""
        if "min(" in text or "max(" in text:  # of 0.0 and -0.0 Spark takes the one it met first
            want.rows, got.rows = _zeros(want.rows), _zeros(got.rows)
        failure = want.differs(got, tolerance=1e-9)
        if failure:
            return _brief(failure, want, got)
        if (unsaid := want.unsaid(got)) and not any(said in text for said in UNSAID):
            return f"only Spark says never NULL is {unsaid}"
        return _order_differs(program, want, got)

    def smaller(self, program: Node, failure: str) -> tuple[Node, str]:
        """The smallest program found that fails alike."""
        kind = _kind(failure)
        deadline = time.monotonic() + 90
        again = True
        while again and time.monotonic() < deadline:
            again = False
            for candidate in shrunk(program):
                if time.monotonic() > deadline:
                    break
                found = self.difference(candidate)
                if found and _kind(found) == kind:
                    program, failure, again = candidate, found, True
                    break
        return program, failure


def _flat(program: Node) -> bool:
    """Whether every value the program computes is one it gives: then an error on Spark is one of its answer."""
    return isinstance(program[1], str) and len(program[2]) == 2 and program[2][1][0] in ("select", "with", "group")


def _brief(failure: str, want: Outcome, got: Outcome) -> str:
    """Of rows that differ only the columns that do."""
    failure = failure.split("\n")[0]
    if not failure.startswith("row ") or want.rows is None or got.rows is None or want.schema is None:
        return failure
    pairs = zip(sorted(want.rows, key=repr), sorted(got.rows, key=repr), strict=True)
    a, b = next((a, b) for a, b in pairs if not close(a, b, 1e-9))
    places = [n for n in range(len(a)) if not close((a[n],), (b[n],), 1e-9)]
    return "row " + "; ".join(f"{want.schema[n][0]} {a[n]!r} against {b[n]!r}" for n in places[:4])


def _kind(failure: str) -> str:
    return failure.split(" ")[0]


def _order_differs(program: Node, want: Outcome, got: Outcome) -> str:
    """Where the program ends in a sort, of columns by their names, the values in those must come in one order."""
    last = program[2][-1] if len(program[2]) > 1 else None
    if not last or last[0] != "sort" or want.schema is None:
        return ""
    names = [name for name, _ in want.schema]
    places = [names.index(name) for _, name, _ in last[1][1:]]
    left, right = ([[_zero(row[place]) for place in places] for row in held.rows or []] for held in (want, got))
    return "" if repr(left) == repr(right) or _all_close(left, right) else f"order {left[:8]} against {right[:8]}"


def _all_close(left: Any, right: Any) -> bool:
    return all(close(tuple(a), tuple(b), 1e-9) for a, b in zip(left, right, strict=True))


def _zeros(rows: list[tuple[Any, ...]] | None) -> list[tuple[Any, ...]] | None:
    return None if rows is None else [tuple(map(_zero, row)) for row in rows]


def _zero(value: Any) -> Any:
    return 0.0 if value == "-0.0" else value


# -- smaller programs


def shrunk(node: Any) -> Iterator[Any]:
    """The node with one part of it left out or replaced by a part of that."""
    if not isinstance(node, list):
        return
    if node[:1] == ["many"]:
        for place in range(len(node) - 1, 0, -1):
            yield [*node[:place], *node[place + 1 :]]
    if node and node[0] in TAGS:
        for part in _parts(node):
            yield part
    for place, part in enumerate(node):
        for made in shrunk(part):
            yield [*node[:place], made, *node[place + 1 :]]


def _parts(node: Node) -> Iterator[Node]:
    for part in node[1:]:
        if isinstance(part, list) and part:
            if part[0] in TAGS:
                yield part
            elif part[0] in ("many", "pair"):
                yield from _parts(part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spark", help="address of a running Spark Connect server")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first program")
    parser.add_argument("--calls", action="store_true", help="one call of each proven function, over and over")
    parser.add_argument("--whole", action="store_true", help="do not make failing programs smaller")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    server, sail = start_sail()
    process = None
    address = given.spark
    if not address:
        process, address = start_spark(folder)
    failures = 0
    try:
        fuzz = Fuzz(Engines(sail, address, server), folder)
        number, deadline = given.first, time.monotonic() + given.minutes * 60
        while time.monotonic() < deadline:
            program = fuzz.call(number) if given.calls else fuzz.program(number)
            failure = fuzz.difference(program)
            if failure:
                failures += 1
                print(f"\n#{number}: {failure[:600]}", flush=True)
                small, why = (program, failure) if given.whole else fuzz.smaller(program, failure)
                print(f"  {fuzz_plans.text(small)}\n  {why[:900]}", flush=True)
            elif given.calls and number >= fuzz.calls():
                break
            number += 1
            if number % 100 == 0:
                print(f"{number}: {dict(fuzz.counts)}", flush=True)
        print(f"to {number}: {dict(fuzz.counts)}, {failures} differ")
    finally:
        if process:
            process.kill()
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
