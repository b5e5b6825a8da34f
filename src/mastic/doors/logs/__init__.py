"""CloudWatch Logs: where runs write what they print, and where people and tools read it."""

from mastic.doors.logs.http import routes

__all__ = ["routes"]
