"""Findings: what in somebody's time at work did not add up and waits for a person, with the likely answers.

Nothing is stored: findings follow from workdays, the site's limits and what was answered, so that a corrected day has
none. An answer covers the minutes that were there when it was given; more than those is a new question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from gatehouse.domain.attendance import Approval, Settlement
from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, at_local
from gatehouse.domain.punches import AddPunch, Correction, Direction, Punch, Reversal
from gatehouse.domain.reckoning import Flag, Workday
from gatehouse.domain.work_limits import Limit, passed, too_long

LONGEST_MIN = 16 * 60  # in one stretch; longer and somebody probably forgot to clock out
TRAVEL_MIN = 30  # between two sites, where nobody said otherwise


class AnswerError(DomainError):
    """Codes: `not_likely` (an answer that this finding does not take), `no_minutes`."""


class Kind(StrEnum):
    """What was found. Those of limits have the limit's own name after `over_`; a request is what a worker asked for."""

    MISSING_IN = "missing_in"
    MISSING_OUT = "missing_out"
    FORGOTTEN_OUT = "forgotten_out"
    ABSENT = "absent"
    LATE = "late"
    EARLY = "early"
    OVERTIME = "overtime"
    WORKED_ON_LEAVE = "worked_on_leave"
    UNASSIGNED = "unassigned"
    FAR_PUNCHES = "far_punches"
    REQUEST = "request"
    OVER_DAY_OVERTIME = "over_day_overtime"
    OVER_WEEK_HOURS = "over_week_hours"
    OVER_WEEK_AVERAGE = "over_week_average"
    OVER_WEEK_OVERTIME = "over_week_overtime"
    OVER_MONTH_OVERTIME = "over_month_overtime"
    OVER_REST = "over_rest"


class Way(StrEnum):
    """How a finding is answered. The first four change what counts, excused and left as it is leave every minute alone;
    a worker's own request is granted or declined."""

    ADD_PUNCH = "add_punch"
    LEAVE = "leave"
    PAY = "pay"
    BANK = "bank"
    EXCUSE = "excuse"
    AS_IS = "as_is"
    GRANT = "grant"
    DECLINE = "decline"


CHANGING = frozenset({Way.ADD_PUNCH, Way.LEAVE, Way.PAY, Way.BANK})
APPROVING = frozenset({Way.PAY, Way.BANK})
_CLOSING = (Way.EXCUSE, Way.AS_IS)


@dataclass(frozen=True, slots=True)
class LoosePunch:
    """A punch of the date that belongs to no shift, told by its minute only."""

    at: datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class FarPair:
    """Two punches in a row at two sites that lie at least `travel_min` minutes apart, in less time than that."""

    first_at: datetime
    second_at: datetime
    first_site: str
    second_site: str
    travel_min: int

    @property
    def gap_min(self) -> int:
        return (self.second_at - self.first_at).seconds // 60 + (self.second_at - self.first_at).days * 1440


