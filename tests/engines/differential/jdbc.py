"""Programs that read real databases: every type, with its nastiest values, from PostgreSQL and MariaDB."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

from programs import PROGRAMS, Case

import mariadb
import postgres
from databases import Database

Load = Callable[..., Any]
TEXTS = [
    "''", "' '", "'a,b'", "'it''s'", "'say \"x\"'", "'\"'", "'line\nbreak'", "'cr\r\nlf'", "'Ünï 🙂'", "'NULL'",
    "'a\tb'", "'x    '", "repeat('long 🙂', 30000)", r"'\.'", "'null'", "'0'", "'nan'",
]  # fmt: skip
INTEGERS = {"smallint": 15, "integer": 31, "bigint": 63}
DATES = ["'1970-01-01'", "'2020-02-29'", "'9999-12-31'", "'1900-01-01'", "'1969-12-31'"]
TIMES = [
    "'1970-01-01 00:00:00'",
    "'2020-02-29 23:59:59.999999'",
    "'1969-12-31 23:59:59.5'",
    "'2262-04-12 01:02:03.000001'",
]
DECIMALS = {
    "(12,3)": ["12345.678", "-0.001", "0", "999999999.999"],
    "(38,10)": ["1234567890123456789012345678.0123456789", "-0.0000000001"],
    "(5,0)": ["99999", "-1"],
    "(38,38)": ["0.00000000000000000000000000000000000001"],
    "(18,18)": ["0.999999999999999999"],
}
POSTGRES: dict[str, list[str]] = {
    **{name: [str(2**bits - 1), f"-{2**bits - 1} - 1", "0"] for name, bits in INTEGERS.items()},
    "real": ["1.1", "3.4028235e38", "1e-45", "'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "16777217"],
    "double precision": [
        "0.1",
        "1.7976931348623157e308",
        "5e-324",
        "'NaN'",
        "'Infinity'",
        "'-Infinity'",
        "'-0'",
        "1e22",
    ],
    **{f"numeric{size}": values for size, values in DECIMALS.items()},
    "numeric": ["1.5", "'NaN'"],
    "boolean": ["true", "false"],
    "char(5)": ["'ab'", "''", "'a b c'"],
    "varchar(200000)": TEXTS,
    "text": [*TEXTS, r"'back\slash'"],
    "name": ["'a name'"],
    "date": DATES,
    "timestamp": TIMES,
    "timestamp(0)": TIMES,
    "timestamptz": [*TIMES, "'2020-01-01 00:00:00+05:30'"],
    "bytea": [r"'\x'", r"'\x00ff0a'", r"'\x22'"],
    "json": ["'{\"a\": [1, null]}'", "'  1'"],
    "jsonb": ["'{\"a\": [1, null]}'"],
    "uuid": ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"],
    "integer[]": ["'{1,NULL}'"],
    "interval": ["'1 day'"],
    "time": ["'10:00'"],
    "bit(1)": ["'1'"],
    "oid": ["5"],
    "money": ["1.5"],
    "inet": ["'10.0.0.1'"],
}
MYSQL: dict[str, list[str]] = {
    "tinyint": ["127", "-128"],
    "tinyint unsigned": ["255", "0"],
    "tinyint(1)": ["1", "0", "2", "-1", "-2", "127"],
    "tinyint(1) unsigned": ["1", "255"],
    "boolean": ["true", "false"],
    "bit(1)": ["1", "0"],
    "bit(8)": ["5"],
    "smallint": ["32767", "-32768"],
    "smallint unsigned": ["65535"],
    "mediumint": ["8388607", "-8388608"],
    "mediumint unsigned": ["16777215"],
    "int": ["2147483647", "-2147483648"],
    "int unsigned": ["4294967295"],
    "bigint": ["9223372036854775807", "-9223372036854775808"],
    "bigint unsigned": ["18446744073709551615"],
    "float": ["1.1", "3.4e38", "0.1", "16777216", "-0.5"],
    "double": ["0.1", "1.7976931348623157e308", "1e22", "-0.0"],
    **{f"decimal{size}": values for size, values in DECIMALS.items()},
    "decimal(10,2) unsigned": ["12345678.90"],
    "decimal(20,0)": ["12345678901234567890"],
    "char(5)": ["'ab'", "''", "'a b c'"],
    "varchar(300)": [text for text in TEXTS if "repeat" not in text],
    "text": [text for text in TEXTS if "repeat" not in text],
    "longtext": [*TEXTS, r"'back\\slash'"],
    "enum('a','ü')": ["'a'", "'ü'"],
    "set('a','b')": ["'a,b'", "''"],
    "json": ["'{\"a\": [1, null]}'"],
    "date": ["'1970-01-01'", "'2020-02-29'", "'9999-12-31'", "'1900-01-01'"],
    "datetime": ["'2020-02-29 23:59:59'", "'1900-01-01 00:00:00'"],
    "datetime(6)": [*TIMES, "'2020-01-01 00:00:00.5'"],
    "timestamp(6) null": ["'2020-02-29 23:59:59.999999'", "'1970-01-01 00:00:01'"],
    "binary(3)": ["'ab'", "x'00ff00'"],
    "varbinary(10)": ["''", "x'00ff'"],
    "blob": ["''", "x'00ff27'", "repeat('x', 60000)"],
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    "inet6": ["'::1'"],
    "time": ["'10:00:00'"],
    "year": ["2020"],
    "decimal(50,10)": ["1.5"],
}
TYPES = {"postgresql": POSTGRES, "mysql": MYSQL}
DRIVERS = {"postgresql": "org.postgresql.Driver", "mysql": "com.mysql.cj.jdbc.Driver"}
MANY = {
    "postgresql": "SELECT g AS id, 'row ' || g || E'\\n\"' AS text, g / 7::float AS x FROM generate_series(1, 60000) g",
    "mysql": "SELECT seq AS id, CONCAT('row ', seq, '\n\"') AS text, seq / 7e0 AS x FROM seq_1_to_60000",
}


@cache
def database(kind: str) -> Database:
    """A database of this kind with a table per type; it ends with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    opened: Database = stack.enter_context((postgres if kind == "postgresql" else mariadb).running())
    for number, (type_, values) in enumerate(TYPES[kind].items()):
        opened.execute(f"CREATE TABLE t{number} (id int, v {type_})", f"INSERT INTO t{number} VALUES (-1, NULL)")
        for index, value in enumerate(values):
            opened.execute(f"INSERT INTO t{number} VALUES ({index}, {value})")
    opened.execute(f"CREATE TABLE many AS {MANY[kind]}", "CREATE TABLE nothing (id int, v varchar(9))")
    opened.execute("CREATE TABLE old (v date)", "INSERT INTO old VALUES ('1500-02-28')")
    return opened


