"""JDBC reads: the database says what the columns are, and Sail reads them by our own data source, as Spark would."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

from awsglue._database import Database, DatabaseError
from mastic.engines.database_source import NAME
from mastic.engines.router import types
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.scope import Column, Output
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

# What changes how Spark reads in parallel or how fast, but not what it reads.
_SPEED = frozenset({"fetchsize", "numpartitions", "partitioncolumn", "lowerbound", "upperbound", "pushdownpredicate",
                    "pushdownaggregate", "pushdownlimit", "pushdownoffset", "pushdowntablesample"})  # fmt: skip
_READ = frozenset({"url", "dbtable", "query", "user", "password", "driver"})
_DRIVERS = {
    "postgresql": ("org.postgresql.Driver",),
    "mysql": ("com.mysql.cj.jdbc.Driver", "com.mysql.jdbc.Driver"),
}
Columns = tuple[tuple[str, Type, str], ...]  # name, type, and what to select


def read(analysis: Analysis, held: Message, relation: Message) -> Output:
    """A Read.DataSource of format jdbc, rewritten to our data source with explicit queries and columns."""
    analysis.proven.need("read jdbc")
    expect(held, "format", "schema", "options", "predicates")
    if held.schema or held.paths:
        raise Unproven("read jdbc with a schema")
    options = {key.lower(): value for key, value in held.options.items()}
    for key in options:
        if key not in _READ | _SPEED:
            raise Unproven(f"read jdbc option {key}")
    database = _database(options)
    source = _source(options)
    columns = _columns(database, source)
    if len({name.lower() for name, _, _ in columns}) != len(columns):
        raise Unproven("columns of the same name in a read")
    for _, type_, _ in columns:
        analysis.proven.need(f"read jdbc {database.vendor} {type_.signature()}")
    if held.predicates:
        analysis.proven.need("read jdbc predicates")
    held.format, held.schema = NAME, ", ".join(f"{types.quoted(name)} {type_.ddl()}" for name, type_, _ in columns)
    selected = ", ".join(chosen for _, _, chosen in columns)
    wheres = [f" WHERE {each}" for each in held.predicates] or [""]
    rewritten = {
        "url": options["url"],
        "user": options.get("user", ""),
        "password": options.get("password", ""),
        "queries": json.dumps([f"SELECT {selected} FROM {source}{where}" for where in wheres]),  # noqa: S608
        "columns": json.dumps([[name, type_.ddl()] for name, type_, _ in columns]),
    }
    del held.predicates[:]
    held.options.clear()
    for key, value in rewritten.items():
        held.options[key] = value
    if analysis.database_source is None:
        raise Unproven("read jdbc without a data source")
    analysis.database_source()
    return Output(tuple(Column(name, type_) for name, type_, _ in columns))


def _database(options: dict[str, str]) -> Database:
    """Where the options point; a URL with parameters may mean more than Python's drivers know."""
    try:
        database = Database.of(options.get("url", ""), options.get("user", ""), options.get("password", ""))
    except DatabaseError as error:
        raise Unproven("read jdbc of another database") from error
    drivers = _DRIVERS.get(database.vendor, ())
    if not drivers or options.get("driver", drivers[0]) not in drivers:
        raise Unproven(f"read jdbc driver {options.get('driver', database.vendor)}")
    if database.properties or "?" in options["url"]:
        raise Unproven("read jdbc with parameters in the URL")
    return database


def _source(options: dict[str, str]) -> str:
    table, query = options.get("dbtable", "").strip(), options.get("query", "").strip()
    if bool(table) == bool(query):
        raise Unproven("read jdbc without one of dbtable and query")
    return table or f"({query}) spark_gen"


def _columns(database: Database, source: str) -> Columns:
    try:
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {source} WHERE 1=0")  # noqa: S608
            found = _postgres(cursor) if database.is_postgres else _mysql(cursor)
    except Unproven:
        raise
    except Exception as error:  # Spark's own error is the one to show
        raise Unproven("read jdbc: the database refused Python") from error
    return found


