"""Writing who may take whom, hand-overs and refusals. A book is written over what was read of it, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction

from gatehouse.domain import pickup
from gatehouse.domain.absence import LONGEST_GRACE
from gatehouse.domain.pickup import No, PickupError
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.people.actions import Facts, add_group, hire_person
from gatehouse.server.people.cells import Contact
from gatehouse.server.people.models import Person, Site
from gatehouse.server.pickup import looks, queries
from gatehouse.server.pickup.cells import (
    BOOK_BYTES,
    CHILDREN_BYTES,
    MOST_CHILDREN,
    MOST_PERMISSIONS,
    Book,
    Children,
    Event,
    PermissionFacts,
    pack,
)
from gatehouse.server.pickup.models import Collector, PickupBook, PickupSetup

GROUP = "Collectors"
ALARM = "pickup_refused"


class NotWritten(Exception):
    """Codes: `overtaken`, somebody else wrote since it was read; `too_many_permissions`, `too_many_children`,
    `grace`, `not_here` (of another school, or no collector), and those of PickupError."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class NewCollector:
    """Somebody who may collect, in the clear; lives in memory, between a form and the keeper."""

    number: str
    name: str = field(repr=False)
    mail: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@transaction.atomic
def set_up(site: Site, *, tells: bool, grace_min: int, by: By, at: datetime) -> PickupSetup:
    """The group of collectors is made once. Raises NotWritten `grace`."""
    if not 0 <= grace_min <= LONGEST_GRACE.total_seconds() // 60:
        raise NotWritten("grace")
    setup, _ = PickupSetup.objects.get_or_create(site=site)
    group = setup.group or add_group(site, GROUP, by=by, at=at)
    PickupSetup.objects.filter(pk=setup.pk).update(group=group, tells=tells, grace_min=grace_min)
    record("pickup.set_up", "site", site.pk, by=by, at=at)
    setup.refresh_from_db()
    return setup


def add_collector(site: Site, of: NewCollector, *, by: By, at: datetime) -> Collector:
    """One of the site's people, in the group of collectors. Raises KeeperAway, NotWritten `not_here` before the site is
    set up."""
    setup = queries.setup_of(site)
    if setup is None or setup.group is None:
        raise NotWritten("not_here")
    own = uuid4()
    children = keeping.plain("collector.children/1", own, own, pack(Children(), CHILDREN_BYTES))
    mail = [keeping.plain("guardian.mail/1", own, own, of.mail.encode())] if of.mail else []
    cells = keeping.seal_many([children, *mail])
    facts = Facts(number=of.number, name=of.name, contact=Contact(phone=of.phone, mail=of.mail))
    with transaction.atomic():
        person = hire_person(site, facts, groups=[setup.group], new_id=own, by=by, at=at)
        collector = Collector.objects.create(
            person=person, cell=cells[0], mail_cell=cells[1] if len(cells) > 1 else None
        )
        record("collector.added", "person", own, by=by, at=at)
    return collector


# --- permissions ---------------------------------------------------------------------------------------------------


def permit(pupil: Person, collector: Collector, facts: PermissionFacts, *, by: By, at: datetime) -> None:
    """One more word on this collector and pupil. Raises NotWritten, KeeperRefused, KeeperAway."""
    if collector.person.site_id != pupil.site_id or facts.collector != str(collector.pk):
        raise NotWritten("not_here")
    try:
        _ = facts.fact
    except PickupError as fault:
        raise NotWritten(fault.code) from fault
    book, read = _read(pupil, by)
    if len(book.permissions) >= MOST_PERMISSIONS:
        raise NotWritten("too_many_permissions")
    named = _with_child(collector, pupil, by)
    _write({pupil: (book_with(book, [*book.permissions, facts]), read)}, "pupil.permitted", by=by, at=at, also=named)


def forbid(pupil: Person, place: int, *, by: By, at: datetime) -> None:
    """The word at this place of the book holds no more. Raises NotWritten, KeeperRefused, KeeperAway."""
    book, read = _read(pupil, by)
    if not 0 <= place < len(book.permissions):
        raise NotWritten("overtaken")
    rest = [one for n, one in enumerate(book.permissions) if n != place]
    _write({pupil: (book_with(book, rest), read)}, "pupil.permission_ended", by=by, at=at)


def book_with(book: Book, permissions: Sequence[PermissionFacts]) -> Book:
    return msgspec.structs.replace(book, permissions=list(permissions))


