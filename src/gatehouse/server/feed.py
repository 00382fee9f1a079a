"""What changed, for one edge: its site's policy, people and vehicles re-sealed to it, clearances, orders to open.

Composed from the tables and the keeper; the server cannot read the personal parts that it carries. Re-sealed parts are
kept in memory by the cell that they came from, so that a roster whose one row changed costs one re-sealing.
"""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import get_global

from gatehouse import wire
from gatehouse.clock import monotonic_s
from gatehouse.domain.periods import EARLIEST, LATEST, Period, start_of_day
from gatehouse.keeper.protocol import Cell, Refused
from gatehouse.server import asking, keeping
from gatehouse.server.audit.by import By
from gatehouse.server.gates import policies
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Edge
from gatehouse.server.gates.virtual import is_numbered, plate_of
from gatehouse.server.parking import matching, permits, rights, room
from gatehouse.server.parking import queries as parking
from gatehouse.server.parking.facts import second_cell_of
from gatehouse.server.people import queries as people
from gatehouse.server.people import roster_looks, roster_queries
from gatehouse.server.people.cells import File, unpack
from gatehouse.server.people.models import Credential, CredentialKind, Person, Site, Vehicle, VehicleState
from gatehouse.server.visits import feeding
from gatehouse.server.visits.feeding import Expected
from gatehouse.vision.grammar import countries

LEASE = timedelta(hours=72)
RENEW_BEFORE = timedelta(hours=48)  # a roster is sent again when less than this is left of its lease
TELL_AGAIN_S = 2.0
RESEALED_LIMIT = 200_000
FEED = By.job("feed")
_LABELS = {
    CredentialKind.FACE: "face.template/1",
    CredentialKind.CARD: "credential.card/1",
    CredentialKind.PIN: "credential.pin/1",
    CredentialKind.DAY_CARD: "credential.day_card/1",
}


Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Known:
    """What the edge says that it has; 0 for nothing."""

    roster: int
    clearances: int


_lock = threading.Lock()
_resealed: dict[tuple[str, str, bytes], bytes | None] = {}
_files: dict[bytes, Span] = {}  # access spans by the hash of the sealed file that they were read from
_told: dict[tuple[str, UUID], float] = {}  # when an edge was last told of an opening
_leases: dict[str, tuple[int, datetime]] = {}  # per edge: the roster's version and its lease's end


def changes(edge: Edge, known: Known, *, now: datetime) -> wire.Feed | None:
    """What this edge must fetch, or None. Raises KeeperAway, KeeperRefused."""
    site = people.site(edge.site_id)
    version = people.feed_version(site.pk)
    roster = _roster(edge, site, version.roster, now) if _needs_roster(edge, known, version.roster, now) else None
    clearances = _clearances(edge, site, version.clearances, now) if known.clearances != version.clearances else None
    openings = _openings(edge, site)
    asked = asking.waiting(site.pk, frozenset(order.id for order in openings))
    if roster is None and clearances is None and not openings and not asked:
        return None
    return wire.Feed(roster=roster, clearances=clearances, openings=openings, asked=asked)


def _needs_roster(edge: Edge, known: Known, version: int, now: datetime) -> bool:
    with _lock:
        given = _leases.get(edge.pk)
    return known.roster != version or given is None or given[0] != version or given[1] - now < RENEW_BEFORE


def forget() -> None:
    """Forget what was re-sealed and given; for tests and for an edge that was stopped."""
    with _lock:
        _resealed.clear()
        _leases.clear()
        _told.clear()
        _files.clear()


def drop(rows: Iterable[object]) -> None:
    """Somebody was erased: no cell of theirs stays re-sealed in this process's memory. `rows` are their ways in, or a
    vehicle."""
    gone = {str(row) for row in rows}
    with _lock:
        for key in [key for key in _resealed if key[1].rpartition("/")[2] in gone]:
            del _resealed[key]


def _openings(edge: Edge, site: Site) -> list[wire.Opening]:
    """Orders that wait for their attempt, each again after a pause: the acknowledgement comes by another way."""
    now_s = monotonic_s()
    rows = list(gates.waiting_openings(site))
    with _lock:
        due = [row for row in rows if now_s - _told.get((edge.pk, row.pk), -TELL_AGAIN_S) >= TELL_AGAIN_S]
        _told.update({(edge.pk, row.pk): now_s for row in due})
        for old in [key for key in _told if key[0] == edge.pk and key[1] not in {row.pk for row in rows}]:
            del _told[old]
    return [
        wire.Opening(
            id=str(row.pk),
            gate=row.gate.code,
            at=row.at,
            plate=plate_of(row.pk) if is_numbered(row) else None,
        )
        for row in due
    ]


# --- the parts ---------------------------------------------------------------------------------------------------


