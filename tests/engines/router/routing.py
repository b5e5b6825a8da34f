"""A session on Sail behind a router with the committed list, and no Spark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("SPARK_CONNECT_MODE_ENABLED", "1")
os.environ.setdefault("RUST_LOG", "error")
os.environ.setdefault("SAIL_EXECUTION__COLLECT_STATISTICS", "false")  # as in engines.sail


def stub(address: str) -> Any:
    import grpc
    import pyspark.sql.connect.proto.base_pb2_grpc as services

    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    return services.SparkConnectServiceStub(grpc.insecure_channel(address, options))


def connect(address: str, router: Any) -> Any:
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession.builder.remote(f"sc://{address}").create()
    session.client.disable_reattachable_execute()
    session.client._stub = router
    return session


def buckets(root: Path) -> Path:
    (root / "data").mkdir(parents=True)
    return root
