"""Programs of `fuzz_plans` as Python text."""

from __future__ import annotations

from fuzz_trees import Node, api, sql


def _shown(item: Node) -> str:
    """One column of a select, as calls or as text."""
    _, node, alias, as_text = item
    made = f"F.expr({sql(node)!r})" if as_text else api(node)
    return f"{made}.alias({alias!r})" if alias else made


def _items(items: list[Node]) -> str:
    return ", ".join(map(_shown, items))


def _orders(orders: list[Node]) -> str:
    return ", ".join(f"F.col({name!r}).{way.replace(' ', '_')}()" for _, name, way in orders)


def text(program: Node) -> str:
    """The program as one Python expression over `spark` and the tables."""
    _, base, (_, *steps) = program
    made = base if isinstance(base, str) else f"spark.sql({sql(base)!r})"
    for step in steps:
        made = chained(made, step)
    return made


def chained(made: str, step: Node) -> str:
    match step:
        case ["select", ["many", *items]]:
            return f"{made}.select({_items(items)})"
        case ["with", name, item]:
            return f"{made}.withColumn({name!r}, {_shown(item)})"
        case ["filter", item]:
            return f"{made}.filter({_shown(item)})"
        case ["group", kind, ["many", *keys], ["many", *items]]:
            return f"{made}.{kind}({_items(keys)}).agg({_items(items)})"
        case ["pivot", ["many", *keys], by, values, item]:
            return f"{made}.groupBy({_items(keys)}).pivot({by!r}, {values}).agg({_shown(item)})"
        case ["join", other, how, on]:
            shown = repr(on[1:]) if on[0] == "using" else _shown(on)
            return f"{made}.join({text(other)}, {shown}, {how!r})"
        case ["set", name, other]:
            return f"{made}.{name}({text(other)})"
        case ["sort", ["many", *orders]]:
            return f"{made}.orderBy({_orders(orders)})"
        case ["explode", kept, item]:
            return f"{made}.select({', '.join(map(repr, kept))}, {_shown(item)})"
        case ["call", code]:
            return f"{made}.{code}"
        case ["file", kind, ["many", *columns], by, mode]:
            return f"saved({made}.select({', '.join(map(repr, [*columns, *by]))}), {kind!r}, {by!r}, {mode!r})"
    raise ValueError(step)