def _roster(edge: Edge, site: Site, version: int, now: datetime) -> wire.Roster:
    lease_ends = now + LEASE
    visitors = feeding.expected(site, FEED, now)
    number, document = policies.in_force(site)
    state = policies.state_of(site)
    roster = wire.Roster(
        version=version,
        site=str(site.pk),
        zone=site.zone,
        gates=policies.gates_under(site, document),
        schedules=document.schedules,
        rules=document.rules,
        zones=document.zones,
        policy=number,
        alert=state.alert,
        duress=state.duress,
        forgotten=state.forgotten,
        people=[*_people(edge, site), *_visitors(edge, visitors)],
        vehicles=[*_vehicles(edge, site, now), *_visitors_cars(edge, visitors)],
        devices=_devices(edge, site),
        lease_ends=lease_ends,
        countries=plate_countries(site),
        dead_passes=people.dead_passes(site),
        emergency=sorted(rights.lanes_by_form(site)),
        zone_names={str(zone.pk): zone.name for zone in people.zones(site)},
        papers=sorted(roster_queries.papers_asked(site)),
        paper_names=roster_queries.paper_names(site),
    )
    with _lock:
        _leases[edge.pk] = (version, lease_ends)
    return roster


def plate_countries(site: Site) -> list[str]:
    """Whose plates are read at a site, by its time zone's territory (CLDR); all we know where that says nothing."""
    if site.zone.startswith("Europe/"):
        return ["EU"]
    territory = get_global("zone_territories").get(site.zone, "")
    return [territory] if territory in countries() else list(countries())


def _people(edge: Edge, site: Site) -> list[wire.PersonEntry]:
    """Everybody active whose access span can be read; without it nobody is let in on a guess."""
    members = people.groups_by_person(site)
    active = people.active_people(site)
    spans = _spans(active, ZoneInfo(site.zone))
    papers = roster_looks.papers(site, active, FEED.authority)
    by_person: dict[object, dict[str, Credential]] = {}
    for credential in people.live_credentials(site):
        by_person.setdefault(credential.person_id, {})[credential.kind] = credential
    wanted = [
        (credential, _LABELS[CredentialKind(kind)])
        for ways in by_person.values()
        for kind, credential in ways.items()
        if kind in _LABELS and credential.cell is not None
    ]
    cells = [(keeping.cell(label, c.pk, bytes(c.cell or b"")), c.person_id) for c, label in wanted]
    sealed = dict(zip((c.pk for c, _ in wanted), _reseal(edge, cells), strict=True))
    briefs = _reseal(edge, [(keeping.cell("person.brief/1", p.pk, p.brief_cell), p.pk) for p in active])
    entries = []
    for person, brief in zip(active, briefs, strict=True):
        if person.pk not in spans:
            continue
        ways = by_person.get(person.pk, {})
        parts = {kind.value: sealed.get(ways[kind.value].pk) if kind.value in ways else None for kind in _LABELS}
        starts, ends = spans[person.pk]
        entries.append(
            wire.PersonEntry(
                id=str(person.pk),
                groups=members.get(person.pk, []),
                starts=starts,
                ends=ends,
                face=parts["face"],
                card=parts["card"],
                pin=parts["pin"],
                day_card=parts["day_card"],
                brief=brief,
                papers=None if papers is None else list(papers.get(person.pk, ())),
            )
        )
    return entries


def _spans(active: Sequence[Person], zone: ZoneInfo) -> dict[UUID, Span]:
    """From when until when each person has access, from their sealed files, through the keeper's job for this. A file
    that was read before is not looked at again; one whose key is gone has no span."""
    keys = {person.pk: hashlib.sha256(person.file_cell).digest() for person in active}
    with _lock:
        known = {pk: _files[key] for pk, key in keys.items() if key in _files}
    unread = [person for person in active if person.pk not in known]
    cells = [keeping.cell("person.file/1", person.pk, person.file_cell) for person in unread]
    data = keeping.reveal(cells, FEED.authority, "feed.spans")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    read = {p.pk: unpack(text, File) for p, text in zip(unread, data, strict=True) if text is not None}
    spans = {pk: (_start(file.starts, zone), _end(file.ends, zone)) for pk, file in read.items()}
    with _lock:
        _files.update((keys[pk], span) for pk, span in spans.items())
    return known | spans


def _within(day: date) -> date:
    """No date that slipped in stops the whole feed."""
    return min(max(day, EARLIEST), LATEST)


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    return start_of_day(_within(day), zone) if day else None


def _end(last: date | None, zone: ZoneInfo) -> datetime | None:
    """The end of the last date on which somebody has access."""
    return Period.local_day(_within(last), zone).end if last else None


def _vehicles(edge: Edge, site: Site, now: datetime) -> list[wire.VehicleEntry]:
    known = rights.rights_by_vehicle(site, now)
    vehicles = list(people.listed_vehicles(site))
    cells = [(keeping.cell("vehicle.plate/1", row.pk, row.plate_cell), row.pk) for row in vehicles]
    return [
        _vehicle(row, plate, known.get(row.pk, rights.Rights()))
        for row, plate in zip(vehicles, _reseal(edge, cells), strict=True)
        if plate is not None
    ]


