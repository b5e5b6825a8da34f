"""The whole of Mastic as its users meet it: boto3 in front, real server, worker, zygote and engine behind."""

from live import live  # noqa: F401
