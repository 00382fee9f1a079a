"""School registers: who attended which session, from the day's passages and from what a teacher says of them.

What the gates saw is never changed; a teacher's word is laid over it and both stay visible. What a session counts as
follows regulation 10 of the School Attendance (Pupil Registration) (England) Regulations 2024: two sessions a day, who
comes before the taking of the register has ended is late and attended, and a visit or approved activity elsewhere
attends another place. Only sessions that were possible are counted. The signs are our own; the table is data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import at_local, instant
from gatehouse.domain.punches import Direction, Punch

MOST_SESSIONS = 4
MOST_TEXT = 80  # characters of a reason; a page of marks has one size, see the server's cells


class RegisterError(DomainError):
    """Codes: `no_sessions`, `too_many_sessions`, `same_session`, `times_in_order`, `overlap`, `unknown_session`,
    `unknown_reason`, `reason_needed`, `no_reason_here`, `say_why`, `text_too_long`, `nothing_to_say`."""


class Status(StrEnum):
    """What a session is for one pupil. `EXPECTED`: nothing is known yet, and it does not count."""

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    ABSENT = "absent"
    EXCUSED = "excused"
    EXPECTED = "expected"


ATTENDED = frozenset({Status.PRESENT, Status.LATE, Status.LEFT_EARLY})


class Counts(StrEnum):
    """What an absence is in the sums."""

    ATTENDED = "attended"
    AUTHORISED = "authorised"
    UNAUTHORISED = "unauthorised"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the list of absence reasons: its code, the sign on a printed register, what it counts as."""

    code: str
    sign: str
    counts: Counts


REASONS: Mapping[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason("sickness", "S", Counts.AUTHORISED),
        Reason("medical", "M", Counts.AUTHORISED),
        Reason("authorised", "C", Counts.AUTHORISED),
        Reason("religious", "R", Counts.AUTHORISED),
        Reason("suspended", "E", Counts.AUTHORISED),
        Reason("exam", "X", Counts.ATTENDED),
        Reason("trip", "V", Counts.ATTENDED),
        Reason("closed", "#", Counts.NOT_POSSIBLE),
        Reason("unauthorised", "O", Counts.UNAUTHORISED),
        Reason("unexplained", "N", Counts.UNAUTHORISED),
    )
}
SIGNS: Mapping[Status, str] = {
    Status.PRESENT: "/",
    Status.LATE: "L",
    Status.LEFT_EARLY: "D",
    Status.ABSENT: "A",
    Status.EXCUSED: "C",
    Status.EXPECTED: "",
}


@dataclass(frozen=True, slots=True)
class Session:
    """A half of a school day in wall times. Who comes from `late_from` on is late, from `absent_from` on (the register
    has closed) absent; who goes before `leave_from` left early. Raises RegisterError."""

    code: str
    start: time
    late_from: time
    absent_from: time
    leave_from: time
    end: time

    def __post_init__(self) -> None:
        if not self.start <= self.late_from <= self.absent_from <= self.end or self.start == self.end:
            raise RegisterError("times_in_order", "start, late from, absent from and end follow one another")
        if not self.start < self.leave_from <= self.end:
            raise RegisterError("times_in_order", "the time to leave lies in the session", session=self.code)


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """The sessions of a school day in order, without overlap. Raises RegisterError."""

    sessions: tuple[Session, ...]

    def __post_init__(self) -> None:
        if not self.sessions:
            raise RegisterError("no_sessions", "a plan has a session")
        if len(self.sessions) > MOST_SESSIONS:
            raise RegisterError("too_many_sessions", f"a day has at most {MOST_SESSIONS} sessions")
        if len({session.code for session in self.sessions}) != len(self.sessions):
            raise RegisterError("same_session", "every session has a code of its own")
        ordered = tuple(sorted(self.sessions, key=lambda session: session.start))
        object.__setattr__(self, "sessions", ordered)
        if any(later.start < earlier.end for earlier, later in pairwise(ordered)):
            raise RegisterError("overlap", "a session begins before the one before it has ended")

    def codes(self) -> tuple[str, ...]:
        return tuple(session.code for session in self.sessions)


