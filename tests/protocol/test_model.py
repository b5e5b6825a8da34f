"""The server reads botocore's files itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.loaders import Loader

from mastic.protocol import model


@pytest.mark.parametrize("name", model.SERVICES)
def test_the_model_is_botocores(name: str) -> None:
    read, loaded = model.service(name), Loader().load_service_model(name, "service-2")
    assert read.operations == loaded["operations"]
    assert read.shapes == loaded["shapes"]
    assert {**read.metadata, "serviceId": ""} == {**loaded["metadata"], "serviceId": ""}


def test_a_server_imports_neither_botocore_nor_what_only_other_databases_need() -> None:
    code = "import sys, mastic.server, mastic.protocol.model as model; model.service('glue'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert imported.isdisjoint({"botocore", "awscrt", "pandas", "pyarrow", "sqlalchemy.dialects.postgresql"})
