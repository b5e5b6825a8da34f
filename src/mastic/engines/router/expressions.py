"""Types every expression of a plan, asks the proven list for each construct, and rewrites what Sail needs rewritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mastic.engines.router import constants, functions, pb, scope, types
from mastic.engines.router.pb import Expression, Message, Unproven, expect
from mastic.engines.router.rewrites import arithmetic, higher_order, intervals, python
from mastic.engines.router.scope import Output
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

_LITERALS = {
    "boolean": types.BOOLEAN, "byte": types.BYTE, "short": types.SHORT, "integer": types.INT, "long": types.BIGINT,
    "float": types.FLOAT, "double": types.DOUBLE, "string": types.STRING, "binary": types.BINARY, "date": types.DATE,
    "timestamp": types.TIMESTAMP, "timestamp_ntz": types.TIMESTAMP_NTZ,
}  # fmt: skip
_COMPARISONS = frozenset(["==", "=", "!=", "<", "<=", ">", ">=", "<=>", "in", "between", "nullif", "coalesce"])
_ARITHMETIC = frozenset("+-*/%")
_PLAIN_TIME = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-5][0-9]:[0-5][0-9])?")
_CAST_MODES = {0: "", 1: " legacy", 2: " ansi", 3: " try"}


def literal_type(literal: Message) -> Type:
    """The type of a literal."""
    kind = literal.WhichOneof("literal_type")
    if kind in _LITERALS:
        return _LITERALS[kind].nullable(False)
    if kind == "null":
        return types.from_proto(literal.null)
    if kind == "decimal":
        return constants.decimal_type(literal.decimal)
    if kind == "array" and literal.array.HasField("element_type"):
        return types.array_of(types.from_proto(literal.array.element_type)).nullable(False)
    raise Unproven(f"literal {kind}")


class Expressions:
    """The expressions over one input. `type_of` rewrites its argument in place and returns its type."""

    def __init__(self, analysis: Analysis, source: Output) -> None:
        self.analysis = analysis
        self.source = source
        self.variables: dict[str, Type] = {}
        self._names: dict[int, scope.Named] = {}  # by identity of tuples that `source` holds
        self.over = ""  # how the function at hand is called: plainly, over a window, over a sliding frame
        self.aggregates = 0
        self.lazy = 0  # how many functions around the expression at hand may leave it unevaluated
        self.eager: set[str] = set()  # those of `python.LAZY` that do not here
        self._handlers: dict[str, Callable[[Message, Message], Type]] = {
            "literal": self._literal,
            "unresolved_attribute": self._attribute,
            "unresolved_function": self._function,
            "call_function": self._call,
            "alias": self._alias,
            "cast": self._cast,
            "expression_string": self._text,
            "unresolved_extract_value": self._extract,
            "window": self._window,
            "sort_order": self._sort_order,
            "lambda_function": self._no_lambda,
            "unresolved_named_lambda_variable": self._variable,
            "common_inline_user_defined_function": self._udf,
            "update_fields": self._update_fields,
        }

    def need(self, construct: str) -> None:
        self.analysis.proven.need(construct)

    def type_of(self, expression: Message) -> Type:
        """The type of the expression, rewritten in place for Sail; raises Unproven."""
        kind = expression.WhichOneof("expr_type")
        handler = self._handlers.get(kind)
        if handler is None:
            raise Unproven(f"expression {kind}")
        expect(expression, "common", kind)
        return handler(getattr(expression, kind), expression)

    def _literal(self, literal: Message, _: Message) -> Type:
        type_ = literal_type(literal)
        constants.check_calendar(literal)
        if type_.kind == "decimal":  # Sail goes by what it says, Spark by what it needs as well
            literal.decimal.precision, literal.decimal.scale = type_.precision, type_.scale
        self.need(f"literal {type_.signature()}")
        return type_

    def _attribute(self, attribute: Message, expression: Message) -> Type:
        expect(attribute, "unparsed_identifier", "plan_id")
        parts = scope.split(attribute.unparsed_identifier)
        column, path = self.resolve(parts, attribute.plan_id if attribute.HasField("plan_id") else None)
        type_ = column.type
        for name in path:
            type_ = self.field(type_, name)
        return self._taken_out(type_, expression) if path else type_

    def resolve(self, parts: list[str], plan_id: int | None) -> tuple[scope.Column, list[str]]:
        """The column of this input that an identifier means, and the field path left over."""
        here = self._named(self.source.columns)
        if plan_id is None:
            return here.find(parts)
        at_plan = self.source.plans.get(plan_id)
        if at_plan is None:
            raise Unproven("column of another or an ambiguous DataFrame")
        there = self._named(at_plan)
        if not there.candidates(parts):
            raise Unproven(f"column {'.'.join(parts)} of a DataFrame (not found)")
        column, path = there.find(parts)
        if here.idents[column.ident] != 1:
            raise Unproven(f"column {parts[0]} is not in this DataFrame")
        held = here.by_ident[column.ident].type  # which a join since may have made nullable
        return column if held is column.type else replace(column, type=held), path

    def _named(self, columns: tuple[scope.Column, ...]) -> scope.Named:
        """The columns of the input, or of one of its plans, by name."""
        made = self._names.get(id(columns))
        if made is None:
            made = self._names[id(columns)] = scope.Named(columns)
        return made

    def field(self, type_: Type, name: str) -> Type:
        """The type of a field of a struct (or of an array of structs, or a map's value)."""
        if type_.kind == "struct":
            self.need("extract field")
            found = type_.field(name)
            if found is None:
                raise Unproven(f"field {name} (absent, or written in another case)")
            return found.nullable(found.null or type_.null)
        raise Unproven(f"field of {type_.kind}")

    def _alias(self, alias: Message, _: Message) -> Type:
        expect(alias, "expr", "name")
        if len(alias.name) != 1:
            raise Unproven("alias with several names")
        return self.type_of(alias.expr)

    def _cast(self, cast: Message, expression: Message) -> Type:
        expect(cast, "expr", "type", "type_str", "eval_mode")
        source = self.type_of(cast.expr)
        by_text = cast.WhichOneof("cast_to_type") == "type_str"
        target = types.parse(cast.type_str) if by_text else types.from_proto(cast.type)
        mode = _CAST_MODES.get(cast.eval_mode, " unknown")
        construct = f"cast {source.signature()} -> {target.signature()}{mode}"
        self.need(construct)
        cast.type.CopyFrom(types.to_proto(target))
        if target.kind == "decimal":
            fits = types.always_fits(source, target) and not (source == types.BOOLEAN and mode == " try")
            nulls = "" if fits else "always"
        else:
            nulls = self.analysis.proven.nulls(construct, expression, [source])
        self.analysis.rewritten(expression, arithmetic.cast(expression, source, target))
        return target.nullable(functions.may_be_null(nulls, [source]))

    def _text(self, text: Message, expression: Message) -> Type:
        expect(text, "expression")
        from mastic.engines.router import sql

        expression.CopyFrom(sql.expression(text.expression, self.analysis))
        return self.type_of(expression)

    def _extract(self, extract: Message, expression: Message) -> Type:
        expect(extract, "child", "extraction")
        child = self.type_of(extract.child)
        key = extract.extraction
        if child.kind == "struct" and key.literal.WhichOneof("literal_type") == "string":
            return self._taken_out(self.field(child, key.literal.string), expression)
        if child.kind in ("array", "map"):
            by = self.type_of(key)
            self.need(f"extract {child.kind} by {by.signature()}")
            return self._taken_out(child.element.nullable(), expression)  # there may be none
        raise Unproven(f"extract from {child.kind}")

    def _taken_out(self, type_: Type, expression: Message) -> Type:
        """A part of a nested value: only the NaN of whole columns are seen to where they are read."""
        if type_.kind in types.FRACTIONAL:
            expression.CopyFrom(arithmetic.unsigned(expression, type_))
        return type_

    def _update_fields(self, update: Message, expression: Message) -> Type:
        """`withField` and `dropFields`: the struct made anew; the field of a NULL struct stays NULL."""
        expect(update, "struct_expression", "field_name", "value_expression")
        source = self.type_of(update.struct_expression)
        name = update.field_name
        if source.kind != "struct" or "." in name or "`" in name:
            raise Unproven("update of a nested field")
        if len({field.lower() for field, _ in source.children}) != len(source.children):
            raise Unproven("update of a struct with repeated names")
        self.need("update fields")
        fields = {
            field: (self._child(update.struct_expression, field), type_.nullable(type_.null or source.null))
            for field, type_ in source.children
        }
        same = next((field for field in fields if field.lower() == name.lower()), None)
        if update.HasField("value_expression"):
            type_ = self.type_of(update.value_expression)
            fields = {name if f == same else f: v for f, v in fields.items()}
            held = pb.function("isnotnull", update.struct_expression)  # a column that can be NULL, as Sail wants it
            fields[name] = (pb.function("when", held, update.value_expression), type_)
        elif same is not None:
            del fields[same]
        if not fields:
            raise Unproven("drop of every field")
        made = pb.function("named_struct", *(m for f, (v, _) in fields.items() for m in (pb.string(f), v)))
        result = types.struct_of(*((field, type_) for field, (_, type_) in fields.items()))
        null = pb.cast(pb.null(), types.to_proto(result))
        expression.CopyFrom(pb.function("when", pb.function("isnull", update.struct_expression), null, made))
        return result.nullable(source.null)

    @staticmethod
    def _child(struct: Message, field: str) -> Message:
        made = Expression()
        made.unresolved_extract_value.child.CopyFrom(struct)
        made.unresolved_extract_value.extraction.CopyFrom(pb.string(field))
        return made

    def _call(self, call: Message, expression: Message) -> Type:
        expect(call, "function_name", "arguments")
        made = pb.function(call.function_name, *call.arguments)
        expression.CopyFrom(made)
        return self._function(expression.unresolved_function, expression)

    def _function(self, call: Message, expression: Message) -> Type:
        expect(call, "function_name", "arguments", "is_distinct", "is_user_defined_function", "is_internal")
        name = call.function_name.lower()
        if name in self.analysis.registered:
            expression.CopyFrom(python.registered(call, self.analysis.registered[name]))
            return self.type_of(expression)
        if name in functions.AGGREGATES:
            self.aggregates += 1
        if name == "count" and len(call.arguments) == 1 and self._is_star(call.arguments[0]):
            call.arguments[0].CopyFrom(pb.integer(1))
        if name in ("struct", "named_struct"):
            return self._struct(name, call)
        if name in ("+", "-") and len(call.arguments) == 2:
            found = self._interval(name, call, expression)
            if found is not None:
                return found
        if name in ("extract", "date_part", "datepart") and len(call.arguments) == 2:
            part = functions.PARTS.get(call.arguments[0].literal.string.lower())
            if part is not None:
                expression.CopyFrom(pb.function(part, call.arguments[1]))
                return self.type_of(expression)
        if any(argument.WhichOneof("expr_type") == "lambda_function" for argument in call.arguments):
            return self._higher_order(name, call)
        if name == "from_json":
            raise Unproven("from_json")  # Sail lets an int overflow, and keeps the text of numbers Spark rewrites
        lazy = name in python.LAZY and name not in self.eager
        self.lazy += lazy
        arguments = [self.type_of(argument) for argument in call.arguments]
        self.lazy -= lazy
        constants.check(name, call.arguments, arguments)
        if name in _ARITHMETIC and len(arguments) == 2:
            arguments = constants.as_narrow_decimals(call, arguments)
        if name in _COMPARISONS:
            _check_times(call, arguments)
        construct = self._construct(name, call, arguments)
        self.analysis.proven.need(construct)
        result = self._result(name, construct, call, arguments)
        if name not in functions.SAY_NULLS:
            nulls = self.analysis.proven.nulls(construct, expression, arguments, window=bool(self.over))
            nulls = "of all" if name == "coalesce" else nulls  # with a NULL written out too
            if name in functions.INFIX and _decimal_beside_literal(call, arguments):
                nulls = nulls or "always"  # the literal is cast to a decimal just as wide as its digits
            result = result.nullable(functions.may_be_null(nulls, arguments))
        self.analysis.rewritten(expression, arithmetic.function(name, call, arguments, result, window=bool(self.over)))
        return result

    def _interval(self, name: str, call: Message, expression: Message) -> Type | None:
        """A date or time plus or minus an interval; None when neither side is one."""
        for argument in call.arguments:
            if argument.WhichOneof("expr_type") == "expression_string":
                from mastic.engines.router import sql

                made = sql.expression(argument.expression_string.expression, self.analysis)
                if intervals.held(made) is not None:
                    argument.CopyFrom(made)
        left, right = call.arguments
        if intervals.held(left) is not None and name == "+":
            left, right = right, left
        found = intervals.held(right)
        if found is None:
            return None
        count, unit = found
        self.need("interval")
        made = intervals.shifted(left, self.type_of(pb.copied(left)), -count if name == "-" else count, unit)
        expression.CopyFrom(made)
        return self.type_of(expression)

    @staticmethod
    def _is_star(expression: Message) -> bool:
        return bool(
            expression.WhichOneof("expr_type") == "unresolved_star" and not expression.unresolved_star.ListFields()
        )

    def _construct(self, name: str, call: Message, arguments: list[Type]) -> str:
        shallow = name in functions.SHAPELESS
        shown = [argument.signature(shallow=shallow) for argument in arguments]
        for position in functions.LITERAL_ARGUMENTS.get(name, ()):
            if position < len(arguments):
                shown[position] = self._shown_literal(name, position, call.arguments[position])
        for position in functions.SIGNED_ARGUMENTS.get(name, ()):
            if position < len(arguments) and arguments[position] == types.INT:
                shown[position] = _sign(call.arguments[position])
        if name in ("in", "coalesce", "concat", "array", "greatest", "least", "when", "hash", "xxhash64", "concat_ws"):
            shown = _without_repeats(name, shown)
        distinct = "distinct " if call.is_distinct else ""
        return f"fn {self.over}{name}({distinct}{','.join(shown)})"

    @staticmethod
    def _shown_literal(name: str, position: int, argument: Message) -> str:
        literal = argument.literal
        kind = literal.WhichOneof("literal_type") if argument.WhichOneof("expr_type") == "literal" else None
        if kind == "string" and (known := functions.plain(name, position, literal.string)):
            return known
        if kind in ("string", "integer", "boolean", "double"):
            return repr(getattr(literal, kind))
        if kind == "decimal":
            return repr(float(literal.decimal.value))
        raise Unproven(f"{name} with a computed argument")

    def _result(self, name: str, construct: str, call: Message, arguments: list[Type]) -> Type:
        rule = functions.RULES.get(name)
        found = rule(arguments) if rule and arguments else None
        if found is not None:
            return found
        if any("decimal" in argument.signature() for argument in arguments) and name in _ARITHMETIC:
            raise Unproven(f"{construct} (result type unknown)")
        result: Type = self.analysis.proven.result(construct, call, arguments, window=bool(self.over))
        return result

    def _struct(self, name: str, call: Message) -> Type:
        from mastic.engines.router import names

        fields: list[tuple[str, Type]] = []
        if name == "named_struct":
            for key, value in zip(call.arguments[0::2], call.arguments[1::2], strict=True):
                if key.literal.WhichOneof("literal_type") != "string":
                    raise Unproven("named_struct with a computed name")
                fields.append((key.literal.string, self.type_of(value)))
        else:
            for value in call.arguments:
                if value.WhichOneof("expr_type") not in ("unresolved_attribute", "alias"):
                    raise Unproven("struct of an unnamed expression")
                field = names.of(value)
                fields.append((field, self.type_of(value)))
        self.need(f"fn {name}")
        return types.struct_of(*fields).nullable(False)

    def _higher_order(self, name: str, call: Message) -> Type:
        """A function with lambdas: each is typed with its variables in sight."""
        source = self.type_of(call.arguments[0])
        known = [source]
        lambdas = 0
        for argument in call.arguments[1:]:
            if argument.WhichOneof("expr_type") != "lambda_function":
                known.append(self.type_of(argument))
                continue
            held = argument.lambda_function
            given = higher_order.variables(name, known, len(held.arguments), lambdas)
            before, self.variables = (
                self.variables,
                {
                    **self.variables,
                    **{variable.name_parts[0]: type_ for variable, type_ in zip(held.arguments, given, strict=True)},
                },
            )
            known.append(self.type_of(held.function))
            self.variables = before
            lambdas += 1
        several = f"{len(call.arguments[-1].lambda_function.arguments)}" if name in ("transform", "filter") else ""
        self.need(f"fn {name}({source.signature()},lambda{'' if several == '1' else several})")
        return higher_order.result(name, known)

    def _no_lambda(self, _: Message, __: Message) -> Type:
        raise Unproven("lambda function")

    def _variable(self, variable: Message, _: Message) -> Type:
        found = self.variables.get(variable.name_parts[0])
        if found is None:
            raise Unproven("lambda variable")
        for name in variable.name_parts[1:]:
            found = self.field(found, name)
        return found

    def _sort_order(self, order: Message, _: Message) -> Type:
        expect(order, "child", "direction", "null_ordering")
        type_ = self.type_of(order.child)
        self.need(f"sort {type_.signature()}")
        if type_.kind in types.FRACTIONAL:  # to Spark -0.0 and 0.0 are one value, so is any NaN; not to Sail
            zero = pb.cast(pb.double(0.0), types.to_proto(type_))
            order.child.CopyFrom(arithmetic.unsigned(pb.function("+", order.child, zero), type_))
        return type_

    def order(self, order: Message) -> Type:
        """A SortOrder message outside an expression."""
        return self._sort_order(order, order)

    def _window(self, window: Message, expression: Message) -> Type:
        type_ = self._windowed(window)
        self.analysis.rewritten(
            expression,
            arithmetic.one_nan(window.window_function.unresolved_function.function_name.lower(), expression, type_),
        )
        return type_

    def _windowed(self, window: Message) -> Type:
        expect(window, "window_function", "partition_spec", "order_spec", "frame_spec")
        for expression in window.partition_spec:
            self.need(f"partition by {self.type_of(expression).signature()}")
        for order in window.order_spec:
            self.order(order)
        ordered = "ordered" if window.order_spec else "unordered"
        constants.check_window(window)
        if window.HasField("frame_spec"):
            self.need(f"frame {_frame(window.frame_spec)} {ordered}")
        else:
            self.need(f"frame default {ordered}")
        if self.over or window.window_function.WhichOneof("expr_type") != "unresolved_function":
            raise Unproven("window over something other than a function")
        self.over = "over sliding " if _slides(window) else "over "
        aggregates = self.aggregates
        try:
            return self.type_of(window.window_function)
        finally:
            self.over = ""
            self.aggregates = aggregates

    def _udf(self, udf: Message, expression: Message) -> Type:
        return python.inline(self, udf, expression)


def _decimal_beside_literal(call: Message, arguments: list[Type]) -> bool:
    if "decimal" not in [type_.kind for type_ in arguments]:
        return False
    pairs = zip(call.arguments, arguments, strict=True)
    return any(held.WhichOneof("expr_type") == "literal" and type_.kind in types.INTEGRAL for held, type_ in pairs)


def _sign(argument: Message) -> str:
    if argument.WhichOneof("expr_type") != "literal":
        return "int"
    value = argument.literal.integer
    return "negative" if value < 0 else "positive" if value else "zero"


def _without_repeats(name: str, shown: list[str]) -> list[str]:
    """Any number of arguments of the same types is one construct: `coalesce(int..)`."""
    if name == "when":
        values = sorted({*shown[1::2], *(shown[-1:] if len(shown) % 2 else [])})
        return ["else" if len(shown) % 2 else "no else", *values]
    if name in ("in",):
        return [shown[0], *sorted(set(shown[1:]))]
    return [*sorted(set(shown)), ".."]


def _check_times(call: Message, arguments: list[Type]) -> None:
    """A date or time beside text: Sail reads more forms than Spark, so only plainly written literals pass."""
    kinds = [type_.kind for type_ in arguments]
    if "string" not in kinds or not {"date", "timestamp", "timestamp_ntz"} & set(kinds):
        return
    for argument, kind in zip(call.arguments, kinds, strict=True):
        if kind == "string" and not (
            argument.WhichOneof("expr_type") == "literal" and _PLAIN_TIME.fullmatch(argument.literal.string)
        ):
            raise Unproven("comparison of a date or time with text")


def _slides(window: Message) -> bool:
    return bool(window.HasField("frame_spec") and window.frame_spec.lower.WhichOneof("boundary") != "unbounded")


def _frame(frame: Message) -> str:
    kind = {1: "rows", 2: "range"}.get(frame.frame_type, "unknown")
    return f"{kind} {_bound(frame.lower)} {_bound(frame.upper)}"


def _bound(bound: Message) -> str:
    which = bound.WhichOneof("boundary")
    if which != "value":
        return str(which)
    literal = bound.value.literal
    kind = literal.WhichOneof("literal_type")
    if bound.value.WhichOneof("expr_type") == "literal" and kind in ("integer", "long"):
        return "preceding" if getattr(literal, kind) < 0 else "following" if getattr(literal, kind) else "current_row"
    raise Unproven("window frame with a computed bound")


__all__ = ["Expression", "Expressions", "literal_type"]
