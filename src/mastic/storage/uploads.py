"""Multipart uploads: parts are files named by what they are, so that a part appears whole or not at all.

uploads/<id>/upload.json                      key, time and metadata of the object to be
uploads/<id>/<number>.<md5>.<checksum>        one part; of two with one number the later one counts
uploads/<id>/completed.json                   what completing answered, so that a repeated request gets it again
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import time
import uuid
from dataclasses import dataclass

import msgspec

from mastic.storage import checksums, drafts
from mastic.storage.buckets import Bucket
from mastic.storage.drafts import Draft
from mastic.storage.errors import (
    EntityTooSmall,
    InvalidArgument,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    NoSuchUpload,
)
from mastic.storage.objects import ALWAYS, Condition, commit
from mastic.storage.sidecar import Meta, Part

MIN_PART_BYTES = 5 << 20
MAX_PARTS = 10_000
COMPLETED_KEPT_SECONDS = 24 * 3600


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A multipart upload in progress. `initiated` in epoch seconds; `algorithm` is lower case, empty for none."""

    id: str
    key: str
    initiated: float
    meta: Meta
    algorithm: str = ""
    checksum_type: str = ""


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part on disk."""

    number: int
    etag: str
    checksum: str
    size: int
    mtime_ns: int
    path: bytes


@dataclass(frozen=True, slots=True)
class NamedPart:
    """One part as CompleteMultipartUpload names it."""

    number: int
    etag: str
    checksum: str = ""


class Completed(msgspec.Struct, frozen=True):
    """The object an upload became."""

    etag: str
    checksums: dict[str, str]
    checksum_type: str


def create(bucket: Bucket, key: bytes, meta: Meta, algorithm: str = "", checksum_type: str = "") -> Upload:
    """Begin an upload. Raises InvalidRequest for a checksum type the algorithm cannot give."""
    algorithm = algorithm.lower()
    if algorithm:
        checksums.new(algorithm)
        checksum_type = checksum_type or ("FULL_OBJECT" if algorithm == "crc64nvme" else "COMPOSITE")
        if checksum_type == "FULL_OBJECT" and algorithm.startswith("sha"):
            raise InvalidRequest(f"{algorithm.upper()} of parts cannot give FULL_OBJECT; use COMPOSITE or a CRC")
        if checksum_type == "COMPOSITE" and algorithm == "crc64nvme":
            raise InvalidRequest("CRC64NVME is FULL_OBJECT only")
    upload = Upload(
        id=uuid.uuid4().hex,
        key=key.decode(),
        initiated=time.time(),
        meta=meta,
        algorithm=algorithm,
        checksum_type=checksum_type,
    )
    folder = _folder(bucket, upload.id)
    os.makedirs(folder)
    _write(folder + b"/upload.json", msgspec.json.encode(upload))
    return upload


def get(bucket: Bucket, key: bytes, upload_id: str) -> Upload:
    """The upload of this key. Raises NoSuchUpload."""
    if not upload_id.isalnum():
        raise _missing(upload_id)
    try:
        with open(_folder(bucket, upload_id) + b"/upload.json", "rb") as file:
            upload = msgspec.json.decode(file.read(), type=Upload)
    except (FileNotFoundError, msgspec.DecodeError):
        raise _missing(upload_id) from None
    if upload.key.encode() != key:
        raise _missing(upload_id)
    return upload


def add_part(bucket: Bucket, upload: Upload, number: int, draft: Draft, etag: str, checksum: str) -> StoredPart:
    """Make the draft part `number`. Raises NoSuchUpload if the upload has been aborted or completed meanwhile."""
    st = draft.seal(fsync=bucket.buckets.fsync)
    name = f"{number:05d}.{etag}.{base64.urlsafe_b64encode(checksum.encode()).decode()}"
    path = b"%b/%b" % (_folder(bucket, upload.id), name.encode())
    try:
        os.rename(draft.path, path)
    except FileNotFoundError:
        raise _missing(upload.id) from None
    for older in _scan(bucket, upload.id):
        if older.number == number and older.path != path and older.mtime_ns < st.st_mtime_ns:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(older.path)
    return StoredPart(number, etag, checksum, st.st_size, st.st_mtime_ns, path)


def parts(bucket: Bucket, upload: Upload) -> list[StoredPart]:
    """The parts so far, by number."""
    latest: dict[int, StoredPart] = {}
    for part in sorted(_scan(bucket, upload.id), key=lambda part: part.mtime_ns):
        latest[part.number] = part
    return [latest[number] for number in sorted(latest)]


def uploads(bucket: Bucket) -> list[Upload]:
    """All uploads in progress, by key and time."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(bucket.uploads):
            with (
                contextlib.suppress(FileNotFoundError, msgspec.DecodeError),
                open(b"%b/%b/upload.json" % (bucket.uploads, name), "rb") as file,
            ):
                found.append(msgspec.json.decode(file.read(), type=Upload))
    return sorted(found, key=lambda upload: (upload.key.encode(), upload.initiated))


def abort(bucket: Bucket, upload: Upload) -> None:
    """Forget the upload and its parts."""
    _retire(bucket, upload)
    shutil.rmtree(_folder(bucket, upload.id), ignore_errors=True)


