"""What every S3 handler is given besides the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mastic.clock import Clock
from mastic.protocol.caller import Identity
from mastic.settings import Settings
from mastic.storage.buckets import Bucket, Buckets
from mastic.storage.door.bodies import Received
from mastic.storage.door.http import Request, Response


class Host(Protocol):
    """The part of the app that the door needs (the app lies above storage and is not imported)."""

    settings: Settings
    clock: Clock
    find_identity: Callable[[str], Identity | None]


@dataclass(frozen=True)
class Door:
    """The buckets and settings behind one door."""

    host: Host
    buckets: Buckets

    @property
    def region(self) -> str:
        """The region all buckets are in unless created with another."""
        return self.host.settings.region

    def bucket(self, request: Request) -> Bucket:
        """The request's bucket. Raises NoSuchBucket, InvalidBucketName."""
        return self.buckets.get(request.bucket)


Handler = Callable[[Door, Request], Response]
BodyHandler = Callable[[Door, Request, Received], Response]
