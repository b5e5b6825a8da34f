"""Logging as this team wants it, in one file given with --extra-py-files."""

import logging
import sys
from contextlib import contextmanager


def create_logger(name: str) -> logging.Logger:
    logger = logging.getLogger("etl")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.info("job %s", "named" if name else "unnamed")
    return logger


@contextmanager
def timed(logger: logging.Logger, what: str):
    logger.info("%s ...", what)
    yield
    logger.info("%s done", what)
