"""A small client for a running Mastic: the AWS API over plain HTTP, without boto3's start-up time."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mastic.cli.errors import CommandError
from mastic.installation import Running, find_running
from mastic.settings import Settings

_PAUSES_SECONDS = (0.0, 0.0, 0.25, 1.0, 2.0, 4.0)  # before each attempt
TARGETS = {"glue": "AWSGlue", "logs": "Logs_20140328"}


class ApiError(CommandError):
    """The server refused a call; carries AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class Client:
    """Calls one server. Signs requests when `AWS_ACCESS_KEY_ID` is set."""

    def __init__(self, endpoint: str, region: str = "us-east-1") -> None:
        self.endpoint = endpoint
        self.region = region
        self._parts = urlsplit(endpoint)
        self._connection: http.client.HTTPConnection | None = None

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One AWS operation: `client.call("glue", "GetJob", JobName="nightly")`."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGETS[service]}.{operation}",
        }
        status, body = self.request("POST", "/", json.dumps(parameters).encode(), headers, service)
        if status >= 400:
            raise ApiError(str(body.get("__type", status)).split("#")[-1], _message(body))
        return body

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """Every item of a paginated operation."""
        token_name = "nextToken" if service == "logs" else "NextToken"
        while True:
            page = self.call(service, operation, **parameters)
            yield from page.get(key, [])
            token = page.get(token_name)
            if not token:
                return
            parameters[token_name] = token

    def own(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """One of Mastic's own documented routes below `/_mastic/v1`."""
        data = json.dumps(body).encode() if body is not None else b""
        headers = {"Content-Type": "application/json"}
        status, answer = self.request(method, f"/_mastic/v1{path}", data, headers, "mastic")
        if status >= 400:
            raise ApiError(str(answer.get("error", status)), _message(answer))
        return answer

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """Create the bucket where missing and put one object."""
        self.request("PUT", f"/{bucket}", b"", {}, "s3")
        status, answer = self.request("PUT", f"/{bucket}/{key}", body, {}, "s3")
        if status >= 400:
            raise CommandError(f"could not upload s3://{bucket}/{key}: {answer}")

    def request(
        self, method: str, path: str, body: bytes, headers: dict[str, str], service: str
    ) -> tuple[int, dict[str, Any]]:
        """One HTTP request on the kept connection; sent again where the server closed it, or is being started again."""
        headers = self._signed(method, path, body, headers, service)
        was_there = self._connection is not None
        for pause in _PAUSES_SECONDS:
            time.sleep(pause)
            try:
                return self._exchange(method, path, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                was_there = True
                problem = CommandError(f"the server at {self.endpoint} closed the connection")
            except OSError as error:
                self.close()
                problem = CommandError(f"no Mastic answers at {self.endpoint} ({error}); start one with `mastic up`")
                if not was_there or not isinstance(error, ConnectionRefusedError):
                    raise problem from error
        raise problem

    def close(self) -> None:
        """Drop the kept connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self._connection is None:
            assert self._parts.hostname
            self._connection = http.client.HTTPConnection(self._parts.hostname, self._parts.port, timeout=60)
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        raw = response.read()
        try:
            return response.status, json.loads(raw) if raw else {}
        except ValueError:
            return response.status, {"message": raw.decode(errors="replace")}

    def _signed(self, method: str, path: str, body: bytes, headers: dict[str, str], service: str) -> dict[str, str]:
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        if not key or not secret:
            return headers
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method, self.endpoint + path, headers=headers, data=body)
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(Credentials(key, secret), service, self.region).add_auth(request)
        return dict(request.headers.items())


def connect(settings: Settings) -> Client:
    """A client for the server of this home. Raises CommandError saying how to start one."""
    running: Running | None = find_running(settings)
    endpoint = running.endpoint if running else settings.endpoint
    return Client(endpoint, settings.region)


def _message(body: dict[str, Any]) -> str:
    return str(body.get("message") or body.get("Message") or body)
