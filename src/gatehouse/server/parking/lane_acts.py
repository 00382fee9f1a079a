"""What operators do for or against a garage's money, written down with a reason code, for its owner to look through."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import local_date
from gatehouse.server import bus
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import order_opening, sealed_reason
from gatehouse.server.gates.models import Gate, Opening
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Act, Garage, LaneAct


class Why(StrEnum):
    """The reasons an operator chooses from; worded in the pages."""

    MISREAD = "misread"
    DIRTY = "dirty"  # the plate is dirty, bent or missing
    SWAPPED = "swapped"  # the plates were changed inside
    FAULT = "fault"  # a camera, barrier or payment did not work
    TAILGATED = "tailgated"
    EMERGENCY = "emergency"
    GUEST = "guest"
    GOODWILL = "goodwill"
    OTHER = "other"


def note_act(garage: Garage, act: Act, why: str, *, waived_minor: int = 0, by: By, at: datetime) -> None:
    """Must run inside the transaction of what it tells of, which writes its own audit entry."""
    assert connection.in_atomic_block
    LaneAct.objects.create(
        garage=garage,
        operator=by.actor,
        act=act,
        reason=why,
        on=local_date(at, ZoneInfo(garage.site.zone)),
        waived_minor=waived_minor,
        currency=garage.currency,
    )


class OpeningError(DomainError):
    """An order that can not be given. Code: `no_reason`."""


def open_lane(gate: Gate, why: str, note: str = "", *, by: By, at: datetime) -> Opening:
    """Order one opening of a gate by hand; of a garage's lane it is an act as well. A lane that collects is opened for
    a reason only, and the act keeps what the car that is held there owes. Raises OpeningError, KeeperAway."""
    if gate.collects and (not why.strip() or (why == Why.OTHER and not note.strip())):
        raise OpeningError("no_reason", "say why: whoever leaves here may owe something", gate=gate.code)
    garage = queries.garage_of_gate(gate)
    held = bus.tile(gate.site_id, gate.code).owed if gate.collects else None
    waived = held.minor if held is not None and garage is not None and held.currency == garage.currency else 0
    new_id, cell = sealed_reason(gate, f"{why}: {note}" if note else why)
    with transaction.atomic():
        opening = order_opening(gate, new_id, cell, by=by, at=at)
        if garage is not None:
            note_act(garage, Act.OPENED, why, waived_minor=waived, by=by, at=at)
    return opening
