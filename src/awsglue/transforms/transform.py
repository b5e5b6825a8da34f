"""The base of the transforms. AWS page: GlueTransform Base Class."""

from __future__ import annotations

import inspect
from typing import Any

from awsglue._rows import frame_of

_FRAMES = ("frame", "frame1", "frame2")


class GlueTransform:
    """A transform is called; `apply` makes one and calls it."""

    returns = "DynamicFrame"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no __call__")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The transform's result."""
        bound = inspect.signature(cls.__call__).parameters
        for name, value in {**dict(zip(list(bound)[1:], args, strict=False)), **kwargs}.items():
            if name in _FRAMES and name in bound:
                frame_of(value, cls.__name__)
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        """The class's name."""
        return cls.__name__

    @classmethod
    def describeArgs(cls) -> list[dict[str, Any]]:
        """Name, type, optionality and default of every argument."""
        parameters = list(inspect.signature(cls.__call__).parameters.values())[1:]
        return [
            {
                "name": p.name,
                "type": str(p.annotation).strip("'"),
                "description": "",
                "optional": p.default is not inspect.Parameter.empty,
                "defaultValue": None if p.default is inspect.Parameter.empty else p.default,
            }
            for p in parameters
            if p.kind is not inspect.Parameter.VAR_KEYWORD
        ]

    @classmethod
    def describeReturn(cls) -> dict[str, str]:
        """What the transform returns."""
        return {"type": cls.returns, "description": ""}

    @classmethod
    def describeTransform(cls) -> str:
        """What the transform does."""
        return inspect.getdoc(cls) or ""

    @classmethod
    def describeErrors(cls) -> list[str]:
        """The transform's own errors: none beyond error records."""
        return []

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """All of the above."""
        return {
            "transform": {
                "name": cls.name(),
                "args": cls.describeArgs(),
                "returns": cls.describeReturn(),
                "description": cls.describeTransform(),
                "raises": cls.describeErrors(),
                "location": "internal",
            }
        }

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        return self.name()
