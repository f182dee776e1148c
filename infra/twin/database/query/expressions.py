"""Parse scalar expressions by binding power."""

from abc import ABC, abstractmethod

from infra.twin.database.query import syntax
from infra.twin.database.query.errors import QueryError, Span, at, overall
from infra.twin.database.query.lexer import Token
from infra.twin.database.query.values import UNDEFINED

MAX_DEPTH = 64
MAX_CHAIN = 200
_CONDITIONAL, _COALESCE, _OR, _AND, _RANGE = 1, 2, 3, 4, 5
_BINARY = {
    "??": _COALESCE, "=": 6, "!=": 6, "<": 7, "<=": 7, ">": 7, ">=": 7, "|": 8, "^": 9, "&": 10,
    "<<": 11, ">>": 11, ">>>": 11, "||": 12, "+": 13, "-": 13, "*": 14, "/": 14, "%": 14,
}  # fmt: skip
_CONSTANTS = {"null": None, "true": True, "false": False, "undefined": UNDEFINED}


class ExpressionParser(ABC):
    """Walk the tokens; the clauses of a query are the subclass's."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._place]

    @abstractmethod
    def query(self) -> syntax.Query:
        """Parse a query, for subqueries."""

    def advance(self) -> Token:
        """Return the current token and step past it."""
        token = self.token
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def ahead(self, *texts: str) -> bool:
        """Say whether the next tokens are these operators or keywords."""
        following = self._tokens[self._place : self._place + len(texts)]
        return len(following) == len(texts) and all(
            token.kind in ("keyword", "operator") and token.text == text
            for token, text in zip(following, texts, strict=True)
        )

    def accept(self, *texts: str) -> bool:
        """Step past these operators or keywords when they come next."""
        found = self.ahead(*texts)
        if found:
            self._place += len(texts)
        return found

    def expect(self, *texts: str) -> None:
        """Step past these tokens."""
        for text in texts:
            if not self.accept(text):
                raise self.unexpected()

    def unexpected(self) -> QueryError:
        """Return the error of the current token."""
        token = self.token
        if token.kind == "end":
            return at(token.span, "SC1002", "Syntax error, unexpected end-of-file.")
        raw = self.text_of(token.span)
        return at(token.span, "SC1001", f"Syntax error, incorrect syntax near '{raw}'.")

    @abstractmethod
    def text_of(self, span: Span) -> str:
        """Return a stretch of the query's text."""

    def name(self) -> Token:
        """Return the identifier that comes next."""
        if self.token.kind != "name":
            raise self.unexpected()
        return self.advance()

    def listed(self, closing: str) -> tuple[syntax.Expression, ...]:
        """Parse expressions between commas up to the closing bracket."""
        if self.accept(closing):
            return ()
        items = [self.expression()]
        while self.accept(","):
            items.append(self.expression())
        self.expect(closing)
        return tuple(items)

    def expression(self, binding: int = 0) -> syntax.Expression:
        """Parse an expression whose operators bind tighter than `binding`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise overall(f"The query is nested deeper than {MAX_DEPTH} levels; flatten it.")
        try:
            return self._operators(self._unary(), binding)
        finally:
            self._depth -= 1

    def _operators(self, left: syntax.Expression, binding: int) -> syntax.Expression:
        for _ in range(MAX_CHAIN):
            following = self._operator(left, binding)
            if following is None:
                return left
            left = following
        raise overall(f"An expression chains more than {MAX_CHAIN} operators; split it.")

    def _operator(self, left: syntax.Expression, binding: int) -> syntax.Expression | None:
        text = self.token.text if self.token.kind in ("operator", "keyword") else ""
        if text in _BINARY and _BINARY[text] > binding:
            self.advance()
            return syntax.Binary(text, left, self.expression(_BINARY[text]))
        if text in ("and", "or") and (power := _AND if text == "and" else _OR) > binding:
            return self._logical(text, left, power)
        if text in ("in", "between", "like", "not") and binding < _RANGE:
            return self._range(left)
        if text == "?" and binding < _CONDITIONAL:
            return self._conditional(left)
        return None

    def _logical(self, text: str, left: syntax.Expression, power: int) -> syntax.Expression:
        operands = [left]
        while self.accept(text):
            operands.append(self.expression(power))
        return syntax.Logical(text, tuple(operands))

    def _conditional(self, condition: syntax.Expression) -> syntax.Expression:
        self.expect("?")
        when_true = self.expression()
        self.expect(":")
        return syntax.Conditional(condition, when_true, self.expression())

    def _range(self, value: syntax.Expression) -> syntax.Expression:
        negated = self.accept("not")
        found: syntax.Expression
        if self.accept("in"):
            self.expect("(")
            found = syntax.In(value, self.listed(")"))
        elif self.accept("between"):
            low = self.expression(_RANGE)
            self.expect("and")
            found = syntax.Between(value, low, self.expression(_RANGE))
        elif self.accept("like"):
            pattern = self.expression(_RANGE)
            escape = self.expression(_RANGE) if self.accept("escape") else None
            found = syntax.Like(value, pattern, escape)
        else:
            raise self.unexpected()
        return syntax.Unary("not", found) if negated else found

    def _unary(self) -> syntax.Expression:
        if self.token.kind in ("operator", "keyword") and self.token.text in ("not", "-", "+", "~"):
            operator = self.advance().text
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise overall(f"The query is nested deeper than {MAX_DEPTH} levels; flatten it.")
            operand = self._unary()
            self._depth -= 1
            return syntax.Unary(operator, operand)
        return self.members(self._primary())

    def members(self, root: syntax.Expression) -> syntax.Expression:
        """Parse the steps into a value: `.name` and `[expression]`."""
        steps: list[syntax.Expression] = []
        while self.ahead(".") or self.ahead("["):
            if self.accept("."):
                steps.append(syntax.Literal(self.name().text))
            else:
                self.expect("[")
                steps.append(self.expression())
                self.expect("]")
        return syntax.Member(root, tuple(steps)) if steps else root

    def _primary(self) -> syntax.Expression:
        token = self.token
        if token.kind in ("string", "number"):
            return syntax.Literal(self.advance().value)
        if token.kind == "parameter":
            return syntax.Parameter(self.advance().text, token.span)
        if token.kind == "name":
            self.advance()
            return self._call(token) if self.ahead("(") else syntax.Name(token.text, token.span)
        if token.kind == "keyword" and token.text in _CONSTANTS:
            self.advance()
            return syntax.Literal(_CONSTANTS[token.text])
        return self._bracketed()

    def _bracketed(self) -> syntax.Expression:
        if self.ahead("(", "select"):
            return self._subquery("scalar")
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if self.accept("["):
            return syntax.ArrayOf(self.listed("]"))
        if self.accept("{"):
            return self._object()
        if self.accept("array") or self.ahead("exists"):
            return self._subquery("exists" if self.accept("exists") else "array")
        if self.accept("udf"):
            self.expect(".")
            return self._call(self.name(), udf=True)
        raise self.unexpected()

    def _subquery(self, kind: str) -> syntax.Expression:
        self.expect("(")
        query = self.query()
        self.expect(")")
        return syntax.Subquery(kind, query)

    def _call(self, name: Token, *, udf: bool = False) -> syntax.Expression:
        self.expect("(")
        return syntax.Call(name.text.upper(), self.listed(")"), name.span, udf)

    def _object(self) -> syntax.Expression:
        properties: list[tuple[str, syntax.Expression]] = []
        while not self.accept("}"):
            if properties:
                self.expect(",")
            if self.token.kind not in ("string", "name", "keyword"):
                raise self.unexpected()
            key = self.advance()
            self.expect(":")
            properties.append((key.value if key.kind == "string" else key.text, self.expression()))
        return syntax.ObjectOf(tuple(properties))
