"""SQL expressions, parsed by sqlglot, as the protobuf expressions a DataFrame would send."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mastic.engines.router import functions, pb, scope, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites import intervals

_BINARY = {
    "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%", "EQ": "==", "GT": ">", "GTE": ">=", "LT": "<",
    "LTE": "<=", "And": "and", "Or": "or", "NullSafeEQ": "<=>", "DPipe": "concat", "Like": "like", "ILike": "ilike",
    "RegexpLike": "rlike", "IntDiv": "div",
}  # fmt: skip
_ARGUMENTS = {"this", "expression"}
_TAKES_IGNORE_NULLS = frozenset(["first", "last", "first_value", "last_value", "any_value"])
# What sqlglot notes about the dialect, and NOT LIKE, which it keeps inside the LIKE.
_HARMLESS = {
    "/": ("safe",),
    "concat": ("safe",),
    "div": ("safe",),
    "like": ("negate",),
    "ilike": ("negate",),
    "rlike": ("negate",),
}


def only(node: Any, *known: str) -> None:
    """Refuse a node with anything set that the caller does not interpret."""
    for key, value in node.args.items():
        if value and key not in known:
            raise Unproven(f"sql {type(node).__name__.lower()} with {key}")
    if node.comments and any("+" in comment[:2] for comment in node.comments):
        raise Unproven("sql hint")


def alias_of(node: Any) -> str:
    """The name an Alias node gives; `a:b` is parsed into one too, and is something else to Spark."""
    from sqlglot import exp

    only(node, "this", "alias")
    if not isinstance(node.args["alias"], exp.Identifier):
        raise Unproven("sql alias that is not a name")
    return str(node.alias)


# One level of precedence in Spark, several in sqlglot: chains of these need parentheses to mean one thing.
_PREDICATES = frozenset(
    ["EQ", "NEQ", "GT", "GTE", "LT", "LTE", "NullSafeEQ", "Is", "In", "Between", "Like", "ILike", "RegexpLike"]
)
_SUMS = frozenset(["Add", "Sub", "Mul", "Div", "Mod", "DPipe", "BitwiseXor", "BitwiseOr", "BitwiseAnd"])


def _check_precedence(node: Any) -> None:
    name = type(node).__name__
    below = {type(child).__name__ for child in node.iter_expressions()}
    if name in _PREDICATES and below & (_PREDICATES | {"Not", "And", "Or"}):
        raise Unproven("sql predicates in a chain without parentheses")
    if (name == "DPipe" and below & (_SUMS - {"DPipe"})) or (name in _SUMS and name != "DPipe" and "DPipe" in below):
        raise Unproven("sql || beside arithmetic without parentheses")


def aggregates_in(expression: Message) -> bool:
    """Whether the expression calls an aggregate function outside a window."""
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_function":
        call = expression.unresolved_function
        return call.function_name.lower() in functions.AGGREGATES or any(map(aggregates_in, call.arguments))
    if kind in ("cast", "alias"):
        return aggregates_in(getattr(expression, kind).expr)
    if kind == "unresolved_extract_value":
        return aggregates_in(expression.unresolved_extract_value.child)
    if kind == "window":
        held = expression.window
        inner = [*held.window_function.unresolved_function.arguments, *held.partition_spec]
        return any(map(aggregates_in, [*inner, *(order.child for order in held.order_spec)]))
    return False


class Translator:
    """One expression. `need` asks the proven list for a construct of the syntax, `subquery` turns a scalar subquery
    into a column; `windows` are the named ones, `laterals` the lateral views whose columns need no qualifier."""

    def __init__(
        self,
        need: Callable[[str], None],
        subquery: Callable[[Any], Message] | None = None,
        windows: dict[str, Any] | None = None,
        laterals: set[str] | None = None,
        given: Mapping[str, Message] | None = None,
    ) -> None:
        self.need = need
        self.subquery = subquery
        self.windows = windows or {}
        self.laterals = laterals or set()
        self.given = given or {}
        self.variables: frozenset[str] = frozenset()

    def expression(self, node: Any) -> Message:
        """The protobuf expression of a sqlglot node; raises Unproven for nodes it does not know."""
        name = type(node).__name__
        _check_precedence(node)
        if name in _BINARY:
            return self._binary(node, _BINARY[name])
        handler = getattr(self, f"_{name.lower()}", None)
        if handler is None:
            raise Unproven(f"sql {name.lower()}")
        made: Message = handler(node)
        return made

    def _binary(self, node: Any, name: str) -> Message:
        only(node, *_ARGUMENTS, *_HARMLESS.get(name, ()))
        self.need(f"sql operator {name}")
        made = pb.function(name, self.expression(node.this), self.expression(node.expression))
        return pb.function("not", made) if node.args.get("negate") else made

    def _neq(self, node: Any) -> Message:
        only(node, *_ARGUMENTS)
        return pb.function("not", pb.function("==", self.expression(node.this), self.expression(node.expression)))

    def _not(self, node: Any) -> Message:
        from sqlglot import exp

        only(node, "this")
        if isinstance(node.this, exp.Is):
            return self._is(node.this, negated=True)
        return pb.function("not", self.expression(node.this))

    def _is(self, node: Any, *, negated: bool = False) -> Message:
        from sqlglot import exp

        only(node, *_ARGUMENTS)
        if isinstance(node.expression, exp.Boolean):
            self.need("sql is boolean")
            made = pb.function("<=>", self.expression(node.this), self.expression(node.expression))
            return pb.function("not", made) if negated else made
        if not isinstance(node.expression, exp.Null):
            raise Unproven("sql is")
        return pb.function("isnotnull" if negated else "isnull", self.expression(node.this))

    def _nullsafeneq(self, node: Any) -> Message:
        only(node, *_ARGUMENTS)
        return pb.function("not", pb.function("<=>", self.expression(node.this), self.expression(node.expression)))

    def _concat(self, node: Any) -> Message:
        """String literals side by side are one string."""
        from sqlglot import exp

        only(node, "expressions", "safe")
        if not all(isinstance(held, exp.Literal) and held.is_string for held in node.expressions):
            raise Unproven("sql concat")
        return pb.string("".join(held.this for held in node.expressions))

    def _subquery(self, node: Any) -> Message:
        if self.subquery is None:
            raise Unproven("sql subquery here")
        return self.subquery(node)

    def _placeholder(self, node: Any) -> Message:
        """`:name`: the literal the caller passed."""
        only(node, "this")
        found = self.given.get(str(node.this or ""))
        if found is None or found.WhichOneof("expr_type") != "literal":
            raise Unproven("sql placeholder")
        self.need("sql parameter")
        return found

    def _interval(self, node: Any) -> Message:
        """`INTERVAL 1 DAY`: only its addition to a date or time is known (see `rewrites.intervals`)."""
        from sqlglot import exp

        only(node, "this", "unit")
        value, unit = node.this, node.args.get("unit")
        sign = 1
        if isinstance(value, exp.Neg):
            sign, value = -1, value.this
        if not isinstance(value, exp.Literal) or unit is None or not re.fullmatch(r"-?[0-9]{1,9}", value.this):
            raise Unproven("sql interval")
        self.need("sql interval")
        return pb.function(
            intervals.MARKER, pb.integer(sign * int(value.this)), pb.string(unit.name.lower().removesuffix("s"))
        )

    def _extract(self, node: Any) -> Message:
        only(node, *_ARGUMENTS)
        part = functions.PARTS.get(node.this.name.lower())
        if part is None:
            raise Unproven(f"sql extract {node.this.name.lower()}")
        self.need("sql extract")
        return pb.function(part, self.expression(node.expression))

    def _filter(self, node: Any) -> Message:
        """`f(x) FILTER (WHERE c)` for aggregates that pass over NULLs."""
        only(node, *_ARGUMENTS)
        only(node.expression, "this")
        made = self.expression(node.this)
        call = made.unresolved_function
        if call.function_name not in functions.NULL_SKIPPING or len(call.arguments) != 1:
            raise Unproven("sql filter of such an aggregate")
        self.need("sql filter")
        condition = self.expression(node.expression.this)
        call.arguments[0].CopyFrom(pb.function("when", condition, pb.copied(call.arguments[0])))
        return made

    def _ignorenulls(self, node: Any) -> Message:
        only(node, "this")
        made = self.expression(node.this)
        call = made.unresolved_function
        if call.function_name not in _TAKES_IGNORE_NULLS or len(call.arguments) != 1:
            raise Unproven("sql ignore nulls of such a function")
        call.arguments.add().literal.boolean = True
        return made

    def _lambda(self, node: Any) -> Message:
        only(node, "this", "expressions")
        names = [held.name for held in node.expressions]
        before, self.variables = self.variables, self.variables | set(names)
        made = pb.Expression()
        made.lambda_function.function.CopyFrom(self.expression(node.this))
        self.variables = before
        for name in names:
            made.lambda_function.arguments.add().name_parts.append(name)
        return made

    def _identifier(self, node: Any) -> Message:
        if node.name not in self.variables:
            raise Unproven(f"sql name {node.name}")
        made = pb.Expression()
        made.unresolved_named_lambda_variable.name_parts.append(node.name)
        return made

    def _transform(self, node: Any) -> Message:
        only(node, *_ARGUMENTS)
        self.need("sql function")
        return pb.function("transform", self.expression(node.this), self.expression(node.expression))

    def _paren(self, node: Any) -> Message:
        only(node, "this")
        return self.expression(node.this)

    def _neg(self, node: Any) -> Message:
        from sqlglot import exp

        only(node, "this")
        if isinstance(node.this, exp.Literal):
            return self._literal(node.this, negative=True)
        return pb.function("negative", self.expression(node.this))

    def _in(self, node: Any) -> Message:
        only(node, "this", "expressions")
        if not node.expressions:
            raise Unproven("sql in with a query")
        self.need("sql in")
        return pb.function("in", self.expression(node.this), *map(self.expression, node.expressions))

    def _between(self, node: Any) -> Message:
        only(node, "this", "low", "high")
        self.need("sql between")
        value = self.expression(node.this)
        low, high = self.expression(node.args["low"]), self.expression(node.args["high"])
        return pb.function("and", pb.function(">=", value, low), pb.function("<=", value, high))

    def _case(self, node: Any) -> Message:
        only(node, "this", "ifs", "default")
        self.need("sql case")
        arguments: list[Message] = []
        for held in node.args["ifs"]:
            only(held, "this", "true")
            condition = self.expression(held.this)
            if node.this is not None:
                condition = pb.function("==", self.expression(node.this), condition)
            arguments += [condition, self.expression(held.args["true"])]
        if node.args.get("default") is not None:
            arguments.append(self.expression(node.args["default"]))
        return pb.function("when", *arguments)

    def _if(self, node: Any) -> Message:
        only(node, "this", "true", "false")
        values = [node.this, node.args["true"], *([node.args["false"]] if node.args.get("false") else [])]
        self.need("sql if")
        return pb.function("when", *map(self.expression, values))

    def _null(self, node: Any) -> Message:
        return pb.null()

    def _boolean(self, node: Any) -> Message:
        made = pb.Expression()
        made.literal.boolean = bool(node.this)
        return made

    def _literal(self, node: Any, *, negative: bool = False) -> Message:
        only(node, "this", "is_string")
        if node.is_string:
            self.need("sql string")
            return pb.string(node.this)
        text = ("-" if negative else "") + node.this
        if text.lstrip("-").isdigit():
            value = int(text)
            if -(2**31) <= value < 2**31:
                return pb.integer(value)
            if -(2**63) <= value < 2**63:
                return pb.long(value)
            raise Unproven("sql number beyond bigint")
        whole, point, fraction = text.lstrip("-").partition(".")
        if point and (whole + fraction).isdigit():
            self.need("sql decimal")
            made = pb.Expression()
            made.literal.decimal.value = text
            digits = (whole + fraction).lstrip("0")
            made.literal.decimal.precision = max(len(digits), len(fraction), 1)
            made.literal.decimal.scale = len(fraction)
            return made
        if re.fullmatch(r"\d+(\.\d*)?[eE][+-]?\d+", text.lstrip("-")):
            self.need("sql double")
            return pb.double(float(text))
        raise Unproven("sql number of another form")

    def _column(self, node: Any) -> Message:
        from sqlglot import exp

        if isinstance(node.this, exp.Star):
            made = pb.Expression()
            made.unresolved_star.unparsed_target = f"{node.table}.*"
            only(node, "this", "table")
            return made
        only(node, "this", "table", "db", "catalog")
        parts = [part.name for part in node.parts]
        if parts[0] in self.variables:
            made = pb.Expression()
            made.unresolved_named_lambda_variable.name_parts.extend(parts)
            return made
        if len(parts) > 1 and parts[0].lower() in self.laterals:
            parts = parts[1:]
        return pb.attribute(".".join(map(scope.quote, parts)))

    def _alias(self, node: Any) -> Message:
        return pb.alias(self.expression(node.this), alias_of(node))

    def _bracket(self, node: Any) -> Message:
        only(node, "this", "expressions")
        if len(node.expressions) != 1:
            raise Unproven("sql brackets")
        self.need("sql brackets")
        made = pb.Expression()
        made.unresolved_extract_value.child.CopyFrom(self.expression(node.this))
        made.unresolved_extract_value.extraction.CopyFrom(self.expression(node.expressions[0]))
        return made

    def _dot(self, node: Any) -> Message:
        only(node, *_ARGUMENTS)
        made = pb.Expression()
        made.unresolved_extract_value.child.CopyFrom(self.expression(node.this))
        made.unresolved_extract_value.extraction.CopyFrom(pb.string(node.expression.name))
        return made

    def _star(self, node: Any) -> Message:
        only(node)
        return pb.star()

    def _cast(self, node: Any) -> Message:
        only(node, "this", "to")
        return pb.cast(self.expression(node.this), self._type(node))

    def _trycast(self, node: Any) -> Message:
        only(node, "this", "to", "requires_string", "safe")
        return pb.cast(self.expression(node.this), self._type(node), try_=True)

    @staticmethod
    def _type(node: Any) -> Message:
        text = node.args["to"].sql(dialect="spark").lower()
        return types.to_proto(types.parse(text))

    def _anonymous(self, node: Any) -> Message:
        from sqlglot import exp

        only(node, "this", "expressions")
        name = node.name.lower()
        if not name.isidentifier():
            raise Unproven("sql function name")
        if name == "if" and len(node.expressions) == 3:
            return pb.function("when", *map(self.expression, node.expressions))
        self.need("sql function")
        if name in functions.CASTS and len(node.expressions) == 1:
            return pb.cast(self.expression(node.expressions[0]), types.to_proto(types.parse(name)))
        given = list(node.expressions)
        distinct = len(given) == 1 and isinstance(given[0], exp.Distinct)
        if distinct:
            only(given[0], "expressions")
            given = list(given[0].expressions)
        if name == "count" and len(given) == 1 and isinstance(given[0], exp.Star):
            only(given[0])
            return pb.function("count", pb.integer(1))
        made = pb.function(name, *map(self.expression, given))
        made.unresolved_function.is_distinct = distinct
        return made

    def _currentdate(self, node: Any) -> Message:
        only(node)
        return pb.function("current_date")

    def _currenttimestamp(self, node: Any) -> Message:
        only(node)
        return pb.function("current_timestamp")

    def _window(self, node: Any) -> Message:
        only(node, "this", "partition_by", "order", "spec", "over", "alias")
        self.need("sql window")
        made = pb.Expression()
        made.window.window_function.CopyFrom(self.expression(node.this))
        if node.args.get("alias") is not None:
            node = self._named_window(node)
        for child in node.args.get("partition_by") or ():
            made.window.partition_spec.add().CopyFrom(self.expression(child))
        order = node.args.get("order")
        if order is not None:
            only(order, "expressions")
            for ordered in order.expressions:
                only(ordered, "this", "desc", "nulls_first")
                key = made.window.order_spec.add()
                key.child.CopyFrom(self.expression(ordered.this))
                key.direction = 2 if ordered.args.get("desc") else 1
                key.null_ordering = 1 if ordered.args.get("nulls_first") else 2
        if node.args.get("spec") is not None:
            self.need("sql window frame")
            _frame(made.window.frame_spec, node.args["spec"])
        return made

    def _named_window(self, node: Any) -> Any:
        named = self.windows.get(node.alias.lower())
        if named is None or any(node.args.get(key) for key in ("partition_by", "order", "spec")):
            raise Unproven("sql window by name")
        only(named, "this", "partition_by", "order", "spec")
        self.need("sql named window")
        return named


def _frame(frame: Message, spec: Any) -> None:
    only(spec, "kind", "start", "start_side", "end", "end_side")
    frame.frame_type = {"ROWS": 1, "RANGE": 2}[str(spec.args["kind"]).upper()]
    _bound(frame.lower, spec.args.get("start"), spec.args.get("start_side"))
    _bound(frame.upper, spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"))


def _bound(bound: Message, value: Any, side: Any) -> None:
    value = value.upper() if isinstance(value, str) else value
    if value == "UNBOUNDED":
        bound.unbounded = True
    elif value == "CURRENT ROW":
        bound.current_row = True
    else:
        text = getattr(value, "this", "")
        if not str(text).isdigit():
            raise Unproven("sql window frame")
        bound.value.CopyFrom(pb.integer(-int(text) if str(side).upper() == "PRECEDING" else int(text)))
