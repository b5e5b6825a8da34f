"""`glueContext.create_dynamic_frame` and `write_dynamic_frame`. AWS pages: DynamicFrameReader, DynamicFrameWriter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame

Options = dict[str, Any]


def database_of(database: str | None, kwargs: Options) -> str:
    """`database`, or `name_space` as it was once called. Raises ValueError when both or neither is given."""
    old = kwargs.get("name_space")
    if database is not None and old is not None:
        raise ValueError("give database or name_space, its old name, not both")
    if database is None and old is None:
        raise ValueError("a catalog read or write needs a database")
    return str(database if database is not None else old)


class DynamicFrameReader:
    """Creates DynamicFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_rdd(self, data: Any, name: str, schema: Any = None, sampleRatio: float | None = None) -> DynamicFrame:
        """From an RDD, or from any list of rows, dicts or tuples."""
        return self._glue_context.create_dynamic_frame_from_rdd(data, name, schema, sampleRatio)

    def from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        """From a connection and a format."""
        return self._glue_context.create_dynamic_frame_from_options(
            connection_type,
            connection_options,
            format,
            format_options,
            transformation_ctx,
            push_down_predicate,
            **kwargs,
        )

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
    ) -> DynamicFrame:
        """From a Data Catalog table."""
        return self._glue_context.create_dynamic_frame_from_catalog(
            database_of(database, kwargs),
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            additional_options,
            catalog_id,
            **{key: value for key, value in kwargs.items() if key != "name_space"},
        )


class DynamicFrameWriter:
    """Writes DynamicFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(
        self,
        frame: Any,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
    ) -> Any:
        """To a connection in a format."""
        return self._glue_context.write_dynamic_frame_from_options(
            frame, connection_type, connection_options, format, format_options, transformation_ctx
        )

    def from_catalog(
        self,
        frame: Any,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """To where a Data Catalog table is, in its format."""
        return self._glue_context.write_dynamic_frame_from_catalog(
            frame,
            database_of(database, kwargs),
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            additional_options,
            catalog_id,
        )

    def from_jdbc_conf(
        self,
        frame: Any,
        catalog_connection: str,
        connection_options: Options | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
    ) -> Any:
        """To a database, by a Data Catalog connection."""
        return self._glue_context.write_dynamic_frame_from_jdbc_conf(
            frame, catalog_connection, connection_options, redshift_tmp_dir, transformation_ctx
        )
