"""A backup's database put into an empty one, and brought up to this version. Django is set up for the home."""

from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from gatehouse.server.backups.archive import PIECE, SQLITE, TABLES, Manifest
from gatehouse.server.backups.faults import NEWER, BackupFault

_NUMBERED = """
SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s
AND (is_identity = 'YES' OR column_default LIKE 'nextval%%')
"""


def load(manifest: Manifest, unpacked: Path, home: Path) -> None:
    """Raises BackupFault for a backup of a newer version or of another kind of database, or a database in use."""
    known = set(MigrationLoader(None).disk_migrations or ())
    strange = [".".join(one) for one in manifest.migrations if tuple(one) not in known]
    if strange:
        raise BackupFault("other_version", f"the backup's tables are not known here ({strange[0]}): {NEWER}")
    kind = connection.vendor
    if kind != manifest.database:
        there = {"sqlite": "unset DATABASE_URL", "postgresql": "set DATABASE_URL to an empty database"}
        raise BackupFault(
            "other_database",
            f"the backup is of {manifest.database}, not {kind}: {there[manifest.database]}, then again",
        )
    if kind == "sqlite":
        (unpacked / SQLITE).replace(home / "server" / "gatehouse.db")
    else:
        _load_postgres(manifest, unpacked)
    call_command("migrate", interactive=False, verbosity=0)


def _load_postgres(manifest: Manifest, unpacked: Path) -> None:
    if connection.introspection.table_names():
        raise BackupFault("not_empty", "the database of DATABASE_URL holds tables already; make an empty one")
    executor = MigrationExecutor(connection)
    applied = {(app, name) for app, name in manifest.migrations}
    nodes = executor.loader.graph.node_map
    last = [one for one in applied if not any(child.key in applied and child.key[0] == one[0]
                                              for child in nodes[one].children)]  # fmt: skip
    executor.migrate(sorted(last))
    there = set(connection.introspection.table_names())
    if there != set(manifest.tables):
        raise BackupFault("damaged", "the backup's tables are not those of its own version")
    with transaction.atomic(), connection.cursor() as cursor:
        names = sql.SQL(", ").join(map(sql.Identifier, sorted(there)))
        cursor.execute(sql.SQL("TRUNCATE {}").format(names))
        for table, columns in manifest.tables.items():
            _copy_in(cursor, table, columns, unpacked / (TABLES + table))


def _copy_in(cursor: object, table: str, columns: list[str], source: Path) -> None:
    from psycopg import Cursor  # noqa: PLC0415  what lies under Django's

    real: Cursor[tuple[object, ...]] = cursor.cursor  # type: ignore[attr-defined]
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), listed)
    with source.open("rb") as file, real.copy(query) as copy:
        while piece := file.read(PIECE):
            copy.write(piece)
    for (column,) in real.execute(_NUMBERED, (table,)).fetchall():
        real.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {} HAVING max({}) IS NOT NULL").format(
                sql.Literal(f'"{table}"'), sql.Literal(column), *[sql.Identifier(str(column))],
                sql.Identifier(table), sql.Identifier(str(column)),
            )
        )  # fmt: skip
