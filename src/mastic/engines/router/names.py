"""The name Spark gives a column that has no alias (`sum(a)`, `(a + b)`), where it is beyond doubt."""

from __future__ import annotations

import re

from mastic.engines.router import functions, scope
from mastic.engines.router.pb import Message, Unproven

# Functions whose name Spark prints in capitals.
_CAPITALS = frozenset(
    [
        "sqrt",
        "cbrt",
        "exp",
        "expm1",
        "log10",
        "log2",
        "log1p",
        "power",
        "pow",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "sinh",
        "cosh",
        "tanh",
        "degrees",
        "radians",
        "signum",
        "hypot",
        "floor",
        "ceil",
        "rint_",
    ]
)
# Default arguments that Spark prints too, by function and number of arguments given.
_APPENDED = {
    ("regexp_replace", 3): ", 1",
    ("round", 1): ", 0",
    ("bround", 1): ", 0",
    ("substr", 2): ", 2147483647",
    ("position", 2): ", 1",
    ("replace", 2): ", ",
    ("to_unix_timestamp", 1): ", yyyy-MM-dd HH:mm:ss",
}
_RENAMED = {"dateadd": "date_add", "pow": "POWER", "spark_partition_id": "SPARK_PARTITION_ID"}
_UNSURE = frozenset(
    [
        "from_json",
        "map_filter",
        "transform_values",
        "zip_with",
        "array_sort",
        "trim",
        "extract",
        "assert_true",
        "map_from_entries",
        "hash_",
    ]
)
_POSTFIX = {"isnull": "IS NULL", "isnotnull": "IS NOT NULL"}


def of(expression: Message, *, top: bool = True) -> str:
    """Spark's name for the expression; raises Unproven where the router is not sure of it."""
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_attribute":
        return _attribute(expression.unresolved_attribute.unparsed_identifier, top=top)
    if kind == "literal":
        return _literal(expression.literal)
    if kind == "cast":
        return _cast(expression.cast, top=top)
    if kind == "unresolved_function":
        return _function(expression.unresolved_function)
    if kind == "alias" and len(expression.alias.name) == 1:
        return (
            str(expression.alias.name[0])
            if top
            else f"{of(expression.alias.expr, top=False)} AS {expression.alias.name[0]}"
        )
    if kind == "unresolved_extract_value":
        return _extract(expression.unresolved_extract_value)
    if kind == "common_inline_user_defined_function":
        held = expression.common_inline_user_defined_function
        return f"{held.function_name}({', '.join(of(a, top=False) for a in held.arguments)})"
    raise Unproven(f"name of {kind}")


def _attribute(identifier: str, *, top: bool) -> str:
    parts = scope.split(identifier)
    return parts[-1] if top else ".".join(parts)


def _literal(literal: Message) -> str:
    kind = literal.WhichOneof("literal_type")
    if kind in ("string", "integer", "long", "short", "byte"):
        return str(getattr(literal, kind))
    if kind == "boolean":
        return "true" if literal.boolean else "false"
    if kind == "null":
        return "NULL"
    if kind == "decimal" and re.fullmatch(r"-?[0-9]+[.][0-9]+", literal.decimal.value):
        return str(literal.decimal.value)
    if kind == "double" and literal.double == 0.0 and str(literal.double) == "0.0":
        return "0.0"
    if kind == "double" and literal.double == round(literal.double, 6) and 1e-3 <= abs(literal.double) < 1e7:
        return repr(literal.double)
    raise Unproven(f"name of literal {kind}")


def _cast(cast: Message, *, top: bool) -> str:
    if top and cast.expr.WhichOneof("expr_type") == "unresolved_attribute":
        return of(cast.expr)
    from mastic.engines.router import types

    type_ = types.parse(cast.type_str) if cast.WhichOneof("cast_to_type") == "type_str" else types.from_proto(cast.type)
    if type_.children:
        raise Unproven("name of a cast to a nested type")
    if cast.expr.WhichOneof("expr_type") == "literal":
        raise Unproven("name of a typed literal")
    word = "TRY_CAST" if cast.eval_mode == 3 else "CAST"
    return f"{word}({of(cast.expr, top=False)} AS {type_.ddl().upper()})"


def _extract(extract: Message) -> str:
    child, literal = of(extract.child, top=False), extract.extraction.literal
    kind = literal.WhichOneof("literal_type")
    if kind in ("integer", "string") and extract.extraction.WhichOneof("expr_type") == "literal":
        if kind == "string":
            raise Unproven("name of a field or key")
        return f"{child}[{literal.integer}]"
    raise Unproven("name of an extraction")


def _function(call: Message) -> str:
    name = call.function_name.lower()
    arguments = [
        of(argument, top=False) for argument in call.arguments if argument.WhichOneof("expr_type") != "unresolved_star"
    ]
    if len(arguments) != len(call.arguments):
        if name == "count" and not arguments:
            return "count(1)"
        raise Unproven(f"name of {name}(*)")
    if name in functions.INFIX and len(arguments) == 2:
        return f"({arguments[0]} {functions.INFIX[name]} {arguments[1]})"
    if name in _POSTFIX:
        return f"({arguments[0]} {_POSTFIX[name]})"
    if name in ("not", "!"):
        return f"(NOT {arguments[0]})"
    if name in ("negative", "-") and len(arguments) == 1:
        return f"(- {arguments[0]})" if name == "-" else f"negative({arguments[0]})"
    if name == "when":
        pairs = " ".join(f"WHEN {c} THEN {v}" for c, v in zip(arguments[0::2], arguments[1::2], strict=False))
        other = f" ELSE {arguments[-1]}" if len(arguments) % 2 else ""
        return f"CASE {pairs}{other} END"
    if name == "in":
        return f"({arguments[0]} IN ({', '.join(arguments[1:])}))"
    if name in ("like", "rlike") and len(arguments) == 2:
        return f"{arguments[0]} LIKE {arguments[1]}" if name == "like" else f"RLIKE({', '.join(arguments)})"
    if name in _UNSURE and not (name == "trim" and len(arguments) == 1):
        raise Unproven(f"name of {name}")
    if name == "positive":
        return f"(+ {arguments[0]})"
    if name == "~":
        return f"~{arguments[0]}"
    arguments[-1:] = [argument + _APPENDED.get((name, len(arguments)), "") for argument in arguments[-1:]]
    name = name.upper() if name in _CAPITALS or (name == "log" and len(arguments) == 2) else _RENAMED.get(name, name)
    distinct = "DISTINCT " if call.is_distinct else ""
    return f"{name}({distinct}{', '.join(arguments)})"
