"""The library a Glue job script imports. Its public names are AWS's; the code is ours (Apache-2.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsglue.dynamicframe import DynamicFrame

__all__ = ["DynamicFrame"]


def __getattr__(name: str) -> Any:
    # Lazy: a Python shell job that only wants awsglue.utils must not import pyspark.
    if name != "DynamicFrame":
        raise AttributeError(f"module 'awsglue' has no attribute {name!r}")
    from awsglue.dynamicframe import DynamicFrame

    return DynamicFrame
