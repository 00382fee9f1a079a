"""Drafts of a roster, and publishing them: workers and the reckoning see what is published and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.rosters import Shifts, rotation_from_text, same
from gatehouse.domain.working_time import monday
from gatehouse.server.attendance.models import (
    DraftDay,
    PlannedShift,
    RosterUndo,
    RosterWeek,
    Rotation,
    ShiftPattern,
)
from gatehouse.server.attendance.plan_changes import CHUNK, Key, note_changes, said_shifts
from gatehouse.server.audit.actions import Written, record, record_all
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person, PersonState, Site

MOST_DAYS = 100_000  # people x dates of one stroke
AT_ONCE = 2000  # rows of one insert


class RosterRefused(Exception):
    """Codes: `past` (days that have begun stay as they are), `too_much` (more than MOST_DAYS at once), `unknown_shift`
    (a pattern that this site has not)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def first_open_day(site: Site, at: datetime) -> date:
    """The first date that can be planned: today by the site's clock, whose shifts may still be changed."""
    return local_date(at, ZoneInfo(site.zone))


@transaction.atomic
def draft(site: Site, wanted: Mapping[Key, Shifts], *, by: By, at: datetime) -> int:
    """These dates of people of this site are to have these shifts (ids of patterns) once they are published; how many
    dates are other than before. A draft that says what is published is none. Raises RosterRefused."""
    if len(wanted) > MOST_DAYS:
        raise RosterRefused("too_much")
    today = first_open_day(site, at)
    if any(day < today for _person, day in wanted):
        raise RosterRefused("past")
    known = {str(pk) for pk in ShiftPattern.objects.filter(site=site).values_list("pk", flat=True)}
    if any(shift not in known for shifts in wanted.values() for shift in shifts):
        raise RosterRefused("unknown_shift")
    drafts, published = drafts_of(wanted), published_of(wanted)
    new: dict[Key, Shifts | None] = {}
    for key, shifts in wanted.items():
        held, shown = drafts.get(key), published.get(key, ())
        to_be = None if same(shifts, shown) else shifts
        if to_be != held and not (held is not None and to_be is not None and same(held, to_be)):
            new[key] = to_be
    if new:
        before = {key: drafts.get(key) for key in new}
        _write(new)
        _remember(site, before)
        record("roster.drafted", "site", site.pk, by=by, at=at)
    return len(new)


@transaction.atomic
def undo_draft(site: Site, *, by: By, at: datetime) -> int:
    """The drafts as they stood before the last stroke; how many dates. What has been published since stays."""
    undo = RosterUndo.objects.filter(site=site).first()
    if undo is None:
        return 0
    today = first_open_day(site, at)
    entries = [(UUID(person), date.fromisoformat(day), shifts) for person, day, shifts in undo.before]
    back = {(person, day): None if shifts is None else tuple(shifts) for person, day, shifts in entries if day >= today}
    here = set(Person.objects.filter(site=site).values_list("pk", flat=True))
    _write({key: shifts for key, shifts in back.items() if key[0] in here})
    undo.delete()
    record("roster.draft_undone", "site", site.pk, by=by, at=at)
    return len(back)


@transaction.atomic
def discard_drafts(site: Site, since: date, until: date, *, by: By, at: datetime) -> int:
    """Back to what is published on the dates [since, until); how many dates."""
    rows = DraftDay.objects.filter(person__site=site, date__gte=since, date__lt=until)
    before = {(row.person_id, row.date): tuple(row.shifts) for row in rows}
    if not before:
        return 0
    rows.delete()
    _remember(site, before)
    record("roster.discarded", "site", site.pk, by=by, at=at)
    return len(before)


@transaction.atomic
def publish(site: Site, since: date, until: date, *, by: By, at: datetime) -> int:
    """The drafts of the dates [since, until) become the plan, days that have passed left out; how many dates. Weeks
    that workers had seen before get a note of what was shown. A week without a draft counts as published too. Whoever
    has left gets no shift; what is drafted as free is taken out of their plan."""
    today = first_open_day(site, at)
    found = DraftDay.objects.filter(person__site=site, date__gte=max(since, today), date__lt=until)
    drafts = list(found.select_related("person"))
    rows = [row for row in drafts if _may_hold(row)]
    keys = [(row.person_id, row.date) for row in rows]
    shown = set(RosterWeek.objects.filter(site=site).values_list("monday", flat=True))
    before = said_shifts(site, keys)
    _replace(rows)
    after = said_shifts(site, keys)
    seen = {key for key in keys if monday(key[1]) in shown or before[key]}
    note_changes({key: before[key] for key in seen}, {key: after[key] for key in seen})
    _drop([row.pk for row in drafts if not _may_hold(row)])
    weeks = {monday(day) for _person, day in keys} | _weeks_between(since, until)
    RosterWeek.objects.bulk_create(
        [RosterWeek(site=site, monday=first) for first in sorted(weeks - shown)], ignore_conflicts=True
    )
    RosterUndo.objects.filter(site=site).delete()
    about = [Written("shifts.published", "person", person) for person in sorted({person for person, _day in keys})]
    record_all([Written("roster.published", "site", site.pk), *about], by=by, at=at)
    return len(rows)