@dataclass(frozen=True, slots=True)
class Inside:
    """Somebody was inside from `came` to `went`; None where no passage shows it."""

    came: datetime | None
    went: datetime | None


def insides(punches: Iterable[Punch]) -> tuple[Inside, ...]:
    """Stretches inside, in order, from punches in any order. Of two ways in without a way out the first counts, of two
    ways out the last; a way out alone says that somebody was inside before."""
    found: list[Inside] = []
    for punch in sorted(punches, key=lambda p: (instant(p.at), p.direction is Direction.OUT, p.id)):
        is_open = bool(found) and found[-1].went is None
        if punch.direction is Direction.IN:
            if not is_open:
                found.append(Inside(punch.at, None))
        elif found:
            found[-1] = Inside(found[-1].came, punch.at)
        else:
            found.append(Inside(None, punch.at))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the gates saw of one session: the answer, and the instants that it rests on. `left_early` also stands for
    somebody who was late."""

    status: Status
    came: datetime | None = None
    went: datetime | None = None
    left_early: bool = False
    reason: str = ""


def seen(session: Session, on: date, zone: ZoneInfo, stretches: Sequence[Inside], now: datetime) -> Seen:
    """One pupil's session as the gates saw it until `now`. Before the register closes nobody is absent."""
    start, late, closes, leave, end = (
        instant(at_local(on, wall, zone))
        for wall in (session.start, session.late_from, session.absent_from, session.leave_from, session.end)
    )
    there = [one for one in stretches if _meets(one, start, end)]
    if not there:
        return Seen(Status.EXPECTED if instant(now) < closes else Status.ABSENT)
    came, went = there[0].came, there[-1].went
    if came is not None and instant(came) >= closes:
        return Seen(Status.ABSENT, came, went)
    early = went is not None and instant(went) < leave
    if came is not None and instant(came) >= late:
        return Seen(Status.LATE, came, went, early)
    return Seen(Status.LEFT_EARLY if early else Status.PRESENT, came, went, early)


def on_leave(found: Seen) -> Seen:
    """The same session for a pupil with approved leave: who was not there is excused."""
    if found.status in (Status.ABSENT, Status.EXPECTED):
        return Seen(Status.EXCUSED, found.came, found.went, reason="authorised")
    return found


def _meets(one: Inside, start: datetime, end: datetime) -> bool:
    came = start if one.came is None else instant(one.came)
    return came < end and (one.went is None or instant(one.went) > start)


