"""Absent at the bell: guardians are told once, and what they answer becomes a word in the register.

The job `notices` reads registers under random ids and writes, in one transaction for a class and a bell, that the bell
was looked at, a notice for each pupil who is missed, and a mail for each guardian with an address. So whatever dies in
between, nothing was told, or all of it once. While a gate computer of the school is not heard from nobody is missed:
its passages have not come yet, and no guardian is frightened for that.
"""

import re
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from gatehouse.clock import monotonic_s
from gatehouse.domain import absence, registers
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.pickup import Word
from gatehouse.domain.registers import Mark, RegisterError, Session, Source, Status, check_mark
from gatehouse.keeper.protocol import Refused
from gatehouse.server import bus, keeping
from gatehouse.server.attendance import register_actions, register_looks, register_queries
from gatehouse.server.attendance.models import SchoolClass
from gatehouse.server.attendance.register_actions import NotSigned
from gatehouse.server.attendance.register_looks import Asked, Register
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates import queries as gates
from gatehouse.server.mail.actions import send
from gatehouse.server.mail.cells import Address
from gatehouse.server.people.models import Person, PersonState, Site
from gatehouse.server.pickup import looks, queries
from gatehouse.server.pickup.cells import NOTICE_BYTES, Book, Notice, pack
from gatehouse.server.pickup.models import AbsenceNotice, AbsenceRound, Collector, NoticeState, PickupSetup

log = structlog.get_logger()

NOTICES = By.job("notices")
PURPOSE = "notices.bell"
LETTER = "pupil.absent"
HEARD_WITHIN_S = 90.0  # as long as `silence` waits before it calls an edge silent
ANSWERS_FOR = timedelta(days=3)
KEPT = timedelta(days=60)
ANSWERS = ("sickness", "medical", "authorised", "religious")  # what a guardian may say of it
_ODD = re.compile(r"[^\w .:,/+-]")  # what a mail's fact may not hold
_SIGNATURE = 24


def look(now: datetime) -> int:
    """Every class whose bell rang long enough ago; how many pupils are missed. Raises KeeperAway, KeeperRefused."""
    return sum(_look_at(setup, now) for setup in queries.telling_sites())


def _look_at(setup: PickupSetup, now: datetime) -> int:
    site, today = setup.site, local_date(now, ZoneInfo(setup.site.zone))
    if not register_queries.school_days(site, today, today + DAY):
        return 0
    missed = 0
    for of in register_queries.classes([site]):
        plan = register_queries.plan_fact(of.plan)
        session = absence.rung(plan, today, ZoneInfo(site.zone), timedelta(minutes=setup.grace_min), now)
        done = session and AbsenceRound.objects.filter(school_class=of, on=today, session=session.code).exists()
        if session is not None and not done and _all_heard(site):
            missed += _tell(of, session, today, now)
    return missed


def _all_heard(site: Site) -> bool:
    edges = list(gates.edges([site]).filter(active=True))
    heard = [bus.heard_s(edge.pk) for edge in edges]
    return bool(edges) and all(at is not None and monotonic_s() - at <= HEARD_WITHIN_S for at in heard)


def _tell(of: SchoolClass, session: Session, on: date, now: datetime) -> int:
    pupils = {str(pupil.pk): pupil for pupil in register_queries.pupils(of)}
    asked = Asked(of.group.site, register_queries.plan_fact(of.plan), list(pupils.values()), [on], now)
    found = register_looks.register(asked, NOTICES.authority, PURPOSE)
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    entries = {pupil: found.entries.get(row.pk, {}).get(on, ()) for pupil, row in pupils.items()}
    missed = [pupils[pupil] for pupil in absence.missed(session, entries)]
    books = looks.books(missed, NOTICES.authority, PURPOSE)
    if isinstance(books, Refused):
        raise keeping.KeeperRefused(books.code, books.facts)
    told = {pupil: _guardians(books[pupil.pk][0], of.group.site, now) for pupil in missed}
    rows = _sealed(of, session, on, told)
    with transaction.atomic():
        _, first = AbsenceRound.objects.get_or_create(school_class=of, on=on, session=session.code)
        if not first:
            return 0
        AbsenceNotice.objects.bulk_create(rows.values(), ignore_conflicts=True)
        for pupil, row in rows.items():
            for guardian in told[pupil]:
                _mail(guardian, row, of, session, now)
        record("absences.told", "class", of.pk, by=NOTICES, at=now)
    log.info("absences.told", count=len(missed))
    return len(missed)


