"""SQL text becomes a plan, which is then held against the proven list like any other.

The text is parsed by sqlglot (Spark dialect, functions left as written). Whatever this module does not translate
without a doubt is unproven, and Spark parses the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mastic.engines.router import functions, names, pb, scope, sql_subqueries, sql_text, sql_values
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.scope import Output
from mastic.engines.router.sql_expressions import Translator, aggregates_in, alias_of, only
from mastic.engines.router.sql_group_by import GroupBy
from mastic.engines.router.sql_groups import (
    mentioned,
    nameable,
    named,
    ordered_by,
    restored,
    same_name,
    sort_key,
)

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

# Forms sqlglot reads more freely, or with another precedence, than Spark.
_DOUBTFUL = re.compile(r"\\|\|>|!(?!=)|,\s*(?:from\b|\)|$)", re.IGNORECASE)
_HINTS = frozenset(["broadcast", "broadcastjoin", "mapjoin", "merge", "mergejoin", "shuffle_merge", "shuffle_hash"])
_JOIN_TYPES = {
    ("", ""): 1, ("", "INNER"): 1, ("LEFT", ""): 3, ("LEFT", "OUTER"): 3, ("RIGHT", ""): 4, ("RIGHT", "OUTER"): 4,
    ("FULL", ""): 2, ("FULL", "OUTER"): 2, ("LEFT", "SEMI"): 6, ("LEFT", "ANTI"): 5, ("", "SEMI"): 6, ("", "ANTI"): 5,
    ("", "CROSS"): 7,
}  # fmt: skip


@lru_cache(maxsize=1)
def _dialect() -> Any:
    from sqlglot.dialects import spark

    base: Any = spark.Spark

    class Plain(base):  # type: ignore[misc]
        """Spark's syntax with every function call left exactly as it was written."""

        class Parser(base.Parser):  # type: ignore[misc]
            STRICT_CAST = True  # CAST raises, TRY_CAST does not: Spark's own meaning
            FUNCTIONS: dict[str, Any] = {}
            FUNCTION_PARSERS = {
                name: parser
                for name, parser in base.Parser.FUNCTION_PARSERS.items()
                if name in ("CAST", "TRY_CAST", "EXTRACT")
            }

    return Plain


@lru_cache(maxsize=512)
def _parsed(text: str, *, query: bool) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    text, literals = sql_text.without_literals(text)
    if _DOUBTFUL.search(text):
        raise Unproven("sql text with a backslash, a pipe, a trailing comma or an exclamation mark")
    try:
        if query:
            found = sqlglot.parse(text, dialect=_dialect())
            if len(found) != 1:
                raise Unproven("several sql statements")
            return sql_text.restored(found[0], literals)
        return sql_text.restored(sqlglot.parse_one(f"SELECT {text}", dialect=_dialect()), literals)
    except (SqlglotError, RecursionError) as error:
        raise Unproven(f"sql text that does not parse ({str(error).splitlines()[0][:80]})") from error


def expression(text: str, analysis: Analysis) -> Message:
    """The expression of `F.expr`, `selectExpr`, `filter("...")`."""
    select = _parsed(text, query=False)
    only(select, "expressions")
    if len(select.expressions) != 1:
        raise Unproven("several sql expressions in one")
    analysis.proven.need("sql expression")
    return Translator(analysis.proven.need).expression(select.expressions[0])


def query(text: str, analysis: Analysis, given: Given | None = None) -> Message:
    """The relation of a SELECT statement."""
    from sqlglot import exp

    parsed = _parsed(text, query=True)
    if not isinstance(parsed, (exp.Query, exp.Values)):
        raise Unproven(f"sql {type(parsed).__name__.lower()}")
    given = given or Given()
    return Query(analysis, dict(given.tables), given=given).relation(parsed)


@dataclass
class Given:
    """What a caller passes with the text: values for `:name` and `?`, and DataFrames by name."""

    named: Mapping[str, Message] = field(default_factory=dict)
    positional: Sequence[Message] = ()
    tables: Mapping[str, Message] = field(default_factory=dict)


