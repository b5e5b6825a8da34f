"""`SQLContext` and `HiveContext`: older names for the session."""

from __future__ import annotations

from typing import Any

import pyspark
import pyspark.sql
import pyspark.sql.context

from mastic.engines.shims.session import active_session


class SQLContext:
    """The session with the methods only SQLContext had."""

    _instance: SQLContext | None = None

    def __init__(self, sparkContext: Any = None, sparkSession: Any = None, jsqlContext: Any = None) -> None:
        self.sparkSession = sparkSession or active_session()

    @classmethod
    def getOrCreate(cls, sc: Any = None) -> SQLContext:
        return cls(sc)

    def newSession(self) -> SQLContext:
        return type(self)(sparkSession=self.sparkSession.newSession())

    def setConf(self, key: str, value: Any) -> None:
        self.sparkSession.conf.set(key, value)

    def getConf(self, key: str, *default: Any) -> Any:
        return self.sparkSession.conf.get(key, *default)

    def registerDataFrameAsTable(self, df: Any, tableName: str) -> None:
        df.createOrReplaceTempView(tableName)

    def dropTempTable(self, tableName: str) -> None:
        self.sparkSession.catalog.dropTempView(tableName)

    def registerFunction(self, name: str, f: Any, returnType: Any = None) -> Any:
        return self.sparkSession.udf.register(name, f, returnType)

    def tables(self, dbName: str | None = None) -> Any:
        listed = self.sparkSession.catalog.listTables(dbName)
        rows = [(".".join(t.namespace or []), t.name, t.isTemporary) for t in listed]
        return self.sparkSession.createDataFrame(rows, "namespace string, tableName string, isTemporary boolean")

    def tableNames(self, dbName: str | None = None) -> list[str]:
        return [table.name for table in self.sparkSession.catalog.listTables(dbName)]

    def cacheTable(self, tableName: str) -> None:
        self.sparkSession.catalog.cacheTable(tableName)

    def uncacheTable(self, tableName: str) -> None:
        self.sparkSession.catalog.uncacheTable(tableName)

    def clearCache(self) -> None:
        self.sparkSession.catalog.clearCache()

    def __getattr__(self, name: str) -> Any:
        # sql, read, table, createDataFrame, range, udf, streams ... are the session's own.
        if name.startswith("__") or name == "sparkSession":
            raise AttributeError(name)
        return getattr(self.sparkSession, name)


class HiveContext(SQLContext):
    """A SQLContext; the Data Catalog stands where Hive's metastore would."""


def install() -> None:
    """`pyspark.sql.SQLContext`, `pyspark.SQLContext` and the Hive variants."""
    for module in (pyspark, pyspark.sql, pyspark.sql.context):
        target: Any = module
        target.SQLContext = SQLContext
        target.HiveContext = HiveContext