def _guardians(book: Book, site: Site, now: datetime) -> list[Collector]:
    """Who is told: marked so today, with an address, still here, and nobody who must not collect."""
    today = local_date(now, ZoneInfo(site.zone))
    denied = {one.collector for one in book.facts if one.word is Word.MUST_NOT and one.covers(today)}
    told = [one for one in book.permissions if one.told and one.fact.covers(today)]
    wanted = {UUID(one.collector) for one in told if one.collector not in denied}
    found = Collector.objects.filter(pk__in=wanted, mail_cell__isnull=False, person__state=PersonState.ACTIVE)
    return list(found.order_by("pk"))


def _sealed(
    of: SchoolClass, session: Session, on: date, told: dict[Person, list[Collector]]
) -> dict[Person, AbsenceNotice]:
    ids = {pupil: _id_of(pupil, session, on) for pupil in told}
    facts = {p: Notice(str(p.pk), str(of.pk), session.code, len(guardians)) for p, guardians in told.items()}
    site = of.group.site_id
    plains = [keeping.plain("notice.absent/1", site, ids[p], pack(facts[p], NOTICE_BYTES)) for p in told]
    cells = keeping.seal_many(plains)
    return {
        pupil: AbsenceNotice(
            id=ids[pupil],
            site_id=site,
            on=on,
            state=NoticeState.TOLD if told[pupil] else NoticeState.NOBODY,
            cell=cell,
        )
        for pupil, cell in zip(told, cells, strict=True)
    }


def _id_of(pupil: Person, session: Session, on: date) -> UUID:
    """One for each absence, and nobody's without the server's secret."""
    said = salted_hmac("gatehouse.notice", f"{pupil.pk}/{on}/{session.code}", algorithm="sha256")
    return UUID(bytes=said.digest()[:16], version=4)


def _mail(guardian: Collector, row: AbsenceNotice, of: SchoolClass, session: Session, now: datetime) -> None:
    """The mail names no child: the class and the bell are enough for whoever has one there."""
    facts = {
        "school": _plain(of.group.site.name),
        "class": _plain(of.group.name),
        "day": row.on.isoformat(),
        "bell": session.start.isoformat(timespec="minutes"),
    }
    to = Address("guardian.mail/1", str(guardian.pk), bytes(guardian.mail_cell or b""))
    send(LETTER, to, facts, own=str(row.pk), now=now, link=f"/absent/{code_of(row)}/")


def _plain(text: str) -> str:
    return _ODD.sub(" ", text)[:80]


# --- the answer ------------------------------------------------------------------------------------------------------


def code_of(row: AbsenceNotice) -> str:
    """What a guardian's link holds: the notice's random id, signed."""
    return f"{row.pk.hex}{_signature(row.pk)}"


def _signature(own: UUID) -> str:
    return salted_hmac("gatehouse.address.absent", own.hex, algorithm="sha256").hexdigest()[:_SIGNATURE]


def notice_of(code: str, now: datetime) -> AbsenceNotice | None:
    """The notice of a link that may still be answered; of any other text None."""
    try:
        own = UUID(code[:32])
    except ValueError:
        return None
    if not constant_time_compare(code, f"{own.hex}{_signature(own)}"):
        return None
    row = queries.notice(own)
    today = local_date(now, ZoneInfo(row.site.zone)) if row else None
    return row if row is not None and today is not None and today <= row.on + ANSWERS_FOR else None


