"""The Data Catalog's Glue operations: databases, tables, table versions, partitions and their indexes, connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mastic.app import Context
from mastic.catalog import connections, databases, definitions, indexes, partitions, search, versions
from mastic.protocol.errors import (
    EntityNotFoundException,
    InvalidInputException,
    OperationNotSupportedException,
)
from mastic.protocol.pagination import decode_token, encode_token
from mastic.protocol.registry import Handler, operation

Request = dict[str, Any]
Response = dict[str, Any]

_DEFAULT_PAGE = 100
_DEFAULT_PARTITION_PAGE = 1000
# Members that would change the answer and are not there yet; ignoring them would answer another question.
_NOT_YET = {
    "TransactionId": "governed tables, which AWS has withdrawn, are",
    "QueryAsOfTime": "reading a table as of a time is",
    "OpenTableFormatInput": "creating an Iceberg table's metadata through CreateTable is",
    "UpdateOpenTableFormatInput": "changing an Iceberg table's metadata through UpdateTable is",
    "ViewUpdateAction": "multi-dialect views are",
}


def _catalog(name: str) -> Callable[[Handler], Handler]:
    """Register an operation on this account's catalog."""

    def register(handler: Handler) -> Handler:
        def checked(context: Context, request: Request) -> Response:
            _check(context, request)
            return handler(context, request)

        return operation("glue", name)(checked)

    return register


def _check(context: Context, request: Request) -> None:
    account = context.app.settings.account_id
    catalog = request.get("CatalogId", account)
    if catalog != account:
        raise EntityNotFoundException(
            f"Catalog {catalog} not found: the only catalog here has CatalogId {account}; send that or none"
        )
    for member, what in _NOT_YET.items():
        if request.get(member) is not None:
            raise OperationNotSupportedException(f"{member}: {what} not there yet")


@_catalog("CreateDatabase")
def create_database(context: Context, request: Request) -> Response:
    databases.create(context.app, request["DatabaseInput"], request.get("Tags"))
    return {}


@_catalog("GetDatabase")
def get_database(context: Context, request: Request) -> Response:
    return {"Database": databases.get(context.app, request["Name"])}


@_catalog("GetDatabases")
def get_databases(context: Context, request: Request) -> Response:
    if request.get("ResourceShareType", "ALL") != "ALL":
        return {"DatabaseList": []}  # nothing is shared with or federated into this catalog
    limit = request.get("MaxResults", _DEFAULT_PAGE)
    found, last = databases.page(context.app, _after(request, "GetDatabases"), limit)
    if request.get("AttributesToGet"):
        found = [{"Name": database["Name"]} for database in found]
    return {"DatabaseList": found, **_next(last, "GetDatabases")}


@_catalog("UpdateDatabase")
def update_database(context: Context, request: Request) -> Response:
    databases.change(context.app, request["Name"], request["DatabaseInput"])
    return {}


@_catalog("DeleteDatabase")
def delete_database(context: Context, request: Request) -> Response:
    databases.remove(context.app, request["Name"])
    return {}


@_catalog("CreateTable")
def create_table(context: Context, request: Request) -> Response:
    given = _table_input(request)
    declared = request.get("PartitionIndexes", [])
    definitions.create(context.app, context.caller.arn, request["DatabaseName"], given, declared)
    return {}


@_catalog("GetTable")
def get_table(context: Context, request: Request) -> Response:
    if "LATEST_ICEBERG_METADATA" in request.get("AttributesToGet", []):
        raise OperationNotSupportedException("AttributesToGet: LATEST_ICEBERG_METADATA is not there yet; send DEFAULT")
    return {"Table": definitions.get(context.app, request["DatabaseName"], request["Name"])}


@_catalog("GetTables")
def get_tables(context: Context, request: Request) -> Response:
    database, expression = request["DatabaseName"], request.get("Expression")
    limit = request.get("MaxResults", _DEFAULT_PAGE)
    found, last = definitions.page(context.app, database, expression, _after(request, "GetTables"), limit)
    if request.get("ResourceShareType") == "FEDERATED":
        return {"TableList": []}
    if attributes := request.get("AttributesToGet"):
        wanted = ("Name", "TableType") if "TABLE_TYPE" in attributes else ("Name",)
        found = [{name: table[name] for name in wanted if name in table} for table in found]
    return {"TableList": found, **_next(last, "GetTables")}


