"""What must be known about functions beyond the proven list: result types that depend on the arguments' types,
arguments whose value is part of the proof, and how Spark names a column that has no alias."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence

from mastic.engines.router import types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.types import BIGINT, BOOLEAN, DOUBLE, VOID, Type, array_of, decimal

Rule = Callable[[Sequence[Type]], Type | None]

# Argument positions (from 0) whose literal value belongs to the signature: patterns, formats, modes.
LITERAL_ARGUMENTS: dict[str, tuple[int, ...]] = {
    "date_format": (1,),
    "to_date": (1,),
    "to_timestamp": (1,),
    "try_to_date": (1,),
    "try_to_timestamp": (1,),
    "unix_timestamp": (1,),
    "to_unix_timestamp": (1,),
    "from_unixtime": (1,),
    "date_trunc": (0,),
    "trunc": (1,),
    "extract": (0,),
    "date_part": (0,),
    "datepart": (0,),
    "from_utc_timestamp": (1,),
    "to_utc_timestamp": (1,),
    "get_json_object": (1,),
    "format_number": (1,),
    "format_string": (0,),
    "printf": (0,),
    "encode": (1,),
    "decode": (1,),
    "sha2": (1,),
    "conv": (1, 2),
    "regexp_replace": (1, 2),
    "regexp_extract": (1, 2),
    "regexp_extract_all": (1, 2),
    "rlike": (1,),
    "regexp_like": (1,),
    "regexp": (1,),
    "split": (1, 2),
    "first": (1,),
    "last": (1,),
    "any_value": (1,),
    "first_value": (1,),
    "last_value": (1,),
    "collect_list": (1,),
    "sort_array": (1,),
    "percentile": (1,),
    "to_char": (1,),
    "to_number": (1,),
    "try_to_number": (1,),
}

_REGEX = re.compile(
    r"\^?(?:(?:\\[dsw.|$*+?()\[\]{}^/\-]|[A-Za-z0-9 ,;:=_@#%&~<>'\"!/\-]|"
    r"\[\^?(?:\\[dsw]|[A-Za-z0-9 .,;:=_@#%$*+?|(){}<>'\"!/]|"
    r"[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])+\]|[()|])(?:[+*?]|\{[0-9]{1,2}(?:,[0-9]{1,2})?\})?)+"
)
_PLAIN = {
    "replacement": re.compile(r"[^$\\]*"),
    "path": re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*)+"),
    "format": re.compile(r"(?:(?:yyyy|MM|dd|HH|mm|ss)(?:[-/ :._]|(?=[yMdHms])|$))+"),
}
_PLAIN_ARGUMENTS = {
    ("regexp_replace", 1): "regex",
    ("regexp_replace", 2): "replacement",
    ("regexp_extract", 1): "regex",
    ("rlike", 1): "regex",
    ("regexp_like", 1): "regex",
    ("split", 1): "regex",
    ("get_json_object", 1): "path",
    ("date_format", 1): "format",
    ("from_unixtime", 1): "format",
}


def plain(name: str, position: int, value: str) -> str:
    """The class of literals the value belongs to, all of which mean the same to both engines; empty when none.

    A plain regular expression has no class that knows Unicode (`ascii_only` sees to it), no dot and no dollar, and
    cannot match nothing."""
    kind = _PLAIN_ARGUMENTS.get((name, position), "")
    if kind == "regex":
        if not value.isascii() or "(?" in value or not _REGEX.fullmatch(value):
            return ""
        try:
            return "" if re.search(value, "") or re.search(r"[*+?}][+?]", value) else "plain regex"
        except re.error:
            return ""
    if kind == "format" and any(value.count(letter) > (4 if letter == "y" else 2) for letter in "yMdHms"):
        return ""
    return f"plain {kind}" if kind and _PLAIN[kind].fullmatch(value) else ""


_CLASSES = {"\\d": "[:digit:]", "\\s": "[:space:]", "\\w": "[:word:]"}
_REGEX_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|.", re.S)


def ascii_only(pattern: str) -> str:
    """The plain pattern for Sail, to which \\d, \\s and \\w are any of Unicode's, to Java those of ASCII."""

    def written(token: re.Match[str]) -> str:
        if token[0].startswith("["):
            return re.sub(r"\\[dsw]", lambda held: _CLASSES[held[0]], token[0])
        return f"[{_CLASSES[token[0]]}]" if token[0] in _CLASSES else token[0]

    return _REGEX_TOKEN.sub(written, pattern)