class NotAnswered(Exception):
    """Codes: `answered` before, `known` (the register says otherwise by now), `full`, `gone`, `busy`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def facts_of(row: AbsenceNotice) -> Notice | None:
    found = looks.notices([row], NOTICES.authority, PURPOSE)
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    return found.get(row.pk)


def answer(row: AbsenceNotice, reason: str, text: str, *, at: datetime) -> None:
    """A guardian's word becomes the pupil's excuse, in the register of the whole class. Raises NotAnswered, KeeperAway,
    KeeperRefused."""
    if row.state == NoticeState.ANSWERED:
        raise NotAnswered("answered")
    facts = facts_of(row)
    of = register_queries.classes([row.site]).filter(pk=facts.school_class).first() if facts else None
    if facts is None or of is None or reason not in ANSWERS:
        raise NotAnswered("gone")
    cell = _answered_cell(row, facts, at)
    for _ in range(3):
        found, mark = _register(of, row.on, at), _mark(facts, reason, text, at)
        written = _with(found, of, row, facts, mark)
        held = {person: cell for (person, _day), cell in found.held.items()}
        try:
            with transaction.atomic():
                register_actions.sign(of, row.on, written, held, by=NOTICES, at=at)
                _answered(row, cell, at)
            return
        except NotSigned as fault:
            if fault.code == "full":
                raise NotAnswered("full") from fault
    raise NotAnswered("busy")


def _register(of: SchoolClass, on: date, at: datetime) -> Register:
    plan, pupils = register_queries.plan_fact(of.plan), register_queries.pupils(of)
    found = register_looks.register(Asked(of.group.site, plan, pupils, [on], at), NOTICES.authority, PURPOSE)
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    return found


def _mark(facts: Notice, reason: str, text: str, at: datetime) -> Mark:
    words = text.strip()[: registers.MOST_TEXT]
    return Mark(facts.session, Status.EXCUSED, reason, words, Source.GUARDIAN, NOTICES.actor, at)


def _with(found: Register, of: SchoolClass, row: AbsenceNotice, facts: Notice, mark: Mark) -> dict[UUID, list[Mark]]:
    """Everybody's marks, and the new one behind the pupil's own. Raises NotAnswered."""
    pupil, plan = UUID(facts.pupil), register_queries.plan_fact(of.plan)
    own = next((e for e in found.entries.get(pupil, {}).get(row.on, ()) if e.session == facts.session), None)
    if own is None:
        raise NotAnswered("gone")
    if own.marks or own.seen.came is not None:
        raise NotAnswered("known")
    try:
        check_mark(mark, plan, own.last)
    except RegisterError as fault:
        raise NotAnswered("known") from fault
    written = {pk: list(found.marks.get((pk, row.on), ())) for pk in found.entries}
    written[pupil].append(mark)
    return written


def _answered_cell(row: AbsenceNotice, facts: Notice, at: datetime) -> bytes:
    fresh = Notice(facts.pupil, facts.school_class, facts.session, facts.told, at)
    return keeping.seal_one("notice.absent/1", row.site_id, row.pk, pack(fresh, NOTICE_BYTES))


def _answered(row: AbsenceNotice, cell: bytes, at: datetime) -> None:
    """Raises NotAnswered where somebody was first."""
    held = AbsenceNotice.objects.filter(pk=row.pk).exclude(state=NoticeState.ANSWERED)
    if held.update(state=NoticeState.ANSWERED, cell=cell) != 1:
        raise NotAnswered("answered")
    record("absence.answered", "notice", row.pk, by=NOTICES, at=at)


def sweep(now: datetime) -> int:
    """Old notices and rounds; the register keeps what was said. How many."""
    before = now.date() - KEPT
    AbsenceRound.objects.filter(on__lt=before).delete()
    return AbsenceNotice.objects.filter(on__lt=before).delete()[0]
