"""A config from S3 into dataclasses, a secret, a masked column, decimals rounded as SQL does."""

from decimal import Decimal
from hashlib import sha256

from script_case import Case, Run, World

CASE = Case(
    arguments={"--config": "s3://secret-and-config/config/orders.json", "--secret-name": "secret-and-config/etl"}
)
ROOT = "s3://secret-and-config"


def given(world: World) -> None:
    world.secret("secret-and-config/etl", {"user": "etl", "salt": "pepper"})
    columns = [
        {"name": "id", "type": "bigint"},
        {"name": "mail", "type": "string", "alias": "mail_hash", "masked": True},
        {"name": "total", "type": "decimal(10,2)"},
        {"name": "country", "type": "string"},
    ]
    config = {"source": f"{ROOT}/in/", "target": f"{ROOT}/out/", "partition_by": ["country"], "columns": columns}
    world.put_json(f"{ROOT}/config/orders.json", config)
    world.put_json(
        f"{ROOT}/in/orders.json",
        {"id": 1, "mail": "a@x.org", "total": "12.345", "country": "AT"},
        {"id": 2, "mail": None, "total": "7", "country": "DE"},
    )


def expect(world: World, run: Run) -> None:
    hashed = sha256(b"peppera@x.org").hexdigest()
    assert world.read_rows(f"{ROOT}/out/", "parquet") == [
        {"id": 1, "mail_hash": hashed, "total": Decimal("12.35"), "country": "AT"},
        {"id": 2, "mail_hash": None, "total": Decimal("7.00"), "country": "DE"},
    ]
    assert "etl wrote 2 rows with 4 columns" in run.output
    assert not any("pepper" in line for line in [*run.output, *run.errors])
