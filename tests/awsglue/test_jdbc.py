"""What Glue's JDBC options mean, and how bookmarks of tables count, on a real PostgreSQL and MariaDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsglue import _bookmarks, _connections, _database, _jdbc, _jdbc_bookmarks, _run_api
from awsglue.catalog_table import table_of
from databases import PASSWORD, USER
from databases import Database as Real

URL = "jdbc:postgresql://db:6000/sales"
BASE = {"url": URL, "user": "u", "password": "p", "dbtable": "orders"}


@pytest.fixture(params=["postgres", "mariadb"])
def real(request: pytest.FixtureRequest) -> Real:
    found: Real = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    ("url", "vendor", "host", "port", "name"),
    [
        ("jdbc:postgresql://db/sales", "postgresql", "db", 5432, "sales"),
        ("jdbc:postgresql://db:6000/my%20db?ssl=true", "postgresql", "db", 6000, "my db"),
        ("jdbc:mysql://db:1/", "mysql", "db", 1, ""),
        ("jdbc:mariadb://[::1]/x", "mariadb", "::1", 3306, "x"),
    ],
)
def test_urls(url: str, vendor: str, host: str, port: int, name: str) -> None:
    found = _database.Database.of(url)
    assert (found.vendor, found.host, found.port, found.name) == (vendor, host, port, name)


@pytest.mark.parametrize("url", ["jdbc:oracle:thin:@h:1521/x", "postgresql://h/x", "jdbc:postgresql:x", ""])
def test_urls_python_cannot_reach(url: str) -> None:
    with pytest.raises(_database.DatabaseError, match="is not a JDBC URL Mastic can connect to"):
        _database.Database.of(url)


def test_no_password_is_ever_shown() -> None:
    assert "hush" not in _database.shown("jdbc:mysql://me:hush@h/x?password=hush&user=u")
    url = "jdbc:mysql://h/x?password=hush&user=u"
    assert "hush" not in repr(_database.Database.of(url, "u", "hush"))
    assert "hush" not in repr(_jdbc.Jdbc.of("mysql", {"url": url, "user": "u", "password": "hush", "dbtable": "t"}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" ; ;", []),
        ("DELETE FROM t", ["DELETE FROM t"]),
        ("a; b ;c;", ["a", "b", "c"]),
        ("insert into t values ('x;''y'); select \";\"", ["insert into t values ('x;''y')", 'select ";"']),
        ("select `;`; select 1 -- a; b\n; x", ["select `;`", "select 1 -- a; b", "x"]),
        ("do $f$ begin; end $f$; /* ; */ select 4/2-1", ["do $f$ begin; end $f$", "/* ; */ select 4/2-1"]),
    ],
)
def test_statements_are_cut_at_their_semicolons(text: str, found: list[str]) -> None:
    assert _database.statements(text) == found


@given(st.lists(st.from_regex(r"[a-z ]*('[^']*')?[a-z ]*", fullmatch=True)))
def test_cutting_loses_nothing(parts: list[str]) -> None:
    assert _database.statements(";".join(parts)) == [part.strip() for part in parts if part.strip()]


def test_what_spark_is_told() -> None:
    jdbc = _jdbc.Jdbc.of("postgresql", {**BASE, "fetchsize": 10, "hashfield": "id", "redshiftTmpDir": "s3://t/"})
    driver = "org.postgresql.Driver"
    assert jdbc.spark == {"url": URL, "user": "u", "password": "p", "driver": driver, "fetchsize": "10"}
    assert _jdbc.Jdbc.of("mysql", {**BASE, "url": "jdbc:mariadb://h/d"}).driver == "org.mariadb.jdbc.Driver"
    custom = {**BASE, "customJdbcDriverClassName": "my.Driver", "customJdbcDriverS3Path": "s3://b/my.jar"}
    assert _jdbc.Jdbc.of("postgresql", custom).driver == "my.Driver"


def test_spark_knows_mariadb_by_the_name_of_mysql_only() -> None:
    assert _database.spoken("jdbc:mariadb://h/d?a=b") == "jdbc:mysql://h/d?a=b&permitMysqlScheme"
    assert _database.spoken("jdbc:mysql://h/d") == "jdbc:mysql://h/d"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dbtable": "t"}, "needs url and dbtable"),
        ({"url": URL}, "needs url and dbtable"),
        ({"url": "postgresql://h:secret", "dbtable": "t"}, "must begin with jdbc:"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _jdbc.Jdbc.of("postgresql", options)


@pytest.mark.parametrize(
    "option",
    [
        {"hashfield": "name"},
        *({"hashexpression": each} for each in ("id", "id - 50", "id * 0.3 - 9", "5000000000 * id")),
    ],
)
def test_parallel_reads_take_every_row_once(real: Real, option: dict[str, str]) -> None:
    real.execute("CREATE TABLE t (id int, name varchar(9))")
    real.execute("INSERT INTO t VALUES " + ", ".join(f"({i}, 'n{i}')" for i in range(100)) + ", (NULL, NULL)")
    source = _jdbc.Jdbc.of(real.kind, {**real.options, "dbtable": "t", "hashpartitions": "5", **option})
    conditions = _jdbc._hash_predicates(source)
    assert len(conditions) == 5
    read = [row for each in conditions for row in real.rows(f"SELECT id FROM t WHERE {each}".replace("%", "%%"))]
    assert Counter(read) == Counter(real.rows("SELECT id FROM t"))


def test_seven_parallel_reads_unless_said_otherwise() -> None:
    source = _jdbc.Jdbc.of("postgresql", {**BASE, "hashexpression": "id"})
    assert len(_jdbc._hash_predicates(source)) == 7
    with pytest.raises(ValueError, match="hashpartitions is 0"):
        _jdbc._hash_predicates(_jdbc.Jdbc.of("postgresql", {**BASE, "hashexpression": "id", "hashpartitions": "0"}))
    oracle = {**BASE, "url": "jdbc:oracle:thin://@h:1/x", "hashfield": "id"}
    with pytest.raises(NotImplementedError, match="use hashexpression on oracle"):
        _jdbc._hash_predicates(_jdbc.Jdbc.of("oracle", oracle))


@pytest.mark.parametrize(
    ("url", "location", "wanted"),
    [
        (URL, "other.public.orders", ("jdbc:postgresql://db:6000/other", "public.orders")),
        (f"{URL}?ssl=true", "o.public.Orders", ("jdbc:postgresql://db:6000/o?ssl=true", 'public."Orders"')),
        (URL, "public.orders", (URL, "public.orders")),
        ("jdbc:mysql://h/a", "b.Orders", ("jdbc:mysql://h/a", "`b`.`Orders`")),
    ],
)
def test_where_a_catalog_table_lies(url: str, location: str, wanted: tuple[str, str]) -> None:
    assert _jdbc.located(url, location) == wanted


def test_a_table_is_a_databases_by_its_connection() -> None:
    of_database = {"Name": "t", "Parameters": {"classification": "postgresql", "connectionName": "c"}}
    assert _jdbc.is_database_table(table_of(of_database, "d"))
    for parameters in ({"classification": "parquet", "connectionName": "c"}, {"classification": "postgresql"}):
        assert not _jdbc.is_database_table(table_of({"Name": "t", "Parameters": parameters}, "d"))


def properties(**more: str) -> dict[str, str]:
    return {"JDBC_CONNECTION_URL": URL + "?a=b", "USERNAME": "u", "PASSWORD": "p", **more}


def connect(glue: Any, name: str, given: dict[str, str], kind: str = "JDBC", **more: Any) -> None:
    glue.create_connection(
        ConnectionInput={"Name": name, "ConnectionType": kind, "ConnectionProperties": given, **more}
    )


@pytest.fixture
def fresh_clients(aws_environment: None) -> Iterator[None]:
    """awsglue keeps its clients; these tests want the environment's."""
    from awsglue import _aws

    for client in (_aws.glue, _aws.secrets):
        client.cache_clear()
    yield


