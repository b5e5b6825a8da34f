"""pandas for libraries that import it before anybody has a frame.

PySpark's client imports pandas with itself, pyarrow with its first array: a sixth of what a test of a job takes, and
most jobs have no frame. Imported within `stand_in`, both hold a module that looks like pandas and imports it when it is
used; what it gives is pandas' own. Afterwards `import pandas` is as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# What the two libraries ask of values that may be no frame's: without pandas in the process, none is.
_CLASSES = {
    "pandas": ("Categorical", "DataFrame", "Index", "Series"),
    "pandas.api.extensions": ("ExtensionArray", "ExtensionDtype"),
    "pandas.api.types": ("DatetimeTZDtype",),
}
_FUNCTIONS = {"pandas.api.types": ("is_datetime64_dtype", "is_timedelta64_dtype")}


@contextmanager
def stand_in() -> Iterator[None]:
    """What is imported in the block, and imports pandas, gets it late. Nothing happens where pandas is imported."""
    if "pandas" in sys.modules or find_spec("pandas") is None:
        yield
        return
    made = {name: _Late(name) for name in ("pandas", "pandas.api", "pandas.api.extensions", "pandas.api.types")}
    pandas, api = made["pandas"], made["pandas.api"]
    pandas.__dict__.update(api=api, __version__=version("pandas"))
    api.__dict__.update(extensions=made["pandas.api.extensions"], types=made["pandas.api.types"])
    sys.modules.update(made)
    try:
        yield
    finally:
        _remove()


@cache
def give_pyarrow() -> None:
    """pyarrow asks for pandas once in a process: now."""
    with stand_in():
        from pyarrow.lib import _pandas_api

        assert _pandas_api.have_pandas


def _remove() -> None:
    for name in [name for name, module in sys.modules.items() if isinstance(module, _Late)]:
        del sys.modules[name]


class _Late(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        classes = {each: _LateClass(each, (), {"__module__": name}) for each in _CLASSES.get(name, ())}
        self.__dict__.update(classes, **{each: _late_function(name, each) for each in _FUNCTIONS.get(name, ())})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system's questions
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)


class _LateClass(type):
    """A class of pandas: an instance of it is one of pandas' own, and so is what a call makes."""

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls._real()(*arguments, **options)

    def __instancecheck__(cls, value: Any) -> bool:
        return cls._is_there() and isinstance(value, cls._real())

    def __subclasscheck__(cls, other: type) -> bool:
        return cls._is_there() and issubclass(other, cls._real())

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._real(), name)

    def _is_there(cls) -> bool:
        found = sys.modules.get(cls.__module__)
        # Half of pandas is there while it is being imported, and it imports pyarrow.
        return not isinstance(found, _Late) and hasattr(found, cls.__name__)

    def _real(cls) -> Any:
        return getattr(_real(cls.__module__), cls.__name__)


def _late_function(module: str, name: str) -> Any:
    return lambda *arguments: getattr(_real(module), name)(*arguments)


def _real(name: str) -> ModuleType:
    if isinstance(sys.modules.get(name), _Late):
        _remove()
    return import_module(name)
