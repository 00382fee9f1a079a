"""Tables whose rows lie in the order of their random ids, so that a copy does not tell in which they were written.

SQLite numbers the rows of an ordinary table as they come. The second finished stay of a date would then be the second
car that left, and its price says when it came in, on another date perhaps. A table WITHOUT ROWID has no such numbers.
"""

from collections.abc import Iterable

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class InKeyOrder(Operation):
    """Lay the rows of these models by key. A later migration that alters such a table makes SQLite number its rows
    again, so it ends with this operation too. PostgreSQL has no such tables: docs/threat-model.md says what follows."""

    reversible = True

    def __init__(self, *names: str) -> None:
        self.names = names

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, object]]:
        return type(self).__name__, self.names, {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay as they are."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        lay_by_key(schema_editor, [to_state.apps.get_model(app_label, name)._meta.db_table for name in self.names])

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Numbers that are gone do not come back; the older code does not miss them."""

    def describe(self) -> str:
        return f"Lay rows by key: {', '.join(self.names)}"


def lay_by_key(schema_editor: BaseDatabaseSchemaEditor, tables: Iterable[str]) -> None:
    """Tables that lie so already stay as they are."""
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for table in tables:
                _lay_by_key(cursor, table)


def _lay_by_key(cursor: CursorWrapper, table: str) -> None:
    """Foreign keys of other tables go by the name, which is the same afterwards."""
    kept = "SELECT type, sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL AND type IN ('table', 'index')"
    made = cursor.execute(kept, [table]).fetchall()
    definition = next(sql for kind, sql in made if kind == "table")
    if definition.endswith("WITHOUT ROWID"):
        return
    fresh = f"new__{table}"
    # Names come from our own models and the schema.
    cursor.execute(definition.replace(f'"{table}"', f'"{fresh}"', 1) + " WITHOUT ROWID")
    cursor.execute(f'INSERT INTO "{fresh}" SELECT * FROM "{table}"')  # noqa: S608
    cursor.execute(f'DROP TABLE "{table}"')
    cursor.execute(f'ALTER TABLE "{fresh}" RENAME TO "{table}"')
    for kind, sql in made:
        if kind == "index":
            cursor.execute(sql)
