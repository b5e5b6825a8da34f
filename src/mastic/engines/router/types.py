"""Spark's data types as small immutable values, from protobuf, JSON, DDL and Arrow, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mastic.engines.router.pb import DataType, Message, Unproven


@dataclass(frozen=True, slots=True)
class Type:
    """One Spark type; `children` are a struct's fields, an array's `element`, a map's `key` and `value`."""

    kind: str
    children: tuple[tuple[str, Type], ...] = ()
    precision: int = 0
    scale: int = 0

    @property
    def element(self) -> Type:
        """An array's element type, or a map's value type."""
        return self.children[-1][1]

    def field(self, name: str) -> Type | None:
        """The type of a struct's field, by its name as written."""
        return next((child for field, child in self.children if field == name), None)

    def signature(self, *, shallow: bool = False) -> str:
        """The type as it stands in the proven list: no field names, decimals of any precision alike."""
        if not self.children:
            return self.kind
        if shallow:
            return self.kind
        return f"{self.kind}<{','.join(child.signature() for _, child in self.children)}>"

    def places(self) -> Iterator[str]:
        """What a file format must hold for this type: "struct", "bigint in struct" ..., whatever is nested in what."""
        yield self.kind
        for _, child in self.children:
            first, *deeper = child.places()
            yield f"{first} in {self.kind}"
            yield from deeper

    def ddl(self) -> str:
        """The type as Spark prints it in lower case (`simpleString`)."""
        if self.kind == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.kind == "struct":
            return f"struct<{','.join(f'{quoted(name)}:{child.ddl()}' for name, child in self.children)}>"
        if self.children:
            return f"{self.kind}<{','.join(t.ddl() for _, t in self.children)}>"
        return self.kind


def quoted(name: str) -> str:
    """A name in backticks, as in DDL, in Spark's messages and in MySQL."""
    return "`" + name.replace("`", "``") + "`"


def array_of(element: Type) -> Type:
    return Type("array", (("element", element),))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", (("key", key), ("value", value)))


def struct_of(*fields: tuple[str, Type]) -> Type:
    return Type("struct", fields)


def decimal(precision: int, scale: int) -> Type:
    return Type("decimal", (), precision, scale)


VOID, BOOLEAN, STRING, BINARY = Type("void"), Type("boolean"), Type("string"), Type("binary")
BYTE, SHORT, INT, BIGINT = Type("tinyint"), Type("smallint"), Type("int"), Type("bigint")
FLOAT, DOUBLE, DATE, TIMESTAMP, TIMESTAMP_NTZ = (
    Type("float"),
    Type("double"),
    Type("date"),
    Type("timestamp"),
    Type("timestamp_ntz"),
)
INTEGRAL = ("tinyint", "smallint", "int", "bigint")
FRACTIONAL = ("float", "double")
_INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}

# Field of the DataType message -> kind. What is missing here (char, variant, intervals ...) is unproven.
_FIELDS = {
    "null": VOID,
    "boolean": BOOLEAN,
    "string": STRING,
    "binary": BINARY,
    "byte": BYTE,
    "short": SHORT,
    "integer": INT,
    "long": BIGINT,
    "float": FLOAT,
    "double": DOUBLE,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
}
_FIELD_OF = {type_.kind: field for field, type_ in _FIELDS.items()}
_NAMES = {type_.kind: type_ for type_ in _FIELDS.values()} | {
    "byte": BYTE,
    "short": SHORT,
    "integer": INT,
    "long": BIGINT,
    "null": VOID,
    "real": FLOAT,
    "timestamp_ltz": TIMESTAMP,
    "dec": decimal(10, 0),
    "numeric": decimal(10, 0),
    "decimal": decimal(10, 0),
}


