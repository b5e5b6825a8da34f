"""sts:GetCallerIdentity, in the query protocol, as boto3 and the AWS CLI call it."""

from __future__ import annotations

import http.client

from serving import MasticServer


def test_who_am_i(server: MasticServer) -> None:
    identity = server.client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/mastic"
    assert identity["UserId"].startswith("AIDA")
    assert len(identity["UserId"]) == 21


def test_who_am_i_by_get(server: MasticServer) -> None:
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"))
    connection.request("GET", "/?Action=GetCallerIdentity&Version=2011-06-15")
    response = connection.getresponse()
    assert response.status == 200
    assert b"<Account>123456789012</Account>" in response.read()
    connection.close()
