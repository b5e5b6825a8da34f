"""`glueContext.write_data_frame`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsglue.dynamicframe_io import Options, database_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from awsglue.context import GlueContext


class DataFrameWriter:
    """Writes Spark DataFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(
        self,
        frame: DataFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DataFrame:
        """To where a Data Catalog table is, in its format."""
        return self._glue_context.write_data_frame_from_catalog(
            frame, database_of(database, kwargs), table_name, redshift_tmp_dir, transformation_ctx,
            additional_options, catalog_id,
        )  # fmt: skip
