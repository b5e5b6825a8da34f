"""An amount that is not a number is null after `cast:double`; everything else goes through, by day."""

from script_case import Case, Run, World

BUCKET = "s3://resolve-choice-to-parquet"
CASE = Case()


def given(world: World) -> None:
    header = ["order_id", "customer", "amount", "quantity", "status", "day", "tracking"]
    world.put_csv(f"{BUCKET}/orders/1.csv", header, [1, "Ada", "10.5", 2, "new", "2026-01-01", "x"])
    world.put_csv(
        f"{BUCKET}/orders/2.csv",
        header,
        [2, "Bo", "n/a", 1, "paid", "2026-01-02", "y"],
        [9000000000, "Cy", "1e3", 3, "paid", "2026-01-02", "z"],
    )
    columns = {
        "order_id": "bigint",
        "customer": "string",
        "amount": "double",
        "quantity": "int",
        "status": "string",
        "day": "string",
        "tracking": "string",
    }
    world.table("resolve_choice_to_parquet", "orders", f"{BUCKET}/orders/", columns, "csv")


def expect(world: World, run: Run) -> None:
    def order(
        number: int, customer: str, amount: float | None, quantity: int, status: str, day: str
    ) -> dict[str, object]:
        fields = {"order_id": number, "customer": customer, "amount": amount, "quantity": quantity}
        return {**fields, "order_status": status, "day": day}

    assert world.read_rows(f"{BUCKET}/clean/", "parquet") == [
        order(1, "Ada", 10.5, 2, "new", "2026-01-01"),
        order(2, "Bo", None, 1, "paid", "2026-01-02"),
        order(9000000000, "Cy", 1000.0, 3, "paid", "2026-01-02"),
    ]
    assert world.folders(f"{BUCKET}/clean/") == ["day=2026-01-01", "day=2026-01-02"]
    assert world.schema(f"{BUCKET}/clean/") == {
        "order_id": "int64",
        "customer": "string",
        "amount": "double",
        "quantity": "int32",
        "order_status": "string",
    }
