"""The logger `glueContext.get_logger()` gives."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any


class GlueLogger:
    """Writes one line per message to the error stream, where Glue's driver log goes."""

    def _write(self, level: str, message: Any) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
        print(f"{now} {level} GlueLogger: {message}", file=sys.stderr, flush=True)

    def info(self, message: Any, *args: Any) -> None:
        self._write("INFO", message)

    def warn(self, message: Any, *args: Any) -> None:
        self._write("WARN", message)

    def warning(self, message: Any, *args: Any) -> None:
        self._write("WARN", message)

    def error(self, message: Any, *args: Any) -> None:
        self._write("ERROR", message)

    def debug(self, message: Any, *args: Any) -> None:
        """Dropped: Glue's default level is INFO."""

    def trace(self, message: Any, *args: Any) -> None:
        """Dropped: Glue's default level is INFO."""
