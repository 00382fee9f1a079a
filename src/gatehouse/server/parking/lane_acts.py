"""What operators do for or against a garage's money, written down with a reason code, for its owner to look through."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from gatehouse.domain.periods import local_date
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


def open_lane(gate: Gate, why: str, note: str = "", *, by: By, at: datetime) -> Opening:
    """Order one opening of a gate by hand; of a garage's lane it is an act as well. Raises KeeperAway."""
    garage = queries.garage_of_gate(gate)
    new_id, cell = sealed_reason(gate, f"{why}: {note}" if note else why)
    with transaction.atomic():
        opening = order_opening(gate, new_id, cell, by=by, at=at)
        if garage is not None:
            note_act(garage, Act.OPENED, why, by=by, at=at)
    return opening
