"""Workers are tested as users meet them: real processes, the AWS API in front."""

from live import live  # noqa: F401
