"""Values as Spark prints them into CSV and JSON files."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mastic.engines.router import pb, scope, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites import arithmetic
from mastic.engines.router.scope import Column

_TIME = "yyyy-MM-dd'T'HH:mm:ss.SSS"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How Spark is asked to write CSV. What it prints by rules of its own is `delicate` and left to it."""

    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    trims_left: bool = True  # white space before a value is left out
    trims_right: bool = True

    @classmethod
    def of(cls, options: dict[str, str]) -> Dialect:
        """The dialect of a writer's options, which are taken out of them; raises Unproven for odd ones."""
        separator = options.get("sep", options.get("delimiter", ","))
        quote, escape = options.pop("quote", '"'), options.pop("escape", "\\")
        left, right = (_flag(options.pop(f"ignore{side}whitespace", "true")) for side in ("leading", "trailing"))
        if len(separator) != 1 or len(quote) > 1 or len(escape) != 1 or separator in (quote, escape):
            raise Unproven("write csv with an odd separator, quote or escape")
        return cls(separator, quote, escape, left, right)

    @property
    def delicate(self) -> str:
        """A pattern of the texts that Sail may print in another way than Spark."""
        special = "\r\x00"
        if self.quote != '"':
            special += f'{self.quote}{self.escape}{self.separator}"\n'
        elif self.escape != '"':
            special += f'{self.escape}"\n'
        patterns = ["[" + "".join(f"\\x{ord(char):02x}" for char in special) + "]"]
        patterns += [r"^[\x00-\x20]"] if self.trims_left else []
        patterns += [r"[\x00-\x20]$"] if self.trims_right else []
        return "|".join(patterns)

    def check_names(self, names: list[str]) -> None:
        """Raise Unproven when the header is delicate."""
        if any(re.search(self.delicate, name) for name in names):
            raise Unproven("write csv with a header of delicate names")


def _flag(value: str) -> bool:
    return value.lower() == "true"


def printed(kind: str, column: Column, dialect: Dialect) -> Message | None:
    """The column to write instead, under the same name; None to write it as it is."""
    value = pb.attribute(scope.quote(column.name))
    made = _printed(kind, column, value, dialect)
    return None if made is None else pb.alias(made, column.name)


def _nested(type_: types.Type) -> bool:
    """Whether a nested value holds something whose print is guarded only at the top."""
    return type_.kind in ("double", "float", "timestamp", "map") or any(_nested(child) for _, child in type_.children)


def _printed(kind: str, column: Column, value: Message, dialect: Dialect) -> Message | None:
    if column.type.children and _nested(column.type):
        raise Unproven(f"write {kind} {column.type.signature()}")
    if column.type == types.TIMESTAMP:
        return pb.function("concat", pb.function("date_format", value, pb.string(_TIME)), pb.string("Z"))
    if column.type == types.DOUBLE:
        if kind == "csv":
            return arithmetic.double_text(value)
        return pb.function("when", arithmetic.prints_plainly(value), value, _refused("a double", types.DOUBLE))
    if column.type == types.STRING and kind == "csv":
        delicate = pb.function("coalesce", pb.function("rlike", value, pb.string(dialect.delicate)), _false())
        return pb.function("when", delicate, _refused("delicate text", types.STRING), value)
    return None


def _false() -> Message:
    made = pb.Expression()
    made.literal.boolean = False
    return made


def _refused(what: str, type_: types.Type) -> Message:
    return pb.cast(pb.function("raise_error", pb.string(f"write of {what}")), types.to_proto(type_))
