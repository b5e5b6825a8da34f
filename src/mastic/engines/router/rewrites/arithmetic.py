"""Arithmetic, formatting and extremes of numbers where Sail's answer is not Spark's:

integer overflow (Spark raises, Sail wraps), rounding of doubles (Spark rounds the decimal a double prints as), doubles
as text (Spark has its own exponents), NaN in min and max (to Spark it is the largest number).
"""

from __future__ import annotations

from collections.abc import Sequence

from mastic.engines.router import functions, pb, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites import parsing
from mastic.engines.router.types import FRACTIONAL, INTEGRAL, Type

# What may compute a NaN, and gives nothing that it was given.
_COMPUTED = frozenset({
    "+", "-", "*", "/", "%", "negative", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
    "cosh", "tanh", "exp", "expm1", "log", "log10", "log2", "log1p", "ln", "power", "pow", "pmod", "mod",
    "degrees", "radians", "hypot", "sum", "avg", "mean", "stddev", "stddev_samp", "stddev_pop", "variance",
    "var_samp", "var_pop", "skewness", "kurtosis", "corr", "covar_pop", "covar_samp", "regr_slope", "try_add",
    "try_subtract", "try_multiply", "try_divide", "try_sum", "try_avg", "product", "median", "percentile",
    "aggregate",
})  # fmt: skip


def one_nan(name: str, made: Message, result: Type) -> Message | None:
    """The call with its NaN as Spark has it; None for what computes none."""
    return unsigned(made, result) if name in _COMPUTED and result.kind in FRACTIONAL else None


def unsigned(made: Message, result: Type) -> Message:
    """To Spark NaN is one value, larger than any other; processors compute one with a sign, which to Sail is another,
    smaller than any."""
    nan = pb.cast(pb.string("NaN"), types.to_proto(types.DOUBLE))
    if result.kind == "double":
        return pb.function("nanvl", made, nan)
    of_type = types.to_proto(result)
    return pb.cast(pb.function("nanvl", pb.cast(made, types.to_proto(types.DOUBLE)), nan), of_type)


def function(name: str, call: Message, arguments: Sequence[Type], result: Type, *, window: bool) -> Message | None:
    """The expression Sail must compute instead, or None to leave the call as it is."""
    made = _function(name, call, arguments, result, window=window)
    return made if window else one_nan(name, made or _called(name, call), result) or made


def _called(name: str, call: Message) -> Message:
    made = pb.function(name)
    made.unresolved_function.CopyFrom(call)
    return made


def _function(name: str, call: Message, arguments: Sequence[Type], result: Type, *, window: bool) -> Message | None:
    if name in ("+", "-", "*") and len(arguments) == 2 and result.kind in INTEGRAL:
        return _binary(name, call, result)
    first = arguments[0].kind if arguments else ""
    if name in ("min", "max") and first == "struct":
        raise Unproven(f"{name} of structs")  # a NULL in one is the largest value to Sail, the smallest to Spark
    if name in ("median", "percentile") and first in FRACTIONAL:
        return _middle(name, call, window=window)
    if window:
        return None
    if name == "sum" and first == "bigint" and not call.is_distinct:
        return _sum(call)
    if name in ("avg", "mean") and first == "decimal":
        return _average(call, arguments[0], result)
    if name in ("min", "max") and first in FRACTIONAL:
        return _extreme(name, call.arguments[0], arguments[0])
    if name == "round" and first == "double":
        return _round(call)
    if name == "isnan" and first in FRACTIONAL:
        return pb.function("and", pb.function("isnotnull", call.arguments[0]), _copy_of(name, call))
    if name in parsing.BY_FORMAT and first == "string" and len(arguments) == 2:
        return parsing.by_format(name, call, result)
    if len(arguments) > 1 and functions.plain(name, 1, call.arguments[1].literal.string) == "plain regex":
        return _by_ascii_pattern(name, call)
    if name == "get_json_object":
        return _json_text(call)
    if name == "corr":
        return _correlation(call)
    if name == "initcap":
        return _capitals(call)
    if name == "array_contains" and first == "array":
        if arguments[0].element.kind in FRACTIONAL:
            raise Unproven("array_contains of fractions")  # -0.0 is not 0.0 to Sail there
        return _contains(call)
    if name == "nullif" and first in FRACTIONAL:  # to Sail 0.0 is not -0.0 there
        same = pb.function("==", *call.arguments)
        return pb.function("when", same, pb.cast(pb.null(), types.to_proto(result)), call.arguments[0])
    if name == "in" and first in FRACTIONAL:
        return pb.function("in", *map(_one_zero, call.arguments))
    if name in _LATEST:
        return _instant(name, call)
    if name in ("datediff", "date_diff"):
        return pb.cast(_copy_of(name, call), types.to_proto(types.INT))
    return None


