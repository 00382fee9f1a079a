"""The preview: every row is read by the columns that somebody named, and what is wrong with it is written beside it.

Staff numbers are found among the people of the site by whoever imports: a look at briefs, counted as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.periods import local_date
from gatehouse.domain.table_columns import Kind
from gatehouse.domain.table_rows import Around, Flaw, Flawed, PersonRow, PunchRow, Read, ShiftRow, read_row
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import queries as work
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import cells
from gatehouse.server.interchange.cells import RowFacts
from gatehouse.server.interchange.models import OPEN, Import, ImportRow, ImportState
from gatehouse.server.people import looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import PersonState, Site

IMPORTS = By.job("imports")
# The keeper makes the key of a day up to 35 days back, by its own clock, which for a site without an edge is UTC's.
OLDEST = timedelta(days=34)
_MATCHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Known:
    """Who and what the site has that a row may name."""

    people: Mapping[str, tuple[UUID, bool]] = field(repr=False)  # by staff number: the id, and whether they left
    patterns: Mapping[str, UUID]
    groups: Mapping[str, UUID]


def known(site: Site, by: By) -> Known | Refused:
    """Raises KeeperAway."""
    found: dict[str, tuple[UUID, bool]] = {}
    everybody = list(people.people([site]))
    for start in range(0, len(everybody), _MATCHED_AT_ONCE):
        named = looks.briefs(everybody[start : start + _MATCHED_AT_ONCE], by.authority, "imports.match")
        if isinstance(named, Refused):
            return named
        for one in named:
            number, left = one.brief.number.casefold(), one.person.state == PersonState.LEFT
            if number and (number not in found or found[number][1]):  # somebody who is here goes before a leaver
                found[number] = (one.person.pk, left)
    patterns: dict[str, UUID] = {}
    for pattern in work.patterns(site):
        patterns.setdefault(pattern.name.casefold(), pattern.pk)
    patterns |= {pattern.code.casefold(): pattern.pk for pattern in work.patterns(site)}
    groups = {group.name.casefold(): group.pk for group in people.groups(site)}
    return Known(found, patterns, groups)


def around(site: Site, now: datetime) -> Around:
    zone = ZoneInfo(site.zone)
    return Around(zone, now, local_date(now, zone) - OLDEST)


def check(task: Import, mapping: Mapping[str, int], *, by: By, at: datetime) -> Import | Refused:
    """Every row anew. Of an import that was begun nothing changes. Raises KeeperAway."""
    here = known(task.site, by)
    if isinstance(here, Refused):
        return here
    rows = list(ImportRow.objects.filter(task=task).order_by("number"))
    facts = cells.opened(rows, IMPORTS.authority, "imports")
    if isinstance(facts, Refused):
        return facts
    reader = _Reader(Kind(task.kind), mapping, around(task.site, at), here)
    for row, one in zip(rows, facts, strict=True):
        flaw = reader.read(one.cells)
        row.flaw, row.field = (flaw.flaw.value, flaw.field) if flaw else ("", "")
    plains = [
        cells.plain(task, row.pk, RowFacts(one.cells, *reader.meant[n]))
        for n, (row, one) in enumerate(zip(rows, facts, strict=True))
    ]
    for row, cell in zip(rows, cells.sealed(plains), strict=True):
        row.cell = cell
    with transaction.atomic():
        mine = Import.objects.filter(pk=task.pk, state__in=OPEN)
        if mine.update(state=ImportState.CHECKED, mapping=dict(mapping)):
            # Written anew: an update of so many cells takes the database ten times as long.
            ImportRow.objects.filter(task=task).delete()
            ImportRow.objects.bulk_create(rows, batch_size=500)
            record("import.checked", "import", task.pk, by=by, at=at)
    task.refresh_from_db()
    return task


class _Reader:
    """Reads rows in order; `meant` are (person, pattern) of each."""

    def __init__(self, kind: Kind, mapping: Mapping[str, int], around: Around, known: Known) -> None:
        self._kind, self._mapping, self._around, self._known = kind, mapping, around, known
        self._seen: set[tuple[object, ...]] = set()
        self.meant: list[tuple[str, str]] = []

    def read(self, texts: Sequence[str]) -> Flawed | None:
        self.meant.append(("", ""))
        said = read_row(self._kind, self._mapping, texts, self._around)
        if isinstance(said, Flawed):
            return said
        same = _sameness(said)
        if same & self._seen:
            return Flawed("number", Flaw.TWICE)
        self._seen |= same
        if isinstance(said, PersonRow):
            return self._person(said)
        return self._planned(said) if isinstance(said, ShiftRow) else self._punched(said)

    def _person(self, said: PersonRow) -> Flawed | None:
        if any(group.casefold() not in self._known.groups for group in said.groups):
            return Flawed("groups", Flaw.UNKNOWN_GROUP)
        if said.number.casefold() in self._known.people:
            self.meant[-1] = (str(self._known.people[said.number.casefold()][0]), "")
        return None

    def _planned(self, said: ShiftRow) -> Flawed | None:
        person, left = self._known.people.get(said.number.casefold(), (None, False))
        pattern = self._known.patterns.get(said.shift.casefold())
        if person is None or left:
            return Flawed("number", Flaw.LEFT if left else Flaw.UNKNOWN_PERSON)
        if pattern is None:
            return Flawed("shift", Flaw.UNKNOWN_SHIFT)
        self.meant[-1] = (str(person), str(pattern))
        return None

    def _punched(self, said: PunchRow) -> Flawed | None:
        """Also of somebody who has left: last month's punches are theirs."""
        person, _ = self._known.people.get(said.number.casefold(), (None, False))
        if person is None:
            return Flawed("number", Flaw.UNKNOWN_PERSON)
        self.meant[-1] = (str(person), "")
        return None


def _sameness(said: Read) -> set[tuple[object, ...]]:
    """What another row would have to share to be the same."""
    number = said.number.casefold()
    match said:
        case PersonRow():
            return {(number,)}
        case ShiftRow():
            return {(number, said.shift.casefold(), day) for day in said.days}
        case PunchRow():
            return {(number, said.at, said.direction)}