def from_proto(message: Message) -> Type:
    """The type of a DataType message; raises Unproven for types the router does not know."""
    kind = message.WhichOneof("kind")
    if kind in _FIELDS:
        if kind == "string" and message.string.collation not in ("", "UTF8_BINARY"):
            raise Unproven(f"type string collate {message.string.collation}")
        return _FIELDS[kind]
    if kind == "decimal":
        held = message.decimal
        return decimal(
            held.precision if held.HasField("precision") else 10, held.scale if held.HasField("scale") else 0
        )
    if kind == "array":
        return array_of(from_proto(message.array.element_type))
    if kind == "map":
        return map_of(from_proto(message.map.key_type), from_proto(message.map.value_type))
    if kind == "struct":
        return Type("struct", tuple((field.name, from_proto(field.data_type)) for field in message.struct.fields))
    if kind == "unparsed":
        return parse(message.unparsed.data_type_string)
    raise Unproven(f"type {kind}")


def to_proto(type_: Type) -> Message:
    """The DataType message of a type; everything nullable."""
    made = DataType()
    if type_.kind == "decimal":
        made.decimal.precision, made.decimal.scale = type_.precision, type_.scale
    elif type_.kind == "array":
        made.array.element_type.CopyFrom(to_proto(type_.element))
        made.array.contains_null = True
    elif type_.kind == "map":
        made.map.key_type.CopyFrom(to_proto(type_.children[0][1]))
        made.map.value_type.CopyFrom(to_proto(type_.element))
        made.map.value_contains_null = True
    elif type_.kind == "struct":
        made.struct.SetInParent()
        for name, child in type_.children:
            field = made.struct.fields.add(name=name, nullable=True)
            field.data_type.CopyFrom(to_proto(child))
    else:
        getattr(made, _FIELD_OF[type_.kind]).SetInParent()
    return made


def _from_json(held: Any) -> Type:
    if isinstance(held, str):
        return parse(held)
    kind = held.get("type")
    if kind == "struct":
        return Type("struct", tuple((field["name"], _from_json(field["type"])) for field in held["fields"]))
    if kind == "array":
        return array_of(_from_json(held["elementType"]))
    if kind == "map":
        return map_of(_from_json(held["keyType"]), _from_json(held["valueType"]))
    raise Unproven(f"type {kind}")


_TOKEN = re.compile(r"\s*(?:`((?:[^`]|``)+)`|(\w+)|([<>(),:]))")


