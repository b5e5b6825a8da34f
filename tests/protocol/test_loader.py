"""botocore's models by our reader: the same models, the same errors."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from mastic.protocol.loader import QuickLoader


@pytest.mark.parametrize("service", ["glue", "s3", "logs"])
@pytest.mark.parametrize("kind", ["service-2", "paginators-1", "endpoint-rule-set-1"])
def test_models_are_the_same(service: str, kind: str) -> None:
    assert QuickLoader().load_service_model(service, kind) == Loader().load_service_model(service, kind)


@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "resources-1", "waiters-2"])
def test_so_is_the_list_of_services(kind: str) -> None:
    assert QuickLoader().list_available_services(kind) == Loader().list_available_services(kind)


def test_a_session_with_it_makes_clients_and_tells_of_what_is_not_there() -> None:
    session = botocore.session.Session()
    session.register_component("data_loader", QuickLoader())
    options = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = session.create_client("glue", **options)
    assert client.can_paginate("get_tables")
    with pytest.raises(UnknownServiceError, match=r"glu.*Valid service names.*glue"):
        session.create_client("glu", **options)
