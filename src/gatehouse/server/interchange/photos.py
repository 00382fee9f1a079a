"""People and their photos are handed over: announced, sent in pieces, read.

A piece that comes twice lies where it lay, and whoever was cut off goes on with the piece that is asked for next.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.crypto import salted_hmac

from gatehouse.domain.periods import local_date
from gatehouse.domain.photo_files import MOST_BUNDLE, MOST_FILES, MOST_NAME, NoBundle
from gatehouse.domain.table_columns import Kind, guess
from gatehouse.domain.tables import NoTable, Table
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import bundles, cells, queries, reading, sealed_file, workbooks
from gatehouse.server.interchange.cells import RowFacts
from gatehouse.server.interchange.models import Import, ImportRow, ImportState
from gatehouse.server.interchange.reading import SameFile
from gatehouse.server.interchange.sealed_file import PIECE, Part
from gatehouse.server.people.models import Site

log = structlog.get_logger()

_SALT = "gatehouse.interchange.photos"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why a hand-over does not go on: `empty`, `too_big`, `too_many`, `disk_full`, `not_now`, `wrong_piece`."""

    code: str


def announce(site: Site, parts: Sequence[Part], *, by: By, at: datetime) -> Import | NotTaken:
    """Somebody is going to send these files, one after another. Raises KeeperAway."""
    size = sum(part.size for part in parts)
    if not size or any(part.size < 0 for part in parts):
        return NotTaken("empty")
    if len(parts) > MOST_FILES or any(not 0 < len(part.name) <= MOST_NAME for part in parts):
        return NotTaken("too_many")
    if size > MOST_BUNDLE:
        return NotTaken("too_big")
    if not sealed_file.has_room(size):
        return NotTaken("disk_full")
    new_id = uuid4()
    task = Import(
        id=new_id,
        site=site,
        kind=Kind.PHOTOS,
        state=ImportState.COMING,
        added_on=local_date(at, ZoneInfo(site.zone)),
        added_by=by.actor,
        digest=new_id.hex,  # until it is known what came
        mapping={},
        rows=0,
        size=size,
    )
    task.file_cell = sealed_file.sealed_facts(task, sealed_file.new_facts(parts))
    with transaction.atomic():
        last = Import.objects.select_for_update().filter(site=site).aggregate(last=Max("number"))["last"]
        task.number = (last or 0) + 1
        Import.objects.bulk_create([task])
        record("import.announced", "import", task.pk, by=by, at=at)
    return task


def pieces_of(task: Import) -> int:
    return -(-task.size // PIECE)


def take_piece(task: Import, number: int, data: bytes) -> int | NotTaken:
    """Which piece is wanted next; as many as there are when all have come. Raises KeeperAway, KeeperRefused."""
    if task.state != ImportState.COMING or task.pieces > number >= 0:
        return task.pieces if task.state == ImportState.COMING else NotTaken("not_now")
    if number != task.pieces or len(data) != min(PIECE, task.size - number * PIECE):
        return NotTaken("wrong_piece")
    try:
        sealed_file.write_piece(task.pk, sealed_file.facts_of(task).key, number, data)
    except OSError as fault:
        log.warning("import.not_written", fault=type(fault).__name__)
        return NotTaken("disk_full")
    mine = Import.objects.filter(pk=task.pk, state=ImportState.COMING, pieces=number)
    if mine.update(pieces=number + 1):
        task.pieces = number + 1
    else:
        task.refresh_from_db()
    return task.pieces


def read(task: Import, *, by: By, at: datetime) -> Import | SameFile | NotTaken:
    """The table's rows are sealed and its columns guessed. Raises NoBundle and NoTable, and then nothing is left of
    what came; KeeperAway, KeeperRefused."""
    if task.state != ImportState.COMING or task.pieces != pieces_of(task):
        return NotTaken("not_now")
    try:
        with bundles.opened(task) as bundle:
            table = workbooks.read(bundle.table())
            digest = _digest_of(table, bundle.fingerprint())
    except (NoBundle, NoTable):
        reading.drop(task, by=by, at=at)
        raise
    held = queries.same_file(task.site, task.kind, digest)
    if held is not None:
        reading.drop(task, by=by, at=at)
        return SameFile(held)
    rows = [ImportRow(id=uuid4(), task=task, number=row.number) for row in table.rows]
    plains = [cells.plain(task, line.pk, RowFacts(row.cells)) for line, row in zip(rows, table.rows, strict=True)]
    head_cell, *sealed = cells.sealed([cells.plain(task, task.pk, RowFacts(table.head)), *plains])
    for line, cell in zip(rows, sealed, strict=True):
        line.cell = cell
    with suppress(IntegrityError), transaction.atomic():  # somebody else handed the same over in the same moment
        mine = Import.objects.filter(pk=task.pk, state=ImportState.COMING)
        changed = {
            "state": ImportState.READ,
            "digest": digest,
            "mapping": guess(Kind.PHOTOS, table.head),
            "rows": len(rows),
            "head_cell": head_cell,
        }
        if mine.update(**changed):
            ImportRow.objects.bulk_create(rows, batch_size=500)
            record("import.brought", "import", task.pk, by=by, at=at)
    task.refresh_from_db()
    if task.state == ImportState.COMING:
        held = queries.same_file(task.site, task.kind, digest)
        if held is not None:
            reading.drop(task, by=by, at=at)
            return SameFile(held)
        return NotTaken("not_now")
    return task


def _digest_of(table: Table, photos: str) -> str:
    rows = "\x1e".join("\x1f".join(row) for row in (table.head, *(one.cells for one in table.rows)))
    plain = hashlib.sha256(f"{rows}\x1d{photos}".encode()).hexdigest()
    return salted_hmac(_SALT, plain, algorithm="sha256").hexdigest()