# Argument positions where the sign of a literal integer belongs to the signature.
SIGNED_ARGUMENTS: dict[str, tuple[int, ...]] = {
    "substring": (1, 2),
    "substr": (1, 2),
    "left": (1,),
    "right": (1,),
    "lpad": (1,),
    "rpad": (1,),
    "repeat": (1,),
    "round": (1,),
    "bround": (1,),
    "slice": (1, 2),
    "element_at": (1,),
    "split_part": (2,),
    "substring_index": (2,),
    "locate": (2,),
    "array_repeat": (1,),
    "lag": (1,),
    "lead": (1,),
    "nth_value": (1,),
    "ntile": (0,),
}

# Functions that treat any type alike: nested types count by their kind only.
SHAPELESS = frozenset(
    [
        "isnull",
        "isnotnull",
        "count",
        "first",
        "last",
        "any_value",
        "first_value",
        "last_value",
        "collect_list",
        "size",
        "explode",
        "explode_outer",
        "posexplode",
        "posexplode_outer",
        "array",
        "struct",
        "named_struct",
        "map",
        "lag",
        "lead",
        "element_at",
        "coalesce",
        "when",
        "if",
        "ifnull",
        "nvl",
        "nvl2",
        "nullif",
        "create_map",
        "map_from_arrays",
        "map_keys",
        "map_values",
        "array_append",
        "array_prepend",
        "slice",
        "flatten",
        "reverse",
        "monotonically_increasing_id",
    ]
)


def _same(arguments: Sequence[Type]) -> Type | None:
    merged: Type | None = VOID.nullable(False)
    for argument in arguments:
        merged = types.wider(merged, argument) if merged else None
    return merged


def _when(arguments: Sequence[Type]) -> Type | None:
    values = [*arguments[1::2], arguments[-1] if len(arguments) % 2 else VOID]
    return _same(values)


def _bounded(precision: int, scale: int) -> Type:
    """Of results wider than any decimal Spark and Sail keep other digits."""
    if precision > 38:
        raise Unproven("arithmetic of decimals so wide")
    return decimal(precision, scale)


def _decimal_binary(make: Callable[[Type, Type], Type]) -> Rule:
    def rule(arguments: Sequence[Type]) -> Type | None:
        if len(arguments) != 2 or "decimal" not in {argument.kind for argument in arguments}:
            return None
        if any(argument.kind in types.FRACTIONAL for argument in arguments):
            return DOUBLE
        left, right = (types.as_decimal(argument) for argument in arguments)
        return make(left, right) if left and right else None

    return rule


def _add(a: Type, b: Type) -> Type:
    scale = max(a.scale, b.scale)
    return _bounded(max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)


def _multiply(a: Type, b: Type) -> Type:
    return _bounded(a.precision + b.precision + 1, a.scale + b.scale)


def _divide(a: Type, b: Type) -> Type:
    scale = max(6, a.scale + b.precision + 1)
    return _bounded(a.precision - a.scale + b.scale + scale, scale)


def _remainder(a: Type, b: Type) -> Type:
    scale = max(a.scale, b.scale)
    return _bounded(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)


def _whole(arguments: Sequence[Type]) -> Type | None:
    held = arguments[0]
    if held.kind != "decimal":
        return None
    return decimal(min(held.precision - held.scale + 1, 38), 0) if held.scale else held


def _sum(arguments: Sequence[Type]) -> Type | None:
    held = arguments[0]
    return decimal(min(held.precision + 10, 38), held.scale) if held.kind == "decimal" else None


def _avg(arguments: Sequence[Type]) -> Type | None:
    held = arguments[0]
    if held.kind != "decimal":
        return None
    return decimal(min(held.precision + 4, 38), min(held.scale + 4, 38)) if held.precision <= 34 else None


def _first(arguments: Sequence[Type]) -> Type | None:
    return arguments[0]


def _only(kind: str, then: Rule) -> Rule:
    return lambda arguments: then(arguments) if arguments and arguments[0].kind == kind else None


def _of_kind(*kinds: str) -> Rule:
    return lambda arguments: arguments[0] if arguments and arguments[0].kind in kinds else None


def _array(arguments: Sequence[Type]) -> Type | None:
    element = _same(arguments)
    return array_of(element) if element and arguments else None


