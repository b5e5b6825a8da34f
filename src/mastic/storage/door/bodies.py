"""Request bodies on their way to disk: decoded, hashed and verified as they come, in threads, a megabyte at a time.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html (`aws-chunked`, signed and with trailers)
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mastic.storage import checksums
from mastic.storage.door.http import Receive, Request
from mastic.storage.drafts import Draft
from mastic.storage.errors import (
    BadDigest,
    ContentSha256Mismatch,
    EntityTooLarge,
    IncompleteBody,
    InvalidArgument,
    InvalidDigest,
    InvalidRequest,
    MissingContentLength,
    NotImplementedByDoor,
    SignatureDoesNotMatch,
)

MAX_OBJECT_BYTES = 5 << 30
MAX_LINE_BYTES = 16 << 10
BATCH_BYTES = 1 << 20
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Disconnected(Exception):
    """The client went away before its body was complete."""


@dataclass(frozen=True)
class ChunkSigning:
    """What verifies the chunks of a signed stream: each signature covers the one before."""

    key: bytes
    timestamp: str
    scope: str
    seed: str


@dataclass(frozen=True)
class BodySpec:
    """What the headers promise of the body. Lengths in bytes, None when unknown; `sha256` empty when unchecked."""

    length: int | None
    chunked: bool = False
    md5: str = ""
    sha256: str = ""
    algorithm: str = ""
    checksum: str = ""
    trailers: tuple[str, ...] = ()
    signing: ChunkSigning | None = None


@dataclass
class Received:
    """A body that arrived and is what it should be."""

    draft: Draft
    size: int
    md5: str
    checksums: dict[str, str] = field(default_factory=dict)


def spec_of(request: Request, signing: ChunkSigning | None = None, *, verify_sha256: bool = False) -> BodySpec:
    """Read the headers that describe the body. Raises the S3 errors for what they cannot mean."""
    declared = request.header("x-amz-content-sha256")
    chunked = declared.startswith("STREAMING-")
    if "ECDSA" in declared:
        raise NotImplementedByDoor("SigV4A (ECDSA) chunk signatures are not supported; sign with SigV4")
    length_header = "x-amz-decoded-content-length" if chunked else "content-length"
    length = _length(request.header(length_header), length_header)
    if chunked and length is None:
        raise MissingContentLength("You must provide the x-amz-decoded-content-length HTTP header")
    if length is not None and length > MAX_OBJECT_BYTES:
        raise EntityTooLarge(
            "Your proposed upload exceeds the maximum allowed size; use a multipart upload",
            ProposedSize=str(length),
            MaxSizeAllowed=str(MAX_OBJECT_BYTES),
        )
    md5 = request.header("content-md5")
    if md5 and len(checksums.decode(md5) or b"") != 16:
        raise InvalidDigest(f"The Content-MD5 you specified, {md5!r}, is not the base64 of 16 bytes")
    algorithm, checksum, trailers = _checksum(request.headers)
    return BodySpec(
        length=length,
        chunked=chunked,
        md5=md5,
        sha256=declared if verify_sha256 and len(declared) == 64 else "",
        algorithm=algorithm,
        checksum=checksum,
        trailers=trailers,
        signing=signing if declared.startswith("STREAMING-AWS4-HMAC-SHA256") else None,
    )


def _length(text: str, header: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise InvalidArgument(f"{header} must be a number of bytes; it is {text!r}")
    return int(text)


def _checksum(headers: Mapping[str, str]) -> tuple[str, str, tuple[str, ...]]:
    trailers = tuple(name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip())
    given = {
        name.removeprefix(checksums.HEADER): value
        for name, value in headers.items()
        if name.startswith(checksums.HEADER) and name not in _NOT_VALUES
    }
    promised = [name.removeprefix(checksums.HEADER) for name in trailers if name.startswith(checksums.HEADER)]
    if len(given) + len(promised) > 1:
        raise InvalidRequest("Expecting a single x-amz-checksum- header; several were given")
    if given:
        algorithm, checksum = next(iter(given.items()))
        size = len(checksums.new(algorithm).digest())
        if len(checksums.decode(checksum) or b"") != size:
            raise InvalidRequest(f"Value for {checksums.HEADER}{algorithm} header is invalid: {checksum!r}")
        return algorithm, checksum, trailers
    algorithm = promised[0] if promised else headers.get("x-amz-sdk-checksum-algorithm", "").lower()
    if algorithm:
        checksums.new(algorithm)
    return algorithm, "", trailers


_NOT_VALUES = (checksums.HEADER + "algorithm", checksums.HEADER + "mode", checksums.HEADER + "type")


class ChunkedDecoder:
    """Takes `aws-chunked` framing off a stream, verifying chunk signatures when it has a key."""

    def __init__(self, signing: ChunkSigning | None) -> None:
        self.trailers: dict[str, str] = {}
        self._signing = signing
        self._previous = signing.seed if signing else ""
        self._signature = ""
        self._hash = hashlib.sha256()
        self._line = bytearray()
        self._left = 0
        self._state: Callable[[bytes], None] = self._header

    def feed(self, data: bytes) -> Iterator[memoryview]:
        """The payload in `data`. Raises IncompleteBody on broken framing, SignatureDoesNotMatch."""
        view, at = memoryview(data), 0
        while at < len(data):
            if self._left:
                piece = view[at : at + self._left]
                if self._signing:
                    self._hash.update(piece)
                yield piece
                self._left -= len(piece)
                at += len(piece)
                continue
            end = data.find(b"\n", at)
            stop = len(data) if end < 0 else end + 1
            self._line += data[at:stop]
            at = stop
            if len(self._line) > MAX_LINE_BYTES:
                raise IncompleteBody("The aws-chunked body has a line that is no chunk header")
            if end >= 0:
                line = bytes(self._line).rstrip(b"\r\n")
                self._line.clear()
                self._state(line)

    def finish(self) -> None:
        """Raise IncompleteBody unless the last chunk has been seen."""
        if self._state == self._trailer and self._line:
            self._trailer(bytes(self._line).rstrip(b"\r\n"))
        if self._state not in (self._trailer, self._done):
            raise IncompleteBody("The aws-chunked body ended before its last chunk")

    def _header(self, line: bytes) -> None:
        size, _, extension = line.partition(b";")
        if not _CHUNK_SIZE.fullmatch(size):
            raise IncompleteBody(f"The aws-chunked body has {line[:80]!r} where a chunk header should be")
        self._left = int(size, 16)
        self._signature = extension.removeprefix(b"chunk-signature=").decode("latin-1")
        if self._left:
            self._state = self._chunk_end
            return
        self._verify_chunk()
        self._state = self._trailer

    def _chunk_end(self, line: bytes) -> None:
        if line:
            raise IncompleteBody("The aws-chunked body has a chunk longer than its header says")
        self._verify_chunk()
        self._state = self._header

    def _trailer(self, line: bytes) -> None:
        if not line:
            self._state = self._done
            return
        name, _, value = line.decode("latin-1").partition(":")
        self.trailers[name.strip().lower()] = value.strip()

    def _done(self, line: bytes) -> None:
        if line:
            raise IncompleteBody("The aws-chunked body goes on after its end")

    def _verify_chunk(self) -> None:
        if self._signing:
            self._verify("AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY_SHA256}\n{self._hash.hexdigest()}", self._signature)
            self._hash = hashlib.sha256()

    def verify_trailers(self) -> None:
        """Check the signature of the trailers of a signed stream."""
        if not self._signing:
            return
        signature = self.trailers.pop("x-amz-trailer-signature", "")
        text = "".join(f"{name}:{self.trailers[name]}\n" for name in sorted(self.trailers))
        self._verify("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(text.encode("latin-1")).hexdigest(), signature)

    def _verify(self, kind: str, content: str, signature: str) -> None:
        signing = self._signing
        if signing is None:
            return
        to_sign = f"{kind}\n{signing.timestamp}\n{signing.scope}\n{self._previous}\n{content}"
        expected = hmac.new(signing.key, to_sign.encode("latin-1"), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise SignatureDoesNotMatch("The signature of a chunk does not match its content")
        self._previous = signature


class Inflow:
    """Writes one body to a draft. Used from one thread at a time."""

    def __init__(self, new_draft: Callable[[], Draft], spec: BodySpec) -> None:
        self._new_draft = new_draft
        self._draft: Draft | None = None
        self._spec = spec
        self._decoder = ChunkedDecoder(spec.signing) if spec.chunked else None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._digest = checksums.new(spec.algorithm) if spec.algorithm else None
        self._sha256 = hashlib.sha256() if spec.sha256 else None
        self._size = 0

    def feed(self, batch: list[bytes]) -> None:
        """Take the next bytes of the body."""
        if self._draft is None:
            self._draft = self._new_draft()
        for data in batch:
            for piece in self._decoder.feed(data) if self._decoder else (memoryview(data),):
                self._take(self._draft, piece)

    def finish(self, batch: list[bytes]) -> Received:
        """Take the last bytes and check all that was promised. Raises the S3 error of the first promise broken."""
        self.feed(batch)
        if self._draft is None:
            raise AssertionError("feed makes the draft")
        if self._decoder:
            self._decoder.finish()
        spec, size, md5 = self._spec, self._size, self._md5
        if spec.length is not None and size != spec.length:
            raise IncompleteBody(f"The request promised {spec.length} bytes and sent {size}")
        if spec.sha256 and self._sha256 and self._sha256.hexdigest() != spec.sha256:
            raise ContentSha256Mismatch("The provided 'x-amz-content-sha256' header does not match what was computed")
        if spec.md5 and checksums.decode(spec.md5) != md5.digest():
            raise BadDigest("The Content-MD5 you specified did not match what we received")
        return Received(self._draft, size, md5.hexdigest(), self._checksums())

    def discard(self) -> None:
        """Forget the body."""
        if self._draft:
            self._draft.close()

    def _take(self, draft: Draft, piece: memoryview) -> None:
        self._size += len(piece)
        if self._size > MAX_OBJECT_BYTES:
            raise EntityTooLarge("Your proposed upload exceeds the maximum allowed size")
        self._md5.update(piece)
        if self._digest:
            self._digest.update(piece)
        if self._sha256:
            self._sha256.update(piece)
        draft.write(piece)

    def _checksums(self) -> dict[str, str]:
        spec, expected = self._spec, self._spec.checksum
        if self._decoder and spec.trailers:
            self._decoder.verify_trailers()
            missing = [name for name in spec.trailers if name not in self._decoder.trailers]
            if missing:
                raise IncompleteBody(f"The body ended without the trailer {missing[0]!r} that x-amz-trailer promised")
            expected = expected or self._decoder.trailers.get(checksums.HEADER + spec.algorithm, "")
        if self._digest is None:
            return {}
        computed = checksums.encode(self._digest)
        if expected and expected != computed:
            raise BadDigest(f"The {spec.algorithm.upper()} you specified did not match the calculated checksum")
        return {spec.algorithm: computed}


async def pour(receive: Receive, inflow: Inflow, run: Callable[..., Awaitable[Any]]) -> Received:
    """Move a body from the socket through `inflow`, one batch being received while the one before is written."""
    writing: asyncio.Future[Any] | None = None
    batch: list[bytes] = []
    size, more = 0, True
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            more = message.get("more_body", False)
            data = message.get("body", b"")
            if data:
                batch.append(data)
                size += len(data)
            if size >= BATCH_BYTES and more:
                if writing:
                    await asyncio.shield(writing)
                writing = asyncio.ensure_future(run(inflow.feed, batch))
                batch, size = [], 0
        if writing:
            await asyncio.shield(writing)
        writing = asyncio.ensure_future(run(inflow.finish, batch))
        received: Received = await asyncio.shield(writing)
        return received
    except BaseException:
        if writing and not writing.done():
            await asyncio.wait([writing])  # its thread still writes to the file that is about to be closed
        inflow.discard()
        raise
