"""Names of awsglue that no other test has a reason to use: each does what AWS's page says."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from pyspark.sql import Row

from awsglue import gluetypes as g
from awsglue.context import GlueContext
from awsglue.dataframe_transforms import ApplyMapping
from awsglue.dataframereader import DataFrameReader
from awsglue.dataframewriter import DataFrameWriter
from awsglue.dynamicframe import DynamicFrame, DynamicFrameReader, DynamicFrameWriter
from awsglue.functions import explodeWithIndex
from awsglue.job import Job
from awsglue.transforms import Filter, GlueTransform, describe_transform, get_transform, get_transforms
from awsglue.utils import GlueArgumentError, GlueArgumentParser, callsite, iteritems, iterkeys, itervalues

ATOMS = [g.BinaryType, g.BooleanType, g.ByteType, g.DateType, g.DoubleType, g.FloatType, g.IntegerType, g.LongType,
         g.NullType, g.ShortType, g.StringType, g.TimestampType, g.TimestampNTZType, g.UnknownType]  # fmt: skip


@pytest.mark.parametrize(
    "data_type",
    [
        *(atom() for atom in ATOMS),
        g.DecimalType(20, 3),
        g.EnumType(["b", "a"]),
        g.ArrayType(g.LongType()),
        g.SetType(g.StringType()),
        g.MapType(g.DateType()),
        g.ChoiceType([g.LongType(), g.StringType()]),
        g.StructType([g.Field("a", g.IntegerType(), {"key": "value"}), g.Field("b", g.ArrayType(g.StringType()))]),
    ],
    ids=lambda data_type: data_type.typeName(),
)
def test_types_survive_their_json(data_type: g.DataType) -> None:
    text = json.loads(json.dumps(data_type.jsonValue()))
    assert type(data_type).fromJsonValue(text) == data_type == g.from_json_value(text)
    assert text["dataType"] == data_type.typeName() == type(data_type).typeName()


def test_atoms_structs_and_the_type_nobody_implements() -> None:
    assert g.AtomicType.fromJsonValue({"dataType": "atomic", "properties": {"a": 1}}).properties == {"a": 1}
    struct = g.StructType([g.Field("a", g.IntegerType())])
    assert struct.hasField("a") and not struct.hasField("b")
    assert g.Field.fromJsonValue(struct.getField("a").jsonValue()) == struct.getField("a")
    with pytest.raises(NotImplementedError):
        g.EntityType(None, None)


def test_the_options_of_a_job() -> None:
    assert Job.id_params() == ["--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--SECURITY_CONFIGURATION"]
    assert Job.job_bookmark_options()[0] == "--job-bookmark-option" and len(Job.job_bookmark_options()) == 4
    assert Job.continuation_options()[0] == "--continuation-option" and len(Job.continuation_options()) == 4
    assert Job.job_bookmark_range_options() == ["--job-bookmark-from", "--job-bookmark-to"]
    assert Job.encryption_type_options() == ["--encryption-type", "sse-s3"]
    assert Job.data_lineage_options() == ["--enable-data-lineage"]


def test_transforms_describe_themselves() -> None:
    assert get_transform("filter") is Filter and get_transform("nothing") is None
    assert all(isinstance(transform, GlueTransform) for transform in get_transforms())
    arguments = {each["name"]: each for each in Filter.describeArgs()}
    assert list(arguments) == ["frame", "f", "transformation_ctx", "info", "stageThreshold", "totalThreshold"]
    assert not arguments["f"]["optional"] and arguments["totalThreshold"]["defaultValue"] == 0
    described = json.loads(describe_transform("Filter"))["transform"]
    assert described["name"] == "Filter"
    assert described["returns"] == Filter.describeReturn()
    assert described["description"] == Filter.describeTransform()
    assert described["raises"] == Filter.describeErrors()


def test_small_helpers() -> None:
    held = {"a": 1}
    assert [*iteritems(held), *iterkeys(held), *itervalues(held)] == [("a", 1), "a", 1]
    with pytest.raises(GlueArgumentError, match="required: --x"):
        parser = GlueArgumentParser()
        parser.add_argument("--x", required=True)
        parser.parse_args([])
    assert "test_every_name.py" not in callsite() and "pytest" in callsite()
    assert abs(GlueContext.currentTimeMillis(None) - time.time() * 1000) < 60_000  # type: ignore[arg-type]


@pytest.fixture
def table(catalog: Any, put: Any) -> str:
    path = put("t/x.csv", "1,x\n2,y\n")
    descriptor = {"Location": path.rsplit("/", 1)[0], "Columns": [{"Name": "n", "Type": "int"},
                  {"Name": "s", "Type": "string"}]}  # fmt: skip
    table = {"Name": "t", "Parameters": {"classification": "csv"}, "StorageDescriptor": descriptor}
    catalog.create_table(DatabaseName="db", TableInput=table)
    return path


def test_frames_of_a_table_by_every_name(glue: GlueContext, table: str, rows: Any) -> None:
    expected = [{"n": 1, "s": "x"}, {"n": 2, "s": "y"}]
    assert isinstance(glue.create_dynamic_frame, DynamicFrameReader)
    assert isinstance(glue.create_data_frame, DataFrameReader)
    assert rows(glue.create_dynamic_frame_from_catalog("db", "t")) == expected
    assert rows(glue.create_data_frame_from_catalog("db", "t")) == expected
    assert glue.create_sample_dynamic_frame_from_catalog("db", "t", 1).count() == 1
    schema = glue.get_catalog_schema_as_spark_schema("db", "t")
    assert schema.simpleString() == "struct<n:int,s:string>"

    texts = [{"col0": "1", "col1": "x"}, {"col0": "2", "col1": "y"}]
    options: dict[str, Any] = {"connection_options": {"paths": [table]}, "format": "csv"}
    assert rows(glue.create_dynamic_frame_from_options("s3", **options)) == texts
    assert rows(glue.create_data_frame_from_options("s3", **options)) == texts
    assert glue.create_sample_dynamic_frame_from_options("s3", num=1, **options).count() == 1


def test_writing_by_every_name(glue: GlueContext, table: str, bucket: str, rows: Any) -> None:
    frame = glue.create_dynamic_frame_from_catalog("db", "t")
    assert isinstance(glue.write_dynamic_frame, DynamicFrameWriter)
    assert isinstance(glue.write_data_frame, DataFrameWriter)
    glue.write_dynamic_frame_from_catalog(frame, "db", "t")
    glue.write_data_frame_from_catalog(frame.toDF(), "db", "t")
    assert glue.create_dynamic_frame_from_catalog("db", "t").count() == 6, "a frame keeps the files it was made of"

    out = f"s3://{bucket}/out"
    glue.write_dynamic_frame_from_options(frame, "s3", {"path": f"{out}/1"}, "json")
    glue.write_from_options(frame, "s3", {"path": f"{out}/2"}, "json")
    sink = glue.getSink("s3", path=f"{out}/3")
    sink.setFormat("json")
    sink.setAccumulableSize(10)
    sink.writeDataFrame(frame.toDF(), glue)
    for number in (1, 2, 3):
        read = glue.create_dynamic_frame_from_options("s3", {"paths": [f"{out}/{number}"]}, "json")
        assert read.count() == frame.count()


def test_methods_of_a_frame(glue: GlueContext, bucket: str, rows: Any, capsys: Any) -> None:
    data = glue.create_dynamic_frame_from_rdd([Row(a=1, s=Row(b=2), l=[3, 4])], "frame")
    assert rows(data.applyMapping([("a", "long", "c", "string")])) == [{"c": "1"}]
    assert rows(data.applyMapping(data, [("s.b", "long", "c", "string")])) == [{"c": "2"}]
    assert rows(ApplyMapping.apply(data.toDF(), [("a", "bigint", "x.y", "int")])) == [{"x": {"y": 1}}]
    assert set(rows(data.unnest())[0]) == {"a", "s.b", "l"}
    data.assertErrorThreshold()
    data.printSchema()
    assert "root\n|-- a: long" in capsys.readouterr().out
    assert data.with_frame_schema(data.schema()).schema() == data.schema()
    exploded = data.toDF().select(explodeWithIndex("l"))
    assert rows(exploded) == [{"index": 0, "val": 3}, {"index": 1, "val": 4}]

    assert data.spigot(f"s3://{bucket}/sample", {"topk": 1}) is data
    assert glue.create_dynamic_frame_from_options("s3", {"paths": [f"s3://{bucket}/sample"]}, "json").count() == 1
    timed = glue.add_ingestion_time_columns(data.toDF(), "hour")
    assert timed.columns[-4:] == ["ingest_year", "ingest_month", "ingest_day", "ingest_hour"]
    assert isinstance(DynamicFrame.fromDF(timed, glue, "timed"), DynamicFrame)
