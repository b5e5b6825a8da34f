"""Who is calling, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Caller:
    """Who signed the request. `job_run_id` is set when the call comes from inside a run."""

    access_key_id: str
    arn: str
    account_id: str
    job_run_id: str | None = None


@dataclass(frozen=True)
class Identity:
    """One access key: its secret, who it stands for, and until when."""

    secret_access_key: str
    caller: Caller
    expires_on: datetime | None = None
