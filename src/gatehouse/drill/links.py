"""Link people between days, as a thief who has two days of rows would try to.

Whoever drills knows the truth: the keeper says which rows of a day are whose (by the day's tokens). The thief has only
the rows. A link is any value, length or timestamp that occurs with a person's rows of one day and of another day and
with nobody else's rows of those days, where a row's values include those of the rows that it refers to, up to three
foreign keys away, and of rows that refer to it.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gatehouse.drill.loot import as_bytes

JOINS = 3
# Clear by design and shared by many (docs/specs/clear-columns.md): where, which way, with what outcome, how much.
PUBLISHED = frozenset(
    {"site_id", "garage_id", "gate", "gate_id", "zone_id", "direction", "outcome", "sensed", "state", "kind"}
    | {"amount_minor", "paid_minor", "currency", "left_on"}
)
PUBLISHED_TABLES = ("people_site", "gates_gate", "gates_zone", "parking_garage")
SHORT = 8  # a shorter value counts only within its own column: 1 or "in" mean something else elsewhere

Day = tuple[str, date]  # site and its local date
Feature = Hashable


@dataclass(frozen=True, slots=True)
class Truth:
    """Whose token is which: for each site-day, token -> a stable name of the person or vehicle."""

    tokens: Mapping[Day, Mapping[bytes, str]]


@dataclass(frozen=True, slots=True)
class Link:
    """A person whose rows of two days can be told from other people's, and by what (never the value)."""

    subject: str
    days: tuple[date, date]
    table: str
    by: str


@dataclass(frozen=True, slots=True)
class _Reference:
    """`table.column` refers to `target.key`."""

    table: str
    column: str
    target: str
    key: str


class Copy:
    """A stolen database with its foreign keys, followed in both directions."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self._connection.row_factory = sqlite3.Row
        self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        self.tables: list[str] = [row[0] for row in self._connection.execute(names)]
        self._references = [reference for table in self.tables for reference in self._foreign_keys(table)]

    def close(self) -> None:
        self._connection.close()

    def _foreign_keys(self, table: str) -> Iterator[_Reference]:
        for row in self._connection.execute(f'PRAGMA foreign_key_list("{table}")'):
            yield _Reference(table, row["from"], row["table"], row["to"] or "id")

    def rows(self, table: str) -> Iterable[sqlite3.Row]:
        return self._connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the name comes from the schema

    def features(self, table: str, row: sqlite3.Row) -> set[Feature]:
        """Everything that can be read off a row and what it is joined to."""
        return {
            feature
            for path, name, joined in self._reached(table, row)
            if name not in PUBLISHED_TABLES
            for feature in _read_off(path, joined)
        }

    def _reached(self, table: str, row: sqlite3.Row) -> Iterator[tuple[str, str, sqlite3.Row]]:
        seen: set[tuple[str, object]] = set()
        front = [("", table, row)]
        for _ in range(JOINS + 1):
            following: list[tuple[str, str, sqlite3.Row]] = []
            for path, name, here in front:
                identity = (name, here[0])
                if identity in seen:
                    continue
                seen.add(identity)
                yield path, name, here
                if name not in PUBLISHED_TABLES:  # through a gate everybody is joined to everybody
                    following.extend(self._neighbours(path, name, here))
            front = following

    def _neighbours(self, path: str, table: str, row: sqlite3.Row) -> Iterator[tuple[str, str, sqlite3.Row]]:
        for reference in self._references:
            if reference.table == table and row[reference.column] is not None:
                step = f"{path}.{reference.column}"
                yield from self._find(step, reference.target, reference.key, row[reference.column])
            if reference.target == table:
                step = f"{path}<{reference.table}.{reference.column}"
                yield from self._find(step, reference.table, reference.column, row[reference.key])

    def _find(self, path: str, table: str, column: str, value: object) -> Iterator[tuple[str, str, sqlite3.Row]]:
        query = f'SELECT * FROM "{table}" WHERE "{column}" = ? LIMIT 200'  # noqa: S608 - names come from the schema
        for row in self._connection.execute(query, (value,)):
            yield path, table, row


def _read_off(path: str, row: sqlite3.Row) -> Iterator[Feature]:
    for column in row.keys():  # noqa: SIM118 - a Row iterates over values
        if column in PUBLISHED or row[column] is None:
            continue
        value = as_bytes(row[column])
        if len(value) >= SHORT:
            yield value  # the same value anywhere links: a copied id or timestamp under another name
        else:
            yield f"{path}.{column}", value
        yield f"{path}.{column} length", len(value)


def links(database: Path, truth: Truth) -> list[Link]:
    """All links that the copy at `database` allows; at most one for each person, pair of days and table pair."""
    copy = Copy(database)
    try:
        seen_by_day = {day: _features_of_day(copy, tokens) for day, tokens in truth.tokens.items()}
    finally:
        copy.close()
    found: list[Link] = []
    days = sorted(seen_by_day, key=lambda day: (day[0], day[1]))
    for number, first in enumerate(days):
        for second in days[number + 1 :]:
            found.extend(_telling(first, seen_by_day[first], second, seen_by_day[second]))
    return found


def _features_of_day(copy: Copy, tokens: Mapping[bytes, str]) -> dict[str, dict[Feature, str]]:
    """Per person of that day: feature -> the table in which it was read."""
    found: dict[str, dict[Feature, str]] = defaultdict(dict)
    for table in copy.tables:
        for row in copy.rows(table):
            whose = {tokens[value] for value in row if isinstance(value, bytes) and value in tokens}
            if not whose:
                continue
            features = copy.features(table, row)
            for subject in whose:
                found[subject].update(dict.fromkeys(features, table))
    return found


def _telling(
    first: Day,
    here: Mapping[str, Mapping[Feature, str]],
    second: Day,
    there: Mapping[str, Mapping[Feature, str]],
) -> Iterator[Link]:
    for subject in here.keys() & there.keys():
        shared = here[subject].keys() & there[subject].keys()
        others: set[Feature] = set()
        for rows in (here, there):
            for other, features in rows.items():
                if other != subject:
                    others |= features.keys()
        for feature in shared - others:
            by = feature[0] if isinstance(feature, tuple) else "a value of its own"
            yield Link(subject, (first[1], second[1]), here[subject][feature], str(by))
            break
