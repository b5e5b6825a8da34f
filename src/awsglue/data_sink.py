"""DataSink: what `getSink` gives. AWS pages: PySpark Extension Types; Creating Tables ... from Glue ETL Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsglue import _sink
from awsglue.dynamicframe_collection import DynamicFrameCollection

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame


class DataSink:
    """A place to write frames to. S3 sinks append, as Glue's do."""

    def __init__(
        self, connection_type: str, glue_context: GlueContext, options: dict[str, Any], format: str | None = None
    ) -> None:
        self._connection_type = connection_type
        self._glue_context = glue_context
        self._options = options
        self._format = format
        self._format_options: dict[str, Any] = {}
        self._catalog: tuple[str, str, str] | None = None

    def setFormat(self, format: str, **options: Any) -> None:
        """The format, and its options."""
        self._format = format
        self._format_options = options

    def setAccumulableSize(self, size: int) -> None:
        """Accepted and without effect: errors are not gathered in accumulators here."""

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str = "") -> None:
        """The Data Catalog table to create or update with enableUpdateCatalog."""
        self._catalog = (catalogDatabase, catalogTableName, catalogId)

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Write a frame, then bring the catalog up to date if asked to."""
        _sink.write(
            dynamic_frame, self._connection_type, self._options, self._format, self._format_options, self._catalog
        )
        return dynamic_frame

    def writeDataFrame(self, data_frame: DataFrame, glue_context: GlueContext, info: str = "") -> DataFrame:
        """Write a Spark DataFrame."""
        from awsglue.dynamicframe import DynamicFrame

        self.writeFrame(DynamicFrame.fromDF(data_frame, glue_context), info)
        return data_frame

    def write(self, dynamic_frame_or_dfc: Any, info: str = "") -> Any:
        """Write a frame, or every frame of a collection into a folder of its name. Raises TypeError."""
        from awsglue.dynamicframe import DynamicFrame

        if isinstance(dynamic_frame_or_dfc, DynamicFrame):
            return self.writeFrame(dynamic_frame_or_dfc, info)
        if not isinstance(dynamic_frame_or_dfc, DynamicFrameCollection):
            raise TypeError(f"a sink writes a DynamicFrame or a collection, not {type(dynamic_frame_or_dfc).__name__}")
        base = str(self._options.get("path", "")).rstrip("/")
        for name in dynamic_frame_or_dfc:
            each = DataSink(
                self._connection_type, self._glue_context, {**self._options, "path": f"{base}/{name}"}, self._format
            )
            each._format_options = self._format_options
            each.writeFrame(dynamic_frame_or_dfc[name], info)
        return dynamic_frame_or_dfc
