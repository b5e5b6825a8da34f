"""`glueContext.create_data_frame`: the readers of DynamicFrames, as Spark DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsglue.dynamicframe_io import Options, database_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from awsglue.context import GlueContext


class DataFrameReader:
    """Creates Spark DataFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DataFrame:
        """From a Data Catalog table."""
        return self._glue_context.create_data_frame_from_catalog(
            database_of(database, kwargs), table_name, redshift_tmp_dir, transformation_ctx, push_down_predicate,
            additional_options, catalog_id,
        )  # fmt: skip

    def from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DataFrame:
        """From a connection and a format."""
        return self._glue_context.create_data_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate
        )
