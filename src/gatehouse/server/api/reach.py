"""Rows that the caller reaches. What belongs to another site, or to another person than a worker's own, is not there:
404, as for what never was."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest

from gatehouse.keeper.protocol import Role
from gatehouse.server.api.access import caller
from gatehouse.server.api.errors import Invalid, not_found
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Gate, Schedule
from gatehouse.server.parking import queries as parking
from gatehouse.server.parking.models import Garage, Tariff
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Group, Person, Site, Vehicle, Zone


def sites(request: HttpRequest) -> list[Site]:
    return people.sites_visible_to(caller(request))


def site(request: HttpRequest, site_id: UUID) -> Site:
    """Raises Problem 404."""
    found = next((site for site in sites(request) if site.pk == site_id), None)
    if found is None:
        raise not_found("site")
    return found


def gate(request: HttpRequest, gate_id: UUID) -> Gate:
    found = gates.gate(gate_id, sites(request))
    if found is None:
        raise not_found("gate")
    return found


def person(request: HttpRequest, person_id: UUID) -> Person:
    who = caller(request)
    if who.role is Role.WORKER and who.subject != str(person_id):
        raise not_found("person")
    found = people.person(person_id, sites(request))
    if found is None:
        raise not_found("person")
    return found


def vehicle(request: HttpRequest, vehicle_id: UUID) -> Vehicle:
    found = people.vehicles(sites(request)).filter(pk=vehicle_id).first()
    if found is None:
        raise not_found("vehicle")
    return found


def garage(request: HttpRequest, garage_id: UUID) -> Garage:
    found = parking.garage(garage_id, sites(request))
    if found is None:
        raise not_found("garage")
    return found


# --- rows that a body names; they must belong to the same site ---------------------------------------------------


def groups(site: Site, ids: Iterable[UUID]) -> list[Group]:
    """Raises Invalid."""
    wanted = list(ids)
    found = list(people.groups(site).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise Invalid("groups", "unknown")
    return found


def gates_of(site: Site, ids: Iterable[UUID]) -> list[Gate]:
    wanted = list(ids)
    found = list(gates.gates([site]).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise Invalid("gates", "unknown")
    return found


def zone(site: Site, zone_id: UUID) -> Zone:
    found = people.zones(site).filter(pk=zone_id).first()
    if found is None:
        raise Invalid("zone", "unknown")
    return found


def schedule(site: Site, schedule_id: UUID) -> Schedule:
    found = gates.schedules(site).filter(pk=schedule_id).first()
    if found is None:
        raise Invalid("schedule", "unknown")
    return found


def tariff(site: Site, tariff_id: UUID) -> Tariff:
    found = parking.tariffs(site).filter(pk=tariff_id).first()
    if found is None:
        raise Invalid("tariff", "unknown")
    return found


def owner(site: Site, person_id: UUID) -> Person:
    found = people.person(person_id, [site])
    if found is None:
        raise Invalid("owner", "unknown")
    return found


def garage_of(site: Site, garage_id: UUID) -> Garage:
    found = parking.garage(garage_id, [site])
    if found is None:
        raise Invalid("garage", "unknown")
    return found
