"""From the punches of one shift to its minutes, with the reason for every minute.

`reckon` answers one duty at a time: late, early, worked, overtime, and the steps that led there. The steps
are written where the decision is taken, so an explanation never has to be made up afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import local
from gatehouse.domain.punches import Direction, Duplicate, Punch
from gatehouse.domain.shifts import (
    MINUTE,
    Counting,
    DayClass,
    Duty,
    LeaveTime,
    OneMissing,
    Pairing,
    ShiftPattern,
    break_due,
    minutes,
)


class Flag(StrEnum):
    ABSENT = "absent"
    MISSING_IN = "missing_in"
    MISSING_OUT = "missing_out"
    OT_UNAPPROVED = "ot_unapproved"
    WORKED_ON_LEAVE = "worked_on_leave"


class Rule(StrEnum):
    """Why a minute counts or does not; pages word each key in the reader's language."""

    ASSIGNED = "assigned"
    DUPLICATE = "duplicate"
    SINGLE = "single"
    LEAVE = "leave"
    ABSENT = "absent"
    LATE = "late"
    EARLY = "early"
    IN_GRACE = "in_grace"
    ROUNDED = "rounded"
    TO_SCHEDULE = "to_schedule"
    ONE_MISSING_ZERO = "one_missing_zero"
    COUNTED = "counted"
    BREAK = "break"
    FLEX_OVER = "flex_over"
    FLEX_SHORT = "flex_short"
    OVERTIME = "overtime"
    OVERTIME_TOO_SHORT = "overtime_too_short"
    OVERTIME_PAID = "overtime_paid"
    OVERTIME_BANKED = "overtime_banked"
    OVERTIME_UNAPPROVED = "overtime_unapproved"


