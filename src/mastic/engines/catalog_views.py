"""Catalog tables by name, on every engine: `spark.table`, `spark.read.table`, `spark.sql`, `spark.catalog`.

A name that is no temporary view is looked up through the Glue API; its files, types and partitions come from
`awsglue`, and SQL sees it as a hidden temporary view. Statements that would change the catalog are refused.
"""

from __future__ import annotations

import fnmatch
import functools
import itertools
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mastic.engines.sql_tables import Parsed, Reference

HIDDEN = "mastic_catalog_"
CATALOGS = ("spark_catalog", "awsdatacatalog")
INSTEAD = (
    "Write with DataFrame.write to a path, or with glueContext.getSink(..., enableUpdateCatalog=True); "
    "create databases and tables with boto3."
)
_numbers = itertools.count(1)

_USE = re.compile(r"\s*use\s+(?:(?:database|schema|namespace)\s+)?(`[^`]+`|[\w.]+)\s*;?\s*$", re.I)
_SHOW_DATABASES = re.compile(r"\s*show\s+(?:databases|schemas|namespaces)(?:\s+like)?(?:\s+'([^']*)')?\s*;?\s*$", re.I)
_SHOW_TABLES = re.compile(
    r"\s*show\s+tables(?:\s+(?:in|from)\s+(`[^`]+`|[\w.]+))?(?:\s+(?:like\s+)?'([^']*)')?\s*;?\s*$", re.I
)
_DESCRIBE = re.compile(
    r"\s*(?:describe|desc)\s+(?:table\s+)?(?:(extended|formatted)\s+)?((?:`[^`]+`|\w+)(?:\.(?:`[^`]+`|\w+))*)\s*;?\s*$",
    re.I,
)
_CHANGES = re.compile(
    r"\s*(?:(create)\s+(?!(?:or\s+replace\s+)?(?:global\s+)?temp)(?:or\s+replace\s+)?(?:external\s+)?"
    r"(?:table|database|schema|view)|insert\s+(?:into|overwrite)\s+(?!(?:local\s+)?directory)|merge\s+into"
    r"|update\s|delete\s+from|alter\s+(?:table|view|database)|drop\s+(?:table|database|schema)|truncate\s+table"
    r"|msck\s|analyze\s+table|load\s+data)",
    re.I,
)


class CatalogChangeError(NotImplementedError):
    """A statement or a call that changes the Data Catalog or writes a catalog table; not there yet."""


def split_name(name: str) -> tuple[str, ...]:
    """`db.`my table`` as its parts."""
    parts = re.findall(r"`((?:[^`]|``)*)`|([^.`]+)", name.strip())
    return tuple(quoted.replace("``", "`") if quoted else plain.strip() for quoted, plain in parts)