def load(case: Case, kind: str, **options: Any) -> Any:
    """A JDBC read of that database."""
    reader = case.spark.read.format("jdbc").options(**database(kind).options, driver=DRIVERS[kind])
    return reader.options(**options).load()


def _type(kind: str, number: int, case: Case) -> Any:
    return load(case, kind, dbtable=f"t{number}")


def _ways(kind: str) -> dict[str, Callable[[Case], Any]]:
    """Every way of naming what to read, and what plans do with it."""

    def predicates(case: Case) -> Any:
        held = database(kind).options
        properties = {"user": held["user"], "password": held["password"], "driver": DRIVERS[kind]}
        return case.spark.read.jdbc(held["url"], "many", predicates=["id < 4", "id = 9"], properties=properties)

    def view(case: Case) -> Any:
        load(case, kind, dbtable="many").createOrReplaceTempView("m")
        return case.spark.sql("SELECT count(*) AS n, sum(id) AS s, min(text) AS t FROM m WHERE id > 10")

    bounds = {"partitionColumn": "id", "lowerBound": 0, "upperBound": 60000, "numPartitions": 3}
    return {
        "many rows": lambda case: load(case, kind, dbtable="many", fetchsize=1000),
        "no rows": lambda case: load(case, kind, dbtable="nothing"),
        "query": lambda case: load(case, kind, query="SELECT id + 1 AS j, v FROM t0"),
        "subquery": lambda case: load(case, kind, dbtable="(SELECT id FROM t0 WHERE id > 0) AS s"),
        "bounds": lambda case: load(case, kind, dbtable="many", **bounds),
        "predicates": predicates,
        "view": view,
        "filter": lambda case: load(case, kind, dbtable="many").filter("id = 7").select("text"),
        "join": lambda case: load(case, kind, dbtable="t0").join(load(case, kind, dbtable="t1"), "id").select("id"),
        "upper case": lambda case: load(case, kind, query="SELECT id AS Ab, v AS cD FROM t0").select("AB", "Cd"),
        "missing table": lambda case: load(case, kind, dbtable="nope"),
        "old date": lambda case: load(case, kind, dbtable="old"),
        "doubled columns": lambda case: load(case, kind, query="SELECT id, id FROM t0"),
        "option of a type": lambda case: load(case, kind, dbtable="t0", customSchema="v STRING"),
    }


for _kind, _types in TYPES.items():
    for _number, _name in enumerate(_types):
        PROGRAMS[f"jdbc: {_kind} {_name}"] = partial(_type, _kind, _number)
    for _name, _way in _ways(_kind).items():
        PROGRAMS[f"jdbc: {_kind} {_name} (way)"] = _way
