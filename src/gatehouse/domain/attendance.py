"""Workdays: one person's punches, corrections, plan, leave and approvals become minutes that can be paid.

Pure: the same facts in any order give the same answer, so a locked month can be reckoned anew at any time and
compared. Nothing is rounded away silently; a fact that counts nowhere is reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import local_date
from gatehouse.domain.punches import Correction, Duplicate, Punch, assign, clean, holding
from gatehouse.domain.reckoning import Allowance, Workday, reckon
from gatehouse.domain.shifts import (
    DayCalendar,
    Duty,
    Leave,
    LeavePart,
    PlannedShift,
    ShiftError,
    ShiftPattern,
    lay,
    lay_open,
    shared_out,
)


class Settlement(Enum):
    """How approved overtime is given back."""

    PAID = "paid"
    TIME_OFF = "time off"


@dataclass(frozen=True, slots=True)
class Approval:
    """Approved overtime minutes of one date; several of a date add up. Raises ShiftError."""

    date: date
    minutes: int
    settled_as: Settlement = Settlement.PAID

    def __post_init__(self) -> None:
        if self.minutes < 0:
            raise ShiftError("negative_minutes", f"{self.minutes} minutes can not be approved", date=self.date)


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What the site lays down for everybody: its clock, calendar, clean-up, and the date without a shift."""

    zone: ZoneInfo
    calendar: DayCalendar
    open_pattern: ShiftPattern
    duplicate_within_min: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of one person's time, in any order."""

    punches: Sequence[Punch] = ()
    corrections: Sequence[Correction] = ()
    plan: Sequence[PlannedShift] = ()
    leaves: Sequence[Leave] = ()
    approvals: Sequence[Approval] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Workdays by date, then start; punches that belong to no shift; leave that took nothing off a shift."""

    workdays: tuple[Workday, ...]
    unassigned: tuple[Punch, ...]
    unapplied_leaves: tuple[Leave, ...]


def workdays(facts: Facts, site: SiteRules, since: date, until: date) -> Result:
    """One person's workdays of the half-open span of dates [since, until).

    Every standing shift of the span is answered, with punches or without, so the span must not reach past the
    shifts that have ended. The facts should reach two days beyond the span on both sides: a punch at 00:20
    may belong to the night shift of the date before.
    """
    duties, unapplied = _duties(facts, site)
    kept, duplicates = clean(holding(facts.punches, facts.corrections), site.duplicate_within_min)
    given = assign(kept, duties, site.zone)
    punched: list[tuple[Duty, Sequence[Punch]]] = [(d, given.by_duty.get(d, ())) for d in duties]
    punched += [
        (lay_open(day, site.open_pattern, site.calendar, site.zone), punches)
        for day, punches in given.by_open_date.items()
    ]
    wanted = [(duty, punches) for duty, punches in punched if since <= duty.date < until]
    return Result(
        _with_leave(_settle(wanted, duplicates, facts.approvals, site.zone), facts.leaves),
        tuple(p for p in given.unassigned if since <= local_date(p.at, site.zone) < until),
        tuple(leave for leave in unapplied if since <= leave.date < until),
    )


def _duties(facts: Facts, site: SiteRules) -> tuple[list[Duty], list[Leave]]:
    """The shifts that the calendar lets stand, and the leaves that changed none of them."""
    parts: dict[date, set[LeavePart]] = defaultdict(set)
    for leave in facts.leaves:
        parts[leave.date].add(leave.part)
    standing = [s for s in dict.fromkeys(facts.plan) if site.calendar.owes_shift(s.date)]
    duties = [lay(s, site.calendar, frozenset(parts[s.date]), site.zone) for s in standing]
    on_leave = {duty.date for duty in duties if duty.leave_min}
    return duties, [leave for leave in facts.leaves if leave.date not in on_leave]


def _with_leave(found: Iterable[Workday], leaves: Iterable[Leave]) -> tuple[Workday, ...]:
    """Each workday with whose leave took its minutes off."""
    by_date: dict[date, list[Leave]] = defaultdict(list)
    for leave in leaves:
        by_date[leave.date].append(leave)
    return tuple(
        replace(one, leaves=shared_out(one.leave_min, by_date[one.date])) if one.leave_min else one for one in found
    )


def _settle(
    punched: Iterable[tuple[Duty, Sequence[Punch]]],
    duplicates: Sequence[Duplicate],
    approvals: Iterable[Approval],
    zone: ZoneInfo,
) -> tuple[Workday, ...]:
    """The workdays in order; two shifts of one date use up its approved overtime one after the other."""
    left: dict[tuple[date, Settlement], int] = defaultdict(int)
    for approval in approvals:
        left[approval.date, approval.settled_as] += approval.minutes
    answers = []
    for duty, punches in sorted(punched, key=lambda dp: (dp[0].date, dp[0].start, dp[0].pattern.code)):
        paid, banked = (duty.date, Settlement.PAID), (duty.date, Settlement.TIME_OFF)
        workday = reckon(duty, punches, duplicates, Allowance(left[paid], left[banked]), zone)
        left[paid] -= workday.ot_paid_min
        left[banked] -= workday.ot_banked_min
        answers.append(workday)
    return tuple(answers)