def _binary(name: str, call: Message, result: Type) -> Message:
    """Compute in a type that cannot overflow, then cast back: the cast raises where the value does not fit."""
    digits = 19 if name == "*" else 20
    wide = types.decimal(digits, 0) if result.kind == "bigint" else types.BIGINT
    to = types.to_proto(wide)
    made = pb.function(name, *(pb.cast(argument, to) for argument in call.arguments))
    return pb.cast(made, types.to_proto(result))


_LATEST = {"timestamp_seconds": 9_223_372_036_854, "timestamp_millis": 9_223_372_036_854_775}


def _instant(name: str, call: Message) -> Message:
    """Sail wraps where the count of microseconds does not fit; refused aloud."""
    (value,) = call.arguments
    refused = pb.cast(pb.function("raise_error", pb.string("instant out of range")), types.to_proto(types.TIMESTAMP))
    latest = pb.long(_LATEST[name])
    late = pb.function("or", pb.function(">", value, latest), pb.function("<", value, pb.function("negative", latest)))
    return pb.function("when", late, refused, _copy_of(name, call))


def _sum(call: Message) -> Message:
    wide = pb.cast(call.arguments[0], types.to_proto(types.decimal(20, 0)))
    return pb.cast(pb.function("sum", wide), types.to_proto(types.BIGINT))


_REWRITTEN_JSON = "^[{\\[]|^-0|^-?[0-9]+([.][0-9]*)?([eE].*)?$"
_WHOLE = "^-?[1-9][0-9]*$|^0$"


def _json_text(call: Message) -> Message:
    """Spark prints objects without spaces and 1.50 as 1.5, Sail as they are written: such values are refused aloud."""
    found = pb.function("get_json_object", *call.arguments)
    odd = pb.function("rlike", found, pb.string(_REWRITTEN_JSON))
    whole = pb.function("rlike", found, pb.string(_WHOLE))
    refused = pb.cast(pb.function("raise_error", pb.string("JSON text")), types.to_proto(types.STRING))
    return pb.function("when", pb.function("isnull", found), found, whole, found, odd, refused, found)


def _one_zero(value: Message) -> Message:
    """In a list Sail looks for the very bits, to Spark -0.0 and 0.0 are one value, and so is any NaN."""
    made = pb.function("+", pb.cast(value, types.to_proto(types.DOUBLE)), pb.double(0.0))
    return unsigned(made, types.DOUBLE)


def _average(call: Message, held: Type, result: Type) -> Message:
    """Rounded by the cast from two more digits, where Sail cuts off what it has no room for."""
    if held.precision > 32:
        raise Unproven("avg of so wide a decimal")
    wide = pb.cast(call.arguments[0], types.to_proto(types.decimal(held.precision + 2, held.scale + 2)))
    made = pb.copied(_called("avg", call))
    made.unresolved_function.arguments[0].CopyFrom(wide)
    return pb.cast(made, types.to_proto(result))


def _correlation(call: Message) -> Message:
    """Of values that do not vary, or are no numbers, Spark makes an error or NaN, Sail a NULL: refused aloud."""
    refused = pb.cast(pb.function("raise_error", pb.string("correlation")), types.to_proto(types.DOUBLE))
    both = pb.function("and", *(pb.function("isnotnull", argument) for argument in call.arguments))
    pairs = pb.function("count", pb.function("when", both, pb.integer(1)))
    several = pb.function(">", pairs, pb.long(1))
    return pb.function("coalesce", _copy_of("corr", call), pb.function("when", several, refused))


def _middle(name: str, call: Message, *, window: bool) -> Message:
    """Where a NaN is among them, Sail takes any of the numbers, now one and now another: refused aloud."""
    if window:
        raise Unproven(f"{name} of fractions in a window")
    refused = pb.cast(pb.function("raise_error", pb.string(f"{name} of NaN")), types.to_proto(types.DOUBLE))
    return pb.function("when", _any(pb.function("isnan", call.arguments[0])), refused, _called(name, call))


def _capitals(call: Message) -> Message:
    """Words end at spaces only to Spark, at any mark (`o'neil`) to Sail: texts with others are refused aloud."""
    (value,) = call.arguments
    refused = pb.cast(pb.function("raise_error", pb.string("capitals of words")), types.to_proto(types.STRING))
    plain = pb.function("rlike", value, pb.string("^[A-Za-z0-9 ]*$"))
    made = _copy_of("initcap", call)
    return pb.function("when", pb.function("isnull", value), made, plain, made, refused)


