"""A package of cleaning rules, shipped as a zip."""

from cleaning.version import VERSION

__all__ = ["VERSION"]
