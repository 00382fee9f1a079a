"""An import is taken in, a batch at a time, each in one transaction: whatever stops it, the next look goes on where it
stood and nothing is there half or twice.

People and shifts are taken in by the job `imports`. Punches need the tokens of their dates, which the keeper gives only
to a person who may ask and counts whom they asked about: so whoever imports carries them on, and waits where the
keeper says that it is enough for an hour.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from gatehouse.clock import monotonic_s
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.photo_files import NoBundle
from gatehouse.domain.table_columns import Kind
from gatehouse.domain.table_rows import Flaw, Flawed, PersonRow, PunchRow, ShiftRow, read_row
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import imported, planning
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import bundles, cells, photo_taking, queries, sealed_file
from gatehouse.server.interchange.batches import Overtaken, taken
from gatehouse.server.interchange.batches import count as _count
from gatehouse.server.interchange.bundles import Bundle
from gatehouse.server.interchange.cells import RowFacts
from gatehouse.server.interchange.checking import IMPORTS, around, check
from gatehouse.server.interchange.facts import facts_of
from gatehouse.server.interchange.models import Import, ImportRow, ImportState, Made
from gatehouse.server.interchange.notes import SLICE_S, count_days, note_days
from gatehouse.server.interchange.undoing import undo_some
from gatehouse.server.moment import now as moment_now
from gatehouse.server.people import hiring
from gatehouse.server.people import queries as people
from gatehouse.server.people.hiring import Newcomer

log = structlog.get_logger()

BATCH = 100
ASKED_AT_ONCE = 200  # people whose tokens are asked for together


def start(task: Import, *, by: By, at: datetime) -> Refused | bool:
    """Checked once more, as the site may have changed since the preview; False where it was started before. Raises
    KeeperAway."""
    if task.state != ImportState.CHECKED:
        return False
    checked = check(task, task.mapping, by=by, at=at)
    if isinstance(checked, Refused):
        return checked
    with transaction.atomic():
        if not Import.objects.filter(pk=task.pk, state=ImportState.CHECKED).update(state=ImportState.RUNNING):
            return False
        queries.flawed(task).update(cell=None)
        record("import.started", "import", task.pk, by=by, at=at)
    task.refresh_from_db()
    return True


def run_due() -> int:
    """The job `imports`: a slice of every import of people or shifts; how many rows. Raises KeeperAway."""
    done = 0
    for task in queries.running():
        if task.kind == Kind.PUNCHES:
            continue
        ends = monotonic_s() + SLICE_S
        with _bundle_of(task) as bundle:
            while monotonic_s() < ends:
                some = take_some(task, at=moment_now(), bundle=bundle)
                done += some
                if not some:
                    break
    return done


@contextmanager
def _bundle_of(task: Import) -> Iterator[Bundle | None]:
    """The pictures of an import that brought some; None for one whose file the disk lost: people come in without."""
    with ExitStack() as stack:
        bundle: Bundle | None = None
        if task.kind == Kind.PHOTOS:
            with suppress(NoBundle):
                bundle = stack.enter_context(bundles.opened(task))
        yield bundle


def take_some(task: Import, *, at: datetime, batch: int = BATCH, bundle: Bundle | None = None) -> int:
    """The next rows of people, with photos or without, or of shifts; 0 when none is left, and then the import is done.
    Raises KeeperAway."""
    batch = min(batch, photo_taking.BATCH) if task.kind == Kind.PHOTOS else batch
    rows = list(queries.waiting(task)[:batch])
    by = By(task.added_by, IMPORTS.authority)
    if not rows:
        _finish(task, by=by, at=at)
        return 0
    facts = cells.opened(rows, by.authority, "imports")
    if isinstance(facts, Refused):
        raise keeping.KeeperRefused(facts.code, facts.facts)
    if task.kind == Kind.PHOTOS:
        photo_taking.take(task, rows, facts, bundle, by=by, at=at)
    else:
        take = _people if task.kind == Kind.PEOPLE else _shifts
        take(task, rows, facts, by=by, at=at)
    return len(rows)


def _people(task: Import, rows: Sequence[ImportRow], facts: Sequence[RowFacts], *, by: By, at: datetime) -> None:
    groups = {group.name.casefold(): group.pk for group in people.groups(task.site)}
    newcomers = []
    for one in facts:
        said = read_row(Kind.PEOPLE, task.mapping, one.cells, around(task.site, at))
        if isinstance(said, PersonRow) and not one.person:
            ids = tuple(groups[name.casefold()] for name in said.groups if name.casefold() in groups)
            newcomers.append(Newcomer(uuid4(), facts_of(said), ids))
    made = hiring.sealed_people(task.site, newcomers)
    try:
        with transaction.atomic():
            if not taken(task, rows):
                raise Overtaken
            hiring.write_people(made, newcomers, by=by, at=at)
            Made.objects.bulk_create([Made(task=task, what="person", ref=str(person.pk)) for person in made])
            _count(task, len(made), len(rows) - len(made))
    except Overtaken:
        log.info("import.overtaken", site=str(task.site_id))


def _shifts(task: Import, rows: Sequence[ImportRow], facts: Sequence[RowFacts], *, by: By, at: datetime) -> None:
    zone = ZoneInfo(task.site.zone)
    wanted: list[list[planning.Planned]] = []
    for one in facts:
        said = read_row(Kind.SHIFTS, task.mapping, one.cells, around(task.site, at))
        days = said.days if isinstance(said, ShiftRow) and one.person and one.pattern else ()
        wanted.append([(UUID(one.person), day, UUID(one.pattern)) for day in days])
    flat = [planned for some in wanted for planned in some]
    try:
        with transaction.atomic():
            if not taken(task, rows):
                raise Overtaken
            made = planning.plan_all(flat, by=by, at=at) if flat else []
            fresh = {(row.person_id, row.date, row.pattern_id) for row in made}
            Made.objects.bulk_create([Made(task=task, what="shift", ref=str(row.pk)) for row in made], batch_size=250)
            new = sum(any(planned in fresh for planned in some) for some in wanted)
            _count(task, new, len(rows) - new)
            note_days(task, [row.date for row in made], until=local_date(at, zone))
    except Overtaken:
        log.info("import.overtaken", site=str(task.site_id))


def _finish(task: Import, *, by: By, at: datetime) -> None:
    with transaction.atomic():
        mine = Import.objects.filter(pk=task.pk, state=ImportState.RUNNING)
        if mine.update(state=ImportState.DONE, head_cell=None, file_cell=None):
            ImportRow.objects.filter(task=task).update(cell=None)
            record("import.done", "import", task.pk, by=by, at=at)
    sealed_file.remove(task.pk)
    task.refresh_from_db()


# --- punches ---


def take_punches(task: Import, *, by: By, at: datetime) -> Refused | None:
    """Everything for whose people the keeper gives tokens now; a refusal where it gave none for some of them, and then
    they wait. Raises KeeperAway."""
    rows = list(queries.waiting(task))
    facts = cells.opened(rows, IMPORTS.authority, "imports")
    if isinstance(facts, Refused):
        return facts
    zone = ZoneInfo(task.site.zone)
    by_person: dict[str, dict[date, list[tuple[ImportRow, PunchRow]]]] = {}
    lost: list[tuple[ImportRow, Flawed]] = []
    for row, fact in zip(rows, facts, strict=True):
        said = read_row(Kind.PUNCHES, task.mapping, fact.cells, around(task.site, at))
        if isinstance(said, PunchRow) and fact.person:
            by_person.setdefault(fact.person, {}).setdefault(local_date(said.at, zone), []).append((row, said))
        else:  # a preview of last month that is started today
            lost.append((row, said if isinstance(said, Flawed) else Flawed("number", Flaw.UNKNOWN_PERSON)))
    told: list[imported.Told] = []
    taken: list[ImportRow] = []
    refused: Refused | None = None
    ids = sorted(by_person)
    for first in range(0, len(ids), ASKED_AT_ONCE):
        some = ids[first : first + ASKED_AT_ONCE]
        for day in sorted({day for one in some for day in by_person[one]}):
            here = [one for one in some if day in by_person[one]]
            tokens = keeping.tokens(task.site_id, day, here, by.authority)
            if isinstance(tokens, Refused) and tokens.code != "day_destroyed":
                refused = tokens
                break
            for n, one in enumerate(here):
                token = b"" if isinstance(tokens, Refused) else tokens[n]
                flaw = Flaw.DAY_DESTROYED if isinstance(tokens, Refused) else Flaw.UNKNOWN_PERSON
                for row, said in by_person[one][day]:
                    if token:
                        told.append(imported.Told(said.at, said.direction, said.device, token))
                        taken.append(row)
                    else:
                        lost.append((row, Flawed("time", flaw)))
        if refused is not None:
            break
    _write_punches(task, told, taken, lost, by=by, at=at)
    return refused


def _write_punches(
    task: Import,
    told: Sequence[imported.Told],
    taken: Sequence[ImportRow],
    lost: Sequence[tuple[ImportRow, Flawed]],
    *,
    by: By,
    at: datetime,
) -> None:
    """In one transaction, in the order of time: the order of the file would tell which punches are one person's."""
    zone = ZoneInfo(task.site.zone)
    with transaction.atomic():
        held = Import.objects.select_for_update().filter(pk=task.pk, state=ImportState.RUNNING)
        if not held.exists():
            return
        new = imported.take_in(task.site, task.number, told)
        for row, flawed in lost:
            ImportRow.objects.filter(pk=row.pk).update(flaw=flawed.flaw.value, field=flawed.field, cell=None)
        for first in range(0, len(taken), 500):
            ImportRow.objects.filter(pk__in=[row.pk for row in taken[first : first + 500]]).delete()
        _count(task, new, len(taken) - new)
        days = imported.touched([local_date(one.at, zone) for one in told])
        note_days(task, days, until=local_date(at, zone))
        record("import.punches", "import", task.pk, by=by, at=at)
    if not queries.waiting(task).exists():
        _finish(task, by=by, at=at)
    task.refresh_from_db()


