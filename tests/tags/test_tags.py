"""Tags of resources: limits, reserved keys, and what cannot be tagged."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mastic import tags
from mastic.protocol.errors import InvalidInputException
from mastic.store.database import Store

ARN = "arn:aws:glue:us-east-1:123456789012:job/nightly"


def test_tags_are_added_overwritten_and_removed(store: Store) -> None:
    with store.write() as connection:
        tags.add(connection, ARN, {"b": "1", "a": ""})
        tags.add(connection, ARN, {"b": "2", "é": "ü"})
        tags.add(connection, ARN + "-2", {"b": "other"})
        tags.remove(connection, ARN, ["a", "absent"])
        assert tags.of(connection, ARN) == {"b": "2", "é": "ü"}
        tags.forget(connection, ARN)
        assert tags.of(connection, ARN) == {}
        assert tags.of(connection, ARN + "-2") == {"b": "other"}


def test_at_most_fifty(store: Store) -> None:
    with store.write() as connection:
        tags.add(connection, ARN, {str(n): "" for n in range(50)})
        tags.add(connection, ARN, {"7": "overwriting is no fifty-first"})
        with pytest.raises(InvalidInputException, match="would have 51 tags"):
            tags.add(connection, ARN, {"one more": ""})


@pytest.mark.parametrize("key", ["aws:team", "AWS:team"])
def test_the_prefix_of_aws_is_reserved(store: Store, key: str) -> None:
    with store.write() as connection, pytest.raises(InvalidInputException, match="must not begin with aws:"):
        tags.add(connection, ARN, {key: ""})


@pytest.mark.parametrize(
    ("arn", "code", "words"),
    [
        (ARN, "EntityNotFoundException", "not found"),
        (ARN.replace("us-east-1", "eu-west-1"), "EntityNotFoundException", "not of this region and account"),
        (ARN.replace("job/", "teapot/"), "InvalidInputException", "'teapot' cannot be tagged"),
        (ARN.replace("job/nightly", ""), "InvalidInputException", "cannot be tagged"),
        ("arn:aws:s3:::bucket", None, "arn:aws:s3:::bucket"),
    ],
)
def test_what_cannot_be_tagged(server: Any, arn: str, code: str | None, words: str) -> None:
    glue = server.client("glue")
    for call in (
        lambda: glue.tag_resource(ResourceArn=arn, TagsToAdd={"a": "b"}),
        lambda: glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"]),
        lambda: glue.get_tags(ResourceArn=arn),
    ):
        with pytest.raises(ClientError) as error:
            call()
        found = error.value.response["Error"]
        assert code is None or found["Code"] == code
        assert words in found["Message"]
