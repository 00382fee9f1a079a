"""Many rows into one table at the cost of the driver alone, for the three tables that every letter touches.

Django's `bulk_create` spends more time on making statements than the database spends on the rows. A row whose id is
there already is left as it is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

Value = UUID | datetime | bytes | str | bool | int | None


def insert_new(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """`columns` are the names in the database. Must run inside a transaction."""
    quote = connection.ops.quote_name
    adapted = [tuple(_adapted(value) for value in row) for row in rows]
    if not adapted:
        return
    names, marks = ", ".join(quote(name) for name in columns), ", ".join(["%s"] * len(columns))
    # Table and columns are our models' own; values are parameters.
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, adapted)


def _adapted(value: Value) -> Any:
    """A value as this database's driver takes it."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
