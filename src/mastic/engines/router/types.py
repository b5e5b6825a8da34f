"""Spark's data types as small immutable values, from protobuf, JSON, DDL and Arrow, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mastic.engines.router.pb import DataType, Message, Unproven


@dataclass(frozen=True, slots=True)
class Type:
    """One Spark type; `children` are a struct's fields, an array's `element`, a map's `key` and `value`.

    Where it stands, as a column or inside another type, a value of it may be NULL or never is: `null`, which makes no
    other type of it."""

    kind: str
    children: tuple[tuple[str, Type], ...] = ()
    precision: int = 0
    scale: int = 0
    null: bool = field(default=True, compare=False)

    @property
    def element(self) -> Type:
        """An array's element type, or a map's value type."""
        return self.children[-1][1]

    @property
    def holds_null(self) -> bool:
        """Whether an array or a map of that type may hold a NULL."""
        return self.kind in ("array", "map") and self.element.null

    def nullable(self, null: bool = True) -> Type:
        """The same, NULL or never NULL where it stands."""
        return self if self.null == null else Type(self.kind, self.children, self.precision, self.scale, null)

    def nullable_throughout(self) -> Type:
        """The same as files hold it: anything in it may be NULL but the key of a map."""
        children = tuple(
            (name, child.nullable_throughout().nullable(not (self.kind == "map" and name == "key")))
            for name, child in self.children
        )
        return replace(self, children=children, null=True)

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

    def ddl(self, *, nulls: bool = False) -> str:
        """The type as Spark prints it in lower case (`simpleString`); with `nulls`, also what in it is never NULL."""
        if self.kind == "decimal":
            return f"decimal({self.precision},{self.scale})"
        held = []
        for name, child in self.children:
            shown = child.ddl(nulls=nulls)
            if nulls and not child.null and name != "key":
                shown += " not null"
            held.append(f"{quoted(name)}:{shown}" if self.kind == "struct" else shown)
        return f"{self.kind}<{','.join(held)}>" if held or self.kind == "struct" else self.kind


def quoted(name: str) -> str:
    """A name in backticks, as in DDL, in Spark's messages and in MySQL."""
    return "`" + name.replace("`", "``") + "`"


def array_of(element: Type) -> Type:
    return Type("array", (("element", element),))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", (("key", key.nullable(False)), ("value", value)))


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
        return array_of(from_proto(message.array.element_type).nullable(message.array.contains_null))
    if kind == "map":
        value = from_proto(message.map.value_type).nullable(message.map.value_contains_null)
        return map_of(from_proto(message.map.key_type), value)
    if kind == "struct":
        fields = message.struct.fields
        return struct_of(*((field.name, from_proto(field.data_type).nullable(field.nullable)) for field in fields))
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


def same(message: Message, type_: Type) -> bool:
    """Whether a DataType message is of that type, names and all; what may be NULL does not count."""
    try:
        return from_proto(message) == type_
    except Unproven:
        return False


def say_nulls(message: Message, type_: Type) -> None:
    """Have a DataType message of that very type say what may be NULL."""
    kind, children = message.WhichOneof("kind"), [child for _, child in type_.children]
    if kind == "array" and type_.kind == "array":
        message.array.contains_null = type_.element.null
        say_nulls(message.array.element_type, type_.element)
    elif kind == "map" and type_.kind == "map":
        message.map.value_contains_null = type_.element.null
        for held, child in zip((message.map.key_type, message.map.value_type), children, strict=True):
            say_nulls(held, child)
    elif kind == "struct" and len(message.struct.fields) == len(children):
        for held, child in zip(message.struct.fields, children, strict=True):
            held.nullable = child.null
            say_nulls(held.data_type, child)