class Names:
    """What names mean in one session."""

    def __init__(self, session: Any, own: _Originals) -> None:
        self._session = session
        self._own = own
        self.database = "default"

    def table(self, name: str) -> Any | None:
        """The catalog table of that name as a DataFrame; None for a temporary view or an unknown table."""
        found = self.resolve(split_name(name))
        return self._read(found, None).alias(found["Name"]) if found else None

    def resolve(self, parts: tuple[str, ...]) -> dict[str, Any] | None:
        """The catalog table that `parts` mean, as the Glue API describes it, if they mean one."""
        if len(parts) == 3 and parts[0].lower() in CATALOGS:
            parts = parts[1:]
        if len(parts) > 2 or (len(parts) == 1 and self.is_view(parts[0])) or parts[0].lower() == "global_temp":
            return None
        database, name = parts if len(parts) == 2 else (self.database, parts[0])
        return _table(database.lower(), name.lower())

    def is_view(self, name: str) -> bool:
        """Whether a temporary view has that name."""
        return name.lower() in {view.lower() for view in self._own.views(self._session)}

    def sql(self, text: str, parsed: Parsed | None) -> str:
        """The text with hidden views in the place of catalog tables. Raises CatalogChangeError."""
        if parsed is None or not (parsed.is_query or parsed.temporary_view):
            return text
        views = {}
        for reference in parsed.references():
            found = self.resolve(reference.parts)
            if found:
                views[reference.start] = self._hidden(found, reference)
        return parsed.replaced(views) if views else text

    def _hidden(self, table: dict[str, Any], reference: Reference) -> str:
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        view = f"{HIDDEN}{next(_numbers)}"
        self._own.create_view(self._read(table, reference.predicate_on(keys) if keys else None), view)
        return view

    def _read(self, table: dict[str, Any], predicate: str | None) -> Any:
        from awsglue.catalog_table import read_table

        return read_table(self._session, table["DatabaseName"], table["Name"], predicate=predicate)

    # -- statements answered from the catalog

    def answer(self, text: str) -> Any | None:
        """The result of a statement about the catalog; None for any other. Raises CatalogChangeError."""
        if found := _USE.match(text):
            self.use(found[1].strip("`"))
            return self._rows([], "result")
        if found := _SHOW_DATABASES.match(text):
            return self._rows([(name,) for name in databases(found[1])], "namespace")
        if found := _SHOW_TABLES.match(text):
            database = (found[1] or self.database).strip("`")
            return self._rows(self._table_rows(database, found[2]), "namespace", "tableName", "isTemporary")
        if found := _DESCRIBE.match(text):
            return self._described(found[2], extended=bool(found[1]))
        if _CHANGES.match(text) and not self._elsewhere(text):
            raise CatalogChangeError(
                "SQL that creates, changes or writes catalog tables is not there yet: "
                f"{' '.join(text.split())[:120]!r}. {INSTEAD}"
            )
        return None

    def use(self, database: str) -> None:
        """Make a database the current one. Raises AnalysisException when there is none of that name."""
        from pyspark.errors import AnalysisException

        if database.lower() != "default" and not database_exists(database):
            raise AnalysisException(
                f"[SCHEMA_NOT_FOUND] The schema `{database}` cannot be found. Create it with "
                "glue.create_database, or check the name. SQLSTATE: 42704"
            )
        self.database = database.lower()

    def _elsewhere(self, text: str) -> bool:
        """Whether the statement names a table of another catalog, which the script has configured itself."""
        names = re.findall(r"((?:`[^`]+`|\w+)(?:\.(?:`[^`]+`|\w+)){2,})", text)
        return any(split_name(name)[0].lower() not in CATALOGS for name in names)

    def _table_rows(self, database: str, pattern: str | None) -> list[tuple[str, str, bool]]:
        listed = [(database, name, False) for name in tables(database, pattern)]
        views = [view for view in self._own.views(self._session) if not view.startswith(HIDDEN)]
        return listed + [("", view, True) for view in sorted(views) if _matches(view, pattern)]

    def _described(self, name: str, *, extended: bool) -> Any | None:
        found = self.resolve(split_name(name))
        if found is None:
            return None
        keys = found.get("PartitionKeys", [])
        descriptor = found.get("StorageDescriptor", {})
        columns = [*descriptor.get("Columns", []), *keys]
        rows = [(c["Name"], c.get("Type", "string"), c.get("Comment")) for c in columns]
        if keys:
            rows += [("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
            rows += [(c["Name"], c.get("Type", "string"), c.get("Comment")) for c in keys]
        if extended:
            rows += [("", "", ""), ("# Detailed Table Information", "", ""), ("Database", found["DatabaseName"], "")]
            rows += [("Table", found["Name"], ""), ("Type", found.get("TableType", "EXTERNAL_TABLE"), "")]
            rows += [("Location", descriptor.get("Location", ""), "")]
        return self._rows(rows, "col_name", "data_type", "comment")

    def _rows(self, rows: list[Any], *columns: str) -> Any:
        from pyspark.sql.types import BooleanType, StringType, StructField, StructType

        # Types, not DDL text: only an engine can parse that.
        kinds = [BooleanType() if name == "isTemporary" else StringType() for name in columns]
        fields = [StructField(name, kind) for name, kind in zip(columns, kinds, strict=True)]
        return self._session.createDataFrame(rows, StructType(fields))


class _Originals:
    """What the session's own classes do, which ours build upon."""

    def __init__(self, session: Any, reader: Any, catalog: Any) -> None:
        self.sql, self.read_table, self.catalog = session.sql, reader.table, dict(catalog.__dict__)

    def views(self, session: Any) -> list[str]:
        raise NotImplementedError

    def create_view(self, frame: Any, name: str) -> None:
        frame.createOrReplaceTempView(name)


class _Connect(_Originals):
    """Views made through this client are known to it: no engine is asked."""

    def views(self, session: Any) -> list[str]:
        return list(session.__dict__.setdefault("_mastic_views", {}).values())

    def watch(self, frame: Any, catalog: Any) -> None:
        for method in ("createTempView", "createOrReplaceTempView"):
            setattr(frame, method, _recording(getattr(frame, method)))
        drop = catalog.dropTempView

        def drop_view(self: Any, name: str) -> Any:
            self._sparkSession.__dict__.get("_mastic_views", {}).pop(name.lower(), None)
            return drop(self, name)

        catalog.dropTempView = drop_view


class _Classic(_Originals):
    def views(self, session: Any) -> list[str]:
        listed = session._jsparkSession.catalog().listTables().collectAsList()
        return [table.name() for table in listed if table.isTemporary()]


def install() -> None:
    """Resolve names in sessions of the Spark Connect client."""
    from pyspark.sql.connect.catalog import Catalog
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.readwriter import DataFrameReader, DataFrameWriter
    from pyspark.sql.connect.session import SparkSession

    own = _Connect(SparkSession, DataFrameReader, Catalog)
    own.watch(DataFrame, Catalog)
    _refuse_tables(DataFrameWriter)
    _install(SparkSession, DataFrameReader, Catalog, own, lambda reader: reader._client)


def install_classic() -> None:
    """Resolve names in sessions of a classic driver."""
    from pyspark.sql.catalog import Catalog
    from pyspark.sql.readwriter import DataFrameReader, DataFrameWriter
    from pyspark.sql.session import SparkSession

    own = _Classic(SparkSession, DataFrameReader, Catalog)
    _refuse_tables(DataFrameWriter)
    _install(SparkSession, DataFrameReader, Catalog, own, lambda reader: reader._spark)


def _install(session: Any, reader: Any, catalog: Any, own: _Originals, session_of: Any) -> None:
    def names(spark: Any) -> Names:
        found: Names | None = spark.__dict__.get("_mastic_names")
        if found is None:
            found = spark._mastic_names = Names(spark, own)
        return found

    def sql(self: Any, sqlQuery: str, args: Any = None, **kwargs: Any) -> Any:
        if not isinstance(sqlQuery, str):
            return own.sql(self, sqlQuery, args, **kwargs)
        known = names(self)
        answered = known.answer(sqlQuery)
        if answered is not None:
            return answered
        from mastic.engines import sql_tables  # 0.1 s for the parser, which most scripts do without

        parsed = sql_tables.parse(sqlQuery)
        result = own.sql(self, known.sql(sqlQuery, parsed), args, **kwargs)
        if parsed is not None and parsed.temporary_view:
            self.__dict__.setdefault("_mastic_views", {})[parsed.temporary_view.lower()] = parsed.temporary_view
        return result

    def read_table(self: Any, tableName: str) -> Any:
        found = names(session_of(self)).table(tableName) if isinstance(tableName, str) else None
        return own.read_table(self, tableName) if found is None else found

    def table(self: Any, tableName: str) -> Any:
        return self.read.table(tableName)

    session.sql, session.table, reader.table = sql, table, read_table
    _install_catalog(catalog, names)


def _install_catalog(catalog: Any, names: Any) -> None:
    from pyspark.sql.catalog import Database, Table

    def described(database: str, name: str) -> Any:
        raw = _table(database, name) or {}
        kind = "VIEW" if raw.get("TableType") == "VIRTUAL_VIEW" else "EXTERNAL"
        return Table(name, "spark_catalog", [database], raw.get("Description"), kind, False)

    def listTables(self: Any, dbName: str | None = None, pattern: str | None = None) -> Any:
        known = names(self._sparkSession)
        return [
            Table(name, None, [], None, "TEMPORARY", True) if temporary else described(database, name)
            for database, name, temporary in known._table_rows(dbName or known.database, pattern)
        ]

    def tableExists(self: Any, tableName: str, dbName: str | None = None) -> bool:
        known = names(self._sparkSession)
        parts = (dbName, tableName) if dbName else split_name(tableName)
        return (len(parts) == 1 and known.is_view(parts[0])) or known.resolve(parts) is not None

    def listDatabases(self: Any, pattern: str | None = None) -> Any:
        return [Database(name, "spark_catalog", None, "") for name in databases(pattern)]

    def databaseExists(self: Any, dbName: str) -> bool:
        return database_exists(dbName)

    def currentDatabase(self: Any) -> str:
        return str(names(self._sparkSession).database)

    def setCurrentDatabase(self: Any, dbName: str) -> None:
        names(self._sparkSession).use(dbName)

    for function in (listTables, tableExists, listDatabases, databaseExists, currentDatabase, setCurrentDatabase):
        setattr(catalog, function.__name__, function)


def _refuse_tables(writer: Any) -> None:
    """Have writes into a database of the Data Catalog say that they are not there yet: engines do not know it."""
    for method in ("saveAsTable", "insertInto"):
        setattr(writer, method, _refusing(getattr(writer, method)))


def _refusing(write: Any) -> Any:
    @functools.wraps(write)
    def written(self: Any, *args: Any, **kwargs: Any) -> Any:
        name = str(args[0] if args else kwargs.get("name", kwargs.get("tableName")))
        parts = split_name(name)
        ours = len(parts) == 2 or (len(parts) == 3 and parts[0].lower() in CATALOGS)
        if ours and database_exists(parts[-2]):
            raise CatalogChangeError(f"{write.__name__}({name!r}) into the Data Catalog is not there yet. {INSTEAD}")
        return write(self, *args, **kwargs)

    return written


def _recording(create: Any) -> Any:
    def created(self: Any, name: str) -> None:
        create(self, name)
        if not name.startswith(HIDDEN):
            self._session.__dict__.setdefault("_mastic_views", {})[name.lower()] = name

    return created


# -- the Data Catalog


def databases(pattern: str | None = None) -> list[str]:
    """Names of the catalog's databases."""
    pages = _glue().get_paginator("get_databases").paginate()
    return sorted(d["Name"] for page in pages for d in page["DatabaseList"] if _matches(d["Name"], pattern))


def tables(database: str, pattern: str | None = None) -> list[str]:
    """Names of a database's tables; none for a database that does not exist."""
    glue = _glue()
    try:
        pages = list(glue.get_paginator("get_tables").paginate(DatabaseName=database))
    except glue.exceptions.EntityNotFoundException:
        return []
    return sorted(t["Name"] for page in pages for t in page["TableList"] if _matches(t["Name"], pattern))


def database_exists(database: str) -> bool:
    """Whether the catalog has the database."""
    glue = _glue()
    try:
        glue.get_database(Name=database)
    except glue.exceptions.EntityNotFoundException:
        return False
    return True


def _table(database: str, name: str) -> dict[str, Any] | None:
    glue = _glue()
    try:
        found: dict[str, Any] = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return None
    return {"DatabaseName": database, **found}


def _matches(name: str, pattern: str | None) -> bool:
    # Spark's patterns: `*` for any text, `|` between alternatives, whatever the case.
    return pattern is None or any(fnmatch.fnmatch(name.lower(), p.strip().lower()) for p in pattern.split("|"))


def _glue() -> Any:
    from awsglue import _aws

    return _aws.glue()
