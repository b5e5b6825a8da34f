"""Joins, comparisons and records taken to Python."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue._columns import NUMBERS, at, cast, column, null_of
from awsglue._parquet import fit
from awsglue._paths import ELEMENT, Found, find
from awsglue._schema import to_spark
from awsglue.gluetypes import (
    ArrayType,
    ChoiceType,
    DataType,
    DoubleType,
    Field,
    MapType,
    StringType,
    StructType,
)

Side = tuple[DataFrame, StructType, list[str]]


def frame_of(value: Any, transform: str) -> Any:
    """The value, which must be a DynamicFrame. Raises TypeError saying how to make one."""
    if not hasattr(type(value), "resolveChoice"):
        raise TypeError(
            f"{transform} takes a DynamicFrame, not {type(value).__name__}; make one with DynamicFrame.fromDF"
        )
    return value


def join(left: Side, right: Side) -> tuple[DataFrame, StructType]:
    """Inner equality join; fields of the right side whose name is taken get a dot in front."""
    if len(left[2]) != len(right[2]):
        raise ValueError(f"a join needs as many keys on either side, not {left[2]} and {right[2]}")
    names = _free_names(left[1], right[1])
    renamed = right[0].select(*[column(f.name).alias(names[f.name]) for f in right[1]])
    condition = _equal(left, right, names)
    schema = StructType([*left[1], *(Field(names[f.name], f.dataType) for f in right[1])])
    return left[0].join(renamed, condition, "inner"), schema


def without_keys(left: Side, right: Side) -> DataFrame:
    """The left rows whose keys no right row has. A null key is never equal, so such rows stay."""
    names = {f.name: f"__awsglue_right_{f.name}" for f in right[1]}
    heads = dict.fromkeys(_found(right[1], path)[0][0] for path in right[2])
    keys = right[0].select(*[column(head).alias(names[head]) for head in heads])
    return left[0].join(keys, _equal(left, right, names), "left_anti")


def check_two_names(first: str, second: str) -> None:
    """Raise ValueError when a split's frames would have one name: one of them would be lost."""
    if first == second:
        raise ValueError(f"a split makes two frames and needs two names, not {first!r} twice")


def _free_names(left: StructType, right: StructType) -> dict[str, str]:
    taken = {f.name.lower() for f in left}
    names = {}
    for f in right:
        name = f.name
        while name.lower() in taken:
            name = f".{name}"
        taken.add(name.lower())
        names[f.name] = name
    return names


def _equal(left: Side, right: Side, names: dict[str, str]) -> Column:
    if not left[2]:
        raise ValueError("there is no key to compare; name one field at least")
    condition: Column | None = None
    for path1, path2 in zip(left[2], right[2], strict=True):
        steps1, type1 = _found(left[1], path1)
        steps2, type2 = _found(right[1], path2)
        value1, value2 = at(steps1), at([names[steps2[0]], *steps2[1:]])
        if _family(type1) != _family(type2) or isinstance(type1, ChoiceType):
            # As texts: comparing unlike types must neither fail nor guess.
            value1, value2 = cast(value1, type1, StringType())[0], cast(value2, type2, StringType())[0]
        equal = value1 == value2
        condition = equal if condition is None else condition & equal
    assert condition is not None
    return condition


def _found(schema: StructType, path: str) -> tuple[tuple[str, ...], DataType]:
    found = find(schema, path) or find(schema, path, case_sensitive=False)
    if found is None:
        raise ValueError(f"there is no field {path!r} to join on; the frame has {[f.name for f in schema]}")
    _check_outside_arrays(path, found)
    return found.steps, found.data_type


def _check_outside_arrays(path: str, found: Found) -> None:
    if ELEMENT in found.steps:
        raise ValueError(f"{path!r} is inside an array; relationalize the frame first")


def _family(data_type: DataType) -> str:
    if isinstance(data_type, NUMBERS):
        return "number"
    return "string" if isinstance(data_type, ChoiceType) else data_type.typeName()