def _from_json(held: Any) -> Type:
    if isinstance(held, str):
        return parse(held)
    kind = held.get("type")
    if kind == "struct":
        fields = held["fields"]
        return struct_of(*((field["name"], _from_json(field["type"]).nullable(field["nullable"])) for field in fields))
    if kind == "array":
        return array_of(_from_json(held["elementType"]).nullable(held["containsNull"]))
    if kind == "map":
        return map_of(_from_json(held["keyType"]), _from_json(held["valueType"]).nullable(held["valueContainsNull"]))
    raise Unproven(f"type {kind}")


_TOKEN = re.compile(r"\s*(?:`((?:[^`]|``)+)`|(\w+)|([<>(),:]))")


class _Parser:
    """Recursive descent over a DDL type or column list."""

    def __init__(self, text: str, *, own: bool = False) -> None:
        self.text, self.own = text, own
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
            element = self.inner()
            self.take(">")
            return array_of(element)
        if word == "map":
            self.take("<")
            key = self.type()
            self.take(",")
            value = self.inner()
            self.take(">")
            return map_of(key, value)
        if word == "struct":
            self.take("<")
            fields = self.columns(">")
            self.take(">")
            return struct_of(*fields)
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

    def placed(self) -> Type:
        """A type, and whether it is NOT NULL where it stands."""
        type_ = self.type()
        if self.peek().upper() != "NOT":
            return type_
        self.take()
        if self.take().upper() != "NULL":
            raise Unproven(f"schema text {self.text!r}")
        return type_.nullable(False)

    def inner(self) -> Type:
        """An array's element or a map's value, of which only our own texts say that it is NOT NULL."""
        return self.placed() if self.own else self.type()

    def columns(self, end: str) -> tuple[tuple[str, Type], ...]:
        fields: list[tuple[str, Type]] = []
        while self.peek() != end:
            if fields:
                self.take(",")
            name = self.take()
            if self.peek() == ":":
                self.take(":")
            fields.append((name, self.placed()))
        return tuple(fields)


def parse(text: str, *, own: bool = False) -> Type:
    """A type from DDL or JSON text: `int`, `struct<a:int>`, `a INT, b STRING` (a struct), `{"type": ...}`; `own` text
    may be `array<int not null>` too."""
    text = text.strip()
    if text.startswith(("{", '"')):
        return _from_json(json.loads(text))
    parser = _Parser(text, own=own)
    try:
        type_ = parser.type()
        if parser.at == len(parser.tokens):
            return type_
    except Unproven:
        pass
    parser = _Parser(text, own=own)
    return struct_of(*parser.columns(""))


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
        return array_of(of_field(arrow.value_field))
    if pat.is_map(arrow):
        return map_of(from_arrow(arrow.key_type), of_field(arrow.item_field))
    if pat.is_struct(arrow):
        return struct_of(*((field.name, of_field(field)) for field in arrow))
    raise Unproven(f"arrow type {arrow}")


def of_field(field: Any) -> Type:
    """The Spark type of an Arrow field."""
    return from_arrow(field.type).nullable(field.nullable)


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


def always_fits(source: Type, target: Type) -> bool:
    """Whether a decimal holds every value of the other type, so that a cast to it gives no new NULL."""
    held = decimal(1, 0) if source == BOOLEAN else as_decimal(source)
    if held is None:
        return source in (target, VOID)
    whole, digits = target.precision - target.scale, held.precision - held.scale
    return (whole >= digits and target.scale >= held.scale) or (source.kind == "decimal" and whole > digits)


def wider(left: Type, right: Type) -> Type | None:
    """The type both sides widen to without loss where Spark's answer is beyond doubt; None elsewhere. What may be
    NULL in one of them may be in both."""
    made = _wider(left, right)
    return made.nullable(left.null or right.null) if made else None


def _wider(left: Type, right: Type) -> Type | None:
    if left == right:
        if not left.children:
            return left
        pairs = zip(left.children, right.children, strict=True)
        children = ((name, wider(child, other) or child) for (name, child), (_, other) in pairs)
        return replace(left, children=tuple(children))
    if right == VOID:
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