def step(task: Import, *, by: By, at: datetime) -> Refused | None:
    """What whoever imports carries on: punches, taking back, and dates. None when it went on. Raises KeeperAway."""
    if task.state == ImportState.RUNNING and task.kind == Kind.PUNCHES:
        refused = take_punches(task, by=by, at=at)
        if refused is not None:
            return refused
    elif task.state == ImportState.UNDOING:
        return undo_some(task, by=by, at=at)
    return count_days(task, by=by, at=at) if task.days and task.state != ImportState.RUNNING else None


def sweep(now: datetime) -> int:
    """Files that nobody took in for a week go; how many. Of one that was left half-way the rest goes; what was taken in
    stands and can be undone."""
    gone = 0
    for task in queries.cut_short((now - 7 * DAY).date()):
        with transaction.atomic():
            record("import.cut_short", "import", task.pk, by=IMPORTS, at=now)
            gone += Import.objects.filter(pk=task.pk, state=ImportState.RUNNING).update(
                state=ImportState.DONE, file_cell=None
            )
            ImportRow.objects.filter(task=task).delete()
    for task in queries.left_lying((now - 7 * DAY).date()):
        with transaction.atomic():
            record("import.dropped", "import", task.pk, by=IMPORTS, at=now)
            gone += Import.objects.filter(pk=task.pk).delete()[0] > 0
    sealed_file.remove_orphans(queries.with_files())
    return gone
