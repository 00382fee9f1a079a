"""What an operator answers to a lane exception, and what that does. Each is one click, with a reason.

`resolve` settles the exception by compare-and-set in the transaction of its effect: of two operators one wins, and the
other is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from gatehouse.domain.policy import Direction
from gatehouse.keeper.protocol import Refused, Second
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import order_numbered, order_opening, sealed_reason
from gatehouse.server.gates.models import Gate, Opening
from gatehouse.server.parking import exits, lane_exceptions, matching, queries, stays
from gatehouse.server.parking.actions import free_pass, waived_by
from gatehouse.server.parking.evidence import read_cell
from gatehouse.server.parking.lane_acts import Why, note_act
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Act, ExceptionKind, LaneException, OpenStay, TakenAlong


class Answer(StrEnum):
    """Those of the first part do something; the others say how it was."""

    CHARGE = "charge"  # it is this stay: from now on it answers to the read plate, and pays
    LET_OUT = "let_out"  # without paying; its stay, where one is named, is over with it
    CLOSE = "close"  # it was this stay, which has left then without paying
    LEFT_UNSEEN = "left_unseen"  # this stay has left, nobody knows when
    OPEN = "open"  # the barrier, once
    ADMIT = "admit"  # a vehicle that nobody read comes in under a virtual plate, so that its stay opens

    NO_STAY = "no_stay"
    COME_AGAIN = "come_again"
    HELPED = "helped"
    PAYS_REST = "pays_rest"
    FALSE_ALARM = "false_alarm"
    STILL_INSIDE = "still_inside"
    HAD_LEFT = "had_left"
    COPIED_PLATE = "copied_plate"
    PAID_BACK = "paid_back"
    KEPT = "kept"
    LOOKED_AFTER = "looked_after"


ALONG = timedelta(hours=1)  # how long a stay may wait for the passage that it goes with
NEEDS_STAY = frozenset({Answer.CHARGE, Answer.CLOSE, Answer.LEFT_UNSEEN})
NEEDS_GATE = frozenset({Answer.LET_OUT, Answer.OPEN, Answer.ADMIT})
_UNDONE = frozenset(Answer) - {Answer.LET_OUT, Answer.CLOSE, Answer.LEFT_UNSEEN, Answer.OPEN, Answer.ADMIT}
_PAYMENT = (Answer.PAID_BACK, Answer.KEPT)

# The two likely answers of every kind, the likelier first.
OFFERS: dict[str, tuple[Answer, Answer]] = {
    ExceptionKind.HELD_WITHOUT_STAY: (Answer.CHARGE, Answer.LET_OUT),
    ExceptionKind.TWO_ALIKE: (Answer.CHARGE, Answer.LET_OUT),
    ExceptionKind.UNREAD: (Answer.OPEN, Answer.COME_AGAIN),
    ExceptionKind.HELP: (Answer.OPEN, Answer.HELPED),
    ExceptionKind.OVERSTAYED: (Answer.PAYS_REST, Answer.LET_OUT),
    ExceptionKind.EXIT_WITHOUT_STAY: (Answer.CLOSE, Answer.NO_STAY),
    ExceptionKind.TAILGATE: (Answer.CLOSE, Answer.FALSE_ALARM),
    ExceptionKind.REVERSED: (Answer.STILL_INSIDE, Answer.CLOSE),
    ExceptionKind.ENTERED_TWICE: (Answer.HAD_LEFT, Answer.COPIED_PLATE),
    ExceptionKind.LATE_PAYMENT: _PAYMENT,
    ExceptionKind.EXCESS_PAYMENT: _PAYMENT,
    ExceptionKind.UNPRICED_PAYMENT: _PAYMENT,
    ExceptionKind.STAY_UNREADABLE: (Answer.LOOKED_AFTER, Answer.HAD_LEFT),
}
# What is possible besides, once the driver has told whose stay it is.
MORE: dict[str, tuple[Answer, ...]] = {
    ExceptionKind.UNREAD: (Answer.ADMIT, Answer.LET_OUT),
    ExceptionKind.HELP: (Answer.CHARGE, Answer.ADMIT, Answer.LET_OUT),
    ExceptionKind.OVERSTAYED: (),
    ExceptionKind.TAILGATE: (Answer.LEFT_UNSEEN,),
    ExceptionKind.REVERSED: (Answer.LEFT_UNSEEN,),
}
LIKELY_WHY: dict[str, Why] = {
    ExceptionKind.TWO_ALIKE: Why.MISREAD,
    ExceptionKind.HELD_WITHOUT_STAY: Why.MISREAD,
    ExceptionKind.EXIT_WITHOUT_STAY: Why.MISREAD,
    ExceptionKind.UNREAD: Why.DIRTY,
    ExceptionKind.TAILGATE: Why.TAILGATED,
    ExceptionKind.REVERSED: Why.FAULT,
}


class Problem(StrEnum):
    """Why an answer did nothing."""

    ALREADY = "already"  # somebody was faster, or it was over by itself
    TAKEN = "taken"  # a colleague looks after it
    NOT_OFFERED = "not_offered"
    NO_STAY = "no_stay"  # an answer about a stay names none of this garage that is open
    NO_LANE = "no_lane"  # there is no barrier to open
    CHANGED = "changed"  # the stay left or was paid meanwhile


@dataclass(frozen=True, slots=True)
class Resolved:
    answer: Answer
    stay: UUID | None
    may_undo: bool
    admitted: UUID | None = None  # the opening by which a vehicle comes in under a virtual plate


class _Lost(Exception):
    """Rolls the effect back."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def offered(exception: LaneException) -> tuple[Answer, ...]:
    """All that may be answered to it, the two likely ones first."""
    found, gate = OFFERS[exception.kind] + MORE.get(exception.kind, ()), _gate(exception)
    enters = gate is not None and gate.direction == Direction.IN
    return tuple(one for one in found if enters or one is not Answer.ADMIT)


