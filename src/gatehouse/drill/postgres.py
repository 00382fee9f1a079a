"""A stolen PostgreSQL database, copied table by table into a SQLite file with its foreign keys, to be searched so."""

import sqlite3
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

_COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_name = c.table_name AND t.table_schema = c.table_schema
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position
"""
_REFERENCES = """
SELECT k.table_name, k.column_name, u.table_name, u.column_name
FROM information_schema.table_constraints c
JOIN information_schema.key_column_usage k ON k.constraint_name = c.constraint_name
JOIN information_schema.constraint_column_usage u ON u.constraint_name = c.constraint_name
WHERE c.constraint_type = 'FOREIGN KEY' AND c.table_schema = 'public'
"""


def copy(url: str, target: Path) -> None:
    """Every table of the schema `public`. Raises psycopg.Error when the database cannot be read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(url) as source:
        tables: dict[str, list[str]] = {}
        for table, column in source.execute(_COLUMNS).fetchall():
            tables.setdefault(table, []).append(column)
        references = {(row[0], row[1]): (row[2], row[3]) for row in source.execute(_REFERENCES).fetchall()}
        writing = sqlite3.connect(target)
        try:
            for table, columns in tables.items():
                writing.execute(_definition(table, columns, references))
                query = sql.SQL("SELECT {} FROM {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
                )
                marks = ", ".join("?" * len(columns))
                rows = ([_plain(value) for value in row] for row in source.execute(query))
                writing.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608 - from the schema
            # So that the search follows a reference without reading a whole table.
            for number, (table, column) in enumerate(sorted({*references.keys(), *references.values()})):
                writing.execute(f'CREATE INDEX "followed_{number}" ON "{table}" ("{column}")')
            writing.commit()
        finally:
            writing.close()


def _definition(table: str, columns: list[str], references: dict[tuple[str, str], tuple[str, str]]) -> str:
    parts = []
    for column in columns:
        target = references.get((table, column))
        suffix = f' REFERENCES "{target[0]}" ("{target[1]}")' if target else ""
        parts.append(f'"{column}"{suffix}')
    return f'CREATE TABLE "{table}" ({", ".join(parts)})'


def _plain(value: object) -> object:
    """As Django's SQLite would hold it: ids as 32 hex digits, times and structures as text."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, memoryview):
        return value.tobytes()
    return value if value is None or isinstance(value, bytes | int | float | str) else str(value)
