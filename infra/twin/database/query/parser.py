"""Parse a query's clauses into its syntax tree."""

from functools import lru_cache

from infra.twin.database.query import syntax
from infra.twin.database.query.errors import Span, overall
from infra.twin.database.query.expressions import MAX_DEPTH, ExpressionParser
from infra.twin.database.query.lexer import tokens

# The service's documented limits: learn.microsoft.com/azure/cosmos-db/concepts-limits#sql-query-limits
MAX_LENGTH = 512 * 1024
MAX_JOINS = 10


@lru_cache(maxsize=128)
def parse(text: str) -> syntax.Query:
    """Return the query's tree; raise QueryError with the place of the first mistake."""
    length = len(text.encode("utf-8", "surrogatepass"))
    if length > MAX_LENGTH:
        raise overall(
            f"The SQL query text exceeded the maximum limit of {MAX_LENGTH} bytes: it has {length}."
        )
    parser = _QueryParser(text)
    query = parser.query()
    if parser.token.kind != "end":
        raise parser.unexpected()
    return query


class _QueryParser(ExpressionParser):
    def __init__(self, text: str) -> None:
        super().__init__(tokens(text))
        self._text = text
        self._queries = 0

    def text_of(self, span: Span) -> str:
        return self._text[span.start : span.end]

    def query(self) -> syntax.Query:
        self._queries += 1
        if self._queries > MAX_DEPTH:
            raise overall(f"The query has more than {MAX_DEPTH} subqueries; split it.")
        self.expect("select")
        distinct = self.accept("distinct")
        top = self._count() if self.accept("top") else None
        value, columns = self._projection()
        from_text, sources = self._from()
        where_text, where = self._where()
        groups = self._groups()
        orders = self._orders()
        offset, limit = self._page()
        return syntax.Query(
            columns,
            value,
            distinct,
            top,
            sources,
            where,
            groups,
            orders,
            offset,
            limit,
            from_text,
            where_text,
        )

    def _count(self) -> syntax.Expression:
        token = self.token
        if token.kind == "parameter":
            return syntax.Parameter(self.advance().text, token.span)
        if token.kind != "number" or not isinstance(token.value, int):
            raise self.unexpected()
        return syntax.Literal(self.advance().value)

    def _projection(self) -> tuple[bool, tuple[syntax.Column, ...]]:
        if self.accept("*"):
            return False, ()
        if self.accept("value"):
            start = self.token.span.start
            expression = self.expression()
            return True, (syntax.Column(expression, "", self._since(start)),)
        return False, self._columns()

    def _columns(self) -> tuple[syntax.Column, ...]:
        columns: list[syntax.Column] = []
        unnamed = 0
        while not columns or self.accept(","):
            start = self.token.span.start
            expression = self.expression()
            span = self._since(start)
            name = self._alias() or _natural_name(expression)
            if not name:
                unnamed += 1
                name = f"${unnamed}"
            columns.append(syntax.Column(expression, name, span))
        return tuple(columns)

    def _alias(self) -> str:
        if self.accept("as"):
            return str(self.advance().value) if self.token.kind == "string" else self.name().text
        return self.advance().text if self.token.kind == "name" else ""

    def _from(self) -> tuple[str, tuple[syntax.Source, ...]]:
        start = self.token.span.start
        if not self.accept("from"):
            return "", ()
        sources = [self._source(0)]
        while self.accept("join"):
            sources.append(self._source(len(sources)))
        if len(sources) > MAX_JOINS + 1:
            raise overall(f"The query exceeded the maximum number of joins: {MAX_JOINS}.")
        return self.text_of(self._since(start)), tuple(sources)

    def _source(self, number: int) -> syntax.Source:
        if self.ahead("(", "select"):
            expression = self._subquery("array")
            return syntax.Source(self._alias() or f"${number}", expression, iterated=True)
        token = self.name()
        if self.accept("in"):
            return syntax.Source(token.text, self._iterable(), iterated=True)
        path = self.members(syntax.Name(token.text, token.span))
        return syntax.Source(self._alias() or _natural_name(path) or f"${number}", path)

    def _iterable(self) -> syntax.Expression:
        if self.ahead("(", "select"):
            return self._subquery("scalar")
        token = self.name()
        return self.members(syntax.Name(token.text, token.span))

    def _where(self) -> tuple[str, syntax.Expression | None]:
        if not self.accept("where"):
            return "", None
        start = self.token.span.start
        condition = self.expression()
        return self.text_of(self._since(start)), condition

    def _groups(self) -> tuple[syntax.Expression, ...]:
        if not self.accept("group"):
            return ()
        self.expect("by")
        groups = [self.expression()]
        while self.accept(","):
            groups.append(self.expression())
        return tuple(groups)

    def _orders(self) -> tuple[syntax.Order, ...]:
        if not self.accept("order"):
            return ()
        self.expect("by")
        orders = [self._order()]
        while self.accept(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> syntax.Order:
        start = self.token.span.start
        expression = self.expression()
        span = self._since(start)
        descending = self.accept("desc")
        if not descending:
            self.accept("asc")
        if not is_path(expression):
            raise overall(
                "Unsupported ORDER BY clause. "
                "ORDER BY item expression could not be mapped to a document path.",
                2206,
            )
        return syntax.Order(expression, descending, span)

    def _page(self) -> tuple[syntax.Expression | None, syntax.Expression | None]:
        if not self.accept("offset"):
            return None, None
        offset = self._count()
        self.expect("limit")
        return offset, self._count()

    def _since(self, start: int) -> Span:
        return Span(start, self._tokens[self._place - 1].span.end)


def is_path(expression: syntax.Expression) -> bool:
    """Say whether an expression is a path into a document."""
    return (
        isinstance(expression, syntax.Member)
        and isinstance(expression.root, syntax.Name)
        and all(isinstance(step, syntax.Literal) for step in expression.steps)
    )


def _natural_name(expression: syntax.Expression) -> str:
    if isinstance(expression, syntax.Name):
        return expression.name
    if isinstance(expression, syntax.Member) and isinstance(expression.steps[-1], syntax.Literal):
        last = expression.steps[-1].value
        return last if isinstance(last, str) else ""
    return ""
