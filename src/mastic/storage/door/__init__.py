"""The S3 door: S3's REST protocol over the bucket folders."""

from mastic.storage.door.app import S3Door

__all__ = ["S3Door"]