def test_connections_of_the_catalog(server: Any, fresh_clients: None) -> None:
    glue, secrets = server.client("glue"), server.client("secretsmanager")
    connect(glue, "plain", properties(JDBC_ENFORCE_SSL="true"))
    found = _connections.get("plain")
    assert found.conf == {
        "url": "jdbc:postgresql://db:6000", "fullUrl": URL + "?a=b", "vendor": "postgresql", "user": "u",
        "password": "p", "enforceSSL": "true", "customJDBCCert": "", "skipCustomJDBCCertValidation": "false",
        "customJDBCCertString": "",
    }  # fmt: skip
    assert found.options == {"url": URL + "?a=b&sslmode=require", "user": "u", "password": "p"}
    secrets.create_secret(Name="s", SecretString='{"username": "su", "password": "sp", "port": 1}')
    connect(glue, "secret", {"HOST": "h", "PORT": "1", "JDBC_ENGINE": "mysql", "DATABASE": "d", "SECRET_ID": "s"})
    found = _connections.get("secret")
    assert (found.url, found.user, found.password) == ("jdbc:mysql://h:1/d", "su", "sp")
    secrets.put_secret_value(SecretId="s", SecretString="hush")
    with pytest.raises(ValueError, match="must be JSON with username and password") as caught:
        _connections.get("secret")
    assert "hush" not in repr(caught.value) and caught.value.__cause__ is None
    with pytest.raises(LookupError, match="connection 'nope' is not in the Data Catalog"):
        _connections.get("nope")
    connect(glue, "net", {}, "NETWORK", PhysicalConnectionRequirements={"SubnetId": "s"})
    with pytest.raises(ValueError, match="has no JDBC_CONNECTION_URL"):
        _connections.get("net")


# -- bookmarks


