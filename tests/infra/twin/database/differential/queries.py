"""Seeded queries over the generator's documents, in one partition and over all."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FILTERS = (
    "c.n > @n",
    "c.n >= @n AND c.n <= @m",
    "c.n BETWEEN @n AND @m",
    "c.kind = @kind",
    "c.kind != @kind OR c.flag",
    "NOT (c.n = @n)",
    "c.n = @n OR c.word = @word",
    "c.mixed = @mixed",
    "c.mixed != null",
    "c.nothing = null",
    "IS_DEFINED(c.word) AND NOT IS_DEFINED(c.n)",
    "IS_NULL(c.nothing) OR IS_STRING(c.mixed)",
    "IS_NUMBER(c.mixed) OR IS_BOOL(c.mixed) OR IS_ARRAY(c.mixed) OR IS_OBJECT(c.mixed)",
    "STARTSWITH(c.word, @word)",
    "ENDSWITH(c.id, @end)",
    "CONTAINS(c.text, @end)",
    "ARRAY_CONTAINS(c.tags, @tag)",
    "ARRAY_CONTAINS(@ids, c.id)",
    "ARRAY_CONTAINS(c.rows, {k: 'p'}, true)",
    "ARRAY_LENGTH(c.tags) > 1",
    "c.id IN ('item-1', 'item-2', \"with space\")",
    "c.kind IN (@kind, 'other')",
    "LOWER(c.word) = 'ash' OR UPPER(c.word) = 'BIRCH'",
    "LENGTH(c.word) < 5 AND SUBSTRING(c.word, 0, 1) = 'a'",
    "c.deep['a b'].x[0] = @n OR c.deep[\"a b\"].x[1].y = @word",
    "c.n + c.seq * 2 > 30",
    "c.n % 2 = 0 AND c.n - 1 != 3",
    "ABS(c.n) > 4 OR FLOOR(c.f) = -4 OR CEILING(c.f) = 1",
    "c.flag = true AND c.n < 10",
    "c.flag",
    "(c.flag ? c.n : c.seq) > 3",
    "(c.n ?? c.seq) > 10",
    "CONCAT(c.kind, '-', c.word) = @joined",
    "c.word || '!' = @joined",
    "EXISTS(SELECT VALUE x FROM x IN c.tags WHERE x = @tag)",
    "c._ts > 0",
)
SELECTS = (
    "*",
    "c.id, c.n",
    "c.id AS name, c.deep['a b'].x[0] AS first",
    "VALUE c.id",
    "VALUE {id: c.id, n: c.n, list: [c.kind, c.flag]}",
    "c.id, c.n + 1 AS next, c.word || '?' AS question",
    "c.id, c.flag ? 'yes' : 'no' AS flagged",
    "c.id, ARRAY_LENGTH(c.tags) AS size, LOWER(c.word) AS low, REVERSE(c.kind) AS turned",
    "c.id, TRIM(c.word) AS t, REPLACE(c.kind, 'n', 'm') AS r, INDEX_OF(c.word, 'e') AS i",
    "c.id, ROUND(c.f) AS r, SIGN(c.n) AS s, SQRT(ABS(c.n)) AS q, POWER(c.n, 2) AS p",
    "c.id, ToString(c.n) AS a, ToString(c.flag) AS b, ToString(c.tags) AS t",
    "c.id, c.mixed, c.wide",
)
TOTAL_ORDERS = ("c.seq", "c.seq ASC", "c.seq DESC", "c.kind, c.seq DESC", "c.n DESC, c.seq")
PARTITION_ORDERS = ("c.id", "c.id DESC", *TOTAL_ORDERS)
AGGREGATES = (
    "VALUE COUNT(1)",
    "VALUE COUNT(c.n)",
    "VALUE SUM(c.n)",
    "VALUE MIN(c.n)",
    "VALUE MAX(c.n)",
    "VALUE AVG(c.n)",
    "VALUE MAX(c.word)",
    "VALUE MIN(c.seq)",
)
MANY = "COUNT(1) AS n, SUM(c.n) AS s, MIN(c.n) AS l, MAX(c.word) AS h, AVG(c.f) AS a"
DISTINCTS = ("VALUE c.kind", "c.kind", "c.kind, c.flag", "VALUE c.word")
JOINS = (
    ("c.id, t AS tag", "JOIN t IN c.tags"),
    ("VALUE r", "JOIN r IN c.rows"),
    ("c.id, r.k, r.v, t", "JOIN r IN c.rows JOIN t IN c.tags"),
)
MISTAKES = (
    "SELECT * FORM c",
    "SELECT * FROM c WHERE",
    "SELECT * FROM c WHERE c.n >",
    "SELECT c. FROM c",
    "SELECT * FROM c ORDER BY LOWER(c.word)",
    "SELECT * FROM c ORDER BY c.word, c.n",
    "SELECT 'open FROM c",
)

Draw = tuple[str | None, str, list[dict[str, Any]], dict[str, Any]]


@dataclass
class Queries:
    """Draw queries from shapes, filters and parameters."""

    random: random.Random
    partitions: Sequence[str]

    def draw(self) -> Draw:
        """Return a partition (None for all), a text, its parameters and how to compare and page."""
        shapes = {
            self._filtered: 10,
            self._ordered: 12,
            self._aggregated: 5,
            self._distinct: 3,
            self._joined: 3,
            self._mistaken: 1,
        }
        shape = self.random.choices(list(shapes), list(shapes.values()))[0]
        partition = self.random.choice(self.partitions) if self.random.random() < 0.7 else None
        text, options = shape(partition)
        parameters = self._parameters()
        return partition, text, [p for p in parameters if p["name"] in text], options

    def _parameters(self) -> list[dict[str, Any]]:
        pick = self.random
        values = {
            "@n": pick.randint(-5, 10),
            "@m": pick.randint(5, 20),
            "@kind": pick.choice(("run", "event", "none")),
            "@word": pick.choice(("ash", "A", "", "b_")),
            "@end": pick.choice(("1", "e", "\u00fc", "%")),
            "@tag": pick.choice(("red", 1, None, "no")),
            "@ids": ["item-1", "item-5", "per%cent"],
            "@mixed": pick.choice((None, True, 7, "seven", [7], {"seven": 7}, {"seven": 8})),
            "@joined": pick.choice(("run-ash", "ash!")),
            "@skip": pick.randint(0, 3),
            "@take": pick.randint(0, 5),
        }
        return [{"name": name, "value": value} for name, value in values.items()]

    def _where(self, chance: float = 0.8) -> str:
        return f" WHERE {self.random.choice(FILTERS)}" if self.random.random() < chance else ""

    def _filtered(self, _: str | None) -> tuple[str, dict[str, Any]]:
        options = {"page": self.random.choice((None, None, 6, 25))}
        return f"SELECT {self.random.choice(SELECTS)} FROM c{self._where()}", options

    def _ordered(self, partition: str | None) -> tuple[str, dict[str, Any]]:
        order = self.random.choice(TOTAL_ORDERS if partition is None else PARTITION_ORDERS)
        select = self.random.choice(SELECTS)
        tail = self.random.choice(("", "", " OFFSET 1 LIMIT 3", " OFFSET @skip LIMIT @take"))
        top = self.random.choice(("", "TOP 2 ")) if not tail else ""
        page = self.random.choice((None, 6, 25)) if order.startswith("c.seq") else None
        where = self._where(0.5)
        return f"SELECT {top}{select} FROM c{where} ORDER BY {order}{tail}", {"ordered": order, "page": page}

    def _aggregated(self, partition: str | None) -> tuple[str, dict[str, Any]]:
        many = partition is not None and self.random.random() < 0.3
        return f"SELECT {MANY if many else self.random.choice(AGGREGATES)} FROM c{self._where(0.5)}", {}

    def _distinct(self, _: str | None) -> tuple[str, dict[str, Any]]:
        return f"SELECT DISTINCT {self.random.choice(DISTINCTS)} FROM c{self._where(0.3)}", {}

    def _joined(self, _: str | None) -> tuple[str, dict[str, Any]]:
        select, joins = self.random.choice(JOINS)
        return f"SELECT {select} FROM c {joins}{self._where(0.3)}", {}

    def _mistaken(self, _: str | None) -> tuple[str, dict[str, Any]]:
        return self.random.choice(MISTAKES), {}
