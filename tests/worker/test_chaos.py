"""Kill -9 of anything, at any moment: every run ends in one right state and no script runs twice unasked.

`python -m chaos.kill` does the same for as long as one likes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from chaos.kill import VICTIMS, Chaos, leftovers

from live import Live


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    folder = tmp_path_factory.mktemp("chaos")
    live = Live(folder / "home", MASTIC_WORKER_LEASE_SECONDS="4").start()
    yield Chaos(live, folder / "left", random.Random(20131))
    live.close()
    assert not leftovers(live)


@pytest.mark.slow
@pytest.mark.parametrize("delay_seconds", [0.0, 0.15])
@pytest.mark.parametrize("victim", VICTIMS)
def test_every_run_ends_right(chaos: Chaos, victim: str, delay_seconds: float) -> None:
    chaos.round(victim, delay_seconds)
