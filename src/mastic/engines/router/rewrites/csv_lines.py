"""CSV as Spark prints it: every row becomes one line of text, which Sail writes as it is.

Spark leaves quoting to univocity's CsvWriter: a text is quoted when it holds a separator, a quote or a line break, an
empty one is `""`, a null is nothing; white space around a text is trimmed unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mastic.engines.router import pb, scope, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites import arithmetic, text
from mastic.engines.router.scope import Column

_SPACE = "".join(map(chr, range(33)))  # what univocity trims
_IN_VALUES = set("+-.: ")  # what numbers and times hold beside letters and digits


@dataclass(frozen=True, slots=True)
class Dialect:
    """How Spark is asked to write CSV."""

    header: bool = False
    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    trims: bool = True  # white space around a text is left out

    @classmethod
    def of(cls, options: dict[str, str]) -> Dialect:
        """The dialect of a writer's options; raises Unproven for odd ones."""
        separator = options.get("sep", options.get("delimiter", ","))
        quote, escape = options.get("quote", '"'), options.get("escape", "\\")
        left, right = (_flag(options.get(f"ignore{side}whitespace", "true")) for side in ("leading", "trailing"))
        if any(len(char) != 1 or char.isalnum() or char in _IN_VALUES for char in (separator, quote, escape)):
            raise Unproven("write csv with an odd separator, quote or escape")
        if left != right:
            raise Unproven("write csv that trims one side")  # where nothing is left, univocity prints a part of a quote
        return cls(_flag(options.get("header", "false")), separator, quote, escape, left)

    def line(self, columns: Sequence[Column]) -> Message:
        """The line of a row."""
        cells = [self._cell(column, first=column is columns[0]) for column in columns]
        return pb.function("concat_ws", pb.string(self.separator), *cells)

    def _cell(self, column: Column, *, first: bool) -> Message:
        value = pb.attribute(scope.quote(column.name))
        if column.type != types.STRING:
            return pb.function("coalesce", _plain(column.type, value), pb.string(""))
        started = pb.function("ltrim", pb.string(_SPACE), value) if self.trims else value
        # A line break at the end has the text quoted, though it is trimmed.
        special = pb.function("rlike", started, pb.string(_any_of(f"{self.separator}{self.quote}\n\r\0")))
        if first:  # it would read as a comment
            special = pb.function("or", special, pb.function("startswith", value, pb.string("#")))
        trimmed = pb.function("rtrim", pb.string(_SPACE), started) if self.trims else started
        escaped = trimmed
        if self.escape != self.quote:
            escaped = pb.function("replace", escaped, pb.string(self.escape), pb.string(self.escape * 2))
        escaped = pb.function("replace", escaped, pb.string(self.quote), pb.string(self.escape + self.quote))
        return pb.function(
            "when",
            pb.function("isnull", value), pb.string(""),
            pb.function("not", special),
            pb.function("when", pb.function("==", trimmed, pb.string("")), pb.string('""'), trimmed),
            pb.function("rlike", started, pb.string(_any_of("\r\0"))), text.refused("delicate text", types.STRING),
            pb.function("concat", pb.string(self.quote), escaped, pb.string(self.quote)),
        )  # fmt: skip

    def names(self, columns: Sequence[Column]) -> bytes:
        """The header, with its line break."""
        if columns[0].name.startswith("#"):
            raise Unproven("write csv with a header of delicate names")
        return (self.separator.join(self._name(column.name) for column in columns) + "\n").encode()

    def _name(self, name: str) -> str:
        name = name.strip(_SPACE) if self.trims else name
        if any(char in name for char in f"{self.quote}{self.escape}\r\n\0") or not name:
            raise Unproven("write csv with a header of delicate names")
        return f"{self.quote}{name}{self.quote}" if self.separator in name else name


def _plain(type_: types.Type, value: Message) -> Message:
    """What is no text as text; none of it is ever quoted."""
    if type_ == types.TIMESTAMP:
        return text.timestamp(value)
    if type_ == types.FLOAT:
        raise Unproven("text of a float")
    if type_ == types.DOUBLE:
        return arithmetic.double_text(value)
    return pb.cast(value, types.to_proto(types.STRING))


def _any_of(chars: str) -> str:
    return "[" + "".join(f"\\x{ord(char):02x}" for char in chars) + "]"


def _flag(value: str) -> bool:
    return value.lower() == "true"