@_catalog("SearchTables")
def search_tables(context: Context, request: Request) -> Response:
    if request.get("ResourceShareType") == "FOREIGN":
        return {"TableList": []}  # nothing is shared with this catalog
    text, filters, criteria = request.get("SearchText", ""), request.get("Filters", []), request.get("SortCriteria", [])
    found = search.search(context.app, text, filters, criteria)
    start = _start(found, _after(request, "SearchTables"))
    end = start + request.get("MaxResults", _DEFAULT_PAGE)
    last = {"name": _full_name(found[end - 1]), "index": end - 1} if end < len(found) else None
    return {"TableList": found[start:end], **_next(last, "SearchTables")}


@_catalog("UpdateTable")
def update_table(context: Context, request: Request) -> Response:
    definitions.change(
        context.app,
        request["DatabaseName"],
        _table_input(request),
        version=request.get("VersionId"),
        skip_archive=request.get("SkipArchive", False),
    )
    return {}


@_catalog("DeleteTable")
def delete_table(context: Context, request: Request) -> Response:
    definitions.remove(context.app, request["DatabaseName"], request["Name"])
    return {}


@_catalog("BatchDeleteTable")
def batch_delete_table(context: Context, request: Request) -> Response:
    return {"Errors": definitions.remove_many(context.app, request["DatabaseName"], request["TablesToDelete"])}


@_catalog("GetTableVersion")
def get_table_version(context: Context, request: Request) -> Response:
    version = request.get("VersionId")
    return {"TableVersion": versions.get(context.app, request["DatabaseName"], request["TableName"], version)}


@_catalog("GetTableVersions")
def get_table_versions(context: Context, request: Request) -> Response:
    limit = request.get("MaxResults", _DEFAULT_PAGE)
    database, table = request["DatabaseName"], request["TableName"]
    found, last = versions.page(context.app, database, table, _after(request, "GetTableVersions"), limit)
    return {"TableVersions": found, **_next(last, "GetTableVersions")}


@_catalog("DeleteTableVersion")
def delete_table_version(context: Context, request: Request) -> Response:
    versions.remove(context.app, request["DatabaseName"], request["TableName"], request["VersionId"])
    return {}


@_catalog("BatchDeleteTableVersion")
def batch_delete_table_version(context: Context, request: Request) -> Response:
    database, table = request["DatabaseName"], request["TableName"]
    return {"Errors": versions.remove_many(context.app, database, table, request["VersionIds"])}


@_catalog("CreatePartition")
def create_partition(context: Context, request: Request) -> Response:
    database, table = request["DatabaseName"], request["TableName"]
    partitions.create(context.app, database, table, request["PartitionInput"])
    return {}


@_catalog("BatchCreatePartition")
def batch_create_partition(context: Context, request: Request) -> Response:
    database, table = request["DatabaseName"], request["TableName"]
    failures = partitions.create_many(context.app, database, table, request["PartitionInputList"])
    return {"Errors": [failure.wire("PartitionValues") for failure in failures]}


@_catalog("GetPartition")
def get_partition(context: Context, request: Request) -> Response:
    database, table = request["DatabaseName"], request["TableName"]
    return {"Partition": partitions.get(context.app, database, table, request["PartitionValues"])}


@_catalog("GetPartitions")
def get_partitions(context: Context, request: Request) -> Response:
    found, last = partitions.page(
        context.app,
        request["DatabaseName"],
        request["TableName"],
        expression=request.get("Expression", ""),
        segment=_segment(request.get("Segment")),
        after=_after(request, "GetPartitions") or 0,
        limit=request.get("MaxResults", _DEFAULT_PARTITION_PAGE),
        columns=not request.get("ExcludeColumnSchema", False),
    )
    return {"Partitions": found, **_next(last, "GetPartitions")}


@_catalog("BatchGetPartition")
def batch_get_partition(context: Context, request: Request) -> Response:
    wanted = [entry["Values"] for entry in request["PartitionsToGet"]]
    database, table = request["DatabaseName"], request["TableName"]
    found, unprocessed = partitions.get_many(context.app, database, table, wanted)
    return {"Partitions": found, "UnprocessedKeys": [{"Values": values} for values in unprocessed]}


@_catalog("UpdatePartition")
def update_partition(context: Context, request: Request) -> Response:
    entry = (request["PartitionValueList"], request["PartitionInput"])
    partitions.change(context.app, request["DatabaseName"], request["TableName"], *entry)
    return {}


@_catalog("BatchUpdatePartition")
def batch_update_partition(context: Context, request: Request) -> Response:
    entries = [(entry["PartitionValueList"], entry["PartitionInput"]) for entry in request["Entries"]]
    failures = partitions.change_many(context.app, request["DatabaseName"], request["TableName"], entries)
    return {"Errors": [failure.wire("PartitionValueList") for failure in failures]}


@_catalog("DeletePartition")
def delete_partition(context: Context, request: Request) -> Response:
    partitions.remove(context.app, request["DatabaseName"], request["TableName"], request["PartitionValues"])
    return {}


