"""One table per level: the order's structs become dotted columns, its array a table of its own, joined by id."""

from script_case import Case, Run, World

BUCKET = "s3://relationalize-orders"
CASE = Case(arguments={"--TempDir": f"{BUCKET}/temporary/"}, passing=("relationalize-orders/temporary/*",))


def given(world: World) -> None:
    address = {"street": "Main", "zip": 3000}
    world.put_json(
        f"{BUCKET}/raw/orders.json",
        {
            "order_id": 1,
            "customer": {"name": "Ada", "city": "Bern", "address": address},
            "items": [{"sku": "a", "quantity": 2, "price": 1.5}, {"sku": "b", "quantity": 1, "price": 2.0}],
            "channel": "web",
        },
        {
            "order_id": 2,
            "customer": {"name": "Bo", "city": "Oslo", "address": address},
            "items": [{"sku": "c", "quantity": 5, "price": 0.25}],
            "channel": "shop",
        },
    )


def expect(world: World, run: Run) -> None:
    orders = world.read_rows(f"{BUCKET}/flat/orders/", "parquet")
    ids = {row["order_id"]: row.pop("items") for row in orders}
    customer = {"customer.address.street": "Main", "customer.address.zip": 3000}
    assert sorted(orders, key=lambda row: row["order_id"]) == [
        {"order_id": 1, "customer.name": "Ada", "customer.city": "Bern", **customer, "channel": "web"},
        {"order_id": 2, "customer.name": "Bo", "customer.city": "Oslo", **customer, "channel": "shop"},
    ]
    assert sorted(world.read_rows(f"{BUCKET}/flat/orders_items/", "parquet"), key=lambda row: row["items.val.sku"]) == [
        {"id": ids[1], "index": 0, "items.val.sku": "a", "items.val.quantity": 2, "items.val.price": 1.5},
        {"id": ids[1], "index": 1, "items.val.sku": "b", "items.val.quantity": 1, "items.val.price": 2.0},
        {"id": ids[2], "index": 0, "items.val.sku": "c", "items.val.quantity": 5, "items.val.price": 0.25},
    ]
