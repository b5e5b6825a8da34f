"""Mastic: an open, self-hosted AWS Glue."""

__version__ = "0.1.0"
