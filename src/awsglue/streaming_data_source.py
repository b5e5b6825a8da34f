"""What `getStreamingSource` gives on AWS."""

from __future__ import annotations

from awsglue._absent import STREAMING, Absent

StreamingDataSource = Absent("streaming_data_source.StreamingDataSource", STREAMING)
