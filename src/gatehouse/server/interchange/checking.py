"""The preview: every row is read by the columns that somebody named, and what is wrong with it is written beside it.

Staff numbers are found among the people of the site by whoever imports: a look at briefs, counted as such.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.periods import local_date
from gatehouse.domain.photo_files import NoBundle, Photos
from gatehouse.domain.photo_rows import Fate, PhotoRow, Stand, fate_of, read_photo_row
from gatehouse.domain.portraits import Fault
from gatehouse.domain.table_columns import Kind
from gatehouse.domain.table_rows import Around, Flaw, Flawed, PersonRow, PunchRow, Read, ShiftRow, read_row
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import queries as work
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import bundles, cells
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
    stands: Mapping[UUID, Stand]  # to the use of their face, of whom that is known


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
    return Known(found, patterns, groups, _stands(site))


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
    kind = Kind(task.kind)
    reader = _Reader(kind, mapping, around(task.site, at), here, _photos_of(task))
    for row, one in zip(rows, facts, strict=True):
        flaw = reader.read(one.cells)
        row.flaw, row.field = (flaw.flaw.value, flaw.field) if flaw else ("", "")
    after = ImportState.CHECKED
    if kind is Kind.PHOTOS:
        looks = [_face(row, one, reader.faces[n]) for n, (row, one) in enumerate(zip(rows, facts, strict=True))]
        after = ImportState.LOOKING if any(looks) else ImportState.CHECKED
    plains = [
        cells.plain(
            task, row.pk, RowFacts(one.cells, *reader.meant[n], photo=reader.faces[n].photo, quality=one.quality)
        )
        for n, (row, one) in enumerate(zip(rows, facts, strict=True))
    ]
    for row, cell in zip(rows, cells.sealed(plains), strict=True):
        row.cell = cell
    with transaction.atomic():
        mine = Import.objects.filter(pk=task.pk, state__in=OPEN)
        if mine.update(state=after, mapping=dict(mapping)):
            # Written anew: an update of so many cells takes the database ten times as long.
            ImportRow.objects.filter(task=task).delete()
            ImportRow.objects.bulk_create(rows, batch_size=500)
            record("import.checked", "import", task.pk, by=by, at=at)
    task.refresh_from_db()
    return task


@dataclass(slots=True)
class Face:
    """Which picture is a row's, and what is to become of it."""

    photo: str = ""
    fate: str = ""


def _photos_of(task: Import) -> Photos:
    """The names of the pictures; none where the disk lost them."""
    if task.kind == Kind.PHOTOS:
        with suppress(NoBundle), bundles.opened(task) as bundle:
            return bundle.photos
    return Photos.of(())


def _face(row: ImportRow, before: RowFacts, now: Face) -> bool:
    """What was found out about a picture holds while the picture is the row's. Whether it is to be looked at."""
    seen = row.face == Fate.READY or row.face in tuple(Fault)
    if not (now.fate == Fate.WAITS and seen and before.photo == now.photo):
        row.face = "" if row.flaw else now.fate
    return row.face == Fate.WAITS


def _stands(site: Site) -> dict[UUID, Stand]:
    """The last word counts: whoever is enrolled has agreed, whoever agreed anew takes back no more."""
    withdrawn, agreed, enrolled = people.stands_to_faces(site)
    said = dict.fromkeys(withdrawn, Stand.WITHDRAWN) | dict.fromkeys(agreed, Stand.AGREED)
    return said | dict.fromkeys(enrolled, Stand.ENROLLED)


class _Reader:
    """Reads rows in order; `meant` are (person, pattern) of each, `faces` their pictures."""

    def __init__(self, kind: Kind, mapping: Mapping[str, int], around: Around, known: Known, photos: Photos) -> None:
        self._kind, self._mapping, self._around, self._known = kind, mapping, around, known
        self._seen: set[tuple[object, ...]] = set()
        self._photos = photos
        self._claims: dict[str, Face] = {}
        self.meant: list[tuple[str, str]] = []
        self.faces: list[Face] = []

    def read(self, texts: Sequence[str]) -> Flawed | None:
        self.meant.append(("", ""))
        self.faces.append(Face())
        if self._kind is Kind.PHOTOS:
            return self._photographed(read_photo_row(self._mapping, texts, self._around))
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

    def _photographed(self, said: PhotoRow | Flawed) -> Flawed | None:
        if isinstance(said, Flawed):
            return said
        same = (said.person.number.casefold(),)
        if same in self._seen:
            return Flawed("number", Flaw.TWICE)
        self._seen.add(same)
        flawed = self._person(said.person)
        if flawed is not None:
            return flawed
        person, left = self._known.people.get(same[0], (None, False))
        if left:
            return Flawed("number", Flaw.LEFT)
        if person is None and not said.named:
            return Flawed("name", Flaw.EMPTY)
        photo = self._photos.find(said.photo, said.person.number)
        stand = self._known.stands.get(person, Stand.UNKNOWN) if person else Stand.UNKNOWN
        face = self.faces[-1] = Face(photo or "", fate_of(said, photo, stand).value)
        if photo:
            other = self._claims.setdefault(photo, face)
            if other is not face:  # nobody knows whose it is
                other.fate = face.fate = Fate.SHARED.value
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
