"""What a command says when it cannot do what was asked."""

from __future__ import annotations


class CommandError(Exception):
    """One line for the person at the terminal: what is wrong and what to do next."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
