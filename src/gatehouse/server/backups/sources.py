"""What a backup is made of, as it was at one moment while the box goes on: SQLite by its own backup, PostgreSQL by COPY
in one repeatable read, the media as files."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from gatehouse.server.backups.archive import MEDIA, SQLITE, TABLES
from gatehouse.server.backups.faults import BackupFault

PAGES = 2048
# Partitions are read through their parent.
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname
"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s
AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Taken:
    """A database as files. `tables` are the columns of each, empty for SQLite."""

    kind: str
    members: list[Member]
    tables: dict[str, list[str]]
    migrations: list[tuple[str, str]]


def size(home: Path, url: str | None) -> int:
    """Roughly how many bytes a backup is made of. Raises BackupFault."""
    media = sum(member.path.stat().st_size for member in media_files(home))
    if url:
        with _connected(url) as connection:
            (found,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
            assert isinstance(found, int), "a bigint"
            return found + media
    return _sqlite_file(home).stat().st_size + media


def take(home: Path, url: str | None, draft: Path, went: Callable[[int], None]) -> Taken:
    """Copy the database into `draft`. Raises BackupFault, OSError."""
    return _take_postgres(url, draft, went) if url else _take_sqlite(_sqlite_file(home), draft, went)


def media_files(home: Path) -> Iterator[Member]:
    root = home / "server" / "media"
    for folder, names, files in os.walk(root):
        names.sort()
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield Member(MEDIA + path.relative_to(root).as_posix(), path)


# --- SQLite -----------------------------------------------------------------------------------------------------------


def _sqlite_file(home: Path) -> Path:
    path = home / "server" / "gatehouse.db"
    if not path.exists():
        raise BackupFault("no_database", f"{path} is not there: nothing was ever written in this home")
    return path


def _take_sqlite(path: Path, draft: Path, went: Callable[[int], None]) -> Taken:
    copy = draft / "gatehouse.db"
    left = [path.stat().st_size]

    def told(status: int, remaining: int, total: int) -> None:
        now = path.stat().st_size * remaining // max(total, 1)
        went(max(left[0] - now, 0))
        left[0] = now

    try:
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as source,
            closing(sqlite3.connect(copy, isolation_level=None)) as target,
        ):
            source.execute("BEGIN")  # one moment's pages, however long it takes and whoever writes
            source.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            source.backup(target, pages=PAGES, progress=told, sleep=0)
            target.execute("PRAGMA journal_mode=DELETE")
            if target.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                raise BackupFault("database_damaged", f"{path} is damaged: put back the last good backup of it")
            migrations = target.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    except sqlite3.Error as fault:
        if "full" in str(fault):
            raise OSError(28, "No space left on device", str(copy)) from fault
        raise BackupFault("database_damaged", f"{path} cannot be read ({fault})") from fault
    return Taken("sqlite", [Member(SQLITE, copy)], {}, migrations)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def _connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(url)
    except psycopg.Error as fault:
        raise BackupFault("no_database", f"the database of DATABASE_URL does not answer: {_said(fault)}") from fault


def _said(fault: psycopg.Error) -> str:
    """Without the password that an address may hold."""
    return re.sub(r"//[^@\s]*@", "//...@", str(fault)).strip()


def _take_postgres(url: str, draft: Path, went: Callable[[int], None]) -> Taken:
    members, tables = [], dict[str, list[str]]()
    with _connected(url) as connection:
        try:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for (table,) in connection.execute(_TABLES).fetchall():
                name = str(table)
                tables[name] = [str(row[0]) for row in connection.execute(_COLUMNS, (name,))]
                members.append(Member(TABLES + name, draft / name))
                _copy_out(connection, name, tables[name], draft / name, went)
            rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        except psycopg.Error as fault:
            raise BackupFault("database_damaged", f"the database cannot be read ({_said(fault)})") from fault
    return Taken("postgresql", members, tables, [(str(app), str(name)) for app, name in rows])


def _copy_out(
    connection: psycopg.Connection[tuple[object, ...]],
    table: str,
    columns: list[str],
    target: Path,
    went: Callable[[int], None],
) -> None:
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    with target.open("xb") as file, connection.cursor() as cursor, cursor.copy(query) as copy:
        for piece in copy:
            file.write(piece)
            went(len(piece))
