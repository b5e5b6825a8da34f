"""SQL text before it is parsed: string literals leave it, so that only Spark's own reading of them counts."""

from __future__ import annotations

import re
from typing import Any

from mastic.engines.router.pb import Unproven

# A comment, a backtick name, or a string literal (raw, single or double quoted).
_PIECE = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<name>`(?:[^`]|``)*`)"
    r"|(?P<raw>(?<![\w`])[rR](?:'[^']*'|\"[^\"]*\"))"
    r"|(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\")",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([01][0-7]{2})|(.))", re.DOTALL)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_MARK = "__mastic_text_"


def without_literals(text: str) -> tuple[str, dict[str, str]]:
    """The text with a placeholder for every string literal that needs care, and what each of them means to Spark."""
    values: dict[str, str] = {}
    if _MARK in text:
        raise Unproven("sql text with a reserved word")

    def piece(found: re.Match[str]) -> str:
        if found["comment"] or found["name"]:
            return found[0]
        if found["raw"]:
            value = found["raw"][2:-1]
        else:
            quote, body = found["text"][0], found["text"][1:-1]
            value = unescaped(body.replace(quote * 2, "\\" + quote))  # a doubled quote is one quote
            if value == body and not re.search(r"[\\!|,]", value):
                return found[0]
        mark = f"{_MARK}{len(values)}_"
        values[mark] = value
        return f"'{mark}'"

    return _PIECE.sub(piece, text), values


def unescaped(body: str) -> str:
    """The value of a string literal's body (Spark's unescapeSQLString)."""

    def one(found: re.Match[str]) -> str:
        short, wide, octal, other = found.groups()
        if short or wide:
            return chr(int(short or wide, 16))
        if octal:
            return chr(int(octal, 8))
        return _ESCAPED.get(other, other)

    return _ESCAPE.sub(one, body)


def restored(parsed: Any, values: dict[str, str]) -> Any:
    """The parsed statement with the literals back in it; raises Unproven where one became something else."""
    from sqlglot import exp

    if not values:
        return parsed
    for node in parsed.walk():
        if isinstance(node, exp.Literal) and node.this in values:
            node.set("this", values[node.this])
        elif isinstance(node, (exp.Identifier, exp.Var)) and _MARK in node.name:
            raise Unproven("sql text as a name")
    return parsed


def without_comments(text: str) -> str:
    """The text with a space for every comment."""
    return _PIECE.sub(lambda found: " " if found["comment"] else found[0], text)


_QUERY = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with|values|from|table)\b", re.IGNORECASE | re.DOTALL)


def is_query(text: str) -> bool:
    """Whether the statement only reads."""
    return _QUERY.match(text) is not None
