"""Transforms of a frame's fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awsglue._paths import quote
from awsglue.dynamicframe import DynamicFrame
from awsglue.gluetypes import ArrayType, DataType, NullType, StructType
from awsglue.transforms.transform import GlueTransform


class ApplyMapping(GlueTransform):
    """Applies a declarative mapping: select, rename, cast, nest and unnest fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        mappings: Any,
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> Any:
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx, info, stageThreshold, totalThreshold)


class SelectFields(GlueTransform):
    """Keeps only the named fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: str | list[str],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> Any:
        return frame.select_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class DropFields(GlueTransform):
    """Drops the named fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: str | list[str],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> Any:
        return frame.drop_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class RenameField(GlueTransform):
    """Renames a field."""

    def __call__(
        self,
        frame: DynamicFrame,
        old_name: str,
        new_name: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> Any:
        return frame.rename_field(old_name, new_name, transformation_ctx, info, stageThreshold, totalThreshold)


class SplitFields(GlueTransform):
    """Splits the named fields off into a frame of their own."""

    returns = "DynamicFrameCollection"

    def __call__(
        self,
        frame: DynamicFrame,
        paths: str | list[str],
        name1: str | None = None,
        name2: str | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> Any:
        return frame.split_fields(
            paths,
            name1 or f"{frame.name or 'frame'}1",
            name2 or f"{frame.name or 'frame'}2",
            transformation_ctx,
            info,
            stageThreshold,
            totalThreshold,
        )


class DropNullFields(GlueTransform):
    """Drops the fields that are null in every record."""

    def __call__(
        self,
        frame: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> Any:
        return frame.drop_fields(
            list(_null_paths(frame.schema())), transformation_ctx, info, stageThreshold, totalThreshold
        )


def _null_paths(data_type: DataType, parent: str = "") -> Iterator[str]:
    """Paths of the fields that are null in every record."""
    if isinstance(data_type, ArrayType):
        data_type = data_type.elementType
    if not isinstance(data_type, StructType):
        return
    for f in data_type:
        path = parent + quote(f.name)
        if isinstance(f.dataType, NullType):
            yield path
        else:
            yield from _null_paths(f.dataType, f"{path}.")
