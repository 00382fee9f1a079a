"""As what a stay is priced: a car, a motorcycle, a truck, whatever its tariff names.

What an operator said of the stay comes first, then what its registered vehicle is, then what its plate says.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.plates import CAR
from gatehouse.server import bus
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import exits, facts, queries
from gatehouse.server.parking.lane_acts import note_act
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Act, Garage, OpenStay


class ClassError(DomainError):
    """Code: `not_in_tariff`."""


@dataclass(frozen=True, slots=True)
class Classed:
    """A stay is priced anew; what it owed and owes, None where it has no price."""

    before: Money | None
    after: Money | None


def classes_of(garage: Garage) -> list[str]:
    """The classes that the garage's tariff names, a car first; a tariff that names none has only cars."""
    try:
        tariff = facts.tariff_of(garage)
    except DomainError:
        return [CAR]
    named = {rule.vehicle_class for version in tariff.versions for rule in version.classes}
    return [CAR, *sorted(named - {CAR})]


def set_class(stay: OpenStay, vehicle_class: str, *, by: By, at: datetime) -> Classed | None:
    """An operator says what this is; from now on the stay is priced so. None when it has left, or when somebody else
    said so. What it owes less is noted as given away. Raises ClassError, KeeperAway."""
    if vehicle_class not in classes_of(stay.garage):
        raise ClassError("not_in_tariff", "the garage's tariff has no prices of its own for it", asked=vehicle_class)
    asked = _asked(stay, at)
    with transaction.atomic():
        lock_site(stay.garage.site_id)
        held = queries.open_stay(stay.pk)
        if held is None or held.vehicle_class == vehicle_class:
            return None
        before = _due(asked, held, at)
        OpenStay.objects.filter(pk=held.pk).update(vehicle_class=vehicle_class)
        held.vehicle_class = vehicle_class
        after = _due(asked, held, at)
        waived = max(0, before.minor - after.minor) if before and after else 0
        note_act(held.garage, Act.CLASS_SET, "", waived_minor=waived, by=by, at=at)
        record("stay.class_set", "garage", held.garage_id, by=by, at=at)
    _show_at_exit(held, at)
    return Classed(before, after)


def _asked(stay: OpenStay, at: datetime) -> facts.Quote | None:
    try:
        return facts.quote(stay, at)
    except (facts.StayUnreadable, DomainError):
        return None


def _due(asked: facts.Quote | None, stay: OpenStay, at: datetime) -> Money | None:
    try:
        return facts.quoted_anew(asked, stay, at).due if asked else None
    except DomainError:
        return None


def _show_at_exit(stay: OpenStay, at: datetime) -> None:
    """Where it is held at an exit, the display tells what it owes now."""
    for gate in queries.lanes(stay.garage):
        owed = bus.tile(gate.site_id, gate.code).owed
        if owed is not None and owed.stay == str(stay.pk):
            exits.show(stay, gate.code, at=at)