def _vehicle(row: Vehicle, plate: bytes, of: rights.Rights) -> wire.VehicleEntry:
    if row.state == VehicleState.BLOCKED:
        of.block(None)
    return wire.VehicleEntry(
        id=str(row.pk),
        plate=plate,
        permits=of.permits,
        blocked=of.blocked,
        blocked_until=of.blocked_until,
        welcome=of.welcome,
        emergency=of.emergency,
    )


def _visitors(edge: Edge, visitors: Sequence[Expected]) -> list[wire.PersonEntry]:
    """By pass alone, and only in their time: the edge needs nobody to end it."""
    briefs = _reseal(edge, [(keeping.cell("visit.brief/1", of.id, of.brief_cell), of.id) for of in visitors])
    return [
        wire.PersonEntry(id=str(of.id), groups=of.groups, starts=of.opens, ends=of.ends, brief=brief, visit=True)
        for of, brief in zip(visitors, briefs, strict=True)
    ]


def _visitors_cars(edge: Edge, visitors: Sequence[Expected]) -> list[wire.VehicleEntry]:
    """Welcome while the visit lasts. A plate on the blocked list stays blocked: the edge joins what it hears of one."""
    cars = [(of, of.plate_cell) for of in visitors if of.plate_cell is not None and of.lanes]
    sealed = _reseal(edge, [(keeping.cell("visit.plate/1", of.id, cell), of.id) for of, cell in cars])
    return [
        wire.VehicleEntry(id=of.car, plate=plate, permits=[], welcome=[of.right], visit=str(of.id))
        for (of, _), plate in zip(cars, sealed, strict=True)
        if plate is not None
    ]


def _devices(edge: Edge, site: Site) -> list[wire.DeviceEntry]:
    rows = list(gates.devices(site))
    secret = [row for row in rows if row.secret_cell is not None]
    cells = [(keeping.cell("device.secret/1", row.pk, bytes(row.secret_cell or b"")), row.pk) for row in secret]
    sealed = dict(zip((row.pk for row in secret), _reseal(edge, cells), strict=True))
    return [
        wire.DeviceEntry(
            id=str(row.pk),
            gate=row.gate.code,
            kind=cast(Literal["camera", "relay", "reader", "terminal"], row.kind),
            driver=row.driver,
            address=row.address,
            secret=sealed.get(row.pk),
            region=row.region,
        )
        for row in rows
    ]


def _clearances(edge: Edge, site: Site, version: int, now: datetime) -> wire.Clearances:
    rows = parking.clearances(site.pk, now)
    cells = [(row, keeping.cell("stay.plate/1", row.stay_id, row.stay.plate_cell)) for row in rows]
    first = len(cells)
    cells += [(row, second_cell_of(row.stay_id, row.stay.second_cell)) for row in rows if row.stay.second_cell]
    alone = matching.alone([row.stay for row in rows])
    sealed = _reseal(edge, [(cell, row.stay_id) for row, cell in cells])
    entries = [
        # What a second plate looks like was not asked of the other stays.
        wire.ClearanceEntry(
            id=str(row.stay_id), plate=plate, ends=row.ends, alone=place < first and row.stay_id in alone
        )
        for place, ((row, _), plate) in enumerate(zip(cells, sealed, strict=True))
        if plate is not None
    ]
    full, lanes = room.full_garages(site), rights.lanes_by_garage(site)
    return wire.Clearances(
        version=version,
        entries=entries,
        full=sorted(code for garage in full for code in lanes.get(garage, ())),
        freed=_freed(edge, site, now),
    )


def _freed(edge: Edge, site: Site, now: datetime) -> list[wire.FreedBay]:
    rows = permits.freed_bays(site, now)
    cells = [(keeping.cell("vehicle.plate/1", car.pk, car.plate_cell), car.pk) for car, _ in rows]
    return [
        wire.FreedBay(vehicle=str(car.pk), plate=plate, at=at)
        for (car, at), plate in zip(rows, _reseal(edge, cells), strict=True)
        if plate is not None
    ]


def _reseal(edge: Edge, cells: Sequence[tuple[Cell, object]]) -> list[bytes | None]:
    """Each (cell, owner) for this edge, from memory where the same cell was re-sealed before."""
    keys = [(edge.pk, f"{cell.label}/{cell.row}", hashlib.sha256(cell.data).digest()) for cell, _ in cells]
    with _lock:
        known = {place: _resealed[key] for place, key in enumerate(keys) if key in _resealed}
    missing = [place for place in range(len(keys)) if place not in known]
    fresh = keeping.reseal(edge.pk, [cells[n][0] for n in missing], [cells[n][1] for n in missing])
    known.update(zip(missing, fresh, strict=True))
    with _lock:
        if len(_resealed) + len(missing) > RESEALED_LIMIT:
            _resealed.clear()
        _resealed.update((keys[place], known[place]) for place in missing)
    return [known[place] for place in range(len(keys))]
