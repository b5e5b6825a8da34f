"""DynamicFrameCollection: named frames. AWS page: DynamicFrameCollection Class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, KeysView, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame


class DynamicFrameCollection:
    """Frames by name, in order. Made from a dict, or from a list of frames by their own names."""

    def __init__(self, dynamic_frames: dict[str, DynamicFrame] | Sequence[DynamicFrame], glue_ctx: GlueContext) -> None:
        if isinstance(dynamic_frames, dict):
            self._frames = dict(dynamic_frames)
        elif isinstance(dynamic_frames, list | tuple):
            self._frames = {}
            for frame in dynamic_frames:
                _add(self._frames, frame.name, frame)
        else:
            raise TypeError(f"a collection is made of a dict or a list of DynamicFrames, not {dynamic_frames!r}")
        self._glue_ctx = glue_ctx

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._frames.keys()

    def values(self) -> ValuesView[DynamicFrame]:
        """The frames."""
        return self._frames.values()

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """The frame of that name. Raises KeyError naming the names there are."""
        if key not in self._frames:
            raise KeyError(f"no frame {key!r} in the collection; it has {list(self._frames)}")
        return self._frames[key]

    def map(self, callable: Callable[..., Any], transformation_ctx: str = "") -> DynamicFrameCollection:
        """Every frame through `callable(frame, ctx)`. Raises TypeError when it returns anything but a frame."""
        from awsglue.dynamicframe import DynamicFrame

        mapped = {name: _called(callable, frame, transformation_ctx + name) for name, frame in self._frames.items()}
        for name, result in mapped.items():
            if not isinstance(result, DynamicFrame):
                raise TypeError(f"the function returned {type(result).__name__} for {name!r}, not a DynamicFrame")
        return DynamicFrameCollection(mapped, self._glue_ctx)

    def flatmap(self, f: Callable[..., Any], transformation_ctx: str = "") -> DynamicFrameCollection:
        """Every frame through `f(frame, ctx)`, which returns a frame or a collection; all results in one collection."""
        from awsglue.dynamicframe import DynamicFrame

        results: dict[str, DynamicFrame] = {}
        for name, frame in self._frames.items():
            result = _called(f, frame, transformation_ctx + name)
            if isinstance(result, DynamicFrame):
                # A frame keeps its place's name, unless the function gave it one of its own.
                _add(results, name if result.name in ("", frame.name) else result.name, result)
            elif isinstance(result, DynamicFrameCollection):
                for inner, each in result._frames.items():
                    _add(results, inner, each)
            else:
                raise TypeError(
                    f"the function returned {type(result).__name__} for {name!r}, not a frame or collection"
                )
        return DynamicFrameCollection(results, self._glue_ctx)


def _called(f: Callable[..., Any], frame: DynamicFrame, transformation_ctx: str) -> Any:
    """`f` of a frame and its context, or of the frame alone: the developer guide has functions of both forms."""
    try:
        inspect.signature(f).bind(frame, transformation_ctx)
    except TypeError:
        return f(frame)
    except ValueError:  # a builtin that does not say
        pass
    return f(frame, transformation_ctx)


def _add(frames: dict[str, DynamicFrame], name: str, frame: DynamicFrame) -> None:
    if name in frames:
        raise ValueError(f"a collection cannot hold two frames named {name!r}: one of them would be lost")
    frames[name] = frame