@dataclass
class Query:
    """Translates one query; `tables` are the common table expressions in sight."""

    analysis: Analysis
    tables: dict[str, Message] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)  # of the WINDOW clause
    laterals: set[str] = field(default_factory=set)  # names of lateral views: their columns stand among all others
    given: Given = field(default_factory=lambda: Given())

    def within(self, node: Any) -> Query:
        """The query a node is translated in: sees the node's own WITH and WINDOW."""
        inner = Query(self.analysis, dict(self.tables), given=self.given)
        with_ = node.args.get("with_") or node.args.get("with")
        if with_ is not None:
            only(with_, "expressions")
            self.need("with")
            for cte in with_.expressions:
                only(cte, "this", "alias")
                inner.tables[cte.alias.lower()] = self._columns(inner.relation(cte.this), cte.args["alias"])
        for window in node.args.get("windows") or ():
            inner.windows[window.this.name.lower()] = window
        for lateral in node.args.get("laterals") or ():
            if lateral.alias:
                inner.laterals.add(lateral.alias.lower())
        return inner

    def _columns(self, relation: Message, alias: Any) -> Message:
        """The relation with the column names an alias gives, if it gives any."""
        only(alias, "this", "columns")
        if not alias.args.get("columns"):
            return relation
        self.need("alias with columns")
        made = pb.Relation()
        made.to_df.input.CopyFrom(relation)
        made.to_df.column_names.extend(column.name for column in alias.args["columns"])
        return made

    def relation(self, node: Any) -> Message:
        from sqlglot import exp

        inner = self.within(node)
        if isinstance(node, exp.Values):
            return inner._aliased(sql_values.relation(inner, node), node)
        if isinstance(node, exp.Select):
            return inner.select(node)
        if isinstance(node, exp.SetOperation):
            return inner.set_operation(node)
        if isinstance(node, exp.Subquery):
            only(node, "this", "with_", "with")
            return inner.relation(node.this)
        raise Unproven(f"sql {type(node).__name__.lower()}")

    def need(self, construct: str) -> None:
        self.analysis.proven.need(f"sql {construct}")

    def output(self, relation: Message) -> Output:
        """The columns of a translated relation (which is left as it is)."""
        return self.analysis.relation(pb.copied(relation))

    # -- set operations

    def set_operation(self, node: Any) -> Message:
        from sqlglot import exp

        only(node, "this", "expression", "distinct", "order", "limit", "offset", "with_", "with")
        kind = {exp.Union: 2, exp.Except: 3, exp.Intersect: 1}.get(type(node))
        if kind is None:
            raise Unproven("sql set operation")
        for side in (node.this, node.expression):
            same = type(side) is type(node) and bool(side.args.get("distinct")) == bool(node.args.get("distinct"))
            if isinstance(side, exp.SetOperation) and not (same and isinstance(node, exp.Union)):
                raise Unproven("sql set operations of several kinds without parentheses")
        self.need("set operation")
        made = pb.Relation()
        made.set_op.left_input.CopyFrom(self.relation(node.this))
        made.set_op.right_input.CopyFrom(self.relation(node.expression))
        made.set_op.set_op_type = kind
        made.set_op.is_all = not node.args.get("distinct")
        made = self._ordered_by_output(made, node.args.get("order"))
        return self.limited(made, node)

    # -- select

    def select(self, node: Any) -> Message:
        only(node, "expressions", "from_", "from", "joins", "where", "group", "having", "order", "limit", "offset",
             "distinct", "with_", "with", "laterals", "hint", "windows", "distribute")  # fmt: skip
        self.need("select")
        self._hints(node)
        source = self.source(node)
        if node.args.get("where"):
            self.need("where")
            if source is None:
                raise Unproven("sql where without from")
            source = sql_subqueries.where(self, source, node.args["where"].this)
        scalars = None
        if any(map(sql_subqueries.holds, node.expressions)):
            scalars = sql_subqueries.Scalars(self, self.output(source) if source else Output(()))
        items = [pair for item in node.expressions for pair in self._items(item, source, scalars)]
        if scalars and scalars.held:
            if node.args.get("group") or any(name is None or aggregates_in(item) for item, name in items):
                raise Unproven("sql scalar subquery beside a star or aggregates")
            source = scalars.attached(source)
        group = node.args.get("group")
        having = node.args.get("having")
        grouped = group is not None or any(aggregates_in(item) for item, _ in items)
        if having is not None and not grouped:
            raise Unproven("sql having without groups")
        if grouped:
            if source is None:
                raise Unproven("sql aggregate without from")
            return GroupBy(self).select(node, source, items, group, having)
        return self._plain(node, source, items)

    def _hints(self, node: Any) -> None:
        """Hints about joins move work about and change no answer."""
        for hint in node.args["hint"].expressions if node.args.get("hint") else ():
            if hint.name.lower() not in _HINTS:
                raise Unproven(f"sql hint {hint.name.lower()}")
        if node.args.get("distribute") is not None:
            self.need("distribute by")

    def translate(self, node: Any, subquery: Any = None) -> Message:
        return Translator(self.need_expression, subquery, self.windows, self.laterals, self.given.named).expression(
            node
        )

    def need_expression(self, construct: str) -> None:
        self.analysis.proven.need(construct)

    def _items(self, node: Any, source: Message | None, scalars: Any) -> Iterator[tuple[Message, str | None]]:
        """The columns of a select item and their names; a star has none."""
        from sqlglot import exp

        star = node.this if isinstance(node, exp.Column) else node
        if isinstance(star, exp.Star):
            if not star.args.get("except_"):
                yield self.translate(node), None
                return
            yield from self._star_except(node, star, source)
            return
        if isinstance(node, exp.Aliases):
            only(node, "this", "expressions")
            made = pb.Expression()
            made.alias.expr.CopyFrom(self.translate(node.this))
            if made.alias.expr.unresolved_function.function_name not in functions.GENERATORS:
                raise Unproven("sql alias with several names")
            made.alias.name.extend(name.name for name in node.expressions)
            yield made, None
            return
        subquery = scalars._subquery if scalars else None
        if isinstance(node, exp.Alias):
            yield self.translate(node.this, subquery), alias_of(node)
            return
        made = self.translate(node, subquery)
        nameable(node)
        yield made, names.of(made)

    def _star_except(self, node: Any, star: Any, source: Message | None) -> Iterator[tuple[Message, str | None]]:
        from sqlglot import exp

        only(star, "except_")
        self.need("star except")
        if source is None:
            raise Unproven("sql star without from")
        table = node.table.lower() if isinstance(node, exp.Column) else ""
        columns = [c for c in self.output(source).columns if not table or table in c.qualifiers]
        gone = {held.name.lower() for held in star.args["except_"]}
        names_ = [column.name for column in columns]
        if len({name.lower() for name in names_}) != len(names_) or not gone <= {name.lower() for name in names_}:
            raise Unproven("sql star except of an absent or repeated name")
        for name in names_:
            if name.lower() not in gone:
                yield pb.attribute(f"{table}.{scope.quote(name)}" if table else scope.quote(name)), name

    def source(self, node: Any) -> Message | None:
        """The FROM clause with its joins and lateral views."""
        from_ = node.args.get("from_") or node.args.get("from")
        if from_ is None:
            if node.args.get("joins") or node.args.get("laterals"):
                raise Unproven("sql join without from")
            return None
        only(from_, "this")
        relation = self._table(from_.this)
        for join in [*(from_.this.args.get("joins") or ()), *(node.args.get("joins") or ())]:
            relation = self._join(relation, join)
        for lateral in node.args.get("laterals") or ():
            relation = self._lateral(relation, lateral)
        return relation

    def _lateral(self, relation: Message, node: Any) -> Message:
        only(node, "this", "view", "outer", "alias")
        self.need("lateral view")
        call = self.translate(node.this)
        alias = node.args["alias"]
        only(alias, "this", "columns")
        if call.WhichOneof("expr_type") != "unresolved_function" or not node.alias:
            raise Unproven("sql lateral view")
        if node.args.get("outer"):
            call.unresolved_function.function_name += "_outer"
        item = call
        if alias.args.get("columns"):
            item = pb.Expression()
            item.alias.expr.CopyFrom(call)
            item.alias.name.extend(column.name for column in alias.args["columns"])
        return pb.projected(relation, [pb.star(), item])

    def _table(self, node: Any) -> Message:
        from sqlglot import exp

        made = pb.Relation()
        if isinstance(node, exp.Subquery):
            only(node, "this", "alias", "joins")
            self.need("subquery in from")
            relation = self.relation(node.this)
            return self._aliased(relation, node)
        if isinstance(node, exp.Values):
            self.need("values in from")
            return self._aliased(sql_values.relation(self, node), node)
        if not isinstance(node, exp.Table):
            raise Unproven(f"sql from {type(node).__name__.lower()}")
        only(node, "this", "alias", "joins")
        if isinstance(node.this, exp.Anonymous):
            return self._aliased(sql_values.table_function(self, node.this), node)
        if not isinstance(node.this, exp.Identifier):
            raise Unproven("sql table function")
        if node.args.get("alias"):
            only(node.args["alias"], "this")
        name = node.name
        held = self.tables.get(name.lower())
        if held is not None:
            made.subquery_alias.input.CopyFrom(held)
        else:
            made.subquery_alias.input.read.named_table.unparsed_identifier = scope.quote(name)
        made.subquery_alias.alias = node.alias or name
        return made

    def _aliased(self, relation: Message, node: Any) -> Message:
        if not node.args.get("alias"):
            return relation
        relation = self._columns(relation, node.args["alias"])
        if not node.alias:
            return relation
        made = pb.Relation()
        made.subquery_alias.input.CopyFrom(relation)
        made.subquery_alias.alias = node.alias
        return made

    def _join(self, left: Message, node: Any) -> Message:
        only(node, "this", "side", "kind", "on", "using")
        made = pb.Relation()
        kind = _JOIN_TYPES.get(((node.args.get("side") or "").upper(), (node.args.get("kind") or "").upper()))
        if kind is None:
            raise Unproven("sql join kind")
        self.need("join")
        made.join.left.CopyFrom(left)
        made.join.right.CopyFrom(self._table(node.this))
        made.join.join_type = kind
        if node.args.get("on") is not None:
            made.join.join_condition.CopyFrom(self.translate(node.args["on"]))
        elif node.args.get("using"):
            made.join.using_columns.extend(column.name for column in node.args["using"])
        elif kind != 7:
            made.join.join_type = 7
            if kind != 1:
                raise Unproven("sql outer join without condition")
        return made

    def _plain(self, node: Any, source: Message | None, items: list[tuple[Message, str | None]]) -> Message:
        project = pb.Relation()
        if source is not None:
            project.project.input.CopyFrom(source)
        project.project.SetInParent()
        for item, name in items:
            project.project.expressions.add().CopyFrom(item if name is None else named(item, name))
        order, distinct = node.args.get("order"), node.args.get("distinct")
        if distinct is not None:
            only(distinct)
            self.need("select distinct")
            made = pb.Relation()
            made.deduplicate.input.CopyFrom(project)
            made.deduplicate.all_columns_as_keys = True
            return self.limited(self._ordered_by_output(made, order), node)
        if order is None:
            return self.limited(project, node)
        return self.limited(self._ordered(project, source, items, order), node)

    # -- order by and limit

    def _ordered(self, project: Message, source: Message | None, items: list[Any], order: Any) -> Message:
        """Order by output columns; what is not one is computed beside them and dropped after."""
        keys, hidden = [], []
        output = self.output(project)
        for index, ordered in enumerate(self.order_items(order)):
            name = self._output_name(ordered.this, output)
            if name is None:
                if source is None:
                    raise Unproven("sql order by without from")
                expression = self.translate(ordered.this)
                columns = scope.Named(self.output(source).columns)
                if mentioned(expression) & {n.lower() for item, n in items if n and not same_name(item, n, columns)}:
                    raise Unproven("sql order by an expression over an alias")
                name = f"__order_{index}"
                hidden.append(named(expression, name))
            keys.append(sort_key(ordered, name))
        if not hidden:
            return ordered_by(project, keys)
        wide = pb.copied(project)
        wide.project.expressions.extend(hidden)
        return restored(ordered_by(wide, keys), output)

    def order_items(self, order: Any) -> Iterator[Any]:
        only(order, "expressions")
        self.need("order by")
        for ordered in order.expressions:
            only(ordered, "this", "desc", "nulls_first")
            yield ordered

    def _output_name(self, node: Any, output: Output) -> str | None:
        """The output column an ORDER BY item is, by ordinal or name; None for anything else."""
        from sqlglot import exp

        if isinstance(node, exp.Literal):
            if node.is_string or not node.this.isdigit() or not 1 <= int(node.this) <= len(output.columns):
                raise Unproven("sql order by a constant")
            name = output.columns[int(node.this) - 1].name
        elif isinstance(node, exp.Column) and not node.table:
            name = node.name
        else:
            return None
        fitting = [column.name for column in output.columns if column.name.lower() == name.lower()]
        if len(fitting) > 1:
            raise Unproven("sql order by an ambiguous name")
        return fitting[0] if fitting else None

    def _ordered_by_output(self, relation: Message, order: Any) -> Message:
        if order is None:
            return relation
        output = self.output(relation)
        keys = []
        for ordered in self.order_items(order):
            name = self._output_name(ordered.this, output)
            if name is None:
                raise Unproven("sql order by something not selected")
            keys.append(sort_key(ordered, name))
        return ordered_by(relation, keys)

    def limited(self, relation: Message, node: Any) -> Message:
        from sqlglot import exp

        for key in ("offset", "limit"):
            held = node.args.get(key)
            if held is None:
                continue
            only(held, "expression")
            value = held.expression
            if key == "limit" and isinstance(value, exp.Var) and value.name.upper() == "ALL":
                continue
            if not isinstance(value, exp.Literal) or value.is_string or not value.this.isdigit():
                raise Unproven(f"sql {key} that is not a number")
            self.need(key)
            made = pb.Relation()
            part = getattr(made, key)
            part.input.CopyFrom(relation)
            setattr(part, key, int(value.this))
            relation = made
        return relation
