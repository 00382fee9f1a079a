"""What is kept of a free pass: why, and what the car owed at that moment."""

from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.gates.waived import waived_plain
from gatehouse.server.parking.facts import UNPRICED, quote
from gatehouse.server.parking.models import FreePass, OpenStay


def prepared(stay: OpenStay, reason: str, *, by: By, at: datetime) -> FreePass:
    """The row, not yet written. A stay that could not be priced at that moment has no amount. Raises KeeperAway."""
    row = FreePass(id=uuid4(), garage=stay.garage, at=at, operator=by.actor)
    site, plains = stay.garage.site_id, []
    with suppress(*UNPRICED):
        plains.append(waived_plain(site, row.pk, quote(stay, at).due))
    if reason:
        plains.append(keeping.plain("site.text/1", site, row.pk, reason.encode()))
    for plain, cell in zip(plains, keeping.seal_many(plains), strict=True):
        if plain.label == "site.text/1":
            row.reason_cell = cell
        else:
            row.waived_cell = cell
    return row
