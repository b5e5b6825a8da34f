"""Random expressions out of what the proven list holds, as a DataFrame's calls and as SQL text.

A node is a list whose first item says what it is; `api` and `sql` print it, `Trees` makes one of a wanted type, and
asks the router of each whether it is proven."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import Any

from mastic.engines.router import functions, pb, types
from mastic.engines.router.expressions import Expressions
from mastic.engines.router.pb import Unproven
from mastic.engines.router.proven import committed
from mastic.engines.router.relations import Analysis
from mastic.engines.router.scope import Column, Output
from mastic.engines.router.types import Type

Node = list[Any]
INFIX = {
    "+", "-", "*", "/", "%", "==", "<", "<=", ">", ">=", "<=>", "and", "or", "&", "|", "^", "div",
}  # fmt: skip
# No one answer: of the clock, of chance, of the order of rows, of where a tie falls.
UNSURE = frozenset(
    [
        "rand",
        "uuid",
        "now",
        "current_timestamp",
        "current_date",
        "current_user",
        "current_database",
        "current_timezone",
        "version",
        "monotonically_increasing_id",
        "spark_partition_id",
        "first",
        "last",
        "any_value",
        "first_value",
        "last_value",
        "collect_list",
        "collect_set",
        "listagg",
        "string_agg",
        "mode",
        "max_by",
        "min_by",
        "approx_count_distinct",
        "percentile_approx",
        "histogram_numeric",
        "window",
        "from_json",
        "raise_error",
        "product",
        "typeof",
    ]
)
PLAIN = {
    "plain regex": ["[a-z]+", "b", "\\\\d+", "[A-Z]", "(a|b)c", "[^a-zA-Z0-9]", "\\\\s", ",", "^a", "[,;]"],
    "plain replacement": ["", "X", "_", "<>", "é"],
    "plain path": ["$.a", "$.b", "$.a.c"],
    "plain format": ["yyyy-MM-dd", "yyyyMMdd", "HH:mm:ss", "dd/MM/yyyy", "yyyy", "MM"],
}
LITERALS: dict[str, list[str]] = {
    "int": ["0", "1", "-1", "2", "3", "7", "10", "2147483647", "-2147483648", "100"],
    "bigint": ["3000000000", "9223372036854775807", "-9223372036854775807", "2147483648"],
    "double": ["0.0", "1.5", "-2.5", "0.1", "1e20", "1e-7", "100.0", "-0.0"],
    "string": ["", "a", "abc", " ", "é", "1", "-3", "2024-01-31", "A b", "%", "a_", "x,y", "'", "2024-02-29 10:20:30"],
    "boolean": ["true", "false"],
    "date": ["2024-01-31", "2000-02-29", "1969-12-31", "0001-01-01", "1582-10-20", "9999-12-31"],
    "timestamp": ["2024-01-31 10:20:30", "1969-12-31 23:59:59", "1970-01-01 00:00:00", "2000-02-29 00:00:00"],
    "decimal": ["1.50", "0.00", "-3.25", "99999999.99", "0.001", "123456789012345678.9", "0.5"],
}


# -- printing


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _literal(kind: str, value: str, *, text: bool) -> str:
    if kind == "string":
        return _text(value) if text else f"F.lit({value!r})"
    if kind == "void":
        return "null" if text else "F.lit(None)"
    if kind in ("date", "timestamp"):
        made = f"dt.date.fromisoformat({value!r})" if kind == "date" else f"dt.datetime.fromisoformat({value!r})"
        return f"{kind} '{value}'" if text else f"F.lit({made})"
    if kind == "boolean":
        return value if text else f"F.lit({value.title()})"
    if kind == "decimal":
        return f"{value}BD" if text else f"F.lit(D({value!r}))"
    if kind == "double":
        return f"{value}D" if text else f"F.lit({value})"
    return f"{value}L" if text and kind == "bigint" else value if text else f"F.lit({value})"


def api(node: Node) -> str:
    """The node as calls of `pyspark.sql.functions`."""
    match node:
        case ["col", name]:
            return f"F.col({name!r})"
        case ["var", name]:
            return str(name)
        case ["lit", kind, value]:
            return _literal(kind, value, text=False)
        case ["cast", of, to, trying]:
            return f"{api(of)}.{'try_cast' if trying else 'cast'}({to!r})"
        case ["case", ["many", *pairs], *other]:
            whens = ".".join(f"when({api(c)}, {api(v)})" for _, c, v in pairs)
            return f"F.{whens}" + (f".otherwise({api(other[0])})" if other else "")
        case ["field", of, name]:
            return f"{api(of)}.getField({name!r})"
        case ["at", of, key]:
            return f"{api(of)}[{api(key)}]"
        case ["struct", ["many", *fields]]:
            return f"F.struct({', '.join(f'{api(v)}.alias({n!r})' for _, n, v in fields)})"
        case ["lambda", name, of, variable, body, *rest]:
            first = [api(rest[0])] if name == "aggregate" else []
            return f"F.{name}({', '.join([api(of), *first, f'lambda {variable}: {api(body)}'])})"
        case ["call", "not", of]:
            return f"(~{api(of)})"
        case ["call", "isnull" | "isnotnull" as name, of]:
            return f"{api(of)}.{'isNull' if name == 'isnull' else 'isNotNull'}()"
        case ["call", "in", of, *held]:
            return f"{api(of)}.isin({', '.join(map(api, held))})"
        case ["call", "<=>", a, b]:
            return f"{api(a)}.eqNullSafe({api(b)})"
        case ["call", name, a, b] if name in INFIX and name != "div":
            return f"({api(a)} { ({'and': '&', 'or': '|'}.get(name, name)) } {api(b)})"
        case ["call", "~", of]:
            return f"F.bitwise_not({api(of)})"
        case ["udf", name, of]:
            return f"U.{name}({api(of)})"
        case ["agg", *_] | ["over", *_] | ["call", "div", *_]:
            return f"F.expr({sql(node)!r})"
        case ["call", name, *given]:
            return f"F.call_function({', '.join([repr(name), *map(api, given)])})"
    raise ValueError(node)


def sql(node: Node) -> str:
    """The node as SQL text."""
    match node:
        case ["col", name]:
            return str(name)
        case ["var", name]:
            return str(name)
        case ["lit", kind, value]:
            return _literal(kind, value, text=True)
        case ["cast", of, to, trying]:
            return f"{'try_cast' if trying else 'cast'}({sql(of)} as {to})"
        case ["case", ["many", *pairs], *other]:
            whens = " ".join(f"when {sql(c)} then {sql(v)}" for _, c, v in pairs)
            return f"case {whens}{f' else {sql(other[0])}' if other else ''} end"
        case ["field", of, name]:
            return f"{sql(of)}.{name}"
        case ["at", of, key]:
            return f"{sql(of)}[{sql(key)}]"
        case ["struct", ["many", *fields]]:
            return f"named_struct({', '.join(f'{_text(n)}, {sql(v)}' for _, n, v in fields)})"
        case ["lambda", name, of, variable, body, *rest]:
            names = ", ".join(variable.split(", "))
            shown = f"({names})" if "," in names else names
            return f"{name}({', '.join([sql(of), *([sql(rest[0])] if rest else []), f'{shown} -> {sql(body)}'])})"
        case ["call", "not", of]:
            return f"(not {sql(of)})"
        case ["call", "isnull" | "isnotnull" as name, of]:
            return f"({sql(of)} is {'' if name == 'isnull' else 'not '}null)"
        case ["call", "in", of, *held]:
            return f"({sql(of)} in ({', '.join(map(sql, held))}))"
        case ["call", "like" | "rlike" | "ilike" as name, a, b]:
            return f"({sql(a)} {name} {sql(b)})"
        case ["call", name, a, b] if name in INFIX:
            return f"({sql(a)} {name} {sql(b)})"
        case ["call", name, *given]:
            return f"{name}({', '.join(map(sql, given))})"
        case ["agg", name, distinct, ["many", *kept], *given]:
            shown = f"{name}({'distinct ' if distinct else ''}{', '.join(map(sql, given)) or '*'})"
            return shown + (f" filter (where {sql(kept[0])})" if kept else "")
        case ["over", call, ["many", *by], ["many", *orders], frame]:
            return f"{sql(call)} over ({over(by, orders, frame)})"
        case ["sub in", of, negated, query]:
            return f"({sql(of)} {negated}in ({sql(query)}))"
        case ["exists", negated, query]:
            return f"({negated}exists ({sql(query)}))"
        case ["scalar", query]:
            return f"({sql(query)})"
        case ["view", name]:
            return str(name)
        case ["nested", query, alias]:
            return f"({sql(query)}) {alias}"
        case ["joined", left, kind, right, ["many", *on]]:
            shown = f" on {' and '.join(map(sql, on))}" if on else ""
            return f"{sql(left)} {kind} join {sql(right)}{shown}"
        case ["query", given, ["many", *where], ["many", *keys], ["many", *items], ["many", *having], distinct, order]:
            parts = [f"select {distinct}{', '.join(map(sql, items)) or '1 as one'} from {sql(given)}"]
            parts += [f"where {' and '.join(map(sql, where))}"] if where else []
            parts += [f"group by {', '.join(map(sql, keys))}"] if keys else []
            parts += [f"having {' and '.join(map(sql, having))}"] if having else []
            return " ".join([*parts, order] if order else parts)
        case ["item", of, alias]:
            return f"{sql(of)} as {alias}" if alias else sql(of)
    raise ValueError(node)


def over(by: list[Node], orders: list[Node], frame: str) -> str:
    parts = [f"partition by {', '.join(map(sql, by))}"] if by else []
    parts += [f"order by {', '.join(f'{sql(o)} {way}' for _, o, way in orders)}"] if orders else []
    return " ".join([*parts, *([frame] if frame else [])])


# -- the proven functions, by what they give


def _arguments(text: str) -> list[str]:
    """`string,'a,b',array<int>` in its parts."""
    found, depth, quote, start = [], 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "," and depth == 0:
            found.append(text[start:at])
            start = at + 1
        depth += (letter == "<") - (letter == ">") if not quote else 0
    return [*found, text[start:]] if text else []


_KINDS = {
    "decimal": "decimal(10,2)", "array": "array<int>", "map": "map<string,int>", "struct": "struct<p:int,q:string>",
    "struct<int,string>": "struct<p:int,q:string>", "array<struct<int,string>>": "array<struct<u:int,v:string>>",
}  # fmt: skip


def _sample() -> Output:
    held = ["int", "bigint", "double", "string", "boolean", "date", "timestamp", "binary", "float", "smallint"]
    held += ["tinyint", "array<int>", "array<string>", "map<string,int>", "array<date>", "array<double>", "void"]
    held += [*list(_KINDS.values()), "array<bigint>", "array<decimal(10,2)>", "array<timestamp>", "array<boolean>"]
    return Output(tuple(Column(f"c{i}", types.parse(text)) for i, text in enumerate(dict.fromkeys(held))))


def _sure(construct: str, found: re.Match[str]) -> bool:
    """Whether calls of it have one answer, and are made here."""
    if found[1] and found[2] in UNSURE:
        return "collect" not in found[2]
    if found[2] in ("when", "in") and "void" in construct:
        return False
    return found[2] not in UNSURE and found[2] not in ("parse_url", "hypot") and "lambda" not in construct


Entry = tuple[str, tuple[str, ...], bool]


@lru_cache(maxsize=1)
def listed() -> tuple[dict[str, list[Entry]], dict[str, list[Entry]], dict[str, list[str]], list[Entry]]:
    """Functions and aggregates by the signature of what they give, casts by their target, window functions."""
    plain: dict[str, list[Entry]] = {}
    aggregates: dict[str, list[Entry]] = {}
    casts: dict[str, list[str]] = {}
    windows: list[Entry] = []
    sample = _sample()
    maker = Trees(random.Random(0), sample)
    for construct in committed().entries:
        cast = re.fullmatch(r"cast (\S+) -> (\S+)( try)?", construct)
        if cast and not cast[3]:
            casts.setdefault(cast[2], []).append(cast[1])
        found = re.fullmatch(r"fn (over |over sliding )?([^( ]+)\((distinct )?(.*)\)", construct)
        if not found or not _sure(construct, found):
            continue
        entry = (found[2], tuple(_arguments(found[4])), bool(found[3]))
        if found[1]:
            windows.append(entry)
            continue
        type_ = maker.type_of(maker.call(entry, 0))
        if type_ is not None:
            held = aggregates if found[2] in functions.AGGREGATES else plain
            held.setdefault(type_.signature(), []).append(entry)
    return plain, aggregates, casts, windows


class Trees:
    """Expressions over one input."""

    def __init__(self, chance: random.Random, source: Output) -> None:
        self.chance = chance
        self.source = source
        self.by: dict[str, list[Node]] = {}
        for column in source.columns:
            self._offer(["col", column.name], column.type)
        self.variables: list[tuple[str, Type]] = []

    def _offer(self, node: Node, type_: Type) -> None:
        self.by.setdefault(type_.signature(), []).append(node)
        if type_.children:
            self.by.setdefault(type_.kind, []).append(node)

    def type_of(self, node: Node | None) -> Type | None:
        """What the router says the node gives; None where it would not be Sail's."""
        if node is None:
            return None
        try:
            made = proto_of(node)
            return Expressions(Analysis(committed()), self.source).type_of(pb.copied(made))
        except (Unproven, ValueError, TypeError, SyntaxError, AttributeError, IndexError, KeyError):
            return None

    def any(self, depth: int) -> tuple[Node, Type] | None:
        """A proven expression of any type."""
        plain = listed()[0]
        for _ in range(6):
            wanted = self.chance.choice(
                [*plain, *(held for held in self.by if held in plain), "boolean", "string", "int"]
            )
            node = self.of(wanted, depth)
            type_ = self.type_of(node)
            if node is not None and type_ is not None:
                return node, type_
        return None

    def boolean(self, depth: int) -> Node | None:
        for _ in range(8):
            node = self.of("boolean", depth)
            if node is not None and self.type_of(node) == types.BOOLEAN:
                return node
        return None

    def of(self, wanted: str, depth: int) -> Node | None:
        """An expression that should have the wanted signature."""
        if depth <= 0 or self.chance.random() < 0.15:
            return self.leaf(wanted)
        casts = listed()[2]
        ways = [self._function] * 6 + [self._case] * 2 + [self._part]
        ways += [self._cast] if wanted in casts else []
        ways += [self._in, self._in] if wanted == "boolean" else []
        ways += [self._lambda] if wanted in ("array<int>", "array<string>", "boolean") else []
        for _ in range(4):
            node = self.chance.choice(ways)(wanted, depth)
            if node is not None:
                return node
        return self.leaf(wanted)

    def leaf(self, wanted: str) -> Node | None:
        held = self.by.get(wanted, [])
        if held and (self.chance.random() < 0.8 or wanted not in LITERALS):
            return self.chance.choice(held)
        if wanted in LITERALS:
            return ["lit", wanted, self.chance.choice(LITERALS[wanted])]
        if wanted == "void":
            return ["lit", "void", ""]
        if wanted in _KINDS or wanted in ("binary", "float", "smallint", "tinyint"):
            return ["cast", ["lit", "int", "1"], wanted, False] if wanted in ("float", "smallint", "tinyint") else None
        return None

    def _function(self, wanted: str, depth: int) -> Node | None:
        held = listed()[0].get(wanted)
        if not held:
            return None
        names = sorted({name for name, _, _ in held})
        name = self.chance.choice(names)  # so that operators over many types do not crowd out the others
        return self.call(self.chance.choice([entry for entry in held if entry[0] == name]), depth)

    def call(self, entry: Entry, depth: int) -> Node | None:
        name, shown, _ = entry
        if shown and shown[-1] == "..":
            kinds = shown[:-1]
            shown = (*kinds, *(self.chance.choice(kinds) for _ in range(self.chance.choice([1, 1, 2]))))
        if name == "when":
            kinds = shown[1:]
            pairs = [["pair", ["col", "b"], self.argument(kinds[0], depth - 1)]]
            return None if depth <= 0 else ["case", ["many", *pairs]]
        given = [self.argument(kind, depth - 1) for kind in shown]
        if any(argument is None for argument in given):
            return None
        return ["call", name, *given]

    def argument(self, kind: str, depth: int) -> Node | None:
        if kind in ("positive", "negative", "zero"):
            value = {"positive": self.chance.choice([1, 2, 3, 5]), "negative": self.chance.choice([-1, -2]), "zero": 0}
            return ["lit", "int", str(value[kind])]
        if kind in PLAIN:
            return ["lit", "string", self.chance.choice(PLAIN[kind]).replace("\\\\", "\\")]
        if kind[:1] in "'\"":
            return ["lit", "string", str(eval(kind))]
        if kind in ("True", "False"):
            return ["lit", "boolean", kind.lower()]
        if re.fullmatch(r"-?[0-9]+", kind):
            return ["lit", "int", kind]
        if re.fullmatch(r"-?[0-9.]+", kind):
            return ["lit", "double", kind]
        return self.of(kind, depth)

    def _case(self, wanted: str, depth: int) -> Node | None:
        pairs = []
        for _ in range(self.chance.choice([1, 1, 2])):
            condition, value = self.of("boolean", depth - 1), self.of(wanted, depth - 1)
            if condition is None or value is None:
                return None
            pairs.append(["pair", condition, value])
        other = self.of(wanted, depth - 1) if self.chance.random() < 0.7 else None
        return ["case", ["many", *pairs], *([other] if other is not None else [])]

    def _cast(self, wanted: str, depth: int) -> Node | None:
        source = self.of(self.chance.choice(listed()[2].get(wanted) or [wanted]), depth - 1)
        to = wanted
        if wanted == "decimal":
            to = self.chance.choice(
                ["decimal(10,2)", "decimal(38,10)", "decimal(5,0)", "decimal(20,5)", "decimal(38,18)"]
            )
        if source is None or ("<" in wanted and "struct" in wanted):
            return None
        return ["cast", source, to, self.chance.random() < 0.4]

    def _in(self, _: str, depth: int) -> Node | None:
        kind = self.chance.choice(["int", "string", "bigint", "double", "date", "decimal"])
        of = self.of(kind, depth - 1)
        other = "int" if kind in ("bigint", "decimal") else kind
        held = [self.of(other, depth - 2) for _ in range(self.chance.choice([1, 2, 3]))]
        if self.chance.random() < 0.3 and len(held) == 2:
            return (
                None
                if None in (of, *held)
                else ["call", "and", ["call", ">=", of, held[0]], ["call", "<=", of, held[1]]]
            )
        if self.chance.random() < 0.15 and kind == "string":
            held.append(["lit", "void", ""])
        return None if of is None or None in held else ["call", "in", of, *held]

    def _part(self, wanted: str, depth: int) -> Node | None:
        """A field of a struct, an element of an array, the value of a map."""
        way = self.chance.random()
        if wanted in ("int", "string") and way < 0.5:
            struct = self.of("struct<int,string>", depth - 1)
            type_ = self.type_of(struct)
            fitting = (
                [n for n, t in type_.children if t.signature() == wanted] if type_ and type_.kind == "struct" else []
            )
            return ["field", struct, self.chance.choice(fitting)] if fitting else None
        if wanted == "struct<int,string>":
            p, q = self.of("int", depth - 1), self.of("string", depth - 1)
            return None if None in (p, q) else ["struct", ["many", ["pair", "p", p], ["pair", "q", q]]]
        if wanted in ("int", "string") and way < 0.8:
            array = self.of(f"array<{wanted}>", depth - 1)
            return None if array is None else ["at", array, ["lit", "int", self.chance.choice("012")]]
        if wanted == "int":
            held, key = self.of("map<string,int>", depth - 1), self.of("string", 0)
            return None if None in (held, key) else ["at", held, key]
        return None

    def _lambda(self, wanted: str, depth: int) -> Node | None:
        of = self.of(wanted if wanted != "boolean" else "array<int>", depth - 1)
        if of is None:
            return None
        element = "string" if wanted == "array<string>" else "int"
        name = "exists" if wanted == "boolean" else self.chance.choice(["transform", "filter"])
        if name == "exists" and self.chance.random() < 0.5:
            name = "forall"
        variable = f"v{depth}"
        self.by.setdefault(element, []).extend([["var", variable]] * 3)
        body = self.of("boolean" if name != "transform" else element, depth - 1)
        self.by[element] = [held for held in self.by[element] if held != ["var", variable]]
        return None if body is None else ["lambda", name, of, variable, body]


_client: list[Any] = []


def scope() -> dict[str, Any]:
    import datetime as dt
    from decimal import Decimal

    from pyspark.sql import Window
    from pyspark.sql import functions as F

    return {"F": F, "W": Window, "dt": dt, "D": Decimal}


def proto_of(node: Node) -> Any:
    from pyspark.sql.connect.client import SparkConnectClient  # noqa: F401

    return eval(api(node), scope())._expr.to_plan(_client[0] if _client else None)


def substituted(node: Any, by: dict[str, Node]) -> Any:
    """The tree with columns replaced by other trees."""
    if not isinstance(node, list):
        return node
    if node[:1] == ["col"]:
        return by.get(node[1], node)
    return [substituted(held, by) for held in node]
