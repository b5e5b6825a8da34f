"""GlueContext: the door to sources, sinks and the Spark session. AWS page: GlueContext Class."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession

from awsglue import _absent, _connections, _logger, _purge, _sink, _sources
from awsglue._absent import Absent
from awsglue._schema import spark_struct
from awsglue.data_sink import DataSink
from awsglue.data_source import DataSource
from awsglue.dataframereader import DataFrameReader
from awsglue.dataframewriter import DataFrameWriter
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection, DynamicFrameReader, DynamicFrameWriter
from awsglue.gluetypes import StructType

if TYPE_CHECKING:
    from pyspark.sql.streaming.readwriter import DataStreamReader

Options = dict[str, Any]


class _SQLContext:
    """What scripts use of Spark's SQLContext, which AWS's GlueContext extends; all of it is the session's."""

    spark_session: SparkSession

    @property
    def sparkSession(self) -> SparkSession:
        return self.spark_session

    @property
    def read(self) -> Any:
        return self.spark_session.read

    @property
    def readStream(self) -> DataStreamReader:
        return self.spark_session.readStream

    @property
    def udf(self) -> Any:
        return self.spark_session.udf

    def sql(self, sqlQuery: str) -> DataFrame:
        return self.spark_session.sql(sqlQuery)

    def table(self, tableName: str) -> DataFrame:
        return self.spark_session.table(tableName)

    def tables(self, dbName: str | None = None) -> DataFrame:
        return self.spark_session.sql("SHOW TABLES" if dbName is None else f"SHOW TABLES IN `{dbName}`")

    def tableNames(self, dbName: str | None = None) -> list[str]:
        return [table.name for table in self.spark_session.catalog.listTables(dbName)]

    def createDataFrame(self, *args: Any, **kwargs: Any) -> DataFrame:
        return self.spark_session.createDataFrame(*args, **kwargs)

    def range(self, *args: Any, **kwargs: Any) -> DataFrame:
        return self.spark_session.range(*args, **kwargs)

    def setConf(self, key: str, value: Any) -> None:
        self.spark_session.conf.set(key, value)

    def getConf(self, key: str, defaultValue: str | None = None) -> str | None:
        return self.spark_session.conf.get(key, defaultValue)

    def registerDataFrameAsTable(self, df: DataFrame, tableName: str) -> None:
        df.createOrReplaceTempView(tableName)

    def dropTempTable(self, tableName: str) -> None:
        self.spark_session.catalog.dropTempView(tableName)

    def registerFunction(self, name: str, f: Any, returnType: Any = None) -> Any:
        return self.spark_session.udf.register(name, f, returnType)

    def cacheTable(self, tableName: str) -> None:
        self.spark_session.catalog.cacheTable(tableName)

    def uncacheTable(self, tableName: str) -> None:
        self.spark_session.catalog.uncacheTable(tableName)

    def clearCache(self) -> None:
        self.spark_session.catalog.clearCache()


