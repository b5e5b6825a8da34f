"""Errors the router raises itself, as the Spark Connect client's own exception classes."""

from __future__ import annotations

from typing import Any


def unproven_error(why: str, *, pinned: bool) -> Exception:
    """No Spark may run what is not proven on Sail."""
    from pyspark.errors.exceptions.connect import UnsupportedOperationException

    kind: Any = UnsupportedOperationException
    remedy = (
        "The engine is pinned to sail; run the job with `--mastic-engine auto`"
        if pinned
        else "There is no Spark runtime here"
    )
    made: Exception = kind(
        f"[UNPROVEN] Sail is not proven to give Spark's answer for: {why}. {remedy}."
        " `mastic runtime install spark` installs Spark."
    )
    return made


def analysis_error(condition: str, state: str, message: str, position: str = "") -> Exception:
    """Spark's AnalysisException with its condition and SQLSTATE; `position` says where in a SQL text."""
    from pyspark.errors.exceptions.connect import AnalysisException

    kind: Any = AnalysisException
    made: Exception = kind(
        message=f"[{condition}] {message} SQLSTATE: {state}{position}", errorClass=condition, sql_state=state
    )
    return made


ARROW_LEVELS = 64


def refuse_too_deep(schema: Any) -> None:
    """Arrow's reader stops at 64 levels; say so before it does, naming the column, its levels and a way around."""
    for column in schema.struct.fields:
        levels = _levels(column.data_type)
        if levels > ARROW_LEVELS:
            from pyspark.errors.exceptions.connect import UnsupportedOperationException

            kind: Any = UnsupportedOperationException
            raise kind(
                f"[NESTED_TOO_DEEP] Column {column.name!r} nests {levels} levels deep; at most {ARROW_LEVELS} can be"
                " brought to Python. Select inner fields, unnest or relationalize, or write it without collecting it."
            )


def _levels(type_: Any) -> int:
    held = getattr(type_, type_.WhichOneof("kind") or "null")
    inner = [field.data_type for field in getattr(held, "fields", ())]
    inner += [getattr(held, name) for name in ("element_type", "key_type", "value_type") if hasattr(held, name)]
    return 1 + max((_levels(each) for each in inner), default=0)


def broken_off(what: str = "Sail's answer broke off") -> Exception:
    """An engine's answer that ended before its end was said: a thread of it died."""
    import grpc

    class BrokenOff(grpc.RpcError):  # type: ignore[misc]
        code = staticmethod(lambda: grpc.StatusCode.INTERNAL)
        trailing_metadata = staticmethod(tuple)

        def details(self) -> str:
            return str(self)

    return BrokenOff(what)


def spark_lost(error: Exception) -> Exception:
    """The error itself, or one that says that the run's Spark server is not there any more."""
    import grpc

    code = getattr(error, "code", None)
    if not callable(code) or code() is not grpc.StatusCode.UNAVAILABLE:
        return error
    return broken_off(
        "[SPARK_SERVER_LOST] The Spark server of this run has ended, and its session with it; most often it was out of"
        " memory. Start the run again, with more memory: NumberOfWorkers, or a larger WorkerType."
    )


def first_line(error: Exception) -> str:
    """What an engine's error says first, short enough for a log line."""
    details = getattr(error, "details", None)
    text = str(details() if callable(details) else error).strip()
    return text.splitlines()[0][:200] if text else "unknown"


def cancelled(error: Exception) -> bool:
    """Whether the client itself ended the call."""
    import grpc

    code = getattr(error, "code", None)
    return bool(callable(code) and code() is grpc.StatusCode.CANCELLED)
