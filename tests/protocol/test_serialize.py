"""Responses: only what the shape has, no nulls, times and bytes as AWS writes them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from mastic.protocol.model import SERVICES, service

AT = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


def test_times_are_epoch_seconds_and_nulls_are_left_out() -> None:
    job = {"Name": "j", "CreatedOn": AT, "Description": None, "DefaultArguments": {"--a": "b"}}
    assert service("glue").operation("GetJob").serialize({"Job": job}) == {
        "Job": {"Name": "j", "CreatedOn": 1769860800.123, "DefaultArguments": {"--a": "b"}}
    }


def test_bytes_are_base64() -> None:
    shaped = service("secretsmanager").operation("GetSecretValue").serialize({"SecretBinary": b"\x00\xff"})
    assert shaped == {"SecretBinary": "AP8="}


def test_lists_and_maps_of_structures_are_shaped() -> None:
    shaped = (
        service("glue").operation("GetJobs").serialize({"Jobs": [{"Name": "a", "LastModifiedOn": AT, "Role": None}]})
    )
    assert shaped == {"Jobs": [{"Name": "a", "LastModifiedOn": 1769860800.123}]}


def test_a_member_aws_does_not_have_is_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert service("glue").operation("GetJob").serialize({"Job": {"Nmae": "j"}}) == {"Job": {}}
    assert "'Nmae' is not a member of Job" in caplog.text


def test_an_operation_without_output_answers_an_empty_object() -> None:
    assert service("glue").operation("TagResource").serialize({}) == {}
    assert service("logs").operation("CreateLogGroup").serialize({"anything": 1}) == {}


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_compiles(name: str) -> None:
    for operation in service(name).operations:
        service(name).operation(operation)
