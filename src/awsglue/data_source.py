"""DataSource: what `getSource` gives. AWS page: PySpark Extension Types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame


class DataSource:
    """A source whose format can be set before its frame is asked for."""

    def __init__(
        self, connection_type: str, glue_context: GlueContext, name: str = "", options: dict[str, Any] | None = None,
        format: str | None = None, push_down_predicate: str = "",
    ) -> None:  # fmt: skip
        self._connection_type = connection_type
        self._glue_context = glue_context
        self._name = name
        self._options = options or {}
        self._format = format
        self._format_options: dict[str, Any] = {}
        self._predicate = push_down_predicate

    def setFormat(self, format: str, **options: Any) -> None:
        """The format, and its options."""
        self._format = format
        self._format_options = options

    def getFrame(self, **options: Any) -> DynamicFrame:
        """The source's records."""
        return self._glue_context.create_dynamic_frame_from_options(
            self._connection_type,
            {**self._options, **options},
            self._format,
            self._format_options,
            self._name,
            self._predicate,
        )

    def getSampleFrame(self, num: int, **options: Any) -> DynamicFrame:
        """The first `num` records."""
        from awsglue.dynamicframe import DynamicFrame

        frame = self.getFrame(**options)
        return DynamicFrame(frame.toDF().limit(num), self._glue_context, frame.name, schema=frame.schema())

    def getDataFrame(self) -> DataFrame:
        """The source's records as a Spark DataFrame."""
        return self.getFrame().toDF()