@dataclass(frozen=True, slots=True)
class Step:
    """One decision: the rule, the minutes it gave (a deduction is negative), the punches it looked at.

    `counted`, `break` and `flex_over` add up to the worked minutes; where all time is overtime, to the overtime.
    """

    rule: Rule
    minutes: int = 0
    punches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workday:
    """One shift (or one open date) of one person. Minutes are whole and never negative.

    `first_in` and `last_out` are as punched, None where missing. `owed_min` is what full presence would have
    counted, 0 where nothing was owed. `ot_banked_min` is approved overtime given back as time off. `leaves` are the
    leave minutes by type; a workday that was written before there were types has none.
    """

    date: date
    pattern: ShiftPattern
    day_class: DayClass
    late_min: int
    early_min: int
    worked_min: int
    ot_worked_min: int
    ot_paid_min: int
    ot_banked_min: int
    leave_min: int
    owed_min: int
    first_in: datetime | None
    last_out: datetime | None
    flags: tuple[Flag, ...]
    explanation: tuple[Step, ...]
    leaves: tuple[LeaveTime, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowance:
    """Overtime minutes approved for the date and not yet used: to be paid, and to be given as time off."""

    paid_min: int = 0
    banked_min: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    """Time that counts, after grace and rounding, and the punches it comes from."""

    start: datetime
    end: datetime
    punches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the punches say: counted spans, first in and last out as made, flags and the steps so far.

    `arrived` and `left` are the punches that lateness and leaving early are measured by, None where the shift
    does not begin with an in or end with an out.
    """

    spans: tuple[_Span, ...]
    first_in: Punch | None
    last_out: Punch | None
    arrived: Punch | None
    left: Punch | None
    flags: frozenset[Flag]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Time:
    """Counted minutes less the break, the overtime among or after them, and the steps."""

    net_min: int
    overtime_min: int
    steps: tuple[Step, ...]


def reckon(
    duty: Duty,
    punches: Sequence[Punch],
    duplicates: Iterable[Duplicate],
    allowance: Allowance,
    zone: ZoneInfo,
) -> Workday:
    """The workday of one duty, from the punches assigned to it in order of time."""
    seen = _see(duty, punches, zone)
    late = _past_grace(duty, Rule.LATE, seen.arrived)
    early = _past_grace(duty, Rule.EARLY, seen.left)
    time = _count(duty, seen)
    overtime = time.overtime_min
    paid = min(overtime, allowance.paid_min)
    banked = min(overtime - paid, allowance.banked_min)
    settling = _settling_steps(paid, banked, overtime - paid - banked)
    all_overtime = duty.pattern.counting is Counting.ALL_OVERTIME
    return Workday(
        date=duty.date,
        pattern=duty.pattern,
        day_class=duty.day_class,
        late_min=late.minutes,
        early_min=early.minutes,
        worked_min=0 if all_overtime else time.net_min,
        ot_worked_min=overtime,
        ot_paid_min=paid,
        ot_banked_min=banked,
        leave_min=duty.leave_min,
        owed_min=duty.owed_min,
        first_in=seen.first_in.minute if seen.first_in else None,
        last_out=seen.last_out.minute if seen.last_out else None,
        flags=_flags(duty, punches, seen, settling),
        explanation=(
            *_opening_steps(duty, punches, duplicates),
            *seen.steps,
            *(step for step in (late, early) if step.minutes),
            *time.steps,
            *settling,
        ),
    )


def _opening_steps(duty: Duty, punches: Sequence[Punch], duplicates: Iterable[Duplicate]) -> list[Step]:
    ids = tuple(punch.id for punch in punches)
    steps = [Step(Rule.ASSIGNED, 0, ids)] if ids else []
    steps += [Step(Rule.DUPLICATE, 0, (d.dropped.id, d.kept_id)) for d in duplicates if d.kept_id in ids]
    if duty.leave_min:
        steps.append(Step(Rule.LEAVE, duty.leave_min))
    return steps


def _settling_steps(paid: int, banked: int, unapproved: int) -> tuple[Step, ...]:
    every = (
        Step(Rule.OVERTIME_PAID, paid),
        Step(Rule.OVERTIME_BANKED, banked),
        Step(Rule.OVERTIME_UNAPPROVED, unapproved),
    )
    return tuple(step for step in every if step.minutes)


def _flags(duty: Duty, punches: Sequence[Punch], seen: _Seen, settling: Iterable[Step]) -> tuple[Flag, ...]:
    flags = set(seen.flags)
    if any(step.rule is Rule.OVERTIME_UNAPPROVED for step in settling):
        flags.add(Flag.OT_UNAPPROVED)
    if duty.leave_min and not duty.owed_min and punches:
        flags.add(Flag.WORKED_ON_LEAVE)
    return tuple(sorted(flags))


def _see(duty: Duty, punches: Sequence[Punch], zone: ZoneInfo) -> _Seen:
    if not punches:
        absent = duty.owed_min > 0
        flags = frozenset({Flag.ABSENT} if absent else ())
        steps = (Step(Rule.ABSENT, duty.owed_min),) if absent else ()
        return _Seen((), None, None, None, None, flags, steps)
    if duty.pattern.pairing is Pairing.FIRST_LAST:
        return _first_last(duty, punches, zone)
    return _every_pair(duty, punches, zone)


def _first_last(duty: Duty, punches: Sequence[Punch], zone: ZoneInfo) -> _Seen:
    first = next((p for p in punches if p.direction is Direction.IN), None)
    last = next((p for p in reversed(punches) if p.direction is Direction.OUT), None)
    if first and last and last.minute <= first.minute:
        last = None
    if first and last:
        start, in_steps = _counted_in(duty, first, zone)
        end, out_steps = _counted_out(duty, last, zone)
        spans: tuple[_Span, ...] = (_Span(start, max(start, end), (first.id, last.id)),)
        return _Seen(spans, first, last, first, last, frozenset(), (*in_steps, *out_steps))
    flag = Flag.MISSING_OUT if first else Flag.MISSING_IN
    spans, steps = _one_missing(duty, first, last, zone)
    return _Seen(spans, first, last, first, last, frozenset({flag}), steps)


def _one_missing(
    duty: Duty, first: Punch | None, last: Punch | None, zone: ZoneInfo
) -> tuple[tuple[_Span, ...], tuple[Step, ...]]:
    """The counted time where one punch lacks. Nothing owed means no schedule to stand in for it."""
    punch = first or last
    ids = (punch.id,) if punch else ()
    if duty.pattern.one_missing is OneMissing.ZERO or not duty.owed_min:
        return (), (Step(Rule.ONE_MISSING_ZERO, 0, ids),)
    start, in_steps = _counted_in(duty, first, zone) if first else (duty.due_in, ())
    end, out_steps = _counted_out(duty, last, zone) if last else (duty.due_out, ())
    spans = (_Span(start, end, ids),) if start < end else ()
    return spans, (*in_steps, *out_steps, Step(Rule.TO_SCHEDULE, 0, ids))


def _every_pair(duty: Duty, punches: Sequence[Punch], zone: ZoneInfo) -> _Seen:
    first = next((p for p in punches if p.direction is Direction.IN), None)
    last = next((p for p in reversed(punches) if p.direction is Direction.OUT), None)
    pairs = [(a, b) for a, b in pairwise(punches) if (a.direction, b.direction) == (Direction.IN, Direction.OUT)]
    paired = {punch for pair in pairs for punch in pair}
    singles = [punch for punch in punches if punch not in paired]
    steps: list[Step] = [Step(Rule.SINGLE, 0, (punch.id,)) for punch in singles]
    spans = []
    for a, b in pairs:
        start, in_steps = _counted_in(duty, a, zone) if a is first else _rounded(duty, a, zone)
        end, out_steps = _counted_out(duty, b, zone) if b is last else _rounded(duty, b, zone)
        spans.append(_Span(start, max(start, end), (a.id, b.id)))
        steps += (*in_steps, *out_steps)
    flags = {Flag.MISSING_OUT if p.direction is Direction.IN else Flag.MISSING_IN for p in singles}
    arrived = punches[0] if punches[0] is first else None
    left = punches[-1] if punches[-1] is last else None
    return _Seen(tuple(spans), first, last, arrived, left, frozenset(flags), tuple(steps))


def _counted_in(duty: Duty, punch: Punch, zone: ZoneInfo) -> tuple[datetime, tuple[Step, ...]]:
    late = minutes(duty.start, punch.minute)
    if _snaps(duty) and 0 < late <= duty.pattern.grace_in_min:
        return duty.start, (Step(Rule.IN_GRACE, late, (punch.id,)),)
    return _rounded(duty, punch, zone)


def _counted_out(duty: Duty, punch: Punch, zone: ZoneInfo) -> tuple[datetime, tuple[Step, ...]]:
    early = minutes(punch.minute, duty.end)
    if _snaps(duty) and 0 < early <= duty.pattern.grace_out_min:
        return duty.end, (Step(Rule.IN_GRACE, early, (punch.id,)),)
    return _rounded(duty, punch, zone)


def _graced(duty: Duty) -> bool:
    return duty.pattern.counting is Counting.WITHIN_SHIFT


def _snaps(duty: Duty) -> bool:
    """Whether a punch within the grace counts as on time to the minute. Flexible hours count what was there."""
    return _graced(duty) and duty.pattern.flex is None


def _rounded(duty: Duty, punch: Punch, zone: ZoneInfo) -> tuple[datetime, tuple[Step, ...]]:
    """The nearest step of the site's clock, the middle forward, for in and out alike (neutral)."""
    step = duty.pattern.round_to_min
    over = local(punch.minute, zone).minute % step
    if not over or not _graced(duty):
        return punch.minute, ()
    shift = -over if 2 * over < step else step - over
    return punch.minute + shift * MINUTE, (Step(Rule.ROUNDED, shift, (punch.id,)),)


def _past_grace(duty: Duty, rule: Rule, punch: Punch | None) -> Step:
    """The whole length past the grace, grace included; nothing within it or where nothing is owed."""
    if punch is None or not duty.owed_min:
        return Step(rule)
    if rule is Rule.LATE:
        length, grace = minutes(duty.due_in, punch.minute), duty.pattern.grace_in_min
    else:
        length, grace = minutes(punch.minute, duty.due_out), duty.pattern.grace_out_min
    return Step(rule, length if length > grace else 0, (punch.id,))


def _count(duty: Duty, seen: _Seen) -> _Time:
    within = duty.pattern.counting is Counting.WITHIN_SHIFT
    steps = []
    counted = 0
    for span in seen.spans:
        length = _overlap(span.start, span.end, duty) if within else minutes(span.start, span.end)
        counted += length
        steps.append(Step(Rule.COUNTED, length, span.punches))
    gaps = sum(_overlap(a.end, b.start, duty) for a, b in pairwise(seen.spans))
    taken = break_due(duty.pattern, counted, gaps)
    if taken:
        steps.append(Step(Rule.BREAK, -taken))
    net, surplus = counted - taken, 0
    if duty.pattern.flex and duty.owed_min:
        net, surplus = min(net, duty.owed_min), max(0, net - duty.owed_min)
        if surplus:
            steps.append(Step(Rule.FLEX_OVER, -surplus))
        if seen.spans and net < duty.owed_min:
            steps.append(Step(Rule.FLEX_SHORT, duty.owed_min - net))
    overtime = _overtime(duty, seen, net, surplus)
    if overtime.minutes:
        steps.append(overtime)
    return _Time(net, overtime.minutes if overtime.rule is Rule.OVERTIME else 0, tuple(steps))


def _overtime(duty: Duty, seen: _Seen, net: int, surplus: int) -> Step:
    """`surplus` are minutes of the band beyond what flexible hours owe."""
    pattern = duty.pattern
    if pattern.counting is Counting.ALL_OVERTIME:
        return Step(Rule.OVERTIME, net)
    one_missing = pattern.pairing is Pairing.FIRST_LAST and bool(seen.flags)
    if pattern.counting is Counting.AS_PUNCHED or one_missing:
        return Step(Rule.OVERTIME, 0)
    after = surplus + sum(max(0, minutes(max(span.start, duty.end), span.end)) for span in seen.spans)
    enough = after >= pattern.overtime_from_min
    return Step(Rule.OVERTIME if enough else Rule.OVERTIME_TOO_SHORT, after)


def _overlap(start: datetime, end: datetime, duty: Duty) -> int:
    """Minutes of [start, end) between the planned start and end."""
    return max(0, minutes(max(start, duty.start), min(end, duty.end)))