# Type OIDs of pg_type, which never change.
_POSTGRES: dict[int, tuple[Type, str]] = {
    16: (types.BOOLEAN, "{}"),
    17: (types.BINARY, "encode({}, 'hex')"),
    19: (types.STRING, "{}"),
    20: (types.BIGINT, "{}"),
    21: (types.SHORT, "{}"),
    23: (types.INT, "{}"),
    25: (types.STRING, "{}"),
    114: (types.STRING, "{}::text"),
    700: (types.FLOAT, "{}"),
    701: (types.DOUBLE, "{}"),
    1042: (types.STRING, "{}"),
    1043: (types.STRING, "{}"),
    1082: (types.DATE, "{}"),
    1114: (types.TIMESTAMP, "{}"),
    1184: (types.TIMESTAMP, "{} AT TIME ZONE 'UTC'"),
    2950: (types.STRING, "{}::text"),
    3802: (types.STRING, "{}::text"),
}
_NUMERIC = 1700


def _postgres(cursor: Any) -> Columns:
    found = []
    for column in cursor.description:
        name = '"' + column.name.replace('"', '""') + '"'
        if column.type_code == _NUMERIC:
            type_, chosen = _decimal(column.precision, column.scale), "{}"
        elif column.type_code in _POSTGRES:
            type_, chosen = _POSTGRES[column.type_code]
        else:
            raise Unproven(f"read jdbc postgresql type {column.type_code}")
        found.append((column.name, type_, chosen.format(name)))
    return tuple(found)


# MySQL's protocol: type codes, and flags of a column.
_UNSIGNED, _BINARY_CHARSET = 32, 63
_MYSQL: dict[int, tuple[Type, Type | None]] = {  # signed, unsigned
    1: (types.BYTE, types.SHORT),
    2: (types.SHORT, types.INT),
    3: (types.INT, types.BIGINT),
    4: (types.FLOAT, None),
    5: (types.DOUBLE, None),
    7: (types.TIMESTAMP, types.TIMESTAMP),
    8: (types.BIGINT, types.decimal(20, 0)),
    9: (types.INT, types.INT),
    10: (types.DATE, types.DATE),
    12: (types.TIMESTAMP, types.TIMESTAMP),
}
_CHAR, _TEXTS = 254, (252, 253, 254)
_BYTES = 4  # of a character of utf8mb4, which our connections speak


def _mysql(cursor: Any) -> Columns:
    return tuple((field.name, _mysql_type(field), _mysql_chosen(field)) for field in cursor._result.fields)


def _mysql_chosen(field: Any) -> str:
    """Spark pads what the database calls CHAR (also enumerations, sets and addresses) to its length."""
    name = types.quoted(field.name)
    if field.type_code != _CHAR or field.charsetnr == _BINARY_CHARSET:
        return name
    return f"rpad({name}, {field.length // _BYTES}, ' ')"


def _mysql_type(field: Any) -> Type:
    code, unsigned = field.type_code, bool(field.flags & _UNSIGNED)
    if code in (1, 16) and field.length == 1 and not (code == 1 and unsigned):
        return types.BOOLEAN
    if code == 246:
        return _decimal(field.length - (field.scale > 0) - (not unsigned), field.scale)
    if code in _TEXTS:
        return types.BINARY if field.charsetnr == _BINARY_CHARSET else types.STRING
    found = _MYSQL.get(code, (None, None))[unsigned]
    if found is None:
        raise Unproven(f"read jdbc mysql type {code}{' unsigned' if unsigned else ''}")
    return found


def _decimal(precision: int | None, scale: int | None) -> Type:
    if precision is None or scale is None or not 0 <= scale <= precision <= 38:
        raise Unproven("read jdbc decimal beyond 38 digits")
    return types.decimal(precision, scale)
