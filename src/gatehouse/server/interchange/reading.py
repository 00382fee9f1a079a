"""A file comes in: its rows are sealed, its columns guessed, and nothing is taken in yet."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.crypto import salted_hmac

from gatehouse.domain.periods import local_date
from gatehouse.domain.table_columns import Kind, guess
from gatehouse.domain.tables import Table
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import cells, queries, sealed_file
from gatehouse.server.interchange.cells import RowFacts
from gatehouse.server.interchange.models import LYING, Import, ImportRow
from gatehouse.server.people.models import Site

_SALT = "gatehouse.interchange.file"


@dataclass(frozen=True, slots=True)
class SameFile:
    """This very file was handed over before; `held` says what became of it."""

    held: Import


def digest_of(table: Table) -> str:
    """The same for the same rows, whatever the file's format; keyed, so that a guess at a file cannot be tried."""
    plain = hashlib.sha256(
        "\x1e".join("\x1f".join(row) for row in (table.head, *(r.cells for r in table.rows))).encode()
    )
    return salted_hmac(_SALT, plain.hexdigest(), algorithm="sha256").hexdigest()


def bring(site: Site, kind: Kind, table: Table, *, by: By, at: datetime) -> Import | SameFile:
    """Raises KeeperAway, and then nothing was written."""
    digest = digest_of(table)
    held = queries.same_file(site, kind, digest)
    if held is not None:
        return SameFile(held)
    task = Import(
        id=uuid4(),
        site=site,
        kind=kind,
        added_on=local_date(at, ZoneInfo(site.zone)),
        added_by=by.actor,
        digest=digest,
        mapping=guess(kind, table.head),
        rows=len(table.rows),
    )
    rows = [ImportRow(id=uuid4(), task=task, number=row.number) for row in table.rows]
    plains = [cells.plain(task, line.pk, RowFacts(row.cells)) for line, row in zip(rows, table.rows, strict=True)]
    task.head_cell, *sealed = cells.sealed([cells.plain(task, task.pk, RowFacts(table.head)), *plains])
    for line, cell in zip(rows, sealed, strict=True):
        line.cell = cell
    try:
        with transaction.atomic():
            last = Import.objects.filter(site=site).aggregate(last=Max("number"))["last"]
            task.number = (last or 0) + 1
            Import.objects.bulk_create([task])
            ImportRow.objects.bulk_create(rows, batch_size=500)
            record("import.brought", "import", task.pk, by=by, at=at)
    except IntegrityError:
        # Somebody else handed a file over in the same moment; the second look sees it.
        held = queries.same_file(site, kind, digest)
        if held is None:
            raise
        return SameFile(held)
    return task


def drop(task: Import, *, by: By, at: datetime) -> bool:
    """Away with a file that was not taken in, and with what lies on the disk of it; False for one that was."""
    with transaction.atomic():
        gone, _ = Import.objects.filter(pk=task.pk, state__in=LYING).delete()
        if gone:
            record("import.dropped", "import", task.pk, by=by, at=at)
    if gone:
        sealed_file.remove(task.pk)
    return bool(gone)
