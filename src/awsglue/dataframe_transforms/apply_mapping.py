"""ApplyMapping on a Spark DataFrame."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from awsglue._mapping import mappings_of, project
from awsglue._schema import glue_struct


class ApplyMapping:
    """Select, rename, cast, nest and unnest columns by (source, source type, target, target type)."""

    @staticmethod
    def apply(frame: DataFrame, mappings: Any) -> DataFrame:
        """The mapped DataFrame. Raises ValueError for an entry that is no mapping."""
        columns, _ = project(glue_struct(frame.schema), mappings_of(mappings), case_sensitive=False)
        return frame.select(*columns)
