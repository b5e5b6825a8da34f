"""Mastic: an open, self-hosted AWS Glue."""

__version__ = "0.1.0"
# Here because the pytest plugin offers them too, and may import nothing of ours in a project that does not use it.
ENGINES = ("auto", "sail", "spark", "classic")