def _map(arguments: Sequence[Type]) -> Type | None:
    key, value = _same(arguments[0::2]), _same(arguments[1::2])
    return types.map_of(key, value) if key and value and key != VOID else None


def _with_elements(*, null: bool) -> Rule:
    return _only("array", lambda arguments: array_of(arguments[0].element.nullable(null)))


def _with_one_more(arguments: Sequence[Type]) -> Type | None:
    held, more = arguments
    return array_of(more.nullable()) if held.kind == "array" and held.element == more else None


def _common(null: Callable[[list[bool]], bool]) -> Rule:
    """The arrays' common type; of whether elements of each may be NULL follows whether those of the result may."""

    def rule(arguments: Sequence[Type]) -> Type | None:
        merged = _same(arguments)
        held = [argument.element.null for argument in arguments if argument.kind == "array"]
        return array_of(merged.element.nullable(null(held))) if merged and held else None

    return rule


_any = _first
_element = _only("array", lambda arguments: arguments[0].element)

RULES: dict[str, Rule] = {
    "coalesce": _same,
    "ifnull": _same,
    "nvl": _same,
    "nvl2": lambda a: _same(a[1:]),
    "greatest": _same,
    "least": _same,
    "when": _when,
    "if": _when,
    "nullif": lambda a: a[0] if a[0] == a[-1] else None,  # Sail gives a type that holds both
    "array": _array,
    "map": _map,
    "create_map": _map,
    "+": _decimal_binary(_add),
    "-": _decimal_binary(_add),
    "*": _decimal_binary(_multiply),
    "/": _decimal_binary(_divide),
    "%": _decimal_binary(_remainder),
    "ceil": _whole,
    "ceiling": _whole,
    "floor": _whole,
    "negative": _of_kind("decimal"),
    "positive": _first,
    "abs": _of_kind("decimal"),
    "sum": _sum,
    "avg": _avg,
    "mean": _avg,
    "min": _any,
    "max": _any,
    "first": _any,
    "last": _any,
    "any_value": _any,
    "first_value": _any,
    "last_value": _any,
    "min_by": _any,
    "max_by": _any,
    "mode": _any,
    "lag": _any,
    "lead": _any,
    "nth_value": _any,
    "collect_list": lambda a: array_of(a[0].nullable(False)),
    "collect_set": lambda a: array_of(a[0].nullable(False)),
    "isnull": lambda a: BOOLEAN,
    "isnotnull": lambda a: BOOLEAN,
    "count": lambda a: BIGINT,
    "explode": _element,
    "explode_outer": _element,
    "array_distinct": _any,
    "array_sort": _any,
    "sort_array": _any,
    "array_union": _same,
    "array_intersect": _common(all),
    "array_except": _common(operator.itemgetter(0)),
    "array_remove": _any,
    "array_append": _with_one_more,
    "array_prepend": _with_one_more,
    "array_compact": _with_elements(null=False),
    "array_max": _element,
    "array_min": _element,
    "array_repeat": lambda a: array_of(a[0]),
    "slice": _any,
    "shuffle": _any,
    "reverse": _of_kind("array"),
    "flatten": lambda a: a[0].element if a[0].kind == "array" and a[0].element.kind == "array" else None,
    "element_at": lambda a: a[0].element if a[0].kind in ("array", "map") else None,
    "get": _element,
    "concat": _only("array", lambda a: _same(a)),
    "map_keys": _only("map", lambda a: array_of(a[0].children[0][1].nullable())),
    "map_values": _only("map", lambda a: array_of(a[0].element.nullable())),
    "map_entries": _only("map", lambda a: array_of(types.struct_of(*a[0].children).nullable(False))),
    "map_from_arrays": lambda a: (
        types.map_of(a[0].element, a[1].element) if a[0].kind == a[1].kind == "array" else None
    ),
    "map_concat": _same,
    "rand": lambda a: DOUBLE,
}

# Functions whose rule above says itself when the result may be NULL; of others the list does, see `may_be_null`.
SAY_NULLS = frozenset(["when", "if", "nvl2"])


def may_be_null(nulls: str, arguments: Sequence[Type]) -> bool:
    """Whether a call may give NULL, by what the list knows of the function: plainly, where an argument may be."""
    match nulls:
        case "never" | "always":
            return nulls == "always"
        case "of all":
            return all(argument.null for argument in arguments)
        case "of the first":
            return arguments[0].null
        case "or in one":
            return any(argument.null or argument.holds_null for argument in arguments)
    return any(argument.null for argument in [held for held in arguments if held != VOID] or arguments)


