"""Registers by somebody's authority: what the gates saw of pupils on some dates, and what was said of it.

A date that is reckoned is read from the pupils' workdays, one of the last days that is not yet from the punches, of
which the keeper says whose they are. Before somebody came to the school and after they left there is no entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from gatehouse.domain import punches, registers
from gatehouse.domain.periods import DAY, Period, local_date
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.registers import Entry, Inside, Mark, Seen
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks, queries, register_queries
from gatehouse.server.attendance.models import RegisterEntry
from gatehouse.server.attendance.register_cells import marks_from_bytes
from gatehouse.server.people.cells import File, unpack
from gatehouse.server.people.models import Person, Site

WHO_DAYS = timedelta(days=2)  # so far back the keeper tells operators in brief whose punches these were

Found = dict[UUID, dict[date, tuple[Entry, ...]]]


@dataclass(frozen=True, slots=True)
class Register:
    """By pupil and date. `held` are the rows as they were read, for whoever writes on top of them."""

    entries: Found
    marks: dict[tuple[UUID, date], tuple[Mark, ...]]
    held: dict[tuple[UUID, date], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose register is read, on which dates (in order), and when."""

    site: Site
    plan: registers.SessionPlan
    pupils: Sequence[Person]
    dates: Sequence[date]
    at: datetime


def register(asked: Asked, by: Authority, purpose: str) -> Register | Refused:
    """Every pupil's entries. Counts as a look at their work, and for the last days at whoever passed, in brief."""
    if not asked.dates or not asked.pupils:
        return Register({}, {}, {})
    since, until = asked.dates[0], asked.dates[-1] + DAY
    spans = _at_school(asked.pupils, by, purpose)
    days = looks.workdays(list(queries.workdays(asked.pupils, since, until)), by, purpose)
    rows = list(register_queries.entries(asked.pupils, since, until))
    said = marks(rows, by, purpose)
    if isinstance(spans, Refused) or isinstance(days, Refused) or isinstance(said, Refused):
        return next(one for one in (spans, days, said) if isinstance(one, Refused))
    zone = ZoneInfo(asked.site.zone)
    passed = _passed(asked, {day for _, day in days}, zone, by)
    if isinstance(passed, Refused):
        return passed
    found: Found = {}
    for pupil in asked.pupils:
        own = found.setdefault(pupil.pk, {})
        for day in asked.dates:
            if not _between(day, spans.get(pupil.pk)):
                continue
            stretches = passed[day].get(pupil.pk, ()) if day in passed else None
            seen = _seen(asked, day, zone, days.get((pupil.pk, day)), stretches)
            own[day] = registers.entries(asked.plan, seen, said.get((pupil.pk, day), ()))
    held = {(row.person_id, row.date): bytes(row.cell) for row in rows}
    return Register(found, said, held)


def marks(
    rows: Sequence[RegisterEntry], by: Authority, purpose: str
) -> dict[tuple[UUID, date], tuple[Mark, ...]] | Refused:
    """By pupil and date; a cell whose key is gone is left out."""
    data = keeping.reveal([keeping.cell("register.marks/1", row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    return {
        (row.person_id, row.date): marks_from_bytes(text)
        for row, text in zip(rows, data, strict=True)
        if text is not None
    }


def inside_now(site: Site, at: datetime, by: Authority) -> set[UUID] | Refused:
    """Everybody whose last passage of the date was a way in. Counts whoever passed, in brief."""
    zone = ZoneInfo(site.zone)
    found = _punches(site, local_date(at, zone), zone, by)
    if isinstance(found, Refused):
        return found
    return {person for person, made in found.items() if registers.inside_now(made)}


def passed_on(site: Site, day: date, by: Authority) -> dict[UUID, list[punches.Punch]] | Refused:
    """Who passed on a date, and when; nobody once the day's key is gone."""
    return _punches(site, day, ZoneInfo(site.zone), by)


def _seen(
    asked: Asked,
    day: date,
    zone: ZoneInfo,
    workdays: Sequence[Workday] | None,
    passed: Sequence[Inside] | None,
) -> dict[str, Seen]:
    """By session; none where neither a workday nor punches can say anything."""
    stretches = list(passed or ())
    if workdays is None and passed is None:
        return {}
    for one in workdays or ():
        if one.first_in is not None or one.last_out is not None:
            stretches.append(Inside(one.first_in, one.last_out))
    away = bool(workdays) and all(one.leave_min and not one.owed_min for one in workdays or ())
    found = {s.code: registers.seen(s, day, zone, stretches, asked.at) for s in asked.plan.sessions}
    return {code: registers.on_leave(one) for code, one in found.items()} if away else found


def _passed(
    asked: Asked, reckoned: set[date], zone: ZoneInfo, by: Authority
) -> dict[date, dict[UUID, tuple[Inside, ...]]] | Refused:
    """Of the last dates that nobody has reckoned yet: when pupils were inside."""
    today = local_date(asked.at, zone)
    found: dict[date, dict[UUID, tuple[Inside, ...]]] = {}
    for day in asked.dates:
        if day in reckoned or not today - WHO_DAYS <= day <= today:
            continue
        made = _punches(asked.site, day, zone, by)
        if isinstance(made, Refused):
            return made
        found[day] = {person: registers.insides(own) for person, own in made.items()}
    return found


def _punches(site: Site, day: date, zone: ZoneInfo, by: Authority) -> dict[UUID, list[punches.Punch]] | Refused:
    rows = queries.punches(site, Period.local_day(day, zone))
    ids = keeping.who(site.pk, day, [bytes(row.token) for row in rows], by)
    if isinstance(ids, Refused):
        return {} if ids.code == "day_destroyed" else ids
    found: dict[UUID, list[punches.Punch]] = {}
    for row, person in zip(rows, ids, strict=True):
        if person:
            fact = punches.Punch(str(row.pk), row.at, punches.Direction(row.direction))
            found.setdefault(UUID(person), []).append(fact)
    return found


Span = tuple[date | None, date | None]


def _at_school(people: Sequence[Person], by: Authority, purpose: str) -> dict[UUID, Span] | Refused:
    """The first and the last date of each, from their personnel files."""
    cells = [keeping.cell("person.file/1", person.pk, person.file_cell) for person in people]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    return {person.pk: _span(text) for person, text in zip(people, data, strict=True)}


def _span(text: bytes | None) -> Span:
    try:
        file = unpack(text, File) if text is not None else File()
    except msgspec.MsgspecError:
        file = File()
    return file.starts or file.hired, file.ends or file.left


def _between(day: date, span: Span | None) -> bool:
    first, last = span or (None, None)
    return (first is None or first <= day) and (last is None or day <= last)
