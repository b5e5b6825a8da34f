"""Every transform as a class with `apply`, as Glue's generated scripts call them."""

from __future__ import annotations

import json
from typing import Any

from awsglue.transforms.collections import FlatMap, MapToCollection, SelectFromCollection
from awsglue.transforms.fields import ApplyMapping, DropFields, DropNullFields, RenameField, SelectFields, SplitFields
from awsglue.transforms.nested import Relationalize, ResolveChoice, Unbox, UnnestFrame
from awsglue.transforms.records import (
    Coalesce,
    ErrorsAsDynamicFrame,
    Filter,
    Join,
    Map,
    Repartition,
    Spigot,
    SplitRows,
    Union,
)
from awsglue.transforms.transform import GlueTransform

ALL_TRANSFORMS: set[type[GlueTransform]] = {
    ApplyMapping, Coalesce, DropFields, DropNullFields, ErrorsAsDynamicFrame, Filter, FlatMap, Join, Map,
    MapToCollection, Relationalize, RenameField, Repartition, ResolveChoice, SelectFields, SelectFromCollection,
    Spigot, SplitFields, SplitRows, Unbox, Union, UnnestFrame,
}  # fmt: skip

# Only the transforms: scripts say `from awsglue.transforms import *`.
__all__ = [
    "ApplyMapping", "Coalesce", "DropFields", "DropNullFields", "ErrorsAsDynamicFrame", "Filter", "FlatMap", "Join",
    "Map", "MapToCollection", "Relationalize", "RenameField", "Repartition", "ResolveChoice", "SelectFields",
    "SelectFromCollection", "Spigot", "SplitFields", "SplitRows", "Unbox", "Union", "UnnestFrame",
]  # fmt: skip


def get_transforms() -> set[GlueTransform]:
    """One instance of every transform."""
    return {transform() for transform in ALL_TRANSFORMS}


def get_transform(name: str) -> type[GlueTransform] | None:
    """The transform of that name, whatever its case."""
    return next((t for t in ALL_TRANSFORMS if t.name().lower() == name.lower()), None)


def describe_transform(name: str) -> str:
    """A transform's description as JSON. Raises ValueError for an unknown name."""
    transform: Any = get_transform(name)
    if transform is None:
        raise ValueError(f"there is no transform {name!r}; known are {sorted(__all__)}")
    return json.dumps(transform.describe())
