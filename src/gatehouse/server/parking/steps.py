"""How long a finished stay lasted, as a step of `domain.lengths`, and the rate of tax in its price: all that counting
stays needs. Sealed apart from the books, so that whoever counts opens no times."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from gatehouse.domain.errors import DomainError
from gatehouse.domain.lengths import step_of
from gatehouse.domain.payouts import text
from gatehouse.keeper.protocol import Plain, Refused, StayEntry
from gatehouse.server import keeping
from gatehouse.server.parking.facts import STAYS, tariff_of
from gatehouse.server.parking.models import ClosedStay, Garage

LABEL = "stay.step/1"


class StepFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`step` is None where nobody knows when the car came; `tax_percent` where no rate is stated."""

    step: int | None
    tax_percent: str | None


def step_plain(row: ClosedStay, entry: StayEntry | None, left_at: datetime) -> Plain:
    facts = StepFacts(None, None)
    if entry is not None:
        facts = StepFacts(step_of(left_at - entry.entered_at), tax_percent(row.garage, entry.entered_at))
    data = msgspec.json.encode(facts)
    return keeping.plain(LABEL, row.garage.site_id, row.pk, data, year=row.left_on.year)


def tax_percent(garage: Garage, entered_at: datetime) -> str | None:
    """The rate that is contained in the price of a stay that began then; None where none is stated."""
    try:
        tariff = tariff_of(garage)
    except DomainError:
        return None
    number = tariff.version_at(entered_at)
    rate = None if number is None else tariff.versions[number].tax_percent
    return None if rate is None else text(rate)


def steps_of(rows: Iterable[ClosedStay]) -> dict[UUID, StepFacts]:
    """By stay; one that was kept without, or whose key is gone, is left out. Raises KeeperAway, KeeperRefused."""
    held = {row.pk: bytes(row.step_cell) for row in rows if row.step_cell is not None}
    data = keeping.reveal([keeping.cell(LABEL, pk, cell) for pk, cell in held.items()], STAYS.authority, "takings.day")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    return {
        pk: msgspec.json.decode(text, type=StepFacts) for pk, text in zip(held, data, strict=True) if text is not None
    }
