"""Join, withColumn chain, decimals, groupBy; a left join keeps orders of unknown customers."""

from datetime import date
from decimal import Decimal

from script_case import Case, Run, World

CASE = Case(arguments={"--source_bucket": "monthly-sales-in", "--target_bucket": "monthly-sales-out"})


def given(world: World) -> None:
    world.bucket("monthly-sales-out")
    header = ["order_id", "customer_id", "order_date", "quantity", "unit_price"]
    world.put_csv(
        "s3://monthly-sales-in/orders/a.csv",
        header,
        [1, "c1", "2026-01-05", 2, "10.50"],
        [2, "c1", "2026-01-20", 1, "99.99"],
        [3, "c2", "2026-01-31", 3, "0.10"],
    )
    world.put_csv(
        "s3://monthly-sales-in/orders/b.csv",
        header,
        [4, "c3", "2026-02-01", 1, "5.00"],
        [5, "c2", "2026-02-10", 0, "7.00"],
        [6, "", "2026-02-11", 1, "1.25"],
    )
    world.put_json(
        "s3://monthly-sales-in/customers/all.json",
        {"id": "c1", "name": "Ann", "country": "AT"},
        {"id": "c2", "name": "Ben", "country": "DE"},
    )


def expect(world: World, run: Run) -> None:
    def row(country: str, orders: int, customers: int, revenue: str, last: date, month: str) -> dict[str, object]:
        return {
            "country": country, "orders": orders, "customers": customers, "revenue": Decimal(revenue),
            "last_order": last, "year": "2026", "month": month,
        }  # fmt: skip

    out = "s3://monthly-sales-out/monthly/"
    assert world.read_rows(out, "parquet") == [
        row("AT", 2, 1, "120.99", date(2026, 1, 20), "1"),
        row("DE", 1, 1, "0.30", date(2026, 1, 31), "1"),
        row("unknown", 2, 1, "6.25", date(2026, 2, 11), "2"),
    ]
    assert world.schema(out) == {
        "country": "string", "orders": "int64", "customers": "int64", "revenue": "decimal128(31, 2)",
        "last_order": "date32[day]",
    }  # fmt: skip
    assert world.folders(out) == ["year=2026/month=1", "year=2026/month=2"]
    assert "Wrote 3 rows for 4 customers" in run.output
