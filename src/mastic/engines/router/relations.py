"""One plan's analysis: what each relation gives, every construct held against the proven list, rewrites applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mastic.engines.router import functions, names, pb, scope
from mastic.engines.router.expressions import Expressions
from mastic.engines.router.handlers import HANDLERS
from mastic.engines.router.pb import Message, Unproven, expect
from mastic.engines.router.rewrites.paths import Buckets
from mastic.engines.router.scope import Column, Output

# Relations that refer to the columns of their input by name only, and do not add to them.
_KEEP_NAMES = frozenset(["join", "filter", "subquery_alias", "hint"])


@dataclass(frozen=True)
class View:
    """A temporary view that lives on Sail: what it gives."""

    columns: tuple[Column, ...]
    rerun_differs: bool = False
    size: int | None = None


@dataclass
class Analysis:
    """One plan's analysis. It rewrites the plan in place; raises Unproven at the first construct not proven."""

    proven: Any
    views: Mapping[str, View] = field(default_factory=dict)
    registered: Mapping[str, Any] = field(default_factory=dict)  # Python functions by their lower-case name
    persisted: frozenset[int] = frozenset()  # plans whose rows must be computed once
    buckets: Buckets = field(default_factory=Buckets)
    database_source: Callable[[], None] | None = None  # has Sail know the data source that JDBC reads become
    cached: Mapping[str, bytes] = field(default_factory=dict)
    tables: dict[str, Message] = field(default_factory=dict)  # DataFrames that SQL text names
    seen: set[str] = field(default_factory=set)  # names of every column met
    reads: list[str] = field(default_factory=list)  # local folders and files the plan reads
    place: str = ""  # the kind of relation whose expressions are looked at
    any_order: bool = False  # whether the relation looked at may give its columns in any order
    sizes: list[int | None] = field(default_factory=list)  # of the inputs met so far of the relation looked at
    rerun_differs: bool = False  # whether computing the plan twice may give other rows, or do something twice

    def rewritten(self, expression: Message, made: Message | None) -> None:
        """Put a rewrite in the place of the expression."""
        if made is not None:
            expression.CopyFrom(made)

    def relation(self, relation: Message) -> Output:
        """The output of the relation, which is rewritten in place."""
        kind = relation.WhichOneof("rel_type")
        handler = HANDLERS.get(kind)
        if handler is None:
            raise Unproven(f"relation {kind}")
        expect(relation, "common", kind)
        if relation.common.plan_id in self.persisted:
            raise Unproven("cached rows of a Python function")
        outer = self.place, self.any_order, self.sizes
        self.place, self.any_order, self.sizes = kind, self.any_order and kind in _KEEP_NAMES, []
        output = handler(self, getattr(relation, kind), relation)
        self.seen.update(column.name.lower() for column in output.columns)
        if output.size is None and self.sizes and None not in self.sizes:
            output = replace(output, size=sum(size or 0 for size in self.sizes))
        self.place, self.any_order, self.sizes = outer
        self.sizes.append(output.size)
        if relation.HasField("common") and relation.common.HasField("plan_id"):
            plan_id = relation.common.plan_id
            plans = dict(output.plans)
            plans[plan_id] = None if plan_id in plans else output.columns
            output = replace(output, plans=plans)
        return output

    def expressions(self, source: Output) -> Expressions:
        return Expressions(self, source)

    def projected(self, source: Output, expressions: Any, walker: Expressions | None = None) -> list[Column]:
        """The columns a list of projections gives; each unnamed one gets Spark's name as its alias."""
        walker = walker or self.expressions(source)
        columns: list[Column] = []
        for expression in expressions:
            columns.extend(self._one_projected(walker, expression))
        return columns

    def _one_projected(self, walker: Expressions, expression: Message) -> list[Column]:
        kind = expression.WhichOneof("expr_type")
        if kind == "expression_string":
            from mastic.engines.router import sql

            expect(expression.expression_string, "expression")
            text = expression.expression_string.expression
            expression.CopyFrom(sql.expression(text, self))
            kind = expression.WhichOneof("expr_type")
            if kind != "alias" and re.search(r"\b(filter|between|extract|if)\b", text, re.I):
                raise Unproven("name of what SQL text says in other words")
        if kind == "unresolved_star":
            return self._star(walker, expression.unresolved_star)
        if kind == "unresolved_attribute":
            return [self._attribute(walker, expression)]
        if kind == "alias" and expression.alias.expr.WhichOneof("expr_type") == "unresolved_function":
            generated = self.generated(walker, expression.alias.expr.unresolved_function, list(expression.alias.name))
            if generated:
                return generated
        if kind == "unresolved_function":
            generated = self.generated(walker, expression.unresolved_function, [])
            if generated:
                return generated
        if kind == "alias":
            return [Column(expression.alias.name[0], walker.type_of(expression))]
        original = pb.copied(expression)
        type_ = walker.type_of(expression)
        name = names.of(original)
        called = original.unresolved_function.function_name.lower() if kind == "unresolved_function" else kind
        self.proven.need(f"name {called}")
        expression.CopyFrom(pb.alias(expression, name))
        return [Column(name, type_)]

    def _attribute(self, walker: Expressions, expression: Message) -> Column:
        attribute = expression.unresolved_attribute
        expect(attribute, "unparsed_identifier", "plan_id")
        parts = scope.split(attribute.unparsed_identifier)
        column, path = walker.resolve(parts, attribute.plan_id if attribute.HasField("plan_id") else None)
        if path:
            type_ = walker.type_of(expression)
            expression.CopyFrom(pb.alias(expression, path[-1]))
            return Column(path[-1], type_)
        written = parts[-1]
        if written == column.name:
            return column
        self.proven.need("column in another case")
        expression.CopyFrom(pb.alias(expression, written))
        return Column(written, column.type, column.qualifiers, column.ident)

    def _star(self, walker: Expressions, star: Message) -> list[Column]:
        expect(star, "unparsed_target", "plan_id")
        if star.HasField("plan_id"):
            raise Unproven("star of a DataFrame")
        if not star.unparsed_target:
            return list(walker.source.columns)
        parts = scope.split(star.unparsed_target.removesuffix(".*"))
        if len(parts) == 1:
            qualified = [column for column in walker.source.columns if parts[0].lower() in column.qualifiers]
            if qualified:
                self.proven.need("star of an alias")
                return qualified
        column, path = scope.find(walker.source.columns, parts)
        type_ = column.type
        for name in path:
            type_ = walker.field(type_, name)
        if type_.kind != "struct":
            raise Unproven(f"star of {type_.kind}")
        self.proven.need("star of a struct")
        return [Column(name, child.nullable(child.null or type_.null)) for name, child in type_.children]

    def generated(self, walker: Expressions, call: Message, alias: list[str]) -> list[Column]:
        name = call.function_name.lower()
        if name not in functions.GENERATORS:
            return []
        given = [walker.type_of(argument) for argument in call.arguments]
        self.proven.need(f"generator {name}({given[0].kind})" if given else f"generator {name}")
        columns = functions.generated(name, given, call)
        if alias:
            if len(alias) != len(columns):
                raise Unproven("alias of a generator")
            columns = [(given, type_) for given, (_, type_) in zip(alias, columns, strict=True)]
        return [Column(given, type_) for given, type_ in columns]