class _Parser:
    """Recursive descent over a DDL type or column list."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens(text))
        self.at = 0

    def _tokens(self, text: str) -> Iterator[tuple[str, bool]]:
        text, position = text.rstrip(), 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise Unproven(f"schema text {self.text!r}")
            position = match.end()
            quoted, word, mark = match.groups()
            yield (quoted.replace("``", "`"), True) if quoted else (word or mark, False)

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        token = self.peek()
        if not token or (wanted is not None and token != wanted):
            raise Unproven(f"schema text {self.text!r}")
        self.at += 1
        return token

    def type(self) -> Type:
        word = self.take().lower()
        if word == "array":
            self.take("<")
            element = self.type()
            self.take(">")
            return array_of(element)
        if word == "map":
            self.take("<")
            key = self.type()
            self.take(",")
            value = self.type()
            self.take(">")
            return map_of(key, value)
        if word == "struct":
            self.take("<")
            fields = self.columns(">")
            self.take(">")
            return Type("struct", fields)
        if word in ("decimal", "dec", "numeric") and self.peek() == "(":
            self.take("(")
            precision, scale = int(self.take()), 0
            if self.peek() == ",":
                self.take(",")
                scale = int(self.take())
            self.take(")")
            return decimal(precision, scale)
        if word not in _NAMES:
            raise Unproven(f"type {word}")
        return _NAMES[word]

    def columns(self, end: str) -> tuple[tuple[str, Type], ...]:
        fields: list[tuple[str, Type]] = []
        while self.peek() != end:
            if fields:
                self.take(",")
            name = self.take()
            if self.peek() == ":":
                self.take(":")
            fields.append((name, self.type()))
            if self.peek().upper() == "NOT":
                self.take()
                self.take()
        return tuple(fields)


def parse(text: str) -> Type:
    """A type from DDL or JSON text: `int`, `struct<a:int>`, `a INT, b STRING` (a struct), `{"type": ...}`."""
    text = text.strip()
    if text.startswith(("{", '"')):
        return _from_json(json.loads(text))
    parser = _Parser(text)
    try:
        type_ = parser.type()
        if parser.at == len(parser.tokens):
            return type_
    except Unproven:
        pass
    parser = _Parser(text)
    fields = parser.columns("")
    return Type("struct", fields)


def from_arrow(arrow: Any) -> Type:
    """The Spark type of an Arrow type, as Spark Connect maps it."""
    import pyarrow.types as pat

    simple: tuple[tuple[Any, Type], ...] = (
        (pat.is_null, VOID),
        (pat.is_boolean, BOOLEAN),
        (pat.is_int8, BYTE),
        (pat.is_int16, SHORT),
        (pat.is_int32, INT),
        (pat.is_int64, BIGINT),
        (pat.is_float32, FLOAT),
        (pat.is_float64, DOUBLE),
        (pat.is_string, STRING),
        (pat.is_large_string, STRING),
        (pat.is_binary, BINARY),
        (pat.is_large_binary, BINARY),
        (pat.is_date32, DATE),
    )
    for test, type_ in simple:
        if test(arrow):
            return type_
    if pat.is_timestamp(arrow) and arrow.unit == "us":
        return TIMESTAMP if arrow.tz else TIMESTAMP_NTZ
    if pat.is_decimal128(arrow):
        return decimal(arrow.precision, arrow.scale)
    if pat.is_list(arrow):
        return array_of(from_arrow(arrow.value_type))
    if pat.is_map(arrow):
        return map_of(from_arrow(arrow.key_type), from_arrow(arrow.item_type))
    if pat.is_struct(arrow):
        return Type("struct", tuple((field.name, from_arrow(field.type)) for field in arrow))
    raise Unproven(f"arrow type {arrow}")


def to_arrow(type_: Type) -> Any:
    """Spark's Arrow type of a type, as its Python workers see it in a session at UTC."""
    import pyarrow as pa

    if type_.kind == "struct":
        return pa.struct([pa.field(name, to_arrow(child)) for name, child in type_.children])
    if type_.kind == "array":
        return pa.list_(pa.field("element", to_arrow(type_.element)))
    if type_.kind == "map":
        return pa.map_(to_arrow(type_.children[0][1]), to_arrow(type_.element))
    if type_.kind == "decimal":
        return pa.decimal128(type_.precision, type_.scale)
    simple = {
        "void": pa.null(), "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(),
        "bigint": pa.int64(), "float": pa.float32(), "double": pa.float64(), "string": pa.string(),
        "binary": pa.binary(), "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"),
        "timestamp_ntz": pa.timestamp("us"),
    }  # fmt: skip
    return simple[type_.kind]


def as_decimal(type_: Type) -> Type | None:
    """The decimal a numeric type is widened to in decimal arithmetic."""
    if type_.kind == "decimal":
        return type_
    digits = _INTEGER_DIGITS.get(type_.kind)
    return decimal(digits, 0) if digits else None


def wider(left: Type, right: Type) -> Type | None:
    """The type both sides widen to without loss where Spark's answer is beyond doubt; None elsewhere."""
    if left == right or right == VOID:
        return left
    if left == VOID:
        return right
    if left.kind in INTEGRAL and right.kind in INTEGRAL:
        return left if INTEGRAL.index(left.kind) > INTEGRAL.index(right.kind) else right
    if DOUBLE in (left, right) and {left.kind, right.kind} <= {*INTEGRAL, *FRACTIONAL, "decimal"}:
        return DOUBLE
    if left.kind == "decimal" or right.kind == "decimal":
        a, b = as_decimal(left), as_decimal(right)
        if a and b:
            scale = max(a.scale, b.scale)
            whole = max(a.precision - a.scale, b.precision - b.scale)
            return decimal(whole + scale, scale) if whole + scale <= 38 else None
    if left.kind == right.kind == "array":
        element = wider(left.element, right.element)
        return array_of(element) if element else None
    return None
