"""The plan router: no answer is ever silently wrong. See README.md."""

from mastic.engines.router.router import Policy, Router

__all__ = ["Policy", "Router"]
