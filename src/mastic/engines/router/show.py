"""`df.show()`: the rows come from Sail, the table is drawn here exactly as Spark draws it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from mastic.engines.java_text import java_double, java_float
from mastic.engines.router import pb
from mastic.engines.router.pb import Message
from mastic.engines.router.types import Type

_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]"
)


def rows_request(request: Message) -> Message:
    """The request for the rows a show needs: one more than it prints."""
    made = pb.copied(request)
    held = request.plan.root.show_string
    made.plan.root.Clear()
    made.plan.root.limit.input.CopyFrom(held.input)
    made.plan.root.limit.limit = held.num_rows + 1
    return made


def draw(table: Any, types: list[Type], held: Message) -> str:
    """Spark's Dataset.showString."""
    rows = [
        [cell(value, type_) for value, type_ in zip(row, types, strict=True)]
        for row in zip(
            *(_values(column, type_) for column, type_ in zip(table.columns, types, strict=True)), strict=True
        )
    ]
    more = len(rows) > held.num_rows
    rows = rows[: held.num_rows]
    cells = [[_cut(_escaped(text), held.truncate) for text in row] for row in [list(table.column_names), *rows]]
    body = _vertical(cells) if held.vertical else _grid(cells, held.truncate)
    if held.vertical and not rows:
        return "(0 rows)\n"
    if not more:
        return body
    return body + f"only showing top {held.num_rows} row{'' if held.num_rows == 1 else 's'}"


def _values(column: Any, type_: Type) -> list[Any]:
    if type_.kind in ("timestamp", "timestamp_ntz"):
        import pyarrow as pa

        return list(column.cast(pa.int64()).to_pylist())
    return list(column.to_pylist())


def _escaped(text: str) -> str:
    for plain, shown in (
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
        ("\f", "\\f"),
        ("\b", "\\b"),
        ("\v", "\\v"),
        ("\a", "\\a"),
    ):
        text = text.replace(plain, shown)
    return text


def _cut(text: str, truncate: int) -> str:
    units = len(text.encode("utf-16-le")) // 2
    if truncate <= 0 or units <= truncate:
        return text
    kept = truncate if truncate < 4 else truncate - 3
    cut = text.encode("utf-16-le")[: kept * 2].decode("utf-16-le", errors="replace")
    return cut if truncate < 4 else cut + "..."


def _width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2 + len(_WIDE.findall(text))


def _grid(cells: list[list[str]], truncate: int) -> str:
    widths = [max(3, *(_width(row[i]) for row in cells)) for i in range(len(cells[0]))]
    line = "+" + "+".join("-" * width for width in widths) + "+\n"

    def shown(row: list[str]) -> str:
        padded = []
        for text, width in zip(row, widths, strict=True):
            space = " " * (width - _width(text))
            padded.append(space + text if truncate > 0 else text + space)
        return "|" + "|".join(padded) + "|\n"

    return line + shown(cells[0]) + line + "".join(map(shown, cells[1:])) + line


def _vertical(cells: list[list[str]]) -> str:
    names, rows = cells[0], cells[1:]
    name_width = max([3, *map(_width, names)])
    value_width = max([3, *(_width(text) for row in rows for text in row)])
    out = []
    for index, row in enumerate(rows):
        head = f"-RECORD {index}"
        out.append(head.ljust(name_width + value_width + 5, "-") + "\n")
        for name, text in zip(names, row, strict=True):
            out.append(
                " "
                + name
                + " " * (name_width - _width(name))
                + " | "
                + text
                + " " * (value_width - _width(text))
                + " \n"
            )
    return "".join(out)


def cell(value: Any, type_: Type) -> str:
    """One value as Spark shows it (ToPrettyString)."""
    if value is None:
        return "NULL"
    kind = type_.kind
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("double", "float"):
        return java_double(value) if kind == "double" else java_float(value)
    if kind == "decimal":
        return format(value, "f")
    if kind == "timestamp":
        return _time(value)
    if kind == "binary":
        return "[" + " ".join(f"{byte:02X}" for byte in value) + "]"
    if kind == "array":
        return "[" + ", ".join(cell(held, type_.element) for held in value) + "]"
    if kind == "map":
        key, element = type_.children[0][1], type_.element
        return "{" + ", ".join(f"{cell(k, key)} -> {cell(v, element)}" for k, v in value) + "}"
    if kind == "struct":
        return "{" + ", ".join(cell(value[name], child) for name, child in type_.children) + "}"
    return str(value)


def _time(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    text = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d} {moment:%H:%M:%S}"
    return text + (f".{fraction:06d}".rstrip("0") if fraction else "")