def resolve(
    exception: LaneException, answer: Answer, *, why: Why, stay_id: UUID | None = None, by: By, at: datetime
) -> Resolved | Problem | Refused:
    """Settle it. Refused where the keeper does not let this operator look. Raises KeeperAway, Outdated."""
    if answer not in offered(exception):
        return Problem.NOT_OFFERED
    stay = queries.open_stay(stay_id) if stay_id else None
    if stay is not None and stay.garage_id != exception.garage_id:
        stay = None
    if stay is None and (answer in NEEDS_STAY or (answer is Answer.LET_OUT and stay_id is not None)):
        return Problem.NO_STAY
    gate = _gate(exception)
    if gate is None and answer in NEEDS_GATE:
        return Problem.NO_LANE
    if answer is Answer.ADMIT and gate is not None:
        return _admit(_Case(exception, answer, why, by, at), gate)
    try:
        refused = _carry_out(_Case(exception, answer, why, by, at), stay, gate)
    except _Lost as lost:
        return lost.problem
    return refused or Resolved(answer, stay.pk if stay else None, answer in _UNDONE)


@dataclass(frozen=True, slots=True)
class _Case:
    exception: LaneException
    answer: Answer
    why: Why
    by: By
    at: datetime

    def settle(self) -> None:
        """By compare-and-set, inside the transaction of the effect. Raises _Lost."""
        waiting = LaneException.objects.filter(pk=self.exception.pk, done=False)
        done = {"done": True, "answer": self.answer.value, "reason": self.why.value, "taken_by": self.by.actor}
        if not waiting.filter(taken_by__in=["", self.by.actor]).update(**done):
            raise _Lost(Problem.TAKEN if waiting.exists() else Problem.ALREADY)
        record(f"lane.{self.answer.value}", "exception", self.exception.pk, by=self.by, at=self.at)
        lane_exceptions.tell([self.exception.garage.site_id])


def _gate(exception: LaneException) -> Gate | None:
    return Gate.objects.filter(site=exception.garage.site_id, code=exception.gate).first() if exception.gate else None


def _carry_out(case: _Case, stay: OpenStay | None, gate: Gate | None) -> Refused | None:
    match case.answer:
        case Answer.CHARGE if stay is not None:
            return _charge(case, stay)
        case Answer.LET_OUT if gate is not None:
            return _let_out(case, stay, gate)
        case Answer.CLOSE if stay is not None:
            _close(case, stay, case.exception.at, Act.CLOSED_UNPAID)
        case Answer.LEFT_UNSEEN if stay is not None:
            _close(case, stay, None, Act.LEFT_UNSEEN)
        case Answer.OPEN if gate is not None:
            _open(case, gate, lambda opening: None)
        case _:
            with transaction.atomic():
                case.settle()
    return None


def _second(case: _Case, stay: OpenStay) -> Second | Refused | None:
    """The read plate as the stay's second one; None where nothing was read."""
    cell = read_cell(case.exception)
    if cell is None:
        return None
    found = keeping.second_plate(stay.garage.site.stay_day, stay.pk, cell, case.by.authority)
    return None if isinstance(found, Refused) and found.code == "bad_request" else found


def _is_same_car(case: _Case, stay: OpenStay, second: Second) -> None:
    """Raises _Lost."""
    said = matching.answer_to_second(
        stay.pk, second, stay.garage.site.stay_day, verb="stay.same_car", by=case.by, at=case.at
    )
    if said is None:
        raise _Lost(Problem.CHANGED)