def _with_child(collector: Collector, pupil: Person, by: By) -> tuple[Collector, bytes, bytes] | None:
    """The collector's own cell with this pupil in it, beside the one that was read; None where they stand there."""
    known = looks.children(collector, by.authority, "pickup.edit")
    if isinstance(known, Refused):
        raise keeping.KeeperRefused(known.code, known.facts)
    if str(pupil.pk) in known:
        return None
    if len(known) >= MOST_CHILDREN:
        raise NotWritten("too_many_children")
    data = pack(Children([*known, str(pupil.pk)]), CHILDREN_BYTES)
    return collector, bytes(collector.cell), keeping.seal_one("collector.children/1", collector.pk, collector.pk, data)


def _read(pupil: Person, by: By) -> tuple[Book, bytes]:
    found = looks.books([pupil], by.authority, "pickup.edit")
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    return found[pupil.pk]


# --- at the gate ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a hand-over, by pupil: None where it was done, the reason where it was refused."""

    answers: Mapping[UUID, No | None]

    @property
    def refused(self) -> bool:
        return any(why is not None for why in self.answers.values())


def hand_over(collector: Collector, pupils: Sequence[Person], act: str, *, by: By, at: datetime) -> Handed | Refused:
    """Every pupil of these whom the collector may take now goes with them, in one step; of every other the refusal is
    written down and the office is alarmed. The same `act` counts once. Raises NotWritten `overtaken`, KeeperAway."""
    zone = ZoneInfo(collector.person.site.zone)
    held = looks.books(pupils, by.authority, "pickup.hand_over")
    if isinstance(held, Refused):
        return held
    own, answers, written = str(collector.pk), dict[UUID, No | None](), dict[Person, tuple[Book, bytes]]()
    for pupil in pupils:
        book, read = held[pupil.pk]
        done = next((one for one in book.events if one.act == act), None)
        if done is not None:
            answers[pupil.pk] = No(done.why) if done.why else None
            continue
        why = pickup.refusal(book.facts, own, at, zone)
        answers[pupil.pk] = why
        event = Event(act, at, by.actor, own, why.value if why else "")
        written[pupil] = (book.with_event(event), read)
    refused = [pupil for pupil in written if answers[pupil.pk] is not None]
    _write(written, "pupil.handed_over", by=by, at=at, refused=refused)
    return Handed(answers)


def refuse_unknown(pupil: Person, text: str, act: str, *, by: By, at: datetime) -> Refused | None:
    """Somebody who is in no book asked for this pupil and was sent away. Raises NotWritten `overtaken`, KeeperAway."""
    held = looks.books([pupil], by.authority, "pickup.hand_over")
    if isinstance(held, Refused):
        return held
    book, read = held[pupil.pk]
    if all(one.act != act for one in book.events):
        event = Event(act, at, by.actor, "", No.NOT_LISTED.value, text)
        _write({pupil: (book.with_event(event), read)}, "pupil.handed_over", by=by, at=at, refused=[pupil])
    return None


def _write(
    books: Mapping[Person, tuple[Book, bytes]],
    verb: str,
    *,
    by: By,
    at: datetime,
    refused: Sequence[Person] = (),
    also: tuple[Collector, bytes, bytes] | None = None,
) -> None:
    """All books or none; each over the cell that it was read from (b"" for none yet)."""
    if not books:
        return
    plains = [keeping.plain("pupil.pickup/1", p.pk, p.pk, pack(book, BOOK_BYTES)) for p, (book, _) in books.items()]
    cells = dict(zip(books, keeping.seal_many(plains), strict=True))
    with transaction.atomic():
        for pupil, (_, read) in books.items():
            _over(pupil, read, cells[pupil])
            record("pupil.pickup_refused" if pupil in refused else verb, "person", pupil.pk, by=by, at=at)
        if also is not None:
            collector, before, after = also
            if Collector.objects.filter(pk=collector.pk, cell=before).update(cell=after) != 1:
                raise NotWritten("overtaken")
            collector.cell = after
        if refused:
            raise_alarm(refused[0].site_id, "", ALARM, at=at)


def _over(pupil: Person, read: bytes, cell: bytes) -> None:
    if read:
        if PickupBook.objects.filter(pk=pupil.pk, cell=read).update(cell=cell) != 1:
            raise NotWritten("overtaken")
        return
    _, made = PickupBook.objects.get_or_create(person=pupil, defaults={"cell": cell})
    if not made:
        raise NotWritten("overtaken")


def may_take(book: Book, collector: Collector, at: datetime) -> No | None:
    return pickup.refusal(book.facts, str(collector.pk), at, ZoneInfo(collector.person.site.zone))
