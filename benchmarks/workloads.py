"""Five Glue jobs of `tests/scripts/` at scale: their input, their catalog tables, and the same work in DuckDB SQL.

Input is made by DuckDB from row numbers, so every run has the same bytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import duckdb

DAYS = 16
PARTS = 8


@dataclass(frozen=True)
class Table:
    """A catalog table over a folder of the workload's bucket."""

    name: str
    folder: str
    format: str
    columns: tuple[tuple[str, str], ...]
    partition_keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Workload:
    """One script with its input. `$raw` and `$out` in SQL are the bucket's folder and a folder of DuckDB's own."""

    script: str
    title: str
    rows_per_gb: int
    make: tuple[str, ...]
    by_hand: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]  # a folder both write, and SQL in which both must agree
    tables: tuple[Table, ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    lines_per_file: int = 0  # split every file made into small ones

    @property
    def bucket(self) -> str:
        return self.script.replace("_", "-")

    @property
    def database(self) -> str:
        return self.script

    def rows(self, size_gb: float) -> int:
        return int(self.rows_per_gb * size_gb)

    def generate(self, raw: Path, size_gb: float) -> None:
        """Write the input below `raw`."""
        rows = self.rows(size_gb)
        with duckdb.connect() as db:
            for statement in self.make:
                folder = raw / statement.split("TO '$raw/")[1].split("/")[0].split("'")[0]
                folder.mkdir(parents=True)
                for part in range(PARTS):
                    numbers = f"range({rows * part // PARTS}, {rows * (part + 1) // PARTS}) t(i)"
                    db.execute(Template(statement).substitute(raw=raw, numbers=numbers, part=part))
                if self.lines_per_file:
                    _split(folder, self.lines_per_file)


def _split(folder: Path, lines: int) -> None:
    """Each file of the folder as many small ones."""
    for path in list(folder.iterdir()):
        command = ["split", f"--lines={lines}", "--suffix-length=5", f"--additional-suffix={path.suffix}", path.name]
        subprocess.run([*command, f"{path.stem}-"], cwd=folder, check=True)
        path.unlink()


def _pick(salt: int, *values: str) -> str:
    """SQL for one of some texts, chosen by the row's number."""
    return f"[{', '.join(repr(value) for value in values)}][(1 + hash(i + {salt}) % {len(values)})::INT]"


RESOLVE = Workload(
    script="resolve_choice_to_parquet",
    title="CSV to partitioned Parquet, a choice resolved",
    rows_per_gb=17_000_000,
    make=(
        f"""COPY (SELECT i AS order_id, 'customer-' || hash(i) % 100000 AS customer,
                CASE WHEN i % 997 = 0 THEN 'n/a' ELSE ((hash(i + 1) % 100000) / 100.0)::DECIMAL(9,2)::VARCHAR END
                    AS amount,
                hash(i + 2) % 20 AS quantity, {_pick(3, "new", "paid", "shipped", "returned")} AS status,
                '2026-01-' || lpad((1 + hash(i + 4) % {DAYS})::VARCHAR, 2, '0') AS day,
                substr(md5(i::VARCHAR), 1, 12) AS tracking
            FROM $numbers) TO '$raw/orders/part-$part.csv' (FORMAT csv, HEADER)""",
    ),
    tables=(
        Table(
            "orders",
            "orders",
            "csv",
            (
                ("order_id", "bigint"),
                ("customer", "string"),
                ("amount", "double"),
                ("quantity", "int"),
                ("status", "string"),
                ("day", "string"),
                ("tracking", "string"),
            ),
        ),
    ),
    by_hand=(
        """COPY (SELECT order_id, customer, amount,
                quantity, status AS order_status, day
            FROM read_csv('$raw/orders/*.csv', header = true, auto_detect = false, nullstr = ['', 'n/a'],
                columns = {'order_id': 'BIGINT',
                'customer': 'VARCHAR', 'amount': 'DOUBLE', 'quantity': 'INT', 'status': 'VARCHAR', 'day': 'VARCHAR',
                'tracking': 'VARCHAR'}))
            TO '$out/clean' (FORMAT parquet, PARTITION_BY (day), COMPRESSION snappy)""",
    ),
    outputs=(
        (
            "clean",
            "count(*), sum(order_id), sum(quantity), sum(round(amount * 100)::BIGINT), count(amount),"
            " count(DISTINCT day)",
        ),
    ),
)

RELATIONALIZE = Workload(
    script="relationalize_orders",
    title="Nested JSON relationalized",
    rows_per_gb=4_300_000,
    make=(
        f"""COPY (SELECT i AS order_id, {{'name': 'customer-' || hash(i) % 100000, 'city': {_pick(5, "Bern", "Oslo")},
                    'address': {{'street': substr(md5(i::VARCHAR), 1, 10), 'zip': hash(i + 1) % 90000}}}} AS customer,
                list_transform(range((1 + hash(i + 2) % 3)::INT), lambda n: {{'sku': 'sku-' || (i + n) % 5000,
                    'quantity': 1 + (i + n) % 9, 'price': ((i * 7 + n) % 10000) / 100.0::DOUBLE}}) AS items,
                {_pick(3, "web", "shop", "phone")} AS channel
            FROM $numbers) TO '$raw/raw/part-$part.json' (FORMAT json)""",
    ),
    by_hand=(
        """CREATE TEMP TABLE orders AS SELECT *, row_number() OVER () AS id FROM read_json('$raw/raw/*.json',
            format = 'newline_delimited', columns = {'order_id': 'BIGINT',
            'customer': 'STRUCT(name VARCHAR, city VARCHAR, address STRUCT(street VARCHAR, zip BIGINT))',
            'items': 'STRUCT(sku VARCHAR, quantity BIGINT, price DOUBLE)[]', 'channel': 'VARCHAR'})""",
        """COPY (SELECT order_id, customer.name AS "customer.name", customer.city AS "customer.city",
                customer.address.street AS "customer.address.street", customer.address.zip AS "customer.address.zip",
                id AS items, channel FROM orders) TO '$out/flat/orders/all.parquet' (FORMAT parquet)""",
        """COPY (SELECT id, n AS "index", item.sku AS "items.val.sku", item.quantity AS "items.val.quantity",
                item.price AS "items.val.price" FROM (
                    SELECT id, generate_subscripts(items, 1) - 1 AS n, unnest(items) AS item FROM orders))
            TO '$out/flat/orders_items/all.parquet' (FORMAT parquet)""",
    ),
    outputs=(
        ("flat/orders", 'count(*), sum(order_id), sum("customer.address.zip"), count(DISTINCT "customer.name")'),
        (
            "flat/orders_items",
            'count(*), sum("index"), sum("items.val.quantity"), sum(round("items.val.price" * 100)::BIGINT)',
        ),
    ),
    arguments={"--TempDir": "s3://relationalize-orders/temporary/"},
)

JOIN = Workload(
    script="catalog_join_aggregate",
    title="Join and aggregate from the catalog",
    rows_per_gb=34_000_000,
    make=(
        f"""COPY (SELECT i AS event_id, (hash(i) % 500000)::BIGINT AS user_id,
                (hash(i + 1) % 100000) / 100.0::DOUBLE AS price,
                {_pick(2, "view", "click", "buy")} AS kind, substr(md5(i::VARCHAR), 1, 12) AS agent,
                '2026-01-' || lpad((1 + i % {DAYS})::VARCHAR, 2, '0') AS day
            FROM $numbers) TO '$raw/events' (FORMAT parquet, PARTITION_BY (day), COMPRESSION snappy,
                FILENAME_PATTERN 'part-$part-{{i}}', OVERWRITE_OR_IGNORE)""",
        f"""COPY (SELECT (500000 * $part // 8 + j)::BIGINT AS id, 'user-' || j AS name,
                {_pick(7, "CH", "DE", "FR", "IT", "NO", "SE").replace("i +", "j + 11 * $part +")} AS country
            FROM range(500000 // 8) u(j)) TO '$raw/users/part-$part.parquet' (FORMAT parquet)""",
    ),
    tables=(
        Table(
            "events",
            "events",
            "parquet",
            (
                ("event_id", "bigint"),
                ("user_id", "bigint"),
                ("price", "double"),
                ("kind", "string"),
                ("agent", "string"),
            ),
            (("day", "string"),),
        ),
        Table("users", "users", "parquet", (("id", "bigint"), ("name", "string"), ("country", "string"))),
    ),
    by_hand=(
        """COPY (SELECT country, day, count(*) AS events, count(DISTINCT user_id) AS users,
                round(sum(price), 2) AS revenue, max(price) AS highest
            FROM read_parquet('$raw/events/**/*.parquet', hive_partitioning = true) e
            JOIN '$raw/users/*.parquet' u ON e.user_id = u.id
            WHERE day BETWEEN '2026-01-03' AND '2026-01-14' GROUP BY ALL ORDER BY country, day)
            TO '$out/revenue/all.parquet' (FORMAT parquet)""",
    ),
    outputs=(("revenue", "count(*), sum(events), sum(users), sum(round(revenue * 100)::BIGINT), max(highest)"),),
    arguments={"--from_day": "2026-01-03", "--to_day": "2026-01-14"},
)

LAMBDAS = Workload(
    script="lambda_filter_map",
    title="Filter and Map with Python functions",
    rows_per_gb=23_000_000,
    make=(
        f"""COPY (SELECT i AS payment_id, (hash(i) % 100000) / 100.0::DOUBLE AS amount,
                (hash(i + 1) % 300) / 100.0::DOUBLE AS fee,
                {_pick(2, "card", "transfer", "cash", "invoice")} AS method,
                {_pick(3, "CHF", "EUR", "USD")} AS currency,
                {_pick(4, "settled", "pending", "refunded", "failed")} AS status, md5(i::VARCHAR) AS note
            FROM $numbers) TO '$raw/payments/part-$part.parquet' (FORMAT parquet, COMPRESSION snappy)""",
    ),
    by_hand=(
        """COPY (SELECT payment_id, amount, fee, method, currency, status, amount - fee AS net,
                upper(method) || '-' || currency AS label, CASE WHEN amount > 900 THEN 'large' ELSE 'small' END AS size
            FROM '$raw/payments/*.parquet' WHERE status IN ('settled', 'refunded') AND amount >= 10)
            TO '$out/settled/all.parquet' (FORMAT parquet)""",
    ),
    outputs=(
        (
            "settled",
            "count(*), sum(payment_id), sum(round(net * 100)::BIGINT), count(DISTINCT label),"
            " count(*) FILTER (size = 'large')",
        ),
    ),
)

SMALL_FILES = Workload(
    script="group_small_files",
    title="Small JSON files grouped",
    rows_per_gb=9_600_000,
    make=(
        f"""COPY (SELECT md5(i::VARCHAR) AS session, '/page/' || hash(i) % 1000 AS page, hash(i + 1) % 60000 AS ms,
                {_pick(2, "desktop", "mobile")} AS device, i % 24 AS hour
            FROM $numbers) TO '$raw/clicks/part-$part.json' (FORMAT json)""",
    ),
    by_hand=(
        """COPY (SELECT session AS session_id, page, ms AS milliseconds, hour FROM read_json('$raw/clicks/**/*.json',
            format = 'newline_delimited',
            columns = {'session': 'VARCHAR', 'page': 'VARCHAR', 'ms': 'BIGINT', 'hour': 'INT'}))
            TO '$out/grouped' (FORMAT parquet, PARTITION_BY (hour))""",
    ),
    outputs=(("grouped", "count(*), sum(milliseconds), count(DISTINCT page), count(DISTINCT hour)"),),
    lines_per_file=256,
)

WORKLOADS = (RESOLVE, RELATIONALIZE, JOIN, LAMBDAS, SMALL_FILES)


def by_hand(workload: Workload, raw: Path, out: Path, threads: int) -> None:
    """The same work as DuckDB statements."""
    for folder, _ in workload.outputs:
        (out / folder).mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute(f"SET threads = {threads}")
        for statement in workload.by_hand:
            db.execute(Template(statement).substitute(raw=raw, out=out))


if __name__ == "__main__":  # a process of its own, as a user would start it
    script, raw, out = sys.argv[1:]
    by_hand(next(w for w in WORKLOADS if w.script == script), Path(raw), Path(out), os.cpu_count() or 1)