_OPERATORS: dict[str, Callable[[Column, Column], Column]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparison(schema: StructType, comparisons: dict[str, dict[str, Any]]) -> Column:
    """SplitRows' condition: every comparator of every path. Raises ValueError for an unknown path or comparator."""
    if not isinstance(comparisons, dict) or not all(isinstance(tests, dict) for tests in comparisons.values()):
        raise TypeError(f"comparisons are {{path: {{comparator: value}}}}, not {comparisons!r}")
    condition = F.lit(True)
    for path, tests in comparisons.items():
        found = find(schema, path)
        if found is None:
            raise ValueError(f"there is no field {path!r} to compare; the frame has {[f.name for f in schema]}")
        _check_outside_arrays(path, found)
        for comparator, wanted in tests.items():
            if comparator not in _OPERATORS:
                raise ValueError(f"{comparator!r} is not a comparator; use one of {', '.join(_OPERATORS)}")
            held = found.data_type
            if isinstance(wanted, str) and (isinstance(held, NUMBERS) or _may_be_number(held, wanted)):
                wanted = _number(wanted, path, held)
            condition = condition & _compared(at(found.steps), held, _OPERATORS[comparator], wanted)
    return condition


def _may_be_number(data_type: DataType, text: str) -> bool:
    """Whether a choice holds numbers and the text is one: as texts, 20 would be more than 100."""
    if not isinstance(data_type, ChoiceType) or not any(isinstance(p, NUMBERS) for p in data_type.choices.values()):
        return False
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _number(text: str, path: str, data_type: DataType) -> int | float:
    """A number given as text. It need not be one of the field's own type: 10 is less than "10.5"."""
    try:
        number = float(text)
        return int(text) if number.is_integer() and text.strip().lstrip("+-").isdigit() else number
    except ValueError as error:
        raise ValueError(f"{text!r} is not a number, and field {path!r} is {data_type.typeName()}") from error


def _compared(value: Column, data_type: DataType, test: Callable[[Column, Column], Column], wanted: Any) -> Column:
    if isinstance(data_type, ChoiceType):
        target = StringType() if isinstance(wanted, str) else DoubleType()
        value, data_type = cast(value, data_type, target)
    if isinstance(data_type, StringType) and not isinstance(wanted, str):
        return test(value.try_cast("double"), F.lit(float(wanted)))
    literal = F.lit(wanted).cast(to_spark(data_type)) if isinstance(wanted, str) else F.lit(wanted)
    return test(value, literal)


def sampled(frame: DataFrame, options: Any) -> DataFrame:
    """What a spigot writes: `topk` records at most (100), each taken with the probability `prob` (1)."""
    chosen = _spigot_options(options)
    try:
        topk, prob = int(chosen.get("topk", 100)), float(chosen.get("prob", 1))
    except (TypeError, ValueError) as error:
        raise ValueError(f"'topk' and 'prob' of a spigot are numbers, not {chosen!r}") from error
    return (frame if prob >= 1 else frame.sample(fraction=prob)).limit(topk)


def _spigot_options(options: Any) -> dict[str, Any]:
    """A dict or its JSON; the developer guide also passes a text that means nothing ("top10")."""
    if isinstance(options, str):
        try:
            options = json.loads(options)
        except ValueError:
            return {}
    return options if isinstance(options, dict) else {}


def take(frame: DataFrame, schema: StructType, count: int) -> list[dict[str, Any]]:
    """The first records as plain Python; a choice shows the value it has."""
    table = frame.limit(count).toArrow() if hasattr(frame, "toArrow") else None
    rows = table.to_pylist() if table is not None else [row.asDict(True) for row in frame.take(count)]
    return [plain(row, schema) for row in rows]


def plain(value: Any, data_type: DataType) -> Any:
    """A value as a script sees it: choices by their value, maps as dicts."""
    if value is None:
        return None
    if isinstance(data_type, ChoiceType):
        held = [(name, v) for name, v in value.items() if v is not None]
        return plain(held[0][1], data_type.choices[held[0][0]]) if held else None
    if isinstance(data_type, StructType):
        return {f.name: plain(value[f.name], f.dataType) for f in data_type}
    if isinstance(data_type, ArrayType):
        return [plain(item, data_type.elementType) for item in value]
    if isinstance(data_type, MapType):
        items = value.items() if isinstance(value, dict) else value
        return {key: plain(item, data_type.valueType) for key, item in items}
    return value


def fitted(data: DataFrame, held: StructType, schema: StructType) -> DataFrame:
    """A frame's rows in a wider schema: what it lacks is null, what is a choice there is placed in its branch."""
    if held == schema:
        return data
    columns = []
    for f in schema:
        known = held.hasField(f)
        value = fit(column(f.name), held.getField(f).dataType, f.dataType)[0] if known else null_of(f.dataType)
        columns.append(value.alias(f.name))
    return data.select(*columns)
