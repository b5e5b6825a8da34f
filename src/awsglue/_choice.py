"""ResolveChoice: the actions, by path or for every choice at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from awsglue._columns import Typed, cast, column, edit, null_of, rebuilt, split_text, transformed
from awsglue._paths import ELEMENT, Found, find, follow, split_path
from awsglue._schema import UnverifiedType, hive_type, parse_type
from awsglue.gluetypes import ArrayType, ChoiceType, DataType, Field, MapType, StringType, StructType

ACTIONS = "cast:TYPE, make_cols, make_struct, project:TYPE or match_catalog"
Columns = dict[str, Typed]


def columns_of(schema: StructType) -> Columns:
    """Every top-level column as it is."""
    return {f.name: (column(f.name), f.dataType) for f in schema}


def selected(columns: Columns) -> tuple[list[Column], StructType]:
    """Columns as a projection and its schema."""
    exprs = [value.alias(name) for name, (value, _) in columns.items()]
    return exprs, StructType([Field(name, data_type) for name, (_, data_type) in columns.items()])


def find_column(columns: Columns, path: str, case_sensitive: bool = True) -> Found | None:
    """`find` among columns: looks at the one column only, as there may be thousands of columns and of paths."""
    head, *rest = split_path(path)
    if head not in columns and not case_sensitive:
        head = next((name for name in columns if name.lower() == head.lower()), head)
    if head not in columns:
        return None
    return follow(StructType([Field(head, columns[head][1])]), [head, *rest], case_sensitive)


def resolve_specs(schema: StructType, specs: Iterable[tuple[str, str]]) -> tuple[list[Column], StructType]:
    """Apply (path, action) pairs in order. A path no record has is passed over, as in Glue."""
    columns = columns_of(schema)
    for path, action in specs:
        check_action(action)
        found = find_column(columns, path, case_sensitive=False)
        if found is None:
            continue
        head, *rest = found.steps
        if action == "make_cols":
            columns = _made_cols(columns, tuple(found.steps), found.data_type)
            continue
        changed = edit(*columns[head], tuple(rest), lambda v, t, a=action: resolve(v, t, a))  # type: ignore[misc]
        assert changed is not None
        columns[head] = changed
    return selected(columns)


def resolve_all(schema: StructType, action: str, catalog: StructType | None = None) -> tuple[list[Column], StructType]:
    """Apply one action to every choice, at any depth; `catalog` has the types for match_catalog."""
    if action == "match_catalog":
        return selected(
            {name: _match(*typed, _catalog_type(catalog, name)) for name, typed in columns_of(schema).items()}
        )
    check_action(action)
    columns: Columns = {}
    for name, (value, data_type) in columns_of(schema).items():
        if action == "make_cols" and isinstance(data_type, ChoiceType):
            _add(columns, _branches(name, value, data_type))
        else:
            _add(columns, {name: _deep(value, data_type, action)})
    return selected(columns)


def _match(value: Column, source: DataType, wanted: DataType | None) -> Typed:
    """A value with the catalog's type; a field of a struct that the catalog has not stays as it is."""
    if wanted is None or source == wanted:
        return value, source
    if isinstance(source, StructType) and isinstance(wanted, StructType):
        members = [_match(value.getField(f.name), f.dataType, _catalog_type(wanted, f.name)) for f in source]
        return rebuilt(value, [f.name for f in source], members)
    if isinstance(source, ArrayType) and isinstance(wanted, ArrayType):
        held, element = source.elementType, wanted.elementType
        array = transformed(value, lambda item: _match(item, held, element))
        assert array is not None
        return array
    return cast(value, source, wanted)


def _catalog_type(catalog: StructType | None, name: str) -> DataType | None:
    found = None if catalog is None else next((f for f in catalog if f.name.lower() == name.lower()), None)
    return found.dataType if found else None


def _made_cols(columns: Columns, steps: tuple[str, ...], data_type: DataType) -> Columns:
    """The choice at a path as one field per type, in its place; elements of an array have no place to make fields."""
    *parents, last = steps
    if not isinstance(data_type, ChoiceType) or last == ELEMENT:
        return columns
    if not parents:
        return _split(columns, last, data_type)
    head, *inner = parents

    def change(value: Column, struct: DataType) -> Typed:
        assert isinstance(struct, StructType)
        members = _split({f.name: (value.getField(f.name), f.dataType) for f in struct}, last, data_type)
        return rebuilt(value, members, members.values())

    changed = edit(*columns[head], tuple(inner), change)
    assert changed is not None
    return columns | {head: changed}


def _split(members: Columns, name: str, choice: ChoiceType) -> Columns:
    result: Columns = {}
    for each, typed in members.items():
        _add(result, _branches(name, typed[0], choice) if each == name else {each: typed})
    return result


def _add(members: Columns, more: Columns) -> None:
    for name, typed in more.items():
        if name in members:
            raise ValueError(f"make_cols would make a field {name!r} twice; rename one of them first")
        members[name] = typed


def _branches(name: str, value: Column, choice: ChoiceType) -> Columns:
    return {f"{name}_{branch}": (value.getField(branch), part) for branch, part in choice.choices.items()}


