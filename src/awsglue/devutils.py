"""Job definitions from inside a notebook, as AWS's library has them."""

from __future__ import annotations

from awsglue._absent import JOB_API, Absent

Command = Absent("devutils.Command", JOB_API)
Connections = Absent("devutils.Connections", JOB_API)
ExecutionProperty = Absent("devutils.ExecutionProperty", JOB_API)
GlueJobUtils = Absent("devutils.GlueJobUtils", JOB_API)
Job = Absent("devutils.Job", JOB_API)
