"""Bad and extreme input, as a job's session has it."""

from __future__ import annotations

import pytest

from gluing import *  # noqa: F403 - fixtures

ONE_ENGINE = ("test_arguments", "test_absent_names", "test_options")  # what they test does not depend on the engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A JVM answers slowly: leave it the tests that tell engines apart."""
    items[:] = [item for item in items if not (item.path.stem in ONE_ENGINE and "[spark" in item.name)]
