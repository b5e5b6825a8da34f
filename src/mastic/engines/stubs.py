"""gRPC stubs of Spark Connect servers."""

from __future__ import annotations

from typing import Any

CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Every run has its own servers: connections are not to be shared through the process-wide pool.
    ("grpc.use_local_subchannel_pool", 1),
]


def stub(address: str, token: str = "") -> Any:
    """The stub of the server at `host:port`; `token` is sent with every request."""
    import grpc
    from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceStub

    allow_deep_messages()
    channel: Any = grpc.insecure_channel(address, CHANNEL_OPTIONS)
    made: Any = SparkConnectServiceStub  # generated code, untyped
    return made(_Authorized(channel, token) if token else channel)


def allow_deep_messages() -> None:
    """Let this process parse messages of any depth: a schema takes three levels of a message for each of its own, and
    protobuf stops at 100."""
    from google.protobuf.internal import api_implementation

    if api_implementation.Type() == "upb":
        from google._upb import _message

        _message.SetAllowOversizeProtos(True)


class _Authorized:
    """A channel whose calls all carry the server's token. (Interceptors would make unary streams unpicklable lists.)"""

    def __init__(self, channel: Any, token: str) -> None:
        self._channel = channel
        self._header = ("authorization", f"Bearer {token}")

    def __getattr__(self, kind: str) -> Any:
        method = getattr(self._channel, kind)
        if kind not in ("unary_unary", "unary_stream", "stream_unary", "stream_stream"):
            return method

        def make(*described: Any, **options: Any) -> Any:
            call = method(*described, **options)

            def send(request: Any, *, metadata: Any = (), **rest: Any) -> Any:
                return call(request, metadata=[*(metadata or ()), self._header], **rest)

            return send

        return make
