"""An app on each of the two databases, and a partitioned table to work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mastic.app import App
from mastic.catalog import databases, definitions
from mastic.clock import ManualClock
from mastic.settings import Settings

COLUMNS = [{"Name": "id", "Type": "bigint", "Comment": "Key"}, {"Name": "Mixed", "Type": "struct<A:int,b:string>"}]


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """An app whose clock stands still, with the database `sales`."""
    app = App(Settings(home=tmp_path, database_url=database_url), ManualClock())
    databases.create(app, {"Name": "sales"})
    yield app
    app.store.close()


@pytest.fixture
def make_table(app: App) -> Callable[..., str]:
    """Creates a table in `sales` with partition keys given as (name, type)."""

    def make(*keys: tuple[str, str], name: str = "orders", **more: Any) -> str:
        given = {
            "Name": name,
            "StorageDescriptor": {"Columns": COLUMNS, "Location": f"s3://sales/{name}/"},
            "PartitionKeys": [{"Name": key, "Type": type_name} for key, type_name in keys],
            **more,
        }
        definitions.create(app, "arn:aws:iam::123456789012:root", "sales", given)
        return name

    return make


@pytest.fixture
def partition_input() -> Callable[..., dict[str, Any]]:
    """Makes a PartitionInput with these values."""

    def make(*values: str, location: str = "s3://sales/orders/p/") -> dict[str, Any]:
        return {"Values": list(values), "StorageDescriptor": {"Columns": COLUMNS, "Location": location}}

    return make