class GlueContext(_SQLContext):
    """Wraps a SparkContext (or a session) and reads and writes frames."""

    Spark_SQL_Formats = frozenset({"parquet", "orc"})

    def __init__(self, sparkContext: Any = None, **options: Any) -> None:
        self.spark_session: SparkSession = _session_of(sparkContext)
        self._sc = sparkContext
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = DataFrameWriter(self)

    # -- reading -------------------------------------------------------------------------------------------------

    def getSource(
        self,
        connection_type: str,
        format: str | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **options: Any,
    ) -> DataSource:
        """A source whose format may still be set."""
        return DataSource(connection_type, self, transformation_ctx, options, format, push_down_predicate)

    def create_dynamic_frame_from_rdd(
        self,
        data: Any,
        name: str,
        schema: Any = None,
        sample_ratio: float | None = None,
        transformation_ctx: str = "",
    ) -> DynamicFrame:
        """A frame of an RDD, or of any list of rows, dicts or tuples."""
        spark_schema = spark_struct(schema) if isinstance(schema, StructType) else schema
        return DynamicFrame(self.spark_session.createDataFrame(data, spark_schema), self, name)

    def create_dynamic_frame_from_catalog(
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
        """A Data Catalog table. Raises ValueError without database or table_name, LookupError for an unknown table."""
        if not database or not table_name:
            raise ValueError("create_dynamic_frame.from_catalog needs database and table_name")
        return _sources.from_catalog(
            self, database, table_name, transformation_ctx, push_down_predicate, additional_options or {}, catalog_id
        )

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        """Files of a format, or a table of a database."""
        return _sources.from_options(
            self,
            connection_type,
            connection_options or {},
            format,
            format_options or {},
            transformation_ctx,
            push_down_predicate,
        )

    def create_sample_dynamic_frame_from_catalog(
        self, database: str, table_name: str, num: int, sample_options: Options | None = None, **kwargs: Any
    ) -> DynamicFrame:
        """The first `num` records of a Data Catalog table."""
        return _sampled(self.create_dynamic_frame_from_catalog(database, table_name, **kwargs), num)

    def create_sample_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        num: int = 100,
        sample_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """The first `num` records of files of a format."""
        frame = self.create_dynamic_frame_from_options(connection_type, connection_options, format, format_options)
        return _sampled(frame, num)

    def create_data_frame_from_catalog(
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
        """A Data Catalog table as a Spark DataFrame."""
        return self.create_dynamic_frame_from_catalog(
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            additional_options,
            catalog_id,
        ).toDF()

    def create_data_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DataFrame:
        """Files of a format, or a table of a database, as a Spark DataFrame."""
        return self.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate
        ).toDF()

    def get_catalog_schema_as_spark_schema(self, database: str, table_name: str, catalog_id: str | None = None) -> Any:
        """A Data Catalog table's columns as a Spark schema, partition keys last."""
        from awsglue.catalog_table import get_table

        table = get_table(database, table_name, catalog_id)
        return spark_struct(StructType([*table.columns, *table.keys]))

    # -- writing -------------------------------------------------------------------------------------------------

    def getSink(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "", **options: Any
    ) -> DataSink:
        """A sink whose format and catalog table may still be set."""
        return DataSink(connection_type, self, options, format)

    def write_dynamic_frame_from_options(
        self,
        frame: Any,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
    ) -> Any:
        """Write a frame or a collection; returns it."""
        return self.write_from_options(
            frame, connection_type, connection_options, format, format_options, transformation_ctx
        )

    def write_from_options(
        self,
        frame_or_dfc: Any,
        connection_type: str,
        connection_options: Options | None = None,
        format: str | None = None,
        format_options: Options | None = None,
        transformation_ctx: str = "",
        **kwargs: Any,
    ) -> Any:
        """Write a frame or a collection; returns it. Raises TypeError for anything else, such as a Spark DataFrame."""
        if not isinstance(frame_or_dfc, DynamicFrame | DynamicFrameCollection):
            raise TypeError(
                f"frame must be a DynamicFrame or a collection, not {type(frame_or_dfc).__name__}; "
                "make one with DynamicFrame.fromDF"
            )
        _sources.check_options(connection_options=connection_options or {}, format_options=format_options or {})
        _sources.warn_of_misspelled(format_options or {})
        sink = self.getSink(connection_type, **(connection_options or {}))
        sink._format, sink._format_options = format or None, format_options or {}
        return sink.write(frame_or_dfc)

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Options | None = None,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """Write a frame to where a table is, in its format. Raises LookupError for an unknown table."""
        if not database or not table_name:
            raise ValueError("write_dynamic_frame.from_catalog needs database and table_name")
        _sources.to_catalog(frame, database, table_name, additional_options or {}, catalog_id)
        return frame

    def write_data_frame_from_catalog(
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
        """Write a Spark DataFrame to where a table is, in its format."""
        self.write_dynamic_frame_from_catalog(
            DynamicFrame.fromDF(frame, self), database, table_name, additional_options=additional_options,
            catalog_id=catalog_id,
        )  # fmt: skip
        return frame

    def write_dynamic_frame_from_jdbc_conf(
        self,
        frame: Any,
        catalog_connection: str,
        connection_options: Options | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> Any:
        """Write a frame to a database by a Data Catalog connection."""
        return self.write_from_jdbc_conf(frame, catalog_connection, connection_options, catalog_id=catalog_id)

    def write_from_jdbc_conf(
        self,
        frame_or_dfc: Any,
        catalog_connection: str,
        connection_options: Options | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> Any:
        """Write a frame, or every frame of a collection to a table of its name, by a Data Catalog connection."""
        connection = _connections.get(catalog_connection, catalog_id)
        base = {**connection.options, **(connection_options or {})}
        if base.get("database"):
            base["url"] = _connections.with_database(base["url"], str(base["database"]))
        if isinstance(frame_or_dfc, DynamicFrameCollection):
            for name in frame_or_dfc:
                _sink.write(frame_or_dfc[name], connection.vendor, {**base, "dbtable": name}, None, {})
        else:
            _sink.write(frame_or_dfc, connection.vendor, base, None, {})
        return frame_or_dfc

    def extract_jdbc_conf(self, connection_name: str, catalog_id: str | None = None) -> dict[str, str]:
        """A JDBC connection's url, user, password and vendor out of the Data Catalog."""
        return _connections.get(connection_name, catalog_id).conf

    # -- files ---------------------------------------------------------------------------------------------------

    def purge_s3_path(self, s3_path: str, options: Options | None = None, transformation_ctx: str = "") -> None:
        """Delete the files under a path that are older than `retentionPeriod` hours (168 unless given)."""
        _purge.purge_path(self.spark_session, s3_path, options or {}, transformation_ctx)

    def purge_table(
        self,
        database: str,
        table_name: str,
        options: Options | None = None,
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:
        """Delete a table's old files, and the partitions that have none left."""
        _purge.purge_table(self.spark_session, database, table_name, options or {}, transformation_ctx, catalog_id)

    # -- the rest ------------------------------------------------------------------------------------------------

    def get_logger(self) -> _logger.GlueLogger:
        """A logger with info, warn, error and debug; it writes to the error stream, as Glue's does."""
        return _logger.GlueLogger()

    def currentTimeMillis(self) -> int:
        """Epoch milliseconds."""
        return round(time.time() * 1000)

    def add_ingestion_time_columns(self, frame: DataFrame, time_granularity: str = "") -> DataFrame:
        """The frame with ingest_year, ingest_month, ... down to `day`, `hour` or `minute`."""
        return _sources.with_ingestion_time(frame, time_granularity)

    # -- not there -----------------------------------------------------------------------------------------------

    getStreamingSource = Absent("GlueContext.getStreamingSource", _absent.STREAMING)
    getSampleStreamingDynamicFrame = Absent("GlueContext.getSampleStreamingDynamicFrame", _absent.STREAMING)
    forEachBatch = Absent("GlueContext.forEachBatch", _absent.STREAMING)
    transition_table = Absent("GlueContext.transition_table", _absent.STORAGE_CLASSES)
    transition_s3_path = Absent("GlueContext.transition_s3_path", _absent.STORAGE_CLASSES)
    start_transaction = Absent("GlueContext.start_transaction", _absent.LAKE_FORMATION)
    commit_transaction = Absent("GlueContext.commit_transaction", _absent.LAKE_FORMATION)
    cancel_transaction = Absent("GlueContext.cancel_transaction", _absent.LAKE_FORMATION)
    convert_resolve_option = Absent("GlueContext.convert_resolve_option", _absent.JVM)


register = Absent("context.register", _absent.JVM)


def _session_of(context: Any) -> SparkSession:
    if isinstance(context, SparkSession) or type(context).__name__ == "SparkSession":
        return context  # type: ignore[no-any-return]
    return SparkSession.builder.getOrCreate()


def _sampled(frame: DynamicFrame, num: int) -> DynamicFrame:
    return DynamicFrame(frame.toDF().limit(num), frame.glue_ctx, frame.name, schema=frame.schema())