def _charge(case: _Case, stay: OpenStay) -> Refused | None:
    second = _second(case, stay)
    if isinstance(second, Refused):
        return second
    with transaction.atomic():
        lock_site(stay.garage.site_id)
        case.settle()
        if second is not None:
            _is_same_car(case, stay, second)
            note_act(stay.garage, Act.SAME_CAR, case.why, by=case.by, at=case.at)
        elif queries.open_stay(stay.pk) is None:
            raise _Lost(Problem.CHANGED)
    held = queries.open_stay(stay.pk)
    if held is not None and case.exception.gate:
        exits.show(held, case.exception.gate, at=case.at)
    return None


def _let_out(case: _Case, stay: OpenStay | None, gate: Gate) -> Refused | None:
    """A car that is read leaves by its clearance, under the read plate; any other by an opening, which takes the stay
    along. Never by both: the second would let somebody else out."""
    if stay is None:
        _open(case, gate, lambda opening: _take_along(opening, None, case.at))
        return None
    second = _second(case, stay)
    if isinstance(second, Refused):
        return second
    if second is None:
        waived = waived_by(stay, case.at)
        _open(case, gate, lambda opening: _free_and_along(case, stay, opening, waived))
        return None
    waived = waived_by(stay, case.at)
    with transaction.atomic():
        lock_site(stay.garage.site_id)
        case.settle()
        _is_same_car(case, stay, second)
        if free_pass(stay, reason=case.why, waived_minor=waived, by=case.by, at=case.at) == case.at:
            raise _Lost(Problem.CHANGED)
    return None


def _free_and_along(case: _Case, stay: OpenStay, opening: UUID, waived: int) -> None:
    if free_pass(stay, reason=case.why, waived_minor=waived, by=case.by, at=case.at) == case.at:
        raise _Lost(Problem.CHANGED)
    _take_along(opening, stay.pk, case.at)


def _take_along(opening: UUID, stay: UUID | None, at: datetime) -> None:
    """Openings whose passage never came are forgotten."""
    old = Opening.objects.filter(at__lt=at - ALONG).values("pk")
    TakenAlong.objects.filter(Q(opening__in=old) | Q(stay=stay, stay__isnull=False)).delete()
    TakenAlong.objects.create(opening=opening, stay=stay)


def _open(case: _Case, gate: Gate, then: Callable[[UUID], None]) -> None:
    """Order an opening, and `then` what goes with it, all or nothing."""
    garage = case.exception.garage
    opening, cell = sealed_reason(gate, case.why.value)
    with transaction.atomic():
        lock_site(garage.site_id)
        case.settle()
        order_opening(gate, opening, cell, by=case.by, at=case.at)
        note_act(garage, Act.OPENED, case.why, by=case.by, at=case.at)
        then(opening)


def _admit(case: _Case, gate: Gate) -> Resolved | Problem:
    """Open an entry for a vehicle that nobody read. Its stay opens with the passage, as of any other."""
    garage = case.exception.garage
    opening, cell = sealed_reason(gate, case.why.value)
    try:
        with transaction.atomic():
            lock_site(garage.site_id)
            case.settle()
            order_numbered(gate, opening, cell, by=case.by, at=case.at)
            note_act(garage, Act.OPENED, case.why, by=case.by, at=case.at)
    except _Lost as lost:
        return lost.problem
    return Resolved(case.answer, None, may_undo=False, admitted=opening)


def _close(case: _Case, stay: OpenStay, left_at: datetime | None, act: Act) -> None:
    """Settled in the transaction that closes the stay."""

    def settle(waived: int) -> None:
        case.settle()
        note_act(stay.garage, act, case.why, waived_minor=waived, by=case.by, at=case.at)

    if stays.close_by_hand(stay, left_at, settle, by=case.by, at=case.at) is None:
        raise _Lost(Problem.CHANGED)


def undo(exception: LaneException, answer: Answer, stay_id: UUID | None, *, by: By, at: datetime) -> bool:
    """Take one's own answer back, where that is still possible: the exception waits again."""
    if answer not in _UNDONE:
        return False
    with transaction.atomic():
        lock_site(exception.garage.site_id)
        mine = LaneException.objects.filter(pk=exception.pk, done=True, answer=answer.value, taken_by=by.actor)
        if not mine.update(done=False, answer="", reason=""):
            return False
        if answer is Answer.CHARGE and stay_id and not matching.forget_second(stay_id, by=by, at=at):
            transaction.set_rollback(True)
            return False
        record("lane.answer_taken_back", "exception", exception.pk, by=by, at=at)
        lane_exceptions.tell([exception.garage.site_id])
    return True
