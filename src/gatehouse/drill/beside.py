"""What links without any token: an instant in a row that names somebody, and the order in which rows were written.

A row that says "this person, at 8:02:11" is joined by its time to the passage of that minute, and by the person's id to
every other date. A table whose rows have no time still tells one where SQLite numbered them as they came.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gatehouse.drill import loot

_INSTANT = re.compile(rb"(\d{4}-\d\d-\d\d)[ T]\d\d:\d\d")
_ID = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_CELL = b"GH\x01"
_OF_A_SITE = (6, 7, 10)  # kinds of cells that lie beside a time anyway, or concern no person: docs/specs/keeper.md
_BY_KEY = """
SELECT name FROM sqlite_master AS t WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
AND sql LIKE '%PRIMARY KEY%' AND sql NOT LIKE '%WITHOUT ROWID'
AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 0 AND upper(type) = 'INTEGER') ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A person whose rows of two days can be told from other people's, and by what (never the value). For an order of
    rows the subject is the table, for an instant both days are its date."""

    subject: str
    days: tuple[date, date]
    table: str
    by: str


def instants(database: Path, subjects: frozenset[str]) -> Iterator[Link]:
    """Rows with the id of one of the `subjects` and a time of day; one for each table, date and subject."""
    known = {subject.replace("-", "").encode(): subject for subject in subjects}
    found: dict[Link, None] = {}
    for table, _, values in loot.rows(database):
        texts = [loot.as_bytes(value) for value in values if not _is_cell(value)]
        at = next((hit for text in texts if (hit := _INSTANT.match(text))), None)
        if at is None:
            continue
        day = date.fromisoformat(at[1].decode())
        for text in texts:
            for name in _ID.findall(text):
                subject = known.get(name.replace(b"-", b""))
                if subject is not None:
                    found[Link(subject, (day, day), table, "a time beside an id")] = None
    yield from found


def _is_cell(value: object) -> bool:
    return isinstance(value, bytes) and value.startswith(_CELL)


def orders(database: Path) -> Iterator[Link]:
    """Tables of sealed cells without any instant whose rows SQLite numbered as they came, in another order than that of
    their random ids. Copies of PostgreSQL declare no keys and are passed over."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        for (name,) in connection.execute(_BY_KEY).fetchall():
            table = name.decode()
            rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall()  # noqa: S608 - schema
            sealed = any(_is_cell(value) and value[3] not in _OF_A_SITE for row in rows for value in row)
            timed = any(isinstance(value, bytes) and _INSTANT.match(value) for row in rows for value in row)
            keys = [row[0] for row in rows]
            if sealed and not timed and keys != sorted(keys):
                yield Link(table, (date.min, date.max), table, "the order of its rows")
