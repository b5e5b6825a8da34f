"""Filter and Map as Python would do them, record by record."""

from script_case import Case, Run, World

BUCKET = "s3://lambda-filter-map"
CASE = Case()


def given(world: World) -> None:
    rows = [
        (1, 950.5, 0.5, "card", "CHF", "settled"),
        (2, 9.99, 0.25, "card", "CHF", "settled"),
        (3, 10.0, 1.0, "transfer", "EUR", "refunded"),
        (4, 500.0, 1.0, "cash", "EUR", "failed"),
    ]
    names = ("payment_id", "amount", "fee", "method", "currency", "status")
    world.put_parquet(
        f"{BUCKET}/payments/1.parquet", [{**dict(zip(names, row, strict=True)), "note": "n"} for row in rows]
    )


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{BUCKET}/settled/", "parquet") == [
        {
            "payment_id": 1, "amount": 950.5, "fee": 0.5, "method": "card", "currency": "CHF", "status": "settled",
            "net": 950.0, "label": "CARD-CHF", "size": "large",
        },
        {
            "payment_id": 3, "amount": 10.0, "fee": 1.0, "method": "transfer", "currency": "EUR", "status": "refunded",
            "net": 9.0, "label": "TRANSFER-EUR", "size": "small",
        },
    ]  # fmt: skip
