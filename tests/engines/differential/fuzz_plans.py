"""Random programs: chains of DataFrame methods and SQL queries, over the expressions of `fuzz_trees`."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import fuzz_trees
from fuzz_text import chained, text
from fuzz_trees import Node, Trees, listed, sql, substituted

from mastic.engines.router import pb, types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.proven import committed
from mastic.engines.router.relations import Analysis, View
from mastic.engines.router.scope import Column, Output

REFUSED = (Unproven, ValueError, TypeError, SyntaxError, AttributeError, IndexError, KeyError)
WAYS = ["asc", "desc", "asc nulls last", "desc nulls first"]
FRAMES = ["", "", "", "rows between unbounded preceding and current row", "rows between 1 preceding and 1 following"]
FRAMES += [
    "rows between unbounded preceding and unbounded following",
    "range between unbounded preceding and current row",
]
SORTED = frozenset(
    [
        "int",
        "bigint",
        "smallint",
        "tinyint",
        "string",
        "boolean",
        "date",
        "timestamp",
        "decimal",
        "double",
        "float",
        "binary",
    ]
)
KEYS = SORTED - {"binary"}
JOINS = ["inner", "left", "right", "full", "left_semi", "left_anti"]
SQL_JOINS = {"left_semi": "left semi", "left_anti": "left anti"}


# -- making


class Plans:
    """Programs over tables, each of which is proven as far as can be told without running it."""

    def __init__(self, chance: random.Random, tables: dict[str, Any], scope: dict[str, Any]) -> None:
        self.chance = chance
        self.tables = tables
        self.scope = {**scope, **tables}
        self.views: dict[str, View] = {}
        for name in tables:
            made = self.output(["program", name, ["many"]])
            assert made is not None, name
            self.views[name] = View(made.columns)

    def output(self, program: Node) -> Output | None:
        """What the program gives; None where it is not Sail's."""
        try:
            if not isinstance(program[1], str):
                relation = pb.Relation()
                relation.sql.query = sql(program[1])
                if len(program[2]) > 1:
                    return None
            else:
                frame = eval(text(program), self.scope)
                relation = pb.copied(frame._plan.to_proto(frame._session.client).root)
            return Analysis(committed(), views=self.views).relation(relation)
        except REFUSED:
            return None

    def program(self) -> Node:
        if self.chance.random() < 0.4:
            return ["program", self.query(2), ["many"]]
        made: Node = ["program", self.chance.choice(list(self.tables)), ["many"]]
        for _ in range(self.chance.choice([1, 2, 2, 3, 3, 4])):
            made = self.longer(made) or made
        if self.chance.random() < 0.4:
            made = self._ending(made) or made
        return made

    def longer(self, program: Node, tries: int = 6) -> Node | None:
        source = self.output(program)
        if source is None:
            return None
        steps: list[Callable[[Output], Node | None]] = [
            self._select, self._select, self._with, self._with, self._filter, self._filter, self._group, self._group,
            self._join, self._set, self._limit, self._window, self._explode, self._small, self._small, self._pivot,
        ]  # fmt: skip
        for _ in range(tries):
            step = self.chance.choice(steps)(source)
            if step is None:
                continue
            made = ["program", program[1], ["many", *program[2][1:], step]]
            if self.output(made) is not None:
                return made
        return None

    def _item(self, node: Node, alias: str | None) -> Node:
        return ["shown", node, alias, self.chance.random() < 0.4]

    def _select(self, source: Output) -> Node | None:
        trees = Trees(self.chance, source)
        items = []
        for number in range(self.chance.choice([1, 2, 3, 4])):
            found = trees.any(self.chance.choice([1, 2, 3]))
            if found is None:
                continue
            node = found[0]
            if self.chance.random() < 0.04 and found[1].kind in ("int", "string"):
                node = ["udf", f"same_{found[1].kind}", node]
            items.append(self._item(node, None if self.chance.random() < 0.15 else f"e{number}"))
        kept = self.chance.sample(source.columns, min(len(source.columns), self.chance.choice([1, 2, 4])))
        items += [["shown", ["col", column.name], None, False] for column in kept]
        if any(column.name == "id" for column in source.columns) and all(column.name != "id" for column in kept):
            items.append(["shown", ["col", "id"], None, False])
        return ["select", ["many", *items]]

    def _with(self, source: Output) -> Node | None:
        found = Trees(self.chance, source).any(self.chance.choice([1, 2, 3]))
        if found is None:
            return None
        taken = [column.name for column in source.columns if column.name != "id"]
        name = (
            self.chance.choice([*taken, "w1", "w2"]) if self.chance.random() < 0.4 else f"w{self.chance.randint(1, 9)}"
        )
        return ["with", name, self._item(found[0], None)]

    def _filter(self, source: Output) -> Node | None:
        node = Trees(self.chance, source).boolean(self.chance.choice([1, 2, 3]))
        return None if node is None else ["filter", self._item(node, None)]

    def _aggregates(self, source: Output, number: int, prefix: str = "a") -> list[tuple[Node, Column]]:
        """Aggregate calls, each with the column it would be."""
        held = listed()[1]
        trees = Trees(self.chance, source)
        made = []
        for place in range(number):
            kind = self.chance.choice(list(held))
            names = sorted({name for name, _, _ in held[kind]})
            name = self.chance.choice(names)
            entry = self.chance.choice([entry for entry in held[kind] if entry[0] == name])
            call = trees.call(entry, self.chance.choice([1, 2, 2, 3]))
            type_ = trees.type_of(call)
            if call is None or type_ is None:
                continue
            kept = trees.boolean(1) if self.chance.random() < 0.15 and not entry[2] else None
            node = ["agg", call[1], entry[2], ["many", *([kept] if kept else [])], *call[2:]]
            made.append((node, Column(f"{prefix}{place}", type_)))
        return made

    def _keys(self, source: Output, most: int) -> list[tuple[Node, Column]]:
        trees = Trees(self.chance, source)
        keys = []
        for place in range(self.chance.randint(1, most)):
            kind = self.chance.choice(
                [column.type.kind for column in source.columns if column.type.kind in KEYS] or ["int"]
            )
            node = trees.of(kind, self.chance.choice([0, 0, 0, 1, 2]))
            type_ = trees.type_of(node)
            if node is not None and type_ is not None and type_.kind in KEYS and node[0] != "lit":
                keys.append((node, Column(node[1] if node[0] == "col" else f"k{place}", type_)))
        return list({column.name: (node, column) for node, column in keys}.values())

    def _over(self, made: list[tuple[Node, Column]], number: int) -> list[Node]:
        """Expressions over what aggregates or windows give."""
        trees = Trees(self.chance, Output(tuple(column for _, column in made)))
        by = {column.name: node for node, column in made}
        found = [trees.any(self.chance.choice([0, 1, 1, 2])) for _ in range(number)]
        return [substituted(held[0], by) for held in found if held]

    def _group(self, source: Output) -> Node | None:
        kind = self.chance.choice(["groupBy"] * 6 + ["rollup", "cube"])
        keys = self._keys(source, 2) if self.chance.random() < 0.85 else []
        made = self._aggregates(source, self.chance.choice([1, 2, 3]))
        if not made or (not keys and kind != "groupBy"):
            return None
        nodes = [node for node, _ in made] + (self._over(made, 1) if self.chance.random() < 0.5 else [])
        items = [self._item(node, f"g{n}" if self.chance.random() < 0.9 else None) for n, node in enumerate(nodes)]
        shown = [self._item(node, None if node[0] == "col" else column.name) for node, column in keys]
        return ["group", kind, ["many", *shown], ["many", *items]]

    def _pivot(self, source: Output) -> Node | None:
        keys = self._keys(source, 1)
        made = self._aggregates(source, 1)
        by = {"b": "[True, False]", "b2": "[False]", "g": "['a', 'b']", "i2": "[1, 3, 7]"}
        names = [column.name for column in source.columns if column.name in by]
        if not keys or not made or not names:
            return None
        name = self.chance.choice(names)
        shown = [self._item(node, None if node[0] == "col" else column.name) for node, column in keys]
        return ["pivot", ["many", *shown], name, by[name], self._item(made[0][0], None)]

    def _join(self, source: Output) -> Node | None:
        base: Node = ["program", self.chance.choice(list(self.tables)), ["many"]]
        if self.chance.random() < 0.5:
            base = self.longer(base) or base
        other = self.output(base)
        if other is None:
            return None
        how = self.chance.choice(JOINS)
        both = sorted({c.name for c in source.columns if c.type.kind in KEYS} & {c.name for c in other.columns})
        if both and self.chance.random() < 0.4:
            names = self.chance.sample(both, min(len(both), self.chance.choice([1, 1, 2])))
            kept = [c.name for c in other.columns if c.name not in {s.name for s in source.columns}][:3]
            chosen = ["select", ["many", *(["shown", ["col", n], None, False] for n in [*names, *kept])]]
            return ["join", ["program", base[1], ["many", *base[2][1:], chosen]], how, ["using", *names]]
        renamed = [f"r{n}" for n in range(len(other.columns))]
        if {c.name for c in source.columns} & set(renamed):
            return None
        base = ["program", base[1], ["many", *base[2][1:], ["call", f"toDF(*{renamed!r})"]]]
        right = tuple(Column(name, c.type) for name, c in zip(renamed, other.columns, strict=True))
        on = self._condition(source, Output(right))
        return None if on is None else ["join", base, how, self._item(on, None)]

    def _condition(self, left: Output, right: Output) -> Node | None:
        """An equality of sides, perhaps of expressions, perhaps with more."""
        kind = self.chance.choice(
            ["int", "string", "bigint", "double", "date", "decimal", "boolean", "timestamp", "int"]
        )
        other = self.chance.choice([kind, kind, "int", "bigint"] if kind in ("int", "bigint", "double") else [kind])
        depth = self.chance.choice([0, 0, 1, 2])
        a, b = Trees(self.chance, left).of(kind, depth), Trees(self.chance, right).of(other, depth)
        if a is None or b is None:
            return None
        made: Node = ["call", self.chance.choice(["==", "==", "==", "<=>", "<"]), a, b]
        if self.chance.random() < 0.4:
            more = Trees(self.chance, Output((*left.columns, *right.columns))).boolean(1)
            made = ["call", self.chance.choice(["and", "and", "or"]), made, more] if more else made
        return made

    def _set(self, source: Output) -> Node | None:
        """The rows of the same program's end, or of another with the same types."""
        base: Node = ["program", self.chance.choice(list(self.tables)), ["many"]]
        other = self.output(base)
        if other is None:
            return None
        trees = Trees(self.chance, other)
        nodes = [trees.of(column.type.signature(), self.chance.choice([0, 1, 2])) for column in source.columns]
        if any(node is None for node in nodes) or len(nodes) > 12:
            return None
        items = [self._item(node, c.name) for node, c in zip(nodes, source.columns, strict=True) if node]
        name = self.chance.choice(
            ["union", "union", "unionByName", "intersect", "subtract", "exceptAll", "intersectAll"]
        )
        return ["set", name, ["program", base[1], ["many", ["select", ["many", *items]]]]]

    def _limit(self, source: Output) -> Node | None:
        if any(column.type.kind not in SORTED for column in source.columns):
            return None
        orders = [["order", c.name, self.chance.choice(WAYS)] for c in source.columns]
        self.chance.shuffle(orders)
        return self._then(["sort", ["many", *orders]], f"limit({self.chance.choice([0, 1, 3, 7])})")

    @staticmethod
    def _then(step: Node, code: str) -> Node:
        return ["call", f"{chained('x', step)[2:]}.{code}"]

    def window(self, source: Output) -> tuple[Node, Column] | None:
        """A window call; `id` makes its order total."""
        trees = Trees(self.chance, source)
        if not any(column.name == "id" for column in source.columns):
            return None
        entry = self.chance.choice(listed()[3])
        call = trees.call(entry, self.chance.choice([1, 1, 2]))
        by = [node for node, _ in self._keys(source, 1)] if self.chance.random() < 0.7 else []
        by = [node for node in by if node != ["col", "id"]]
        orders = [["order", node, self.chance.choice(WAYS)] for node, _ in self._keys(source, 1)] if by else []
        orders = [order for order in orders if order[1] != ["col", "id"]]
        orders.append(["order", ["col", "id"], self.chance.choice(["asc", "desc"])])
        node: Node = ["over", call, ["many", *by], ["many", *orders], self.chance.choice(FRAMES)]
        type_ = trees.type_of(node) if call else None
        return (node, Column("o1", type_)) if type_ is not None else None

    def _window(self, source: Output) -> Node | None:
        for _ in range(5):
            found = self.window(source)
            if found is not None:
                node = found[0]
                if self.chance.random() < 0.3:
                    node = next(iter(self._over([found], 1)), node)
                return ["with", f"w{self.chance.randint(1, 9)}", self._item(node, None)]
        return None

    def _explode(self, source: Output) -> Node | None:
        kind = self.chance.choice(["array<int>", "array<string>", "map<string,int>", "array<struct<int,string>>"])
        node = Trees(self.chance, source).of(kind, self.chance.choice([0, 1, 2]))
        kept = [
            c.name
            for c in source.columns
            if c.type.kind in SORTED and c.name.lower() not in ("col", "pos", "key", "value")
        ]
        if node is None or not kept:
            return None
        name = self.chance.choice(["explode", "explode_outer", "posexplode", "posexplode_outer"])
        return ["explode", self.chance.sample(kept, min(3, len(kept))), ["shown", ["call", name, node], None, False]]

    def _small(self, source: Output) -> Node | None:
        names = [column.name for column in source.columns]
        one, two = self.chance.choice(names), self.chance.sample(names, min(len(names), 2))
        return ["call", self.chance.choice([
            "distinct()", f"dropDuplicates({names!r})", f"drop({one!r})", f"withColumnRenamed({one!r}, 'z1')",
            f"fillna({self.chance.choice(['0', '1.5', repr('x'), 'True', '-7'])})", f"fillna(0, {two!r})",
            f"dropna(subset={two!r})", f"dropna({self.chance.choice([repr('any'), repr('all')])}, subset={two!r})",
            "alias('q').select('q.*')", f"replace({self.chance.choice(['1, 2', repr('a') + ', ' + repr('zz')])})",
            f"selectExpr('*', '{one} as dup')", "repartition(3)", f"select({one.upper()!r}, *{names[:4]!r})",
        ])]  # fmt: skip

    def _ending(self, program: Node) -> Node | None:
        source = self.output(program)
        if source is None:
            return None
        held = [column for column in source.columns if column.type.kind in SORTED]
        if not held or len({c.name.lower() for c in source.columns}) != len(source.columns):
            return None
        if self.chance.random() < 0.3:
            step = self._saved(held)
        else:
            orders = [["order", c.name, self.chance.choice(WAYS)] for c in held]
            self.chance.shuffle(orders)
            step = ["sort", ["many", *orders]]
        return ["program", program[1], ["many", *program[2][1:], step]]

    def _saved(self, held: list[Column]) -> Node:
        kind = self.chance.choice(["parquet", "parquet", "csv", "json"])
        fitting = [c.name for c in held if c.type.kind in KEYS or kind == "parquet"]
        by = [c.name for c in held if c.type.kind in ("int", "string", "date", "boolean", "double", "bigint")]
        chosen = self.chance.sample(by, min(len(by), self.chance.choice([0, 1, 1, 2])))
        columns = [name for name in fitting if name not in chosen][:6]
        if not columns:
            chosen, columns = [], fitting
        return ["file", kind, ["many", *columns], chosen, self.chance.choice(["overwrite", "append", "error"])]

    # -- SQL

    def query(self, depth: int) -> Node:
        """A proven query."""
        for _ in range(40):
            made = self._query(depth)
            if made is not None and self.output(["program", made, ["many"]]) is not None:
                return made
        return ["query", ["view", "n"], ["many"], ["many"], ["many", ["item", ["col", "id"], ""]], ["many"], "", ""]

    def _from(self, depth: int) -> tuple[Node, Output] | None:
        given: Node = ["view", self.chance.choice(list(self.tables))]
        if depth > 0 and self.chance.random() < 0.35:
            given = ["nested", self.query(depth - 1), f"q{depth}"]
        source = self._columns(given)
        if source is None or self.chance.random() < 0.65:
            return None if source is None else (given, source)
        right = self._columns(["view", name := self.chance.choice(list(self.tables))])
        if right is None:
            return None
        kept = self.chance.sample(right.columns, 6)
        items = [["item", ["col", c.name], f"j{depth}{n}"] for n, c in enumerate(kept)]
        other = [
            "nested",
            ["query", ["view", name], ["many"], ["many"], ["many", *items], ["many"], "", ""],
            f"p{depth}",
        ]
        on = self._condition(source, Output(tuple(Column(f"j{depth}{n}", c.type) for n, c in enumerate(kept))))
        how = self.chance.choice(JOINS)
        joined: Node = ["joined", given, SQL_JOINS.get(how, how), other, ["many", *([on] if on else [])]]
        both = self._columns(joined)
        return None if both is None else (joined, both)

    def _columns(self, given: Node) -> Output | None:
        star: Node = ["query", given, ["many"], ["many"], ["many", ["col", "*"]], ["many"], "", ""]
        return self.output(["program", star, ["many"]])

    def _query(self, depth: int) -> Node | None:
        found = self._from(depth)
        if found is None:
            return None
        given, source = found
        trees = Trees(self.chance, source)
        where = [trees.boolean(self.chance.choice([1, 2]))] if self.chance.random() < 0.5 else []
        if depth > 1 and self.chance.random() < 0.35:
            where.append(self._subquery(trees, source))
        kept: list[Node] = ["many", *(held for held in where if held is not None)]
        if self.chance.random() < 0.45:
            return self._grouped(given, source, kept)
        items = []
        for number in range(self.chance.choice([1, 2, 3, 4])):
            made = trees.any(self.chance.choice([0, 1, 2, 3]))
            alias = f"e{depth}{number}" if self.chance.random() < 0.85 or depth < 2 else ""
            if made:
                items.append(["item", made[0], alias])
        if self.chance.random() < 0.3 and (over := self.window(source)):
            items.append(["item", over[0], f"o{depth}"])
        items.append(["item", ["col", self.chance.choice(source.columns).name], f"c{depth}"])
        if any(c.name == "id" for c in source.columns):
            items.append(["item", ["col", "id"], ""])
        return [
            "query",
            given,
            kept,
            ["many"],
            ["many", *items],
            ["many"],
            self.chance.choice(["", "", "", "distinct "]),
            "",
        ]

    def _grouped(self, given: Node, source: Output, where: Node) -> Node | None:
        keys = self._keys(source, 2) if self.chance.random() < 0.8 else []
        made = self._aggregates(source, self.chance.choice([1, 2, 3]))
        if not made:
            return None
        nodes = [*(node for node, _ in made), *self._over([*made, *keys], self.chance.choice([0, 1, 2]))]
        having = []
        if self.chance.random() < 0.4:
            condition = Trees(self.chance, Output(tuple(column for _, column in [*made, *keys]))).boolean(1)
            having = [substituted(condition, {c.name: n for n, c in [*made, *keys]})] if condition else []
        items = [["item", node, f"g{n}"] for n, node in enumerate([*nodes, *(node for node, _ in keys)])]
        return [
            "query",
            given,
            where,
            ["many", *(node for node, _ in keys)],
            ["many", *items],
            ["many", *having],
            "",
            "",
        ]

    def _subquery(self, trees: Trees, source: Output) -> Node | None:
        name = self.chance.choice(list(self.tables))
        inner = self._columns(["view", name])
        kind = self.chance.choice(["int", "string", "bigint", "date"])
        of = trees.of(kind, self.chance.choice([0, 1]))
        if inner is None or of is None:
            return None
        within = Trees(self.chance, Output(tuple(Column(f"s.{c.name}", c.type) for c in inner.columns)))
        value = within.of(kind, self.chance.choice([0, 1]))
        where = [within.boolean(1)] if self.chance.random() < 0.5 else []
        negated = self.chance.choice(["", "", "not "])
        if value is None or None in where:
            return None
        given = ["view", f"{name} s"]
        plain: Node = ["query", given, ["many", *where], ["many"], ["many", ["item", value, ""]], ["many"], "", ""]
        match self.chance.choice(["in", "in", "exists", "scalar"]):
            case "in":
                return ["sub in", of, negated, plain]
            case "exists":
                same: Node = ["call", "==", of, value]
                one: Node = ["item", ["lit", "int", "1"], ""]
                return [
                    "exists",
                    negated,
                    ["query", given, ["many", same, *where], ["many"], ["many", one], ["many"], "", ""],
                ]
        most: Node = ["item", ["agg", "max", False, ["many"], value], ""]
        scalar: Node = ["scalar", ["query", given, ["many", *where], ["many"], ["many", most], ["many"], "", ""]]
        return ["call", self.chance.choice(["==", "<", ">="]), of, scalar]


__all__ = ["Plans", "fuzz_trees", "text", "types"]
