"""Upsert by window and dynamic overwrite of the touched days; the option beside the setting; purge_s3_path."""

from decimal import Decimal

from script_case import Case, Run, World

CASE = Case(arguments={"--bucket": "upsert-orders"})
ROOT = "s3://upsert-orders"


def given(world: World) -> None:
    import pyarrow as pa

    days = {"2026-01-01": [(1, "10.00"), (2, "20.00")], "2026-01-02": [(3, "30.00")]}
    for day, rows in days.items():
        table = pa.table({
            "order_id": [id for id, _ in rows],
            "status": ["new"] * len(rows),
            "total": pa.array([Decimal(total) for _, total in rows], pa.decimal128(12, 2)),
            "updated_at": [f"{day}T08:00:00"] * len(rows),
        })  # fmt: skip
        world.put_parquet(f"{ROOT}/orders/order_date={day}/part-0-old.parquet", table)

    def change(op: str, id: int, status: str, total: str, updated: str, ordered: str) -> dict[str, object]:
        return {
            "op": op, "order_id": id, "status": status, "total": total, "updated_at": f"{updated}:00",
            "ordered_at": f"{ordered}:00",
        }  # fmt: skip

    world.put_json(
        f"{ROOT}/changes/c.json",
        change("U", 1, "packed", "12.5", "2026-01-02T09:00", "2026-01-01T08:00"),
        change("U", 1, "paid", "12.5", "2026-01-03T00:00", "2026-01-01T08:00"),
        change("D", 2, "new", "20", "2026-01-03T01:00", "2026-01-01T08:00"),
        change("I", 4, "new", "1", "2026-01-03T02:00", "2026-01-03T02:00"),
    )


def expect(world: World, run: Run) -> None:
    orders = f"{ROOT}/orders/"
    names = ["order_id", "status", "total", "updated_at", "order_date"]
    rows = [
        (1, "paid", Decimal("12.50"), "2026-01-03T00:00:00", "2026-01-01"),
        (3, "new", Decimal("30.00"), "2026-01-02T08:00:00", "2026-01-02"),
        (4, "new", Decimal("1.00"), "2026-01-03T02:00:00", "2026-01-03"),
    ]
    assert world.read_rows(orders, "parquet") == [dict(zip(names, row, strict=True)) for row in rows]
    assert "order_date=2026-01-02/part-0-old.parquet" in world.keys(orders), "an untouched day keeps its file"
    assert world.keys(f"{ROOT}/staged/") == []
