"""A car held unpaid at an exit: what it owes goes to the lane's display, and one that owes nothing is let out."""

from datetime import datetime
from uuid import UUID

import structlog

from gatehouse.server import bus
from gatehouse.server.audit.by import By
from gatehouse.server.parking import autopay, queries
from gatehouse.server.parking.actions import clear_free
from gatehouse.server.parking.facts import UNPRICED, quote

log = structlog.get_logger()


def hold(site_id: UUID, gate: str, token: bytes, *, at: datetime) -> None:
    """Show what the held car owes, or clear it when that is nothing. Never raises for a stay that cannot be priced: the
    tile then shows no amount and an operator is called."""
    garage = queries.garages_by_gate_code(site_id).get(gate)
    stay = queries.open_stay_with(garage.pk, token) if garage else None
    if stay is None:
        return
    try:
        asked = quote(stay, at)
    except UNPRICED as fault:
        log.warning("exit.not_priced", gate=gate, fault=type(fault).__name__)
        return
    if asked.due:
        owed = bus.Owed(asked.due.minor, asked.due.currency, str(stay.pk))
        bus.set_tile(site_id, gate, owed=owed)
        autopay.charge_soon(stay, at)
    else:
        clear_free(stay, by=By.job("stays"), at=at)
