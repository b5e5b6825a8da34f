"""Any sequence of operations on any keys does what a dictionary would do."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from door_server import running_door
from mastic.settings import Settings
from serving import Listener

SEGMENTS = st.one_of(
    st.sampled_from(
        ["", ".", "..", "a", "b", "%", "%2f", "é", "e\u0301", "x" * 256, " ", "+", "~", "\\", "a:b", "_", "A"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join).filter(lambda key: 0 < len(key.encode()) <= 1024)
BODIES = st.binary(max_size=20)
BUCKET = "any-key"


class AnyKey(RuleBasedStateMachine):
    """The door against a dictionary."""

    s3: Any
    folder: Path
    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, bytes] = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for item in page.get("Contents", []):
                self.s3.delete_object(Bucket=BUCKET, Key=item["Key"])

    @rule(target=keys, key=st.sampled_from(["a", "a/", "a/b", "a/b/", "a/b/c", "a//b", "/a", "é/a"]))
    def name_in_the_way(self, key: str) -> str:
        return key

    @rule(target=keys, key=KEYS)
    def name(self, key: str) -> str:
        return key

    @rule(target=keys, key=keys, more=KEYS)
    def name_below(self, key: str, more: str) -> str:
        longer = f"{key}/{more}"
        return longer if len(longer.encode()) <= 1024 else key

    @rule(key=keys, body=BODIES)
    def put(self, key: str, body: bytes) -> None:
        etag = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"]
        assert etag == f'"{hashlib.md5(body).hexdigest()}"'
        self.model[key] = body

    @rule(key=keys, body=BODIES)
    def upload(self, key: str, body: bytes) -> None:
        created = {"Bucket": BUCKET, "Key": key}
        created["UploadId"] = self.s3.create_multipart_upload(**created)["UploadId"]
        part = self.s3.upload_part(**created, PartNumber=1, Body=body)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        self.s3.complete_multipart_upload(**created, MultipartUpload=parts)
        self.model[key] = body

    @rule(key=keys)
    def get(self, key: str) -> None:
        if key in self.model:
            assert self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == self.model[key]
            return
        with pytest.raises(self.s3.exceptions.NoSuchKey):
            self.s3.get_object(Bucket=BUCKET, Key=key)

    @rule(key=keys)
    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=key)
        self.model.pop(key, None)

    @rule(source=keys, to=keys)
    def copy(self, source: str, to: str) -> None:
        if source in self.model and source != to:
            self.s3.copy_object(Bucket=BUCKET, Key=to, CopySource={"Bucket": BUCKET, "Key": source})
            self.model[to] = self.model[source]

    @rule(prefix=st.one_of(KEYS, keys), delimiter=st.sampled_from(["", "/", "a"]), size=st.integers(1, 4))
    def list_in_pages(self, prefix: str, delimiter: str, size: int) -> None:
        found, common = [], []
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
        for page in pages:
            found += [item["Key"] for item in page.get("Contents", [])]
            common += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
        matching = sorted((key for key in self.model if key.startswith(prefix)), key=str.encode)
        ends = {key: key.find(delimiter, len(prefix)) if delimiter else -1 for key in matching}
        assert found == [key for key in matching if ends[key] < 0]
        expected = {key[: ends[key] + len(delimiter)] for key in matching if ends[key] >= 0}
        assert common == sorted(expected, key=str.encode)

    @invariant()
    def the_listing_is_the_model(self) -> None:
        page = self.s3.list_objects_v2(Bucket=BUCKET)
        assert [item["Key"] for item in page.get("Contents", [])] == sorted(self.model, key=str.encode)

    @invariant()
    def every_file_in_the_folder_is_an_object_of_its_name(self) -> None:
        for path in self.folder.rglob("*"):
            if path.is_file():
                assert path.read_bytes() == self.model[path.relative_to(self.folder).as_posix()]

    @invariant()
    def an_object_that_can_be_a_file_is_one(self) -> None:
        for key, body in self.model.items():
            segments = key.split("/")
            plain = "\0" not in key and all(0 < len(s.encode()) <= 255 and s not in (".", "..") for s in segments)
            blocked = any("/".join(segments[:i]) in self.model for i in range(1, len(segments)))
            blocks = any(other.startswith(key + "/") for other in self.model)
            if plain and not blocked and not blocks:
                assert (self.folder / key).read_bytes() == body

    @invariant()
    def there_is_no_empty_folder(self) -> None:
        assert all(any(path.iterdir()) for path in self.folder.rglob("*") if path.is_dir())


def test_any_sequence_of_operations_on_any_keys(listener: Listener) -> None:
    with TemporaryDirectory() as home, running_door(listener, Settings(home=Path(home), storage_fsync=False)) as server:
        AnyKey.s3 = server.client()
        AnyKey.s3.create_bucket(Bucket=BUCKET)
        AnyKey.folder = server.home / "buckets" / BUCKET
        run_state_machine_as_test(
            AnyKey,
            settings=settings(
                max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
