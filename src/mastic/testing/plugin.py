"""The pytest plugin: `pytest -p mastic.testing.plugin`, found by pytest itself where Mastic is installed.

Costs a project that does not use it nothing: everything is imported by the first test that asks for `mastic`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import mastic as package
from mastic import ENGINES

if TYPE_CHECKING:
    from mastic.testing.common import Common
    from mastic.testing.fixture import Mastic


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of `mastic` tests."""
    group = parser.getgroup("mastic", "tests of Glue jobs (Mastic)")
    group.addoption(
        "--mastic-engine",
        choices=ENGINES,
        default="auto",
        help="the engine of all job runs and of mastic.spark (default: auto); classic gives every Spark run a process "
        "and a driver of its own, and mastic.spark a Spark session without RDDs",
    )
    group.addoption(
        "--mastic-isolated",
        action="store_true",
        help="give every job run a process of its own, as in production; breakpoints and patches do not reach it",
    )
    parser.addini(
        "mastic_warm",
        "run these tests in a process that has imported everything: after a run one waits for the next, ten minutes "
        "long. Not used where CI is set, under a debugger or a tracer, or by the processes of pytest-xdist",
        type="bool",
        default=False,
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Leave the tests to a process that waits for them, before anything of the project is imported here."""
    if _may_be_warm(early_config):
        from mastic.testing import warm

        code = warm.run(warm.Request.of_this_process(early_config.invocation_params.args))
        if code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    if not any(isinstance(finder, Openings) for finder in sys.meta_path):
        sys.meta_path.insert(0, Openings())  # before a conftest imports what it tests
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Have a process wait for the next run, if this one used Mastic."""
    if "mastic.testing.fixture" in sys.modules and _may_be_warm(config):
        from mastic.testing import warm

        warm.prepare()


def _may_be_warm(config: pytest.Config) -> bool:
    if not config.getini("mastic_warm") or not sys.platform.startswith("linux"):
        return False
    warm = sys.modules.get("mastic.testing.warm")
    if warm is not None and warm.is_here:
        return False
    if any(os.environ.get(name) for name in ("CI", "PYTEST_XDIST_WORKER")):
        return False
    # Neither a tracer nor plugins that are objects of this process can be handed over.
    return sys.gettrace() is None and not config.invocation_params.plugins


def pytest_configure(config: pytest.Config) -> None:
    """Leave our modules as they are, and let tests open sessions.

    pytest would rewrite every module of a package that brings a plugin.
    """
    marked: set[str] = getattr(getattr(config.pluginmanager, "rewrite_hook", None), "_must_rewrite", set())
    marked -= {"mastic", "awsglue"}
    config.add_cleanup(partial(setattr, package, "open_engines", package.open_engines))
    package.open_engines = lambda: _common(config).open_engines()


_COMMON = pytest.StashKey["Common"]()
_SESSION = "pyspark.sql.session"
# Not pyspark.core, by whose absence pyspark-client knows what it is.
_ABSENT = frozenset(f"pyspark.{name}" for name in ("context", "broadcast", "SparkContext", "Broadcast"))


class Openings(MetaPathFinder, Loader):
    """`from pyspark.context import SparkContext` at the top of a test module, or of a job that it imports.

    pyspark-client has no such module; it comes with the engines' openings, which are put into pyspark at that moment.
    `pyspark.sql` it has: what a session is built with there puts them in when it is called.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == _SESSION and (found := PathFinder.find_spec(fullname, path)) and found.loader:
            found.loader = _Building(found.loader)
            return found
        if fullname not in _ABSENT or PathFinder.find_spec(fullname, path):
            return None
        from mastic.engines import session

        session.install()
        # Else it is a name of the package, as in `from pyspark import SparkContext`: there now, and no module.
        return ModuleSpec(fullname, self) if fullname in sys.modules else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Building(Loader):
    """Loads `pyspark.sql.session`, whose `SparkSession.builder` then gives sessions of ours."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)

        def get_or_create(builder: Any) -> Any:
            from mastic.engines import session

            session.install()
            from pyspark.sql import SparkSession

            ours: Any = SparkSession.builder
            ours._options.update(builder._options)
            return ours.getOrCreate()

        module.SparkSession.Builder.getOrCreate = get_or_create


def _common(config: pytest.Config) -> Common:
    if _COMMON not in config.stash:
        from mastic.testing.process import importing

        with importing():
            from mastic.testing.common import Common

            config.stash[_COMMON] = common = Common(
                config._tmp_path_factory.mktemp("mastic") / "common",  # type: ignore[attr-defined]
                config.rootpath,
                engine=config.getoption("--mastic-engine"),
                isolated=config.getoption("--mastic-isolated"),
                whole_traceback=config.getoption("fulltrace"),
            )
            config.add_cleanup(common.close)  # after fixtures of every scope
            import boto3  # noqa: F401  these only now that the server is starting beside us

            import mastic.testing.fixture  # noqa: F401
    return config.stash[_COMMON]


@pytest.fixture
def mastic(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mastic]:
    """A Mastic of the test's own, empty at the start of each test; boto3 talks to it."""
    common = _common(pytestconfig)
    from mastic.testing.fixture import installed

    with pytest.MonkeyPatch.context() as patch, installed(
        common, tmp_path_factory.mktemp("mastic") / "home", patch
    ) as found:  # fmt: skip
        yield found
