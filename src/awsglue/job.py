"""The frame of a job script: `Job.init` starts bookmarks, `Job.commit` saves them."""

from __future__ import annotations

from typing import Any, ClassVar

from awsglue import _bookmarks


class Job:
    """One job run. AWS keeps a single job per process, and so does this."""

    _job_name: ClassVar[str | None] = None

    @classmethod
    def continuation_options(cls) -> list[str]:
        return ["--continuation-option", "continuation-enabled", "continuation-readonly", "continuation-ignore"]

    @classmethod
    def job_bookmark_options(cls) -> list[str]:
        return ["--job-bookmark-option", "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"]

    @classmethod
    def job_bookmark_range_options(cls) -> list[str]:
        return ["--job-bookmark-from", "--job-bookmark-to"]

    @classmethod
    def id_params(cls) -> list[str]:
        return ["--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--SECURITY_CONFIGURATION"]

    @classmethod
    def encryption_type_options(cls) -> list[str]:
        return ["--encryption-type", "sse-s3"]

    @classmethod
    def data_lineage_options(cls) -> list[str]:
        return ["--enable-data-lineage"]

    def __init__(self, glue_context_or_spark_session: Any) -> None:
        self.glue_context = glue_context_or_spark_session

    def init(self, job_name: str, args: dict[str, Any] | None = None) -> None:
        """Start the job: sources read from here on with a transformation_ctx are bookmarked."""
        Job._job_name = job_name
        _bookmarks.start()

    def isInitialized(self) -> bool:
        """Whether `init` was called in this process."""
        return Job._job_name is not None

    def commit(self) -> None:
        """Save the bookmarks. Without `init` there are none, and nothing happens, as scripts rely on."""
        bookmarks = _bookmarks.current()
        if bookmarks is not None:
            bookmarks.commit()