@_catalog("BatchDeletePartition")
def batch_delete_partition(context: Context, request: Request) -> Response:
    wanted = [entry["Values"] for entry in request["PartitionsToDelete"]]
    failures = partitions.remove_many(context.app, request["DatabaseName"], request["TableName"], wanted)
    return {"Errors": [failure.wire("PartitionValues") for failure in failures]}


@_catalog("CreatePartitionIndex")
def create_partition_index(context: Context, request: Request) -> Response:
    indexes.create(context.app, request["DatabaseName"], request["TableName"], request["PartitionIndex"])
    return {}


@_catalog("GetPartitionIndexes")
def get_partition_indexes(context: Context, request: Request) -> Response:
    found = indexes.get_all(context.app, request["DatabaseName"], request["TableName"])
    return {"PartitionIndexDescriptorList": found}


@_catalog("DeletePartitionIndex")
def delete_partition_index(context: Context, request: Request) -> Response:
    indexes.remove(context.app, request["DatabaseName"], request["TableName"], request["IndexName"])
    return {}


@_catalog("CreateConnection")
def create_connection(context: Context, request: Request) -> Response:
    connections.create(context.app, context.caller.arn, request["ConnectionInput"], request.get("Tags"))
    return {"CreateConnectionStatus": "READY"}


@_catalog("GetConnection")
def get_connection(context: Context, request: Request) -> Response:
    environment = request.get("ApplyOverrideForComputeEnvironment", "")
    hidden = request.get("HidePassword", False)
    found = connections.get(context.app, request["Name"], hide_password=hidden, environment=environment)
    return {"Connection": found}


@_catalog("GetConnections")
def get_connections(context: Context, request: Request) -> Response:
    limit, hidden = request.get("MaxResults", _DEFAULT_PAGE), request.get("HidePassword", False)
    after = _after(request, "GetConnections")
    found, last = connections.page(context.app, request.get("Filter", {}), after, limit, hide_password=hidden)
    return {"ConnectionList": found, **_next(last, "GetConnections")}


@_catalog("UpdateConnection")
def update_connection(context: Context, request: Request) -> Response:
    connections.change(context.app, context.caller.arn, request["Name"], request["ConnectionInput"])
    return {}


@_catalog("DeleteConnection")
def delete_connection(context: Context, request: Request) -> Response:
    connections.remove(context.app, request["ConnectionName"])
    return {}


@_catalog("BatchDeleteConnection")
def batch_delete_connection(context: Context, request: Request) -> Response:
    removed, errors = connections.remove_many(context.app, request["ConnectionNameList"])
    return {"Succeeded": removed, "Errors": errors}


@_catalog("TestConnection")
def test_connection(context: Context, request: Request) -> Response:
    name, given = request.get("ConnectionName"), request.get("TestConnectionInput")
    if (name is None) == (given is None):
        raise InvalidInputException("send ConnectionName or TestConnectionInput: one of them, not both")
    if given is None:
        connections.test_stored(context.app, str(name))
    else:
        connections.test(context.app, given)
    return {}


def _table_input(request: Request) -> dict[str, Any]:
    given: dict[str, Any] | None = request.get("TableInput")
    if given is None:
        raise InvalidInputException("TableInput is required")
    name = request.get("Name", given["Name"])
    if name.lower() != given["Name"].lower():
        raise InvalidInputException(
            f"Name {name!r} and TableInput.Name {given['Name']!r} differ; a table keeps its name"
        )
    return given


def _full_name(table: Response) -> str:
    return f"{table['DatabaseName']}.{table['Name']}"


def _start(found: list[Response], after: Any) -> int:
    """Where the page after the table `after` begins; by its place in the page before when it has been deleted."""
    if after is None:
        return 0
    place = next((i for i, table in enumerate(found) if _full_name(table) == after["name"]), None)
    return int(after["index"]) if place is None else place + 1


def _segment(segment: dict[str, int] | None) -> tuple[int, int] | None:
    if segment is None:
        return None
    number, total = segment["SegmentNumber"], segment["TotalSegments"]
    if number >= total:
        raise InvalidInputException(
            f"Segment.SegmentNumber {number} must be below Segment.TotalSegments {total}; segments count from 0"
        )
    return number, total


def _after(request: Request, operation_name: str) -> Any:
    """The last key of the page before."""
    payload = decode_token(request.get("NextToken"))
    if payload is None:
        return None
    if payload.get("operation") != operation_name:
        raise InvalidInputException(f"NextToken was not made by {operation_name}")
    return payload["after"]


def _next(last: Any, operation_name: str) -> dict[str, str]:
    return {} if last is None else {"NextToken": encode_token({"operation": operation_name, "after": last})}
