"""What does not add up at a lane is raised here, and waits for a person.

    raise_exception(garage, kind, at=, gate=, attempt=)   what others call
    take(exception, by=, at=)                             an operator looks after it

What an answer does is in `lane_answers`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from gatehouse.keeper.protocol import Admitted
from gatehouse.server import bus
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Attempt, Gate, Outcome
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import ExceptionKind, Garage, LaneException

# About a car that stands at the lane: over as soon as a car has left there.
HELD = frozenset(
    {
        ExceptionKind.HELD_WITHOUT_STAY,
        ExceptionKind.TWO_ALIKE,
        ExceptionKind.UNREAD,
        ExceptionKind.OVERSTAYED,
        ExceptionKind.HELP,
    }
)
SAME_MOMENT = timedelta(seconds=30)  # one car follows another
PASSED = "passed"  # the answer of one that was over by itself
_BY_LANES = By.job("lanes")


@transaction.atomic
def raise_exception(
    garage: Garage,
    kind: ExceptionKind,
    *,
    at: datetime,
    gate: str = "",
    attempt: Admitted | UUID | str | None = None,
) -> LaneException:
    """Call an operator; the exception that already waits where this is the same again: the same fact, the same plate
    held for the same reason, help at the same lane. `attempt` is what was read there: the fact, or the id of an attempt
    that is recorded."""
    new = _of(garage, kind, at, gate, attempt)
    waiting = LaneException.objects.filter(garage=garage, kind=kind, gate=gate, done=False)
    same = LaneException.objects.filter(pk=new.pk).first()
    if same is None and gate and kind in HELD:
        same = waiting.filter(Q(token=new.token) if new.token is not None else Q(token__isnull=True)).first()
    if same is not None:
        return same
    LaneException.objects.bulk_create([new], ignore_conflicts=True)
    record("lane.exception_raised", "garage", garage.pk, by=_BY_LANES, at=at)
    tell([garage.site_id])
    return new


def _of(
    garage: Garage, kind: ExceptionKind, at: datetime, gate: str, attempt: Admitted | UUID | str | None
) -> LaneException:
    if isinstance(attempt, Admitted):
        return of_fact(garage, kind, attempt)
    row = Attempt.objects.filter(pk=attempt, site_id=garage.site_id).first() if attempt else None
    return LaneException(garage=garage, kind=kind, at=at, gate=gate or (row.gate if row else ""), **_shown(row))


def of_fact(garage: Garage, kind: ExceptionKind, fact: Admitted) -> LaneException:
    """The exception of a fact, not yet written; it has the fact's id."""
    return LaneException(
        id=UUID(fact.id),
        garage=garage,
        kind=kind,
        at=fact.at,
        gate=fact.gate,
        fact=UUID(fact.id),
        passed=fact.kind == "passage",
        token=fact.token,
        cell=fact.cell,
    )


def _shown(row: Attempt | None) -> dict[str, Any]:
    """What a recorded attempt shows."""
    return {} if row is None else {"fact": row.pk, "token": row.token, "cell": row.cell}


_EVENTS = frozenset({"forced", "unread", "not_confirmed"})


def of_events(site_id: UUID, facts: Sequence[Admitted]) -> list[LaneException]:
    """What a site's gates tell of themselves that somebody should look at: something passed a lane of a garage unasked,
    a plate there is not read, a car that was let out was not felt to leave. Not yet written."""
    odd = [fact for fact in facts if fact.reason in _EVENTS]
    if not odd:
        return []
    garages = queries.garages_by_gate_code(site_id)
    ways = dict(Gate.objects.filter(site_id=site_id, code__in=garages).values_list("code", "direction"))
    found = []
    for fact in odd:
        garage = garages.get(fact.gate)
        if garage is None:
            continue
        if fact.reason == "forced":
            found.append(_of_event(garage, ExceptionKind.TAILGATE, fact, _refused_behind(fact)))
        elif fact.reason == "unread":
            found.append(_of_event(garage, ExceptionKind.UNREAD, fact, None))
        elif fact.reason == "not_confirmed" and ways.get(fact.gate) == "out":
            found.append(_of_event(garage, ExceptionKind.REVERSED, fact, _granted(fact)))
    return found


def _of_event(garage: Garage, kind: ExceptionKind, fact: Admitted, row: Attempt | None) -> LaneException:
    return LaneException(id=UUID(fact.id), garage=garage, kind=kind, at=fact.at, gate=fact.gate, **_shown(row))


def _refused_behind(fact: Admitted) -> Attempt | None:
    """Who tailgates is read behind the one who was let through, and refused: the last such, if it was just now."""
    at_lane = Attempt.objects.filter(site_id=fact.site, gate=fact.gate, outcome=Outcome.REFUSED, cell__isnull=False)
    return at_lane.filter(at__lte=fact.at, at__gt=fact.at - SAME_MOMENT).order_by("-at").first()


def _granted(fact: Admitted) -> Attempt | None:
    return Attempt.objects.filter(pk=fact.attempt, site_id=fact.site).first() if fact.attempt else None


def raise_all(exceptions: Sequence[LaneException], *, at: datetime) -> None:
    """Must run inside intake's transaction. A fact that comes again raises nothing."""
    assert connection.in_atomic_block
    held = set(LaneException.objects.filter(pk__in=[one.pk for one in exceptions]).values_list("pk", flat=True))
    new = [one for one in exceptions if one.pk not in held]
    LaneException.objects.bulk_create(new, ignore_conflicts=True)
    for one in new:
        record("lane.exception_raised", "garage", one.garage_id, by=_BY_LANES, at=at)
    if new:
        tell({one.garage.site_id for one in new})


def gone(left: Iterable[tuple[Garage, Admitted]]) -> int:
    """A car has left by these lanes: whatever held one there is over. How many exceptions that were. Must run inside a
    transaction."""
    assert connection.in_atomic_block
    last: dict[tuple[UUID, str], datetime] = {}
    for garage, passage in left:
        key = garage.pk, passage.gate
        last[key] = max(passage.at, last.get(key, passage.at))
    waiting = LaneException.objects.filter(done=False, kind__in=HELD)
    return sum(
        waiting.filter(garage=garage, gate=gate, at__lte=at).update(done=True, answer=PASSED)
        for (garage, gate), at in last.items()
    )


@transaction.atomic
def take(exception: LaneException, *, by: By, at: datetime) -> bool:
    """An operator looks after it; False when another one does, or it is done."""
    mine = LaneException.objects.filter(pk=exception.pk, done=False, taken_by__in=["", by.actor])
    if not mine.update(taken_by=by.actor):
        return False
    record("lane.exception_taken", "exception", exception.pk, by=by, at=at)
    tell([exception.garage.site_id])
    return True


@transaction.atomic
def release(exception: LaneException, *, by: By, at: datetime) -> bool:
    """Somebody else may have it; also one whom a colleague took and left."""
    if not LaneException.objects.filter(pk=exception.pk, done=False).exclude(taken_by="").update(taken_by=""):
        return False
    record("lane.exception_released", "exception", exception.pk, by=by, at=at)
    tell([exception.garage.site_id])
    return True


def tell(site_ids: Iterable[UUID]) -> None:
    """Screens fetch the queue anew once this is committed."""
    for site_id in set(site_ids):
        transaction.on_commit(lambda site=str(site_id): bus.publish(bus.LanesChanged(site)))  # type: ignore[misc]