# Types that are functions too: `bigint(x)` is a cast.
CASTS = frozenset(
    ["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp"]
)

# Aggregates that pass over NULLs: `f(x) FILTER (WHERE c)` is `f(CASE WHEN c THEN x END)`.
NULL_SKIPPING = frozenset(
    ["sum", "avg", "mean", "min", "max", "count", "collect_list", "collect_set", "stddev", "stddev_samp", "stddev_pop",
     "variance", "var_samp", "var_pop", "count_if", "bool_and", "bool_or", "every", "some", "median"]
)  # fmt: skip

# `extract(YEAR FROM x)` and `date_part('year', x)` by the function that is the same.
PARTS = {
    "year": "year", "years": "year", "yr": "year", "y": "year", "quarter": "quarter", "qtr": "quarter",
    "month": "month", "mon": "month", "months": "month", "week": "weekofyear", "weeks": "weekofyear",
    "day": "dayofmonth", "d": "dayofmonth", "days": "dayofmonth", "dayofweek": "dayofweek", "dow": "dayofweek",
    "doy": "dayofyear", "hour": "hour", "hours": "hour", "minute": "minute", "min": "minute", "minutes": "minute",
}  # fmt: skip

# Infix operators as Spark prints them: `(a + b)`.
INFIX = {
    "+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "==": "=", "=": "=", "<=>": "<=>", "<": "<", "<=": "<=",
    ">": ">", ">=": ">=", "and": "AND", "or": "OR", "&": "&", "|": "|", "^": "^",
}  # fmt: skip

AGGREGATES = frozenset([
    "count", "sum", "avg", "mean", "min", "max", "first", "last", "any_value", "first_value", "last_value", "min_by",
    "max_by", "mode", "collect_list", "collect_set", "stddev", "stddev_samp", "stddev_pop", "std", "variance",
    "var_samp", "var_pop", "skewness", "kurtosis", "corr", "covar_pop", "covar_samp", "count_if", "bool_and",
    "bool_or", "every", "some", "any", "approx_count_distinct", "median", "percentile", "percentile_approx",
    "approx_percentile", "sum_distinct", "string_agg", "listagg", "grouping", "grouping_id", "bit_and", "bit_or",
    "bit_xor", "try_sum", "regr_slope", "histogram_numeric", "try_avg", "product"
])  # fmt: skip
GENERATORS = frozenset(
    ["explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer", "stack", "json_tuple"]
)


def generated(name: str, given: Sequence[Type], call: Message) -> list[tuple[str, Type]]:
    """The columns a generator gives; an outer one gives a row of NULLs where there is nothing."""
    columns = _generated(name, given, call)
    return [(column, type_.nullable()) for column, type_ in columns] if name.endswith("_outer") else columns


def _generated(name: str, given: Sequence[Type], call: Message) -> list[tuple[str, Type]]:
    source = given[0] if given else VOID
    plain = name.removesuffix("_outer")
    if plain in ("explode", "posexplode") and len(given) == 1 and source.kind in ("array", "map"):
        columns = [("pos", types.INT.nullable(False))] if plain == "posexplode" else []
        if source.kind == "array":
            return [*columns, ("col", source.element)]
        return [*columns, ("key", source.children[0][1]), ("value", source.element)]
    if plain == "inline" and len(given) == 1 and source.kind == "array" and source.element.kind == "struct":
        return [(field, type_.nullable(type_.null or source.element.null)) for field, type_ in source.element.children]
    if plain == "json_tuple" and all(type_ == types.STRING for type_ in given):
        return [(f"c{i}", types.STRING) for i in range(len(given) - 1)]
    if plain == "stack" and call.arguments[0].literal.WhichOneof("literal_type") == "integer":
        return _stacked(call.arguments[0].literal.integer, given[1:])
    raise Unproven(f"generator {name}({','.join(type_.kind for type_ in given)})")


def _stacked(rows: int, values: Sequence[Type]) -> list[tuple[str, Type]]:
    width = len(values) // rows if rows > 0 else 0
    if not width or width * rows != len(values):
        raise Unproven("generator stack of an uneven number of values")
    columns = []
    for i in range(width):
        if len(set(values[i::width])) != 1:
            raise Unproven("generator stack of different types")
        columns.append((f"col{i}", values[i].nullable()))
    return columns
