"""Link people between days, as a thief who has two days of rows would try to.

Whoever drills knows the truth: the keeper says which rows of a day are whose (by the day's tokens). The thief has only
the rows. A link is any value, length or timestamp that occurs with a person's rows of one day and of another day and
with nobody else's rows of those days, where a row's values include those of the rows that it refers to, up to three
foreign keys away, and of rows that refer to it. `beside` looks for what needs no token.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gatehouse.drill import beside
from gatehouse.drill.beside import Link
from gatehouse.drill.loot import as_bytes

__all__ = ["Link", "Truth", "links"]

JOINS = 3
# Clear by design and shared by many (docs/specs/clear-columns.md): where, which way, with what outcome, how much.
PUBLISHED = frozenset(
    {"site_id", "garage_id", "gate", "gate_id", "zone_id", "direction", "outcome", "sensed", "state", "kind"}
    | {"amount_minor", "paid_minor", "currency", "left_on", "taken_by", "answer", "reason"}
)
PUBLISHED_TABLES = ("people_site", "gates_gate", "gates_zone", "parking_garage")
SHORT = 8  # a shorter value counts only within its own column: 1 or "in" mean something else elsewhere

Day = tuple[str, date]  # site and its local date
Feature = Hashable


@dataclass(frozen=True, slots=True)
class Truth:
    """Whose token is which: for each site-day, token -> a stable name of the person or vehicle. `subjects` are the ids
    of everybody and every vehicle."""

    tokens: Mapping[Day, Mapping[bytes, str]]
    subjects: frozenset[str] = frozenset()


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
        self._from: dict[str, list[_Reference]] = defaultdict(list)
        self._to: dict[str, list[_Reference]] = defaultdict(list)
        for reference in (found for table in self.tables for found in self._foreign_keys(table)):
            # Through a gate everybody is joined to everybody, so nothing is read off it.
            if reference.table not in PUBLISHED_TABLES and reference.target not in PUBLISHED_TABLES:
                self._from[reference.table].append(reference)
                self._to[reference.target].append(reference)

    def close(self) -> None:
        self._connection.close()

    def _foreign_keys(self, table: str) -> Iterator[_Reference]:
        for row in self._connection.execute(f'PRAGMA foreign_key_list("{table}")'):
            yield _Reference(table, row["from"], row["table"], row["to"] or "id")

    def rows(self, table: str) -> Iterable[sqlite3.Row]:
        return self._connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the name comes from the schema

    def features(self, table: str, row: sqlite3.Row) -> set[tuple[str, Feature]]:
        """Everything that can be read off a row and what it is joined to, and how it is called."""
        return {found for path, joined in self._reached(table, row) for found in _read_off(path, joined)}

    def _reached(self, table: str, row: sqlite3.Row) -> Iterator[tuple[str, sqlite3.Row]]:
        seen: set[tuple[str, object]] = set()
        front = [("", table, row)]
        for _ in range(JOINS + 1):
            following: list[tuple[str, str, sqlite3.Row]] = []
            for path, name, here in front:
                identity = (name, here[0])
                if identity not in seen:
                    seen.add(identity)
                    yield path, here
                    following.extend(self._neighbours(path, name, here))
            front = following

    def _neighbours(self, path: str, table: str, row: sqlite3.Row) -> Iterator[tuple[str, str, sqlite3.Row]]:
        for reference in self._from.get(table, ()):
            if row[reference.column] is not None:
                step = f"{path}.{reference.column}"
                yield from self._find(step, reference.target, reference.key, row[reference.column])
        for reference in self._to.get(table, ()):
            step = f"{path}<{reference.table}.{reference.column}"
            yield from self._find(step, reference.table, reference.column, row[reference.key])

    def _find(self, path: str, table: str, column: str, value: object) -> Iterator[tuple[str, str, sqlite3.Row]]:
        query = f'SELECT * FROM "{table}" WHERE "{column}" = ? LIMIT 200'  # noqa: S608 - names come from the schema
        for row in self._connection.execute(query, (value,)):
            yield path, table, row


def _read_off(path: str, row: sqlite3.Row) -> Iterator[tuple[str, Feature]]:
    """(how it is called in a link, feature)"""
    for column in row.keys():  # noqa: SIM118 - a Row iterates over values
        if column in PUBLISHED or row[column] is None:
            continue
        name, value = f"{path}.{column}", as_bytes(row[column])
        # A long value links wherever it stands: a copied id or timestamp under another name.
        yield ("a value of its own", value) if len(value) >= SHORT else (name, (name, value))
        yield f"{name} length", (name, len(value))


class _Seen:
    """Features as numbers, so that a month of a large site fits into memory: one record of (feature, day, person) for
    each feature of each row, and where it was read."""

    def __init__(self) -> None:
        self._columns = tuple(array(code) for code in "qlll")
        self._places: dict[tuple[str, str], int] = {}

    def add(self, feature: Feature, day: int, subject: int, place: tuple[str, str]) -> None:
        """`place` is (table, how it is called)."""
        number = self._places.setdefault(place, len(self._places))
        for column, value in zip(self._columns, (hash(feature), day, subject, number), strict=True):
            column.append(value)

    def telling(self) -> Iterator[tuple[int, tuple[int, int], tuple[str, str]]]:
        """(person, two days, place): a feature of theirs on both days, and of nobody else's on either."""
        feature, day, subject, place = (np.array(column, dtype=np.int64) for column in self._columns)
        order = np.lexsort((place, subject, day, feature))
        feature, day, subject, place = feature[order], day[order], subject[order], place[order]
        # Once per feature, day and person; then only what one person alone had on that day.
        once = _begins(feature, day, subject)
        feature, day, subject, place = feature[once], day[once], subject[once], place[once]
        starts = np.flatnonzero(_begins(feature, day))
        alone = starts[np.diff(np.append(starts, len(feature))) == 1]
        feature, day, subject, place = feature[alone], day[alone], subject[alone], place[alone]
        found: set[tuple[int, int, int]] = set()
        names = list(self._places)
        order = np.lexsort((day, subject, feature))
        groups = np.split(order, np.flatnonzero(_begins(feature[order], subject[order]))[1:]) if len(order) else []
        for group in groups:
            for first, second in combinations(group, 2):
                link = int(subject[first]), int(day[first]), int(day[second])
                if link not in found:
                    found.add(link)
                    yield link[0], link[1:], names[place[first]]


def _begins(*columns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Where in sorted columns a new combination begins."""
    changed = np.zeros(len(columns[0]), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def links(database: Path, truth: Truth) -> list[Link]:
    """All links that the copy at `database` allows; between two days at most one for each person and pair of days."""
    days = sorted(truth.tokens)
    subjects = sorted({subject for owners in truth.tokens.values() for subject in owners.values()})
    number = {subject: place for place, subject in enumerate(subjects)}
    whose = {
        token: (place, number[subject])
        for place, day in enumerate(days)
        for token, subject in truth.tokens[day].items()
    }
    seen = _Seen()
    copy = Copy(database)
    try:
        for table in copy.tables:
            for row in copy.rows(table):
                owners = {whose[value] for value in row if isinstance(value, bytes) and value in whose}
                features = copy.features(table, row) if owners else ()
                for day, subject in owners:
                    for name, feature in features:
                        seen.add(feature, day, subject, (table, name))
    finally:
        copy.close()
    found = [
        Link(subjects[subject], (days[first][1], days[second][1]), table, by)
        for subject, (first, second), (table, by) in seen.telling()
    ]
    return [*found, *beside.instants(database, truth.subjects), *beside.orders(database)]
