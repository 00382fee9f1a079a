"""People and their faces are taken in, a batch at a time, each batch in one transaction with the rows it came from.

The picture is read anew, so that nobody's template lies anywhere between the preview and this moment. Who can not be
enrolled by face comes in all the same; the row stays with the reason.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from django.db import transaction

from gatehouse.domain.photo_rows import Consent, Fate, PhotoRow, read_photo_row
from gatehouse.domain.portraits import Fault
from gatehouse.domain.table_rows import Flaw, Flawed
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import batches
from gatehouse.server.interchange.bundles import Bundle
from gatehouse.server.interchange.cells import RowFacts
from gatehouse.server.interchange.checking import around
from gatehouse.server.interchange.facts import facts_of
from gatehouse.server.interchange.looking import portrait_of
from gatehouse.server.interchange.models import Import, ImportRow, Made
from gatehouse.server.people import enrolling, hiring
from gatehouse.server.people import queries as people
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.enrolling import Ways
from gatehouse.server.people.hiring import Newcomer

log = structlog.get_logger()

BATCH = 10
WORDING = "face-at-gates/1"
NO_FACE_SAID = (Fate.NO_PHOTO.value, Fate.ENROLLED.value, "")  # nothing that somebody has to mend


class _Batch:
    """What some rows come to, before anything of it is sealed or written."""

    def __init__(self) -> None:
        self.newcomers: list[Newcomer] = []
        self.ways: list[Ways] = []
        self.left_out: list[ImportRow] = []
        self.rows: dict[UUID, ImportRow] = {}  # by person: where a face was to be


def take(
    task: Import, rows: Sequence[ImportRow], facts: Sequence[RowFacts], bundle: Bundle | None, *, by: By, at: datetime
) -> None:
    """Raises KeeperAway, ModelMissing."""
    batch = _gathered(task, rows, facts, bundle, by=by, at=at)
    made = hiring.sealed_people(task.site, batch.newcomers)
    sealed = enrolling.sealed_ways(batch.ways)
    try:
        with transaction.atomic():
            if not batches.taken(task, rows):
                raise batches.Overtaken
            hiring.write_people(made, batch.newcomers, by=by, at=at)
            brought = enrolling.write_ways(sealed, by=by, at=at)
            results = [Made(task=task, what="person", ref=str(person.pk)) for person in made]
            results += [Made(task=task, what=one.what, ref=str(one.row)) for one in brought]
            Made.objects.bulk_create(results)
            faces = {one.person for one in brought if one.what == "face"}
            ImportRow.objects.bulk_create([*batch.left_out, *_without(batch, faces)])
            known = len(rows) - len(made) - sum(row.field != "photo" for row in batch.left_out)
            batches.count(task, len(made), known, len(faces))
    except batches.Overtaken:
        log.info("import.overtaken", site=str(task.site_id))


def _gathered(
    task: Import, rows: Sequence[ImportRow], facts: Sequence[RowFacts], bundle: Bundle | None, *, by: By, at: datetime
) -> _Batch:
    groups = {group.name.casefold(): group.pk for group in people.groups(task.site)}
    batch = _Batch()
    for row, one in zip(rows, facts, strict=True):
        said = read_photo_row(task.mapping, one.cells, around(task.site, at))
        if isinstance(said, Flawed):
            batch.left_out.append(_kept(task, row, said.field, said.flaw.value))
            continue
        if not one.person and not said.named:
            batch.left_out.append(_kept(task, row, "name", Flaw.EMPTY.value))
            continue
        person = UUID(one.person) if one.person else uuid4()
        if not one.person:
            ids = tuple(groups[name.casefold()] for name in said.person.groups if name.casefold() in groups)
            batch.newcomers.append(Newcomer(person, facts_of(said.person), ids))
        found = portrait_of(bundle, one.photo) if row.face == Fate.READY else None
        portrait = None if isinstance(found, Fault) else found
        if portrait is None:
            code = found.value if isinstance(found, Fault) else row.face
            if code not in NO_FACE_SAID:
                batch.left_out.append(_kept(task, row, "photo", code))
        else:
            batch.rows[person] = row
        if portrait is not None or said.card:
            batch.ways.append(Ways(person, _consent(said, by), portrait, said.card))
    return batch


def _without(batch: _Batch, enrolled: set[UUID]) -> list[ImportRow]:
    """Rows whose face was fine and is not there: somebody enrolled it meanwhile, or took their word back."""
    return [
        _kept(row.task, row, "photo", Fate.ENROLLED.value)
        for person, row in batch.rows.items()
        if person not in enrolled
    ]


def _kept(task: Import, row: ImportRow, field: str, flaw: str) -> ImportRow:
    """The row's number and the reason; what it said is gone."""
    return ImportRow(id=uuid4(), task=task, number=row.number, field=field, flaw=flaw)


def _consent(said: PhotoRow, by: By) -> ConsentFacts | None:
    if not isinstance(said.consent, Consent):
        return None
    word = said.consent
    wording = f"{WORDING} {word.language}"
    return ConsentFacts(on=word.on, wording=wording, taken_by=by.actor, guardian=word.guardian, how=word.how)
