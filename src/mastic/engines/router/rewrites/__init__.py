"""Rewrites that make Sail give Spark's answer; each is part of the proof of the construct it belongs to."""