def check_action(action: str) -> None:
    """Raise ValueError for an action Glue does not know, whether or not there is a choice to try it on."""
    verb, _, type_name = action.partition(":")
    if verb in ("cast", "project"):
        _target(type_name, action)
    elif action == "match_catalog":
        raise ValueError("match_catalog is for all fields at once: resolveChoice(choice='match_catalog', ...), no spec")
    elif action not in ("make_cols", "make_struct"):
        raise ValueError(f"{action!r} is not a resolution; use {ACTIONS}")


def resolve(value: Column, data_type: DataType, action: str) -> Typed:
    """One field resolved, by an action that `check_action` knows."""
    verb, _, type_name = action.partition(":")
    if verb == "cast":
        return cast(value, data_type, _target(type_name, action))
    if verb == "project":
        return _projected(value, data_type, _target(type_name, action))
    if action == "make_struct":
        return _made_struct(value, data_type)
    return value, data_type


def _target(type_name: str, action: str) -> DataType:
    if not type_name:
        raise ValueError(f"{action!r} names no type; write it as in 'cast:long'")
    return parse_type(type_name)


def _projected(value: Column, data_type: DataType, target: DataType) -> Typed:
    """Keep the values of one type; the others become null."""
    if isinstance(data_type, UnverifiedType):
        if target == data_type.declared:
            return cast(value, data_type, target)
        strays = split_text(value, data_type.declared).getField("string")
        return (strays, target) if isinstance(target, StringType) else (null_of(target), target)
    if not isinstance(data_type, ChoiceType):
        return (
            cast(value, data_type, target) if data_type.typeName() == target.typeName() else (null_of(target), target)
        )
    branch = data_type.choices.get(target.typeName())
    return (null_of(target), target) if branch is None else (value.getField(target.typeName()), branch)


def _made_struct(value: Column, data_type: DataType) -> Typed:
    if not isinstance(data_type, ChoiceType):
        return value, data_type
    # Physically a choice already is that struct; from here on it is one by name too.
    return value, StructType([Field(name, part) for name, part in data_type.choices.items()])


def _deep(value: Column, data_type: DataType, action: str) -> Typed:
    """Every choice inside a value resolved; everything else left alone."""
    if isinstance(data_type, ChoiceType):
        return resolve(value, data_type, action)
    if not _has_choice(data_type):
        return value, data_type
    if isinstance(data_type, ArrayType):
        element = data_type.elementType
        array = transformed(value, lambda item: _deep(item, element, action))
        assert array is not None
        return array
    if isinstance(data_type, MapType):
        return _deep_values(value, data_type, action)
    assert isinstance(data_type, StructType)
    members: Columns = {}
    for f in data_type:
        part = value.getField(f.name)
        if action == "make_cols" and isinstance(f.dataType, ChoiceType):
            _add(members, _branches(f.name, part, f.dataType))
        else:
            _add(members, {f.name: _deep(part, f.dataType, action)})
    return rebuilt(value, members, members.values())


def _deep_values(value: Column, data_type: MapType, action: str) -> Typed:
    made: list[Typed] = []

    def each(_: Column, item: Column) -> Column:
        made.append(_deep(item, data_type.valueType, action))
        return made[-1][0]

    values = F.transform_values(value, each)
    return values, MapType(made[-1][1])


def _has_choice(data_type: DataType) -> bool:
    if isinstance(data_type, StructType):
        return any(_has_choice(f.dataType) for f in data_type)
    if isinstance(data_type, ArrayType):
        return _has_choice(data_type.elementType)
    if isinstance(data_type, MapType):
        return _has_choice(data_type.valueType)
    return isinstance(data_type, ChoiceType)


def needs_no_evidence(schema: StructType, specs: Sequence[tuple[str, str]]) -> bool:
    """Whether every unverified column these specs touch ends in one type whatever the data has."""
    for spec in specs:
        if not isinstance(spec, tuple | list) or len(spec) != 2 or not all(isinstance(part, str) for part in spec):
            raise ValueError(f"a spec must be (path, action), not {spec!r}")
    touched = {found.steps[0] for path, _ in specs if (found := find(schema, path, case_sensitive=False))}
    shaping = any(not action.startswith(("cast:", "project:")) for _, action in specs)
    return not shaping or not any(isinstance(f.dataType, UnverifiedType) and f.name in touched for f in schema)


class ResolveOption:
    """How `toDF` resolves the choice at one path: Project, Cast (with a target type) or KeepAsStruct."""

    def __init__(self, path: str, action: str, target: DataType | None = None) -> None:
        self.path = path
        self.action = action
        self.target = target

    def spec(self) -> tuple[str, str]:
        """The same as a resolveChoice spec. Raises ValueError for an unknown action or a missing target."""
        if self.action == "KeepAsStruct":
            return self.path, "make_struct"
        if self.action not in ("Project", "Cast"):
            raise ValueError(f"{self.action!r} is not a ResolveOption action; use Project, Cast or KeepAsStruct")
        if not isinstance(self.target, DataType):
            raise ValueError(f"ResolveOption {self.action} of {self.path!r} needs a target type")
        return self.path, f"{self.action.lower()}:{hive_type(self.target)}"