def _contains(call: Message) -> Message:
    """NULL, not false, when the value is not found and one of the elements is NULL."""
    array, value = call.arguments
    some_null = pb.Expression()
    held = some_null.unresolved_function
    held.function_name = "exists"
    held.arguments.add().CopyFrom(array)
    of = held.arguments.add().lambda_function
    of.arguments.add().name_parts.append("mastic_v")
    variable = pb.Expression()
    variable.unresolved_named_lambda_variable.name_parts.append("mastic_v")
    of.function.CopyFrom(pb.function("isnull", variable))
    null = pb.cast(pb.null(), types.to_proto(types.BOOLEAN))
    found = pb.function("array_contains", array, value)
    return pb.function(
        "when",
        pb.function("or", pb.function("isnull", array), pb.function("isnull", value)), null,
        found, found,
        some_null, null,
        found,
    )  # fmt: skip


def _by_ascii_pattern(name: str, call: Message) -> Message:
    pattern = functions.ascii_only(call.arguments[1].literal.string)
    return pb.function(name, call.arguments[0], pb.string(pattern), *call.arguments[2:])


def _copy_of(name: str, call: Message) -> Message:
    return pb.function(name, *call.arguments)


def _extreme(name: str, value: Message, type_: Type) -> Message:
    """NaN is the largest number; of infinities alone Sail gives the largest finite one in their place."""
    of_type = types.to_proto(type_)
    nan, infinity = pb.cast(pb.string("NaN"), of_type), pb.cast(_infinity(), of_type)
    is_nan = pb.function("isnan", value)
    if name == "max":
        lowest = pb.function("negative", infinity)
        numbers = _where("max", pb.function("and", pb.function("not", is_nan), pb.function(">", value, lowest)), value)
        some = pb.function(">", pb.function("count", value), pb.long(0))
        numbers = pb.function("coalesce", numbers, pb.function("when", some, lowest))
        return pb.function("when", _any(is_nan), nan, numbers)
    numbers = _where("min", pb.function("and", pb.function("not", is_nan), pb.function("<", value, infinity)), value)
    infinite = pb.function("when", _any(pb.function("==", value, infinity)), infinity)
    return pb.function("coalesce", numbers, infinite, pb.function("when", _any(is_nan), nan))


def _where(name: str, condition: Message, value: Message) -> Message:
    return pb.function(name, pb.function("when", condition, value))


def _any(condition: Message) -> Message:
    """Whether it is true in a row of the group; NULL where it is not."""
    return pb.function("==", _where("max", condition, pb.integer(1)), pb.integer(1))


def _round(call: Message) -> Message | None:
    """Through the text of the double and a decimal, as Spark does; what that cannot hold is refused aloud."""
    digits = call.arguments[1].literal.integer if len(call.arguments) == 2 else 0
    if digits < 0 or digits > 12:
        raise Unproven("round of a double to such a scale")
    value = call.arguments[0]
    size = pb.function("abs", value)
    exact = pb.cast(pb.cast(value, types.to_proto(types.STRING)), types.to_proto(types.decimal(38, 20)))
    rounded = pb.cast(pb.function("round", exact, pb.integer(digits)), types.to_proto(types.DOUBLE))
    tiny = pb.function("<", size, pb.double(1e-6 if digits < 6 else 10.0 ** -(digits + 1)))
    held = pb.function("<", size, pb.double(10.0 ** (15 - digits)))
    whole = pb.function("or", pb.function(">=", size, pb.double(1e17)), pb.function("isnan", value))
    refused = pb.cast(
        pb.function("raise_error", pb.string("round of a double with too many digits")), types.to_proto(types.DOUBLE)
    )
    unchanged = pb.function("or", pb.function("isnull", value), whole)
    return pb.function("when", tiny, pb.double(0.0), held, rounded, unchanged, value, refused)


def cast(expression: Message, source: Type, target: Type) -> Message | None:
    """Casts that Sail gets wrong and a rewrite gets right."""
    if target.kind == "string" and source.kind == "float":
        raise Unproven("text of a float")  # Java 17 prints more digits than needed, and often
    if target.kind == "string" and source.kind == "double":
        return double_text(expression.cast.expr)
    if target.kind == "string" and source.kind in ("date", "timestamp"):
        return _time_text(expression)
    if target.kind == "decimal" and source.kind == "double":
        return _to_decimal(expression, target)
    if source.kind == "string":
        return parsing.cast(expression, target)
    return None


def _time_text(expression: Message) -> Message:
    """Of years beyond its calendar Sail prints ERROR; refused aloud."""
    text = types.to_proto(types.STRING)
    refused = pb.cast(pb.function("raise_error", pb.string("text of a far day")), text)
    return pb.function("when", pb.function("==", expression, pb.string("ERROR")), refused, expression)