def completed(bucket: Bucket, upload_id: str) -> Completed | None:
    """What an upload already completed became."""
    if not upload_id.isalnum():
        return None
    try:
        with open(_folder(bucket, upload_id) + b"/completed.json", "rb") as file:
            return msgspec.json.decode(file.read(), type=Completed)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def complete(bucket: Bucket, upload: Upload, named: list[NamedPart], condition: Condition = ALWAYS) -> Completed:
    """Join the parts into the object. Raises InvalidPart, InvalidPartOrder, EntityTooSmall, PreconditionFailed."""
    chosen = _choose(bucket, upload, named)
    meta = _meta(upload, chosen)
    with bucket.draft() as draft:
        for part in chosen:
            fd = os.open(part.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                drafts.copy_range(fd, draft.fd, 0, part.size)
            finally:
                os.close(fd)
        commit(bucket, upload.key.encode(), draft, meta, condition)
    answer = Completed(meta.etag, meta.checksums, meta.checksum_type)
    _write(_folder(bucket, upload.id) + b"/completed.json", msgspec.json.encode(answer))
    _retire(bucket, upload)
    for part in _scan(bucket, upload.id):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part.path)
    return answer


def remove_completed(bucket: Bucket) -> None:
    """Forget the answers of uploads completed more than a day ago."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(bucket.uploads):
            folder = b"%b/%b" % (bucket.uploads, name)
            with contextlib.suppress(FileNotFoundError):
                age_seconds = time.time() - os.stat(folder + b"/completed.json").st_mtime
                if age_seconds > COMPLETED_KEPT_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)


def _choose(bucket: Bucket, upload: Upload, named: list[NamedPart]) -> list[StoredPart]:
    numbers = [part.number for part in named]
    if numbers != sorted(set(numbers)):
        raise InvalidPartOrder("The list of parts was not in ascending order of part number")
    stored = {(part.number, part.etag): part for part in _scan(bucket, upload.id)}
    chosen = []
    for part in named:
        found = stored.get((part.number, part.etag))
        if found is None or (part.checksum and part.checksum != found.checksum):
            raise InvalidPart(
                f"Part {part.number} with ETag {part.etag!r} has not been uploaded",
                UploadId=upload.id,
                PartNumber=str(part.number),
                ETag=part.etag,
            )
        chosen.append(found)
    for found in chosen[:-1]:
        if found.size < MIN_PART_BYTES:
            raise EntityTooSmall(
                f"Part {found.number} has {found.size} bytes; all but the last need at least {MIN_PART_BYTES}",
                ProposedSize=str(found.size),
                MinSizeAllowed=str(MIN_PART_BYTES),
                PartNumber=str(found.number),
                ETag=found.etag,
            )
    return chosen


def _meta(upload: Upload, chosen: list[StoredPart]) -> Meta:
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in chosen), usedforsecurity=False)
    changes: dict[str, object] = {
        "etag": f"{digest.hexdigest()}-{len(chosen)}",
        "parts": [Part(part.size, part.checksum) for part in chosen],
    }
    if upload.algorithm and all(part.checksum for part in chosen):
        if upload.checksum_type == "COMPOSITE":
            value = checksums.of_parts(upload.algorithm, [part.checksum for part in chosen])
        else:
            value = checksums.combined(upload.algorithm, [(part.checksum, part.size) for part in chosen])
        changes |= {"checksums": {upload.algorithm: value}, "checksum_type": upload.checksum_type}
    return msgspec.structs.replace(upload.meta, **changes)


def check_part_number(number: str) -> int:
    """1 to 10,000. Raises InvalidArgument."""
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= MAX_PARTS:
        raise InvalidArgument(
            f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive; it is {number!r}",
            ArgumentName="partNumber",
            ArgumentValue=number,
        )
    return int(number)


def _scan(bucket: Bucket, upload_id: str) -> list[StoredPart]:
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(_folder(bucket, upload_id)) as entries:
        for entry in entries:
            fields = os.fsdecode(entry.name).split(".")
            if len(fields) != 3:
                continue
            with contextlib.suppress(FileNotFoundError):
                st = entry.stat(follow_symlinks=False)
                checksum = base64.urlsafe_b64decode(fields[2]).decode()
                found.append(StoredPart(int(fields[0]), fields[1], checksum, st.st_size, st.st_mtime_ns, entry.path))
    return found


def _retire(bucket: Bucket, upload: Upload) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_folder(bucket, upload.id) + b"/upload.json")


def _folder(bucket: Bucket, upload_id: str) -> bytes:
    return b"%b/%b" % (bucket.uploads, upload_id.encode())


def _write(path: bytes, data: bytes) -> None:
    temporary = b"%b-%b" % (path, uuid.uuid4().hex.encode())
    with open(temporary, "wb") as file:
        file.write(data)
    os.rename(temporary, path)


def _missing(upload_id: str) -> NoSuchUpload:
    return NoSuchUpload(
        "The multipart upload does not exist: its id is wrong, or it has been aborted or completed", UploadId=upload_id
    )
