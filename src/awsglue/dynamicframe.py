"""DynamicFrame: a DataFrame with a Glue schema. A choice is a struct with one field per type; errors are kept aside.

AWS page: DynamicFrame Class. Nothing runs until somebody asks for data or for a schema that depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue import _choice, _dynamodb, _evidence, _fields, _map, _mapping, _python, _relational, _rows, _schema, _unbox
from awsglue._choice import ResolveOption
from awsglue._columns import with_text_keys
from awsglue._error_keeper import ErrorKeeper
from awsglue._errors import ErrorSource, errors_frame
from awsglue._paths import as_list, split_path
from awsglue.dynamicframe_collection import DynamicFrameCollection
from awsglue.dynamicframe_io import DynamicFrameReader, DynamicFrameWriter
from awsglue.gluetypes import StructType, mergeDataTypes

if TYPE_CHECKING:
    from awsglue.context import GlueContext

__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicFrameReader", "DynamicFrameWriter", "ResolveOption"]


class DynamicFrame(ErrorKeeper):
    """A distributed collection of self-describing records."""

    def __init__(
        self,
        jdf: DataFrame,
        glue_ctx: GlueContext,
        name: str = "",
        *,
        schema: StructType | None = None,
        errors: Sequence[ErrorSource] = (),
        stage_errors: Sequence[ErrorSource] = (),
        thresholds: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(errors, stage_errors, thresholds)
        self._frame = jdf
        self._types = None if schema is None else _schema.checked(schema)
        self._settled_frame: DynamicFrame | None = None
        self.glue_ctx = glue_ctx
        self.name = name

    def errorsAsDynamicFrame(self) -> DynamicFrame:
        """The error records of every transform up to here, nested in a field `error`."""
        frame, schema = errors_frame(self.glue_ctx.spark_session, self._all_errors)
        return DynamicFrame(frame, self.glue_ctx, self.name, schema=schema)

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def _struct(self) -> StructType:
        """The schema as far as it is known without a pass over the data."""
        if self._types is None:
            given = self._frame.schema
            self._types = _schema.checked(_schema.glue_struct(given))
            self._frame = with_text_keys(self._frame, given, self._types)
        return self._types

    def _derive(
        self,
        frame: DataFrame,
        schema: StructType | None,
        *,
        errors: Sequence[ErrorSource] = (),
        thresholds: tuple[int, int] = (0, 0),
        name: str | None = None,
    ) -> DynamicFrame:
        derived = DynamicFrame(
            frame,
            self.glue_ctx,
            self.name if name is None else name,
            schema=schema,
            errors=self._all_errors,
            stage_errors=errors,
            thresholds=thresholds,
        )
        derived._watched = self._guards
        return derived

    def _project(self, projection: tuple[list[Column], StructType], thresholds: tuple[int, int]) -> DynamicFrame:
        exprs, schema = projection
        return self._derive(self._frame.select(*exprs), schema, thresholds=thresholds)

    def _settled(self) -> DynamicFrame:
        """This frame with every unverified column held against the data: one aggregation for all of them."""
        if self._settled_frame is None:
            self._settled_frame = self._settle()
        return self._settled_frame

    def _settle(self) -> DynamicFrame:
        schema = self._struct  # first: a user's frame becomes one with Glue's types
        if (projection := _evidence.against_data(self._frame, schema)) is None:
            return self
        settled = DynamicFrame(
            self._frame.select(*projection[0]),
            self.glue_ctx,
            self.name,
            schema=projection[1],
            errors=self._earlier_errors,
            stage_errors=self._stage_errors,
            thresholds=self._thresholds,
        )
        settled._watched = self._watched
        return settled

    def with_frame_schema(self, schema: StructType) -> DynamicFrame:
        """This frame with a schema the caller vouches for."""
        return self._derive(self._frame, schema)

    def schema(self) -> StructType:
        """The schema that is true for every record."""
        return self._settled()._struct

    def printSchema(self) -> None:
        """Print the schema as Glue's tree."""
        print(_schema.tree_string(self.schema()))

    def show(self, num_rows: int = 20) -> None:
        """Print records as JSON, one per line."""
        self.assertErrorThreshold()
        settled = self._settled()
        for record in _rows.take(settled._frame, settled._struct, num_rows):
            print(json.dumps(record, default=str, ensure_ascii=False))

    def count(self) -> int:
        """The number of records."""
        self.assertErrorThreshold()
        return self._frame.count()

    def getNumPartitions(self) -> int:
        """The number of partitions. An engine behind Spark Connect tells it only by going through them."""
        if hasattr(self._frame, "_jdf"):
            return int(self._frame.rdd.getNumPartitions())
        return _map.number_of_partitions(self._frame)

    def toDF(self, options: Iterable[ResolveOption] | None = None) -> DataFrame:
        """A Spark DataFrame; choices become structs with one field per type unless `options` resolve them."""
        if options:
            return self.resolveChoice(specs=[option.spec() for option in options]).toDF()
        self.assertErrorThreshold()
        return self._settled()._frame

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str = "") -> DynamicFrame:
        """A DynamicFrame over a DataFrame."""
        return cls(dataframe, glue_ctx, name)

    # -- fields --------------------------------------------------------------------------------------------------

    def apply_mapping(
        self,
        mappings: Any,
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Select, rename, cast, nest and unnest by (source, source type, target, target type)."""
        wanted = _mapping.mappings_of(mappings)
        source = self if all(target_type for *_, target_type in wanted) else self._settled()
        projection = _mapping.project(source._struct, wanted, case_sensitive)
        return source._project(projection, (stageThreshold, totalThreshold))

    def applyMapping(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """`apply_mapping` under its Scala name; the frame may come first."""
        if args and isinstance(args[0], DynamicFrame):
            return args[0].apply_mapping(*args[1:], **kwargs)
        return self.apply_mapping(*args, **kwargs)

    def resolveChoice(
        self,
        specs: Any = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        catalog_id: str | None = None,
    ) -> DynamicFrame:
        """Resolve choices by path (`specs`) or all alike (`choice`). Raises ValueError for both or neither."""
        thresholds = (stageThreshold, totalThreshold)
        if (specs is None) != bool(choice):
            raise ValueError("resolveChoice takes specs, a list of (path, action), or choice, one action for all")
        if specs is not None:
            pairs = [specs] if isinstance(specs, tuple) else list(specs)
            source = self if _choice.needs_no_evidence(self._struct, pairs) else self._settled()
            return source._project(_choice.resolve_specs(source._struct, pairs), thresholds)
        if choice == "match_catalog":
            if not database or not table_name:
                raise ValueError("resolveChoice(choice='match_catalog') needs database and table_name")
            from awsglue.catalog_table import get_table

            columns = get_table(database, table_name, catalog_id).columns
            return self._project(_choice.resolve_all(self._struct, choice, columns), thresholds)
        if choice not in ("make_cols", "make_struct") and not choice.startswith(("cast:", "project:")):
            raise ValueError(f"choice={choice!r} is not a resolution; use {_choice.ACTIONS}")
        settled = self._settled()
        return settled._project(_choice.resolve_all(settled._struct, choice), thresholds)

    def select_fields(
        self,
        paths: str | list[str],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Only the named fields."""
        return self._project(_fields.select(self._struct, as_list(paths)), (stageThreshold, totalThreshold))

    def drop_fields(
        self,
        paths: str | list[str],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """All but the named fields."""
        return self._project(_fields.drop(self._struct, as_list(paths)), (stageThreshold, totalThreshold))

    def rename_field(
        self,
        oldName: str,
        newName: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """One field under another name or path."""
        # Inside a struct a field's type is no longer open.
        source = self._settled() if len(split_path(newName)) > 1 else self
        return source._project(_fields.rename(source._struct, oldName, newName), (stageThreshold, totalThreshold))

    def split_fields(
        self,
        paths: str | list[str],
        name1: str,
        name2: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """Two frames: the named fields, and the rest."""
        _rows.check_two_names(name1, name2)
        first = self.select_fields(paths, stageThreshold=stageThreshold, totalThreshold=totalThreshold)
        second = self.drop_fields(paths, stageThreshold=stageThreshold, totalThreshold=totalThreshold)
        return DynamicFrameCollection({name1: first._named(name1), name2: second._named(name2)}, self.glue_ctx)

    def _named(self, name: str) -> DynamicFrame:
        self.name = name
        return self

    # -- records -------------------------------------------------------------------------------------------------

    def filter(
        self,
        f: Callable[[Any], Any],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records for which `f` is true. A record for which it raises is an error record."""
        settled, thresholds = self._settled(), (stageThreshold, totalThreshold)
        kept, errors = _python.filtered(settled._frame, settled._struct, f, info)
        return settled._derive(kept, settled._struct, errors=errors, thresholds=thresholds)

    def map(
        self,
        f: Callable[[Any], Any],
        preservesPartitioning: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records `f` makes of the records. A record for which it raises is an error record."""
        settled = self._settled()
        frame, schema, errors = _map.mapped(settled._frame, settled._struct, f, info)
        return settled._derive(frame, schema, errors=errors, thresholds=(stageThreshold, totalThreshold))

    def mapPartitions(
        self,
        f: Callable[[Any], Any],
        preservesPartitioning: bool = True,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records `f` makes of an iterator of a partition's records."""
        settled = self._settled()
        frame, schema = _map.mapped_partitions(settled._frame, settled._struct, f)
        return settled._derive(frame, schema, thresholds=(stageThreshold, totalThreshold))

    def mapPartitionsWithIndex(
        self,
        f: Callable[[int, Any], Any],
        preservesPartitioning: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records `f` makes of a partition's number and an iterator of its records."""
        settled = self._settled()
        frame, schema = _map.mapped_numbered_partitions(settled._frame, settled._struct, f)
        return settled._derive(frame, schema, thresholds=(stageThreshold, totalThreshold))

    def join(
        self,
        paths1: str | list[str],
        paths2: str | list[str],
        frame2: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Equality join. A field both frames have gets a dot before its name where it comes from `frame2`."""
        left, right = self._settled(), _rows.frame_of(frame2, "join")._settled()
        frame, schema = _rows.join(
            (left._frame, left._struct, as_list(paths1)), (right._frame, right._struct, as_list(paths2))
        )
        joined = left._derive(frame, schema, thresholds=(stageThreshold, totalThreshold))
        joined._add_errors_of(frame2)
        return joined

    def union(
        self,
        other_frame: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records of both frames; a field one frame lacks is null, unlike types become a choice."""
        left, right = self, _rows.frame_of(other_frame, "union")
        if left._struct != right._struct:
            left, right = left._settled(), right._settled()
        merged = mergeDataTypes(left._struct, right._struct)
        assert isinstance(merged, StructType)
        frames = [_rows.fitted(each._frame, each._struct, merged) for each in (left, right)]
        result = left._derive(frames[0].unionAll(frames[1]), merged, thresholds=(stageThreshold, totalThreshold))
        result._add_errors_of(other_frame)
        return result

    def split_rows(
        self,
        comparison_dict: dict[str, dict[str, Any]],
        name1: str,
        name2: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """Two frames: the rows that satisfy every comparison, and the rest."""
        _rows.check_two_names(name1, name2)
        settled, thresholds = self._settled(), (stageThreshold, totalThreshold)
        condition = _rows.comparison(settled._struct, comparison_dict)
        frames = {
            name1: settled._frame.where(condition),
            name2: settled._frame.where(~F.coalesce(condition, F.lit(False))),
        }
        derived = {
            name: settled._derive(frame, settled._struct, thresholds=thresholds, name=name)
            for name, frame in frames.items()
        }
        return DynamicFrameCollection(derived, self.glue_ctx)

    def mergeDynamicFrame(
        self,
        stage_dynamic_frame: DynamicFrame,
        primary_keys: str | list[str],
        transformation_ctx: str = "",
        options: dict[str, Any] | None = None,
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """This frame with the records of the staging frame in the place of those with the same keys."""
        stage = _rows.frame_of(stage_dynamic_frame, "mergeDynamicFrame")
        left, right, keys = self._settled(), stage._settled(), as_list(primary_keys)
        untouched = _rows.without_keys((left._frame, left._struct, keys), (right._frame, right._struct, keys))
        rest = left._derive(untouched, left._struct)
        return rest.union(stage, stageThreshold=stageThreshold, totalThreshold=totalThreshold)

    def spigot(
        self,
        path: str,
        options: Any = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Write sample records as JSON to `path` now, and return this frame."""
        _rows.sampled(self.toDF(), options).write.mode("append").json(path)
        thresholds = (stageThreshold, totalThreshold)
        return self._derive(self._frame, self._types, thresholds=thresholds) if any(thresholds) else self

    def repartition(
        self, num_partitions: int, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The same records in so many partitions."""
        frame = self._frame.repartition(num_partitions)
        return self._derive(frame, self._types, thresholds=(stageThreshold, totalThreshold))

    def coalesce(
        self, num_partitions: int, shuffle: bool = False, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The same records in at most so many partitions."""
        frame = self._frame.repartition(num_partitions) if shuffle else self._frame.coalesce(num_partitions)
        return self._derive(frame, self._types, thresholds=(stageThreshold, totalThreshold))

    # -- nested data ---------------------------------------------------------------------------------------------

    def unnest(
        self, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        """Nested fields as top-level ones named by their path."""
        settled = self._settled()
        return settled._project(_relational.unnested(settled._struct), (stageThreshold, totalThreshold))

    def relationalize(
        self,
        root_table_name: str,
        staging_path: str | None = None,
        options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """Flat frames: the root, and one per array, joined to it by id."""
        settled, thresholds = self._settled(), (stageThreshold, totalThreshold)
        tables = _relational.relationalized(settled._frame, settled._struct, root_table_name, staging_path)
        frames = {
            name: settled._derive(frame, schema, thresholds=thresholds, name=name)
            for name, (frame, schema) in tables.items()
        }
        return DynamicFrameCollection(frames, self.glue_ctx)

    def unbox(
        self,
        path: str,
        format: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        **options: Any,
    ) -> DynamicFrame:
        """A text field parsed as `format` (json or csv) in its place."""
        settled = self._settled()
        frame, schema, errors = _unbox.unboxed(settled._frame, settled._struct, path, format, options, info)
        return settled._derive(frame, schema, errors=errors, thresholds=(stageThreshold, totalThreshold))

    def unnest_ddb_json(
        self, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        """DynamoDB JSON as top-level fields, those of maps named by their path."""
        settled = self._settled()
        return settled._project(_dynamodb.unnested(settled._struct), (stageThreshold, totalThreshold))

    def simplify_ddb_json(self) -> DynamicFrame:
        """DynamoDB JSON as plain fields; maps are structs."""
        settled = self._settled()
        return settled._project(_dynamodb.simplified(settled._struct), (0, 0))

    def write(
        self,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        accumulator_size: int = 0,
    ) -> Any:
        """Write this frame; see GlueContext.write_dynamic_frame_from_options."""
        return self.glue_ctx.write_dynamic_frame_from_options(
            self, connection_type, connection_options, format, format_options
        )