class Source(StrEnum):
    """Whose word a mark is."""

    TEACHER = "teacher"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody says of one session: laid over what the gates saw, never in its place. `by` is an opaque id."""

    session: str
    status: Status
    reason: str = ""
    text: str = ""
    source: Source = Source.TEACHER
    by: str = ""
    at: datetime | None = None


def check_mark(mark: Mark, plan: SessionPlan, before: Seen | Mark) -> None:
    """Whether this may be laid over what stood there. An absence that is excused has a reason that excuses; whatever
    contradicts what stood there says why in words. Raises RegisterError."""
    if mark.session not in plan.codes():
        raise RegisterError("unknown_session", "the plan has no such session", session=mark.session)
    if mark.status is Status.EXPECTED:
        raise RegisterError("nothing_to_say", "a mark says what the session was")
    if len(mark.text) > MOST_TEXT:
        raise RegisterError("text_too_long", f"at most {MOST_TEXT} characters")
    if mark.reason and mark.reason not in REASONS:
        raise RegisterError("unknown_reason", "no such reason", reason=mark.reason)
    unauthorised = bool(mark.reason) and REASONS[mark.reason].counts is Counts.UNAUTHORISED
    if mark.status is Status.EXCUSED and (not mark.reason or unauthorised):
        raise RegisterError("reason_needed", "who is excused is excused for a reason that counts")
    if mark.status is Status.ABSENT and mark.reason and not unauthorised:
        raise RegisterError("no_reason_here", "with this reason the pupil is excused, not absent")
    if mark.status in ATTENDED and mark.reason:
        raise RegisterError("no_reason_here", "who was there needs no reason for an absence")
    if contradicts(mark, before) and not mark.text.strip():
        raise RegisterError("say_why", "a mark against what stood there says why")


def contradicts(mark: Mark, before: Seen | Mark) -> bool:
    """Whether a mark says otherwise than what stood there. A first reason for an absence does not."""
    if before.status is Status.EXPECTED:
        return False
    if isinstance(before, Mark):
        return (mark.status, mark.reason) != (before.status, before.reason)
    gone = (Status.ABSENT, Status.EXCUSED)
    return mark.status is not before.status and not (mark.status in gone and before.status in gone)


@dataclass(frozen=True, slots=True)
class Entry:
    """One session of one pupil: what the gates saw, everything that was said of it in order, and so what holds."""

    session: str
    seen: Seen
    marks: tuple[Mark, ...] = ()

    @property
    def last(self) -> Seen | Mark:
        return self.marks[-1] if self.marks else self.seen

    @property
    def status(self) -> Status:
        return self.last.status

    @property
    def reason(self) -> str:
        return self.last.reason

    @property
    def overridden(self) -> bool:
        """Whether somebody said otherwise than the gates."""
        return bool(self.marks) and self.status is not self.seen.status

    @property
    def left_early(self) -> bool:
        return self.status is Status.LEFT_EARLY or (self.status is self.seen.status and self.seen.left_early)

    @property
    def sign(self) -> str:
        """As it stands on a printed register."""
        return REASONS[self.reason].sign if self.reason else SIGNS[self.status]

    @property
    def counts(self) -> Counts | None:
        """None while nothing is known."""
        if self.status is Status.EXPECTED:
            return None
        if self.status in ATTENDED:
            return Counts.ATTENDED
        if self.reason:
            return REASONS[self.reason].counts
        return Counts.AUTHORISED if self.status is Status.EXCUSED else Counts.UNAUTHORISED


def entries(plan: SessionPlan, found: Mapping[str, Seen], marks: Sequence[Mark]) -> tuple[Entry, ...]:
    """A pupil's day in the order of the plan; marks of sessions that the plan no longer has are left out."""
    return tuple(
        Entry(code, found.get(code, Seen(Status.EXPECTED)), tuple(mark for mark in marks if mark.session == code))
        for code in plan.codes()
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """Sessions of one pupil, or of a class. `possible` = attended + authorised + unauthorised; late and left early are
    among those attended, `undecided` are not possible yet."""

    attended: int = 0
    authorised: int = 0
    unauthorised: int = 0
    late: int = 0
    left_early: int = 0
    undecided: int = 0

    @property
    def possible(self) -> int:
        return self.attended + self.authorised + self.unauthorised

    @property
    def rate(self) -> Fraction | None:
        """Attended of possible sessions; None where none was possible."""
        return Fraction(self.attended, self.possible) if self.possible else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.attended + other.attended,
            self.authorised + other.authorised,
            self.unauthorised + other.unauthorised,
            self.late + other.late,
            self.left_early + other.left_early,
            self.undecided + other.undecided,
        )


def tally(found: Iterable[Entry]) -> Tally:
    """The sums of a pupil's sessions. Those of a class are the sum of its pupils', so that everybody weighs by the
    sessions that were possible for them."""
    rows = list(found)
    return Tally(
        attended=sum(row.counts is Counts.ATTENDED for row in rows),
        authorised=sum(row.counts is Counts.AUTHORISED for row in rows),
        unauthorised=sum(row.counts is Counts.UNAUTHORISED for row in rows),
        late=sum(row.status is Status.LATE for row in rows),
        left_early=sum(row.left_early for row in rows),
        undecided=sum(row.counts is None for row in rows),
    )


def inside_now(punches: Iterable[Punch]) -> bool:
    """Whether the last passage of the day was a way in."""
    found = insides(punches)
    return bool(found) and found[-1].went is None
