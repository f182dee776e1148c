"""Turn expressions into functions of a row: names, functions and parameters are checked once per query."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from infra.twin.database.query import operators, syntax
from infra.twin.database.query.aggregates import AGGREGATES, aggregate
from infra.twin.database.query.errors import at, overall
from infra.twin.database.query.functions import FUNCTIONS
from infra.twin.database.query.values import UNDEFINED

Row = Mapping[str, Any]
"""The values of the FROM clause's aliases; under GROUP (which no alias can be) the rows of a group."""
Evaluate = Callable[[Row], Any]
GROUP = ""


class Nested(Protocol):
    """Run a subquery for a row of the outer query."""

    def __call__(self, query: syntax.Query, context: "Context") -> Callable[[Row], Iterator[Any]]:
        """Return the function of an outer row that yields the subquery's results."""
        ...


@dataclass(frozen=True)
class Context:
    """What an expression may refer to."""

    parameters: Mapping[str, Any]
    names: frozenset[str]
    nested: Nested
    aggregated: bool = False

    def with_names(self, *names: str) -> "Context":
        """Return the context in which these aliases are known too."""
        return replace(self, names=self.names | set(names))


def compiled(expression: syntax.Expression, context: Context) -> Evaluate:
    """Return the function of a row that an expression is."""
    return _COMPILERS[type(expression)](expression, context)


def _all(expressions: tuple[syntax.Expression, ...], context: Context) -> list[Evaluate]:
    return [compiled(expression, context) for expression in expressions]


def _reference(expression: syntax.Parameter | syntax.Name, context: Context) -> Evaluate:
    name = expression.name
    known = context.parameters if isinstance(expression, syntax.Parameter) else context.names
    if name not in known:
        raise at(expression.span, "SC2001", f"Identifier '{name}' could not be resolved.")
    if isinstance(expression, syntax.Parameter):
        value = context.parameters[name]
        return lambda _: value
    return lambda row: row.get(name, UNDEFINED)


def _literal(literal: syntax.Literal, _: Context) -> Evaluate:
    value = literal.value
    return lambda _: value


def _member(member: syntax.Member, context: Context) -> Evaluate:
    start, path = compiled(member.root, context), _all(member.steps, context)

    def evaluate(row: Row) -> Any:
        value = start(row)
        for step in path:
            value = operators.step_into(value, step(row))
        return value

    return evaluate


def _object(made: syntax.ObjectOf, context: Context) -> Evaluate:
    parts = [(name, compiled(value, context)) for name, value in made.properties]

    def evaluate(row: Row) -> Any:
        values = ((name, part(row)) for name, part in parts)
        return {name: value for name, value in values if value is not UNDEFINED}

    return evaluate


def _array(made: syntax.ArrayOf, context: Context) -> Evaluate:
    parts = _all(made.items, context)
    return lambda row: [value for part in parts if (value := part(row)) is not UNDEFINED]


def _unary(operation: syntax.Unary, context: Context) -> Evaluate:
    operand = compiled(operation.operand, context)
    return lambda row: operators.unary(operation.operator, operand(row))


def _binary(operation: syntax.Binary, context: Context) -> Evaluate:
    left, right = compiled(operation.left, context), compiled(operation.right, context)
    return lambda row: operators.binary(operation.operator, left(row), right(row))


def _logical(operation: syntax.Logical, context: Context) -> Evaluate:
    parts = _all(operation.operands, context)
    combine = operators.every if operation.operator == "and" else operators.some
    return lambda row: combine([part(row) for part in parts])


def _conditional(choice: syntax.Conditional, context: Context) -> Evaluate:
    test, yes, no = _all((choice.condition, choice.when_true, choice.otherwise), context)
    return lambda row: yes(row) if test(row) is True else no(row)


def _in(test: syntax.In, context: Context) -> Evaluate:
    wanted, parts = compiled(test.value, context), _all(test.candidates, context)
    return lambda row: _among(wanted(row), [part(row) for part in parts])


def _within(test: syntax.Between, context: Context) -> Evaluate:
    value, low, high = _all((test.value, test.low, test.high), context)
    return lambda row: _between(value(row), low(row), high(row))


def _like(test: syntax.Like, context: Context) -> Evaluate:
    text, pattern, escape = _all((test.value, test.pattern, test.escape or syntax.Literal(None)), context)
    return lambda row: operators.like(text(row), pattern(row), escape(row))


def _among(value: Any, candidates: list[Any]) -> Any:
    return operators.some([operators.binary("=", value, candidate) for candidate in candidates])


def _between(value: Any, low: Any, high: Any) -> Any:
    return operators.every([operators.binary(">=", value, low), operators.binary("<=", value, high)])


def _call(call: syntax.Call, context: Context) -> Evaluate:
    if not call.udf and call.name in AGGREGATES:
        return _aggregate(call, context)
    function = None if call.udf else FUNCTIONS.get(call.name)
    if function is None:
        raise at(call.span, "SC2005", f"'{call.name}' is not a recognized built-in function name.")
    given = len(call.arguments)
    if not function.least <= given <= function.most:
        raise at(call.span, "SC2050", f"The {call.name} function requires {function.least} argument(s).")
    arguments = _all(call.arguments, context)
    return lambda row: function(*[argument(row) for argument in arguments])


def _aggregate(call: syntax.Call, context: Context) -> Evaluate:
    if not context.aggregated:
        raise at(call.span, "SC2104", f"The aggregate {call.name} is allowed in the SELECT clause only.")
    if len(call.arguments) != 1:
        raise at(call.span, "SC2050", f"The {call.name} function requires 1 argument(s).")
    argument = compiled(call.arguments[0], replace(context, aggregated=False))
    return lambda row: aggregate(call.name, [argument(member) for member in row[GROUP]])


def _subquery(subquery: syntax.Subquery, context: Context) -> Evaluate:
    results = context.nested(subquery.query, replace(context, aggregated=False))
    if subquery.kind == "exists":
        return lambda row: next(results(row), UNDEFINED) is not UNDEFINED
    if subquery.kind == "array":
        return lambda row: list(results(row))
    return lambda row: _single(list(results(row)))


def _single(results: list[Any]) -> Any:
    if len(results) > 1:
        raise overall("The cardinality of a scalar subquery result set cannot be greater than one.")
    return results[0] if results else UNDEFINED


_COMPILERS: dict[type, Callable[[Any, Context], Evaluate]] = {
    syntax.Literal: _literal,
    syntax.Parameter: _reference,
    syntax.Name: _reference,
    syntax.Member: _member,
    syntax.ObjectOf: _object,
    syntax.ArrayOf: _array,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.Logical: _logical,
    syntax.Conditional: _conditional,
    syntax.In: _in,
    syntax.Between: _within,
    syntax.Like: _like,
    syntax.Call: _call,
    syntax.Subquery: _subquery,
}
