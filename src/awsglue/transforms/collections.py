"""Transforms of collections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.transforms.transform import GlueTransform


class SelectFromCollection(GlueTransform):
    """One frame of a collection."""

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        key: str,
        transformation_ctx: str = "",
    ) -> Any:
        return dfc.select(key, transformation_ctx)


class MapToCollection(GlueTransform):
    """Applies a function to every frame of a collection."""

    returns = "DynamicFrameCollection"

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        callable: Callable[..., Any],
        transformation_ctx: str = "",
    ) -> Any:
        return dfc.map(callable, transformation_ctx)


class FlatMap(GlueTransform):
    """Applies a transform to every frame of a collection and gathers the results in one."""

    returns = "DynamicFrameCollection"

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        BaseTransform: type[GlueTransform],
        frame_name: str,
        transformation_ctx: str = "",
        **base_kwargs: Any,
    ) -> Any:
        def each(frame: DynamicFrame, ctx: str) -> Any:
            return BaseTransform.apply(**{**base_kwargs, frame_name: frame, "transformation_ctx": ctx})

        return dfc.flatmap(each, transformation_ctx)