def _to_decimal(expression: Message, target: Type) -> Message | None:
    """Through the text of the double, as Spark does: 1.005 is 1.01 with two digits, though its double lies below."""
    if target.scale > 12:
        return None
    value, trying = expression.cast.expr, expression.cast.eval_mode == pb.Expression.Cast.EVAL_MODE_TRY
    size = pb.function("abs", value)
    to = types.to_proto(target)
    nothing = pb.cast(pb.null(), to)
    unknown = pb.function("isnull", value)
    if trying:  # NaN and infinities are no numbers of a decimal
        unknown = pb.function("or", unknown, pb.function("or", pb.function("isnan", value), _infinite(size)))
    exact = pb.cast(pb.cast(value, types.to_proto(types.STRING)), types.to_proto(types.decimal(38, 20)))
    rounded = pb.cast(pb.function("round", exact, pb.integer(target.scale)), to, try_=trying)
    refused = pb.cast(pb.function("raise_error", pb.string("double as a decimal")), to)
    return pb.function(
        "when",
        unknown, nothing,
        pb.function("<", size, pb.double(10.0 ** -(target.scale + 1))), pb.cast(pb.integer(0), to),
        pb.function("<", size, pb.double(10.0 ** (15 - target.scale))), rounded,
        refused,
    )  # fmt: skip


def _infinity() -> Message:
    return pb.cast(pb.string("Infinity"), types.to_proto(types.DOUBLE))


def _infinite(value: Message) -> Message:
    return pb.function("==", value, _infinity())


def prints_plainly(value: Message) -> Message:
    """Whether Java prints the double without an exponent (or it is NULL)."""
    size = pb.function("abs", value)
    return pb.function(
        "or",
        pb.function("isnull", value),
        pb.function(
            "or",
            pb.function("==", value, pb.double(0.0)),
            pb.function("and", pb.function(">=", size, pb.double(1e-3)), pb.function("<", size, pb.double(1e7))),
        ),
    )


_SMALLEST = 1e-320  # below, Java prints two digits where one would do


def double_text(value: Message) -> Message:
    """A double as Java prints it. Between 0.001 and 10,000,000 Sail prints alike."""
    text = types.to_proto(types.STRING)
    refused = pb.cast(pb.function("raise_error", pb.string("text of a double next to zero")), text)
    size = pb.function("abs", value)
    return pb.function(
        "when",
        pb.function("isnull", value), pb.cast(pb.null(), text),
        pb.function("isnan", value), pb.string("NaN"),
        prints_plainly(value), pb.cast(value, text),
        _infinite(value), pb.string("Infinity"),
        pb.function("==", value, pb.function("negative", _infinity())), pb.string("-Infinity"),
        pb.function("<", size, pb.double(_SMALLEST)), refused,
        pb.function(
            "concat",
            pb.function("when", pb.function("<", value, pb.double(0.0)), pb.string("-"), pb.string("")),
            _with_exponent(size),
        ),
    )  # fmt: skip


def _with_exponent(size: Message) -> Message:
    """A positive number as `d.dddE±n`. Sail prints it plainly (12345678.9, 0.00012) or with an exponent (1.5e300)."""
    shown = pb.cast(size, types.to_proto(types.STRING))
    mantissa, exponent = (pb.function("split_part", shown, pb.string("e"), pb.integer(part)) for part in (1, 2))
    whole, fraction = (pb.function("split_part", shown, pb.string("."), pb.integer(part)) for part in (1, 2))
    digits = pb.function("ltrim", pb.string("0"), fraction)
    length = pb.function("char_length", whole)
    zeros = pb.function("-", pb.function("char_length", digits), pb.function("char_length", fraction))
    return pb.function(
        "when",
        pb.function("!=", exponent, pb.string("")),
        _scientific(pb.function("replace", mantissa, pb.string("."), pb.string("")), exponent),
        pb.function(">=", size, pb.double(1.0)),
        _scientific(pb.function("concat", whole, fraction), pb.function("-", length, pb.integer(1))),
        _scientific(digits, pb.function("-", zeros, pb.integer(1))),
    )  # fmt: skip


def _scientific(digits: Message, exponent: Message) -> Message:
    """Digits and the power of ten of the first as `d.dddE±n`."""
    rest = pb.function("rtrim", pb.string("0"), pb.function("substring", digits, pb.integer(2)))
    shown = pb.function("when", pb.function("==", rest, pb.string("")), pb.string("0"), rest)
    first = pb.function("substring", digits, pb.integer(1), pb.integer(1))
    return pb.function("concat", first, pb.string("."), shown, pb.string("E"), exponent)