@dataclass(frozen=True, slots=True)
class Beside:
    """What a date has beside its workdays."""

    loose: tuple[LoosePunch, ...] = ()
    far: tuple[FarPair, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteLimits:
    """What a site holds its people's time against."""

    limits: tuple[Limit, ...] = ()
    longest_min: int = LONGEST_MIN


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which finding: its date, its kind, and the shift that it is about ("" where about none)."""

    date: date
    kind: Kind
    shift: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """`minutes` is how much it is about: late minutes, overtime not approved, what is owed and not counted, minutes
    over the limit, of far punches the gap. `adds` are the punches that would mend it, at the planned times. `limit` is
    the law's, with its source."""

    key: Key
    minutes: int
    ways: tuple[Way, ...]
    adds: tuple[tuple[Direction, datetime], ...] = ()
    limit: Limit | None = None
    loose: LoosePunch | None = None
    far: FarPair | None = None

    @property
    def date(self) -> date:
        return self.key.date

    @property
    def kind(self) -> Kind:
        return self.key.kind


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody's answer to a finding. `covers_min` are the minutes that need no other answer, -1 where only the change
    itself settles it. Taken back, it stays, with who took it back and when."""

    id: str
    key: Key
    way: Way
    reason: str
    by: str
    at: datetime
    minutes: int = 0
    covers_min: int = -1
    adds: tuple[tuple[Direction, datetime], ...] = ()
    note: str = ""
    undone_by: str = ""
    undone_at: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.undone_at is None


def findings(
    workdays: Sequence[Workday], beside: dict[date, Beside], site: SiteLimits, zone: ZoneInfo
) -> tuple[Finding, ...]:
    """Everything found in one person's workdays (in order of date), by date."""
    found: list[Finding] = []
    for workday in workdays:
        found += _of_workday(workday, site.longest_min, zone)
    for day, more in beside.items():
        found += _of_date(day, more)
    for over in passed(workdays, site.limits, site.longest_min):
        key = Key(over.date, Kind(f"over_{over.limit.of.value}"))
        found.append(Finding(key, over.over_min, _CLOSING, limit=over.limit))
    return tuple(sorted(found, key=lambda one: one.key))


def standing(found: Iterable[Finding], answers: Iterable[Answer]) -> tuple[Finding, ...]:
    """The findings that still wait for an answer."""
    covered: dict[Key, int] = defaultdict(lambda: -1)
    for answer in answers:
        if answer.stands:
            covered[answer.key] = max(covered[answer.key], answer.covers_min)
    return tuple(one for one in found if one.minutes > covered[one.key])


def answered(
    finding: Finding, way: Way, *, id: str, reason: str, by: str, at: datetime, at_most_min: int | None = None
) -> Answer:
    """The answer to one finding. Overtime is approved in full, or up to `at_most_min` minutes of it. Raises
    AnswerError."""
    if way not in finding.ways:
        raise AnswerError("not_likely", f"{finding.kind} is not answered by {way}", kind=finding.kind.value)
    approved = 0
    if way in APPROVING:
        approved = finding.minutes if at_most_min is None else min(finding.minutes, at_most_min)
        if approved < 1:
            raise AnswerError("no_minutes", "nothing would be approved")
    covers = -1 if way in {Way.ADD_PUNCH, Way.LEAVE} else finding.minutes - approved
    adds = finding.adds if way is Way.ADD_PUNCH else ()
    return Answer(id, finding.key, way, reason, by, at, approved, covers, adds)


def corrections(answers: Iterable[Answer]) -> list[Correction]:
    """The punches that answers add, each at most once; of an answer taken back also that it was."""
    found: list[Correction] = []
    for answer in answers:
        for n, (direction, at) in enumerate(answer.adds):
            laid = f"{answer.id}/{n}"
            found.append(AddPunch(laid, Punch(f"{laid}/punch", at, direction)))
            if not answer.stands:
                found.append(Reversal(f"{laid}/undone", laid))
    return found


def approvals(answers: Iterable[Answer], day: date) -> list[Approval]:
    """The overtime of that date which standing answers approve."""
    return [
        Approval(day, answer.minutes, Settlement.PAID if answer.way is Way.PAY else Settlement.TIME_OFF)
        for answer in answers
        if answer.stands and answer.way in APPROVING and answer.key.date == day
    ]


def far_pairs(punches: Iterable[tuple[datetime, str]], travel_min: int) -> tuple[FarPair, ...]:
    """Of one person's punches with the site of each, those in a row at two sites in less than `travel_min` minutes."""
    in_order = sorted(punches)
    return tuple(
        FarPair(a, b, here, there, travel_min)
        for (a, here), (b, there) in pairwise(in_order)
        if here != there and FarPair(a, b, here, there, travel_min).gap_min < travel_min
    )


def _of_workday(workday: Workday, longest_min: int, zone: ZoneInfo) -> list[Finding]:
    def found(kind: Kind, minutes: int, *ways: Way, adds: tuple[tuple[Direction, datetime], ...] = ()) -> Finding:
        key = Key(workday.date, kind, workday.pattern.code)
        return Finding(key, minutes, (*ways, *_CLOSING), adds=adds)

    flags, every = set(workday.flags), []
    adds = _planned_punches(workday, zone)
    mend = (Way.ADD_PUNCH,) if adds else ()
    short = max(0, workday.owed_min - workday.worked_min)
    if Flag.ABSENT in flags:
        every.append(found(Kind.ABSENT, workday.owed_min, Way.LEAVE, *mend, adds=adds))
    if Flag.MISSING_IN in flags:
        every.append(found(Kind.MISSING_IN, short, *mend, adds=adds))
    if Flag.MISSING_OUT in flags:
        every.append(found(Kind.MISSING_OUT, short, *mend, adds=adds))
    if workday.late_min:
        every.append(found(Kind.LATE, workday.late_min))
    if workday.early_min:
        every.append(found(Kind.EARLY, workday.early_min))
    unapproved = workday.ot_worked_min - workday.ot_paid_min - workday.ot_banked_min
    if too_long(workday, longest_min):
        approve = (Way.PAY, Way.BANK) if unapproved else ()
        every.append(found(Kind.FORGOTTEN_OUT, unapproved, *approve))
    elif unapproved:
        every.append(found(Kind.OVERTIME, unapproved, Way.PAY, Way.BANK))
    if Flag.WORKED_ON_LEAVE in flags:
        every.append(found(Kind.WORKED_ON_LEAVE, workday.leave_min))
    return every


def _planned_punches(workday: Workday, zone: ZoneInfo) -> tuple[tuple[Direction, datetime], ...]:
    """The punches that lack, at the shift's planned start and end; none where the plan does not tell them (half a day
    of leave, a date without a shift) or where the punch that is there contradicts it."""
    flags, pattern = set(workday.flags), workday.pattern
    if not workday.owed_min or workday.leave_min:
        return ()
    start = at_local(workday.date, pattern.start, zone)
    end = at_local(workday.date if pattern.end > pattern.start else workday.date + DAY, pattern.end, zone)
    into, out = (Direction.IN, start), (Direction.OUT, end)
    if Flag.ABSENT in flags:
        return into, out
    first, last = workday.first_in, workday.last_out
    if flags & {Flag.MISSING_IN, Flag.MISSING_OUT} == {Flag.MISSING_OUT} and last is None and first and first < end:
        return (out,)
    if flags & {Flag.MISSING_IN, Flag.MISSING_OUT} == {Flag.MISSING_IN} and first is None and last and last > start:
        return (into,)
    return ()


def _of_date(day: date, beside: Beside) -> list[Finding]:
    """One finding of each kind: the first of a date's loose punches, and its closest far pair, stand for the others."""
    found = []
    if beside.loose:
        key = Key(day, Kind.UNASSIGNED)
        found.append(Finding(key, len(beside.loose), _CLOSING, loose=beside.loose[0]))
    if beside.far:
        closest = min(beside.far, key=lambda pair: (pair.gap_min, pair.first_at))
        lacking = closest.travel_min - closest.gap_min
        found.append(Finding(Key(day, Kind.FAR_PUNCHES), lacking, _CLOSING, far=closest))
    return found