def _may_hold(row: DraftDay) -> bool:
    return row.person.state == PersonState.ACTIVE or not row.shifts


def _weeks_between(since: date, until: date) -> set[date]:
    """The Mondays of one week that is published by itself; a wider span names the weeks of its drafts only."""
    return {monday(since)} if until - since <= 7 * DAY else set()


def _replace(rows: Sequence[DraftDay]) -> None:
    """The planned shifts of the drafts' dates in place of those that were there; the drafts go."""
    patterns = {str(pk) for pk in ShiftPattern.objects.values_list("pk", flat=True)}
    by_day: dict[date, list[UUID]] = {}
    for row in rows:
        by_day.setdefault(row.date, []).append(row.person_id)
    for day, people in by_day.items():
        for start in range(0, len(people), CHUNK):
            PlannedShift.objects.filter(date=day, person_id__in=people[start : start + CHUNK]).delete()
    planned = [
        PlannedShift(person_id=row.person_id, date=row.date, pattern_id=UUID(shift))
        for row in rows
        for shift in row.shifts
        if shift in patterns
    ]
    PlannedShift.objects.bulk_create(planned, batch_size=AT_ONCE)
    _drop([row.pk for row in rows])


def _drop(ids: Sequence[UUID]) -> None:
    for start in range(0, len(ids), CHUNK):
        DraftDay.objects.filter(pk__in=ids[start : start + CHUNK]).delete()


def drafts_of(keys: Mapping[Key, object]) -> dict[Key, Shifts]:
    """The drafts among these people's dates."""
    found: dict[Key, Shifts] = {}
    for people, first, last in _chunks(keys):
        for row in DraftDay.objects.filter(person_id__in=people, date__gte=first, date__lte=last):
            found[row.person_id, row.date] = tuple(row.shifts)
    return {key: shifts for key, shifts in found.items() if key in keys}


def published_of(keys: Mapping[Key, object]) -> dict[Key, Shifts]:
    """The published shifts of these people's dates, as ids of patterns."""
    found: dict[Key, list[str]] = {}
    for people, first, last in _chunks(keys):
        rows = PlannedShift.objects.filter(person_id__in=people, date__gte=first, date__lte=last)
        for person, day, pattern in rows.order_by("pattern__code").values_list("person_id", "date", "pattern_id"):
            found.setdefault((person, day), []).append(str(pattern))
    return {key: tuple(shifts) for key, shifts in found.items() if key in keys}


def _chunks(keys: Mapping[Key, object]) -> list[tuple[list[UUID], date, date]]:
    if not keys:
        return []
    people, days = sorted({person for person, _day in keys}), [day for _person, day in keys]
    return [(people[n : n + CHUNK], min(days), max(days)) for n in range(0, len(people), CHUNK)]


def _write(new: Mapping[Key, Shifts | None]) -> None:
    gone: dict[date, list[UUID]] = {}
    for person, day in (key for key, shifts in new.items() if shifts is None):
        gone.setdefault(day, []).append(person)
    for day, people in gone.items():
        for start in range(0, len(people), CHUNK):
            DraftDay.objects.filter(date=day, person_id__in=people[start : start + CHUNK]).delete()
    rows = [DraftDay(person_id=key[0], date=key[1], shifts=list(s)) for key, s in new.items() if s is not None]
    DraftDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "date"], update_fields=["shifts"], batch_size=AT_ONCE
    )


def _remember(site: Site, before: Mapping[Key, Shifts | None]) -> None:
    entries = [
        [str(person), day.isoformat(), None if shifts is None else list(shifts)]
        for (person, day), shifts in sorted(before.items(), key=lambda one: one[0])
    ]
    RosterUndo.objects.update_or_create(site=site, defaults={"before": entries})


@transaction.atomic
def set_rotation(site: Site, name: str, weeks: str, *, by: By, at: datetime) -> Rotation:
    """A rotation under this name, in place of another of that name. Raises RosterError, RosterRefused."""
    rotation = rotation_from_text(weeks)
    known = set(ShiftPattern.objects.filter(site=site).values_list("code", flat=True))
    if rotation.shifts - known:
        raise RosterRefused("unknown_shift")
    row, _made = Rotation.objects.update_or_create(site=site, name=name, defaults={"weeks": weeks})
    record("rotation.set", "site", site.pk, by=by, at=at)
    return row


@transaction.atomic
def drop_rotation(rotation: Rotation, *, by: By, at: datetime) -> None:
    """Gone; what was planned by it stays."""
    record("rotation.dropped", "site", rotation.site_id, by=by, at=at)
    rotation.delete()