@pytest.fixture
def bookmarks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts a run from a state; its `state` is what it would commit."""

    def start(state: dict[str, Any], lower: Any = None, upper: Any = None) -> _bookmarks.Bookmarks:
        held = _run_api.Bookmark(1, "job-bookmark-enable", state, lower, upper)
        monkeypatch.setattr(_bookmarks, "_current", _bookmarks.Bookmarks(held))
        return _bookmarks._current

    return start


def unread(real: Real, options: dict[str, Any], table: str = "t") -> list[Any]:
    """The ids that a run with these options reads."""
    database = _database.Database.of(real.url, USER, PASSWORD)
    condition = _jdbc_bookmarks.unread(database, table, options, "ctx") or "1 = 1"
    return [row[0] for row in real.rows(f"SELECT id FROM {table} WHERE {condition} ORDER BY id".replace("%", "%%"))]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int", ["1", "2", "10"]),
        ("numeric(20,3)", ["1.5", "1.501", "10"]),
        ("varchar(20)", ["'a'", "'it''s'", r"'z\\y'"]),
        ("date", ["'2020-01-01'", "'2020-01-02'", "'2020-02-01'"]),
        ("timestamp(6)", ["'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.000001'", "'2020-01-02 00:00:00'"]),
    ],
)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_keys_of_every_type_and_order(real: Real, bookmarks: Any, type_: str, values: list[str], order: str) -> None:
    real.execute(f"CREATE TABLE t (id int, k {type_} DEFAULT NULL)")
    options = {"jobBookmarkKeys": ["k"], "jobBookmarkKeysSortOrder": order}
    state: dict[str, Any] = {}
    for number, value in enumerate(values if order == "asc" else reversed(values)):
        real.execute(f"INSERT INTO t VALUES ({number}, {value})")
        run = bookmarks(state)
        assert unread(real, options) == [number]
        state = run._next
    bookmarks(state)
    assert unread(real, options) == []


def test_nothing_is_read_of_an_empty_table_and_nothing_kept(real: Real, bookmarks: Any) -> None:
    real.execute("CREATE TABLE t (id int)")
    run = bookmarks({})
    assert unread(real, {"jobBookmarkKeys": ["id"]}) == []
    assert run._next == {}


def test_a_single_integer_primary_key_without_gaps_is_the_default(real: Real, bookmarks: Any, capsys: Any) -> None:
    real.execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
    run = bookmarks({})
    assert unread(real, {}) == [1, 2]
    assert run._next["ctx"]["keys"] == ["id"]
    real.execute("INSERT INTO t VALUES (9)")
    bookmarks(run._next)
    assert unread(real, {}) == [9], "a key in use stays in use"
    other = bookmarks({})
    assert unread(real, {}) == [1, 2, 9]
    assert other._next == {}
    assert "its primary key id has gaps; name jobBookmarkKeys" in capsys.readouterr().err


def test_a_table_without_such_a_key_is_read_whole(real: Real, bookmarks: Any, capsys: Any) -> None:
    real.execute("CREATE TABLE t (id int, b int, PRIMARY KEY (id, b))", "INSERT INTO t VALUES (1, 1)")
    run = bookmarks({})
    assert (unread(real, {}), run._next) == ([1], {})
    assert "it has no integer primary key of one column" in capsys.readouterr().err


def test_a_paused_range(real: Real, bookmarks: Any) -> None:
    real.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1), (2), (3), (4)")

    def state(last: int) -> dict[str, Any]:
        return {"ctx": {"type": "jdbc", "keys": ["id"], "values": [["number", str(last)]]}}

    options = {"jobBookmarkKeys": ["id"]}
    bookmarks(state(4), lower=state(1), upper=state(3))
    assert unread(real, options) == [2, 3]
    bookmarks(state(4), lower={}, upper=state(2))
    assert unread(real, options) == [1, 2]
    bookmarks(state(4), lower={}, upper={})
    assert unread(real, options) == []


def test_what_bookmarks_refuse(real: Real, bookmarks: Any) -> None:
    real.execute("CREATE TABLE t (id int, f boolean)", "INSERT INTO t VALUES (1, true), (NULL, true)")
    bookmarks({})
    with pytest.raises(ValueError, match="jobBookmarkKeysSortOrder is 'up'; it must be asc or desc"):
        unread(real, {"jobBookmarkKeys": ["id"], "jobBookmarkKeysSortOrder": "up"})
    with pytest.raises(ValueError, match="rows of t have a NULL there"):
        unread(real, {"jobBookmarkKeys": ["id"]})
    with pytest.raises(_database.DatabaseError, match="nope"):
        unread(real, {"jobBookmarkKeys": ["nope"]})


def test_other_keys_than_before_start_anew(real: Real, bookmarks: Any, capsys: Any) -> None:
    real.execute("CREATE TABLE t (id int, k int)", "INSERT INTO t VALUES (1, 1)")
    bookmarks({"ctx": {"type": "jdbc", "keys": ["id"], "values": [["number", "1"]]}})
    assert unread(real, {"jobBookmarkKeys": ["k"]}) == [1]
    assert "everything is read again" in capsys.readouterr().err
