"""Buckets: list, create, delete, locate, and the answers S3 gives for what has not been configured on one."""

from __future__ import annotations

from mastic.storage.door import xml
from mastic.storage.door.context import Door
from mastic.storage.door.http import Request, Response
from mastic.storage.errors import (
    BucketAlreadyOwnedByYou,
    InvalidArgument,
    NotImplementedByDoor,
    StorageError,
)

OWNER: tuple[xml.Child, ...] = (("ID", "mastic"), ("DisplayName", "mastic"))
XML_HEADERS = {"content-type": "application/xml"}


def list_buckets(door: Door, request: Request) -> Response:
    """ListBuckets, with prefix, max-buckets and continuation-token."""
    prefix, after = request.query.get("prefix", ""), request.query.get("continuation-token", "")
    limit = _max_buckets(request.query.get("max-buckets", "10000"))
    found = [b for b in door.buckets.all() if b.name.startswith(prefix) and b.name > after]
    page = found[:limit]
    entries: list[xml.Child] = []
    for bucket in page:
        record = bucket.record()
        region = record.location or door.region
        fields = [("Name", bucket.name), ("CreationDate", xml.timestamp(record.created)), ("BucketRegion", region)]
        entries.append(("Bucket", fields))
    children: list[xml.Child] = [("Owner", OWNER), ("Buckets", entries)]
    if len(found) > limit:
        children.append(("ContinuationToken", page[-1].name))
    if prefix:
        children.append(("Prefix", prefix))
    return Response(200, dict(XML_HEADERS), xml.document("ListAllMyBucketsResult", children))


def create_bucket(door: Door, request: Request) -> Response:
    """CreateBucket; creating one's own bucket again is an error everywhere but in us-east-1."""
    location = ""
    if request.body.strip():
        location = xml.text(xml.parse(request.body, "CreateBucketConfiguration"), "LocationConstraint", "")
    if not door.buckets.create(request.bucket, location) and door.region != "us-east-1":
        raise BucketAlreadyOwnedByYou(
            "Your previous request to create the named bucket succeeded and you already own it",
            BucketName=request.bucket,
        )
    return Response(200, {"location": f"/{request.bucket}"})


def delete_bucket(door: Door, request: Request) -> Response:
    """DeleteBucket: only an empty one."""
    door.buckets.delete(request.bucket)
    return Response(204)


def head_bucket(door: Door, request: Request) -> Response:
    """HeadBucket."""
    record = door.bucket(request).record()
    return Response(200, {"x-amz-bucket-region": record.location or door.region, **XML_HEADERS})


def get_bucket_location(door: Door, request: Request) -> Response:
    """GetBucketLocation: empty means us-east-1."""
    region = door.bucket(request).record().location or door.region
    value = "" if region == "us-east-1" else xml.escape(region)
    body = f'<LocationConstraint xmlns="{xml.NAMESPACE}">{value}</LocationConstraint>'
    return Response(200, dict(XML_HEADERS), xml.PROLOG + body.encode())


class _Unconfigured(StorageError):
    status = 404

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # one class for the dozen codes that say "not configured"


_NOT_CONFIGURED = {
    "cors": ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "encryption": (
        "ServerSideEncryptionConfigurationNotFoundError",
        "The server side encryption configuration was not found",
    ),
    "lifecycle": ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    "object-lock": ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    "ownershipControls": ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    "policy": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "policyStatus": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "publicAccessBlock": (
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    ),
    "replication": ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    "tagging": ("NoSuchTagSet", "The TagSet does not exist"),
    "website": ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
}
_EMPTY = {
    "accelerate": "AccelerateConfiguration",
    "logging": "BucketLoggingStatus",
    "notification": "NotificationConfiguration",
    "versioning": "VersioningConfiguration",
}
CONFIGURATIONS = (*_NOT_CONFIGURED, *_EMPTY, "acl", "requestPayment")


def get_configuration(door: Door, request: Request) -> Response:
    """What S3 answers for a bucket on which nothing has been configured."""
    door.bucket(request)
    name = _subresource(request)
    if name in _NOT_CONFIGURED:
        raise _Unconfigured(*_NOT_CONFIGURED[name])
    if name == "acl":
        return get_acl(door, request)
    if name == "requestPayment":
        body = xml.document("RequestPaymentConfiguration", [("Payer", "BucketOwner")])
    else:
        body = xml.document(_EMPTY[name], [])
    return Response(200, dict(XML_HEADERS), body)


def put_configuration(door: Door, request: Request) -> Response:
    """Refuse: storing what nothing obeys would be a lie."""
    door.bucket(request)
    raise NotImplementedByDoor(
        f"A header or query you provided implies functionality that is not implemented: ?{_subresource(request)}. "
        "Buckets here are folders; set storage.endpoint to a real S3-compatible store where you need this"
    )


def delete_configuration(door: Door, request: Request) -> Response:
    """Deleting what is not configured succeeds, as on S3."""
    door.bucket(request)
    return Response(204)


def get_acl(door: Door, request: Request) -> Response:
    """The owner has full control: the only ACL there is, of buckets and of objects."""
    grantee = f'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">{_owner()}'
    grant = f"<Grant>{grantee}</Grantee><Permission>FULL_CONTROL</Permission></Grant>"
    body = (
        f'<AccessControlPolicy xmlns="{xml.NAMESPACE}"><Owner>{_owner()}</Owner>'
        f"<AccessControlList>{grant}</AccessControlList></AccessControlPolicy>"
    )
    return Response(200, dict(XML_HEADERS), xml.PROLOG + body.encode())


def _owner() -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in OWNER)


def _subresource(request: Request) -> str:
    return next(name for name in request.query if name in CONFIGURATIONS)


def _max_buckets(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise InvalidArgument(f"max-buckets must be between 1 and 10000; it is {text!r}")
    return int(text)
