"""A car held unpaid at an exit: what it owes goes to the lane's display, one that owes nothing is let out, and one
whose stay is not certain, or which was paid and stayed too long, is shown to an operator as well."""

from datetime import datetime
from uuid import UUID

import structlog

from gatehouse.keeper.protocol import Admitted
from gatehouse.server import bus
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Passage
from gatehouse.server.parking import autopay, lane_exceptions, matching, queries
from gatehouse.server.parking.actions import clear_free
from gatehouse.server.parking.facts import UNPRICED, quote
from gatehouse.server.parking.models import ExceptionKind, Garage, OpenState, OpenStay

log = structlog.get_logger()


def hold(fact: Admitted, *, at: datetime) -> None:
    """`fact` is an attempt of a lane that was refused unpaid."""
    garage = queries.garages_by_gate_code(UUID(fact.site)).get(fact.gate)
    if garage is None or fact.lane is None:
        return
    found = matching.find(garage, fact.lane)
    if found.stay is not None:
        stay = queries.open_stay(found.stay.pk)
        if stay is not None and show(stay, fact.gate, at=at) and _has_paid(stay):
            _call(garage, ExceptionKind.OVERSTAYED, fact)
        return
    _call(garage, ExceptionKind.TWO_ALIKE if found.alike > 1 else ExceptionKind.HELD_WITHOUT_STAY, fact)


def show(stay: OpenStay, gate: str, *, at: datetime) -> bool:
    """Whether the stay owes something, which the lane's display then shows; one that owes nothing is cleared instead.
    Never raises for a stay that cannot be priced: the tile then shows no amount and an operator is called."""
    site_id = stay.garage.site_id
    try:
        asked = quote(stay, at)
    except UNPRICED as fault:
        log.warning("exit.not_priced", gate=gate, fault=type(fault).__name__)
        return False
    if not asked.due:
        clear_free(stay, by=By.job("stays"), at=at)
        return False
    bus.set_tile(site_id, gate, owed=bus.Owed(asked.due.minor, asked.due.currency, str(stay.pk)))
    autopay.charge_soon(stay, at)
    return True


def _has_paid(stay: OpenStay) -> bool:
    return stay.paid_minor > 0 and stay.state in (OpenState.PAID, OpenState.CLEARED)


def _call(garage: Garage, kind: ExceptionKind, fact: Admitted) -> None:
    """Not for a car that has gone by now: its edge told us late."""
    later = Passage.objects.filter(site_id=garage.site_id, gate=fact.gate, at__gte=fact.at)
    if not later.exists():
        lane_exceptions.raise_exception(garage, kind, at=fact.at, gate=fact.gate, attempt=fact)
