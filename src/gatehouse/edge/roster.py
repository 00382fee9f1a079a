"""The feed opened into memory: everything that a gate needs to answer, as one value that is replaced whole.

Cells are HPKE to this edge's key; the server that carried them can read none. A cell that does not open
(its owner was erased meanwhile) costs its owner that credential and nobody else's. A feed of which nothing
opens is another edge's.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.letters import hpke_open
from gatehouse.domain.periods import Period
from gatehouse.domain.policy import Clearance, Permit, Policy, Subject, by_looks
from gatehouse.domain.regions import Region, region_of
from gatehouse.edge.duress import duress_pins
from gatehouse.edge.errors import FeedRefused
from gatehouse.vision.calibration import FALSE_MATCH, Calibration, calibrated
from gatehouse.vision.faces import EMBEDDING_SIZE, MODEL
from gatehouse.vision.gallery import Gallery, Lookalikes
from gatehouse.vision.grammar import countries
from gatehouse.wire import (
    FEED_INFO,
    Clearances,
    DeviceEntry,
    PersonEntry,
    Roster,
    VehicleEntry,
    WireError,
    decode_templates,
    feed_aad,
)

LONGEST_LEASE = timedelta(hours=72)
LONGEST_S = 86_400.0  # of a gate's pulse, wait and freshness limit

FACE = "face.template/1"
CARD = "credential.card/1"
PIN = "credential.pin/1"
VEHICLE = "vehicle.plate/1"
VISIT = "visit.plate/1"
STAY = "stay.plate/1"
DEVICE = "device.secret/1"
DAY_CARD = "credential.day_card/1"
BRIEF = "person.brief/1"


@dataclass(frozen=True, slots=True)
class Device:
    """What stands at a gate, with its password in the clear; `repr` leaves that out."""

    id: str
    gate: str
    kind: str
    driver: str
    address: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    region: Region | None = None  # the part of a camera's picture that is looked at


@dataclass(frozen=True, slots=True, repr=False)
class DayCard:
    """A card lent for one date of the site, in place of the person's own."""

    person: str
    number: str
    day: Period


@dataclass(frozen=True, slots=True, repr=False)
class Brief:
    """How a terminal greets somebody, and by which number they say who they are."""

    number: str
    initials: str


@dataclass(frozen=True, slots=True, repr=False)
class Knowledge:
    """All that the edge knows. `version` grows with every change, so that a refused car is thought about
    again."""

    version: int
    roster: int  # the feed's own version numbers, 0 for none yet
    clearances: int
    policy: Policy
    gallery: Gallery
    cards: dict[str, str]
    pins: dict[str, str]
    plates: dict[str, str]
    devices: tuple[Device, ...]
    countries: tuple[str, ...] = ("CN",)  # whose plates are read
    unopened: int = 0  # cells that did not open
    faces: bytes = b""  # digest of the gallery's templates
    calibration: Calibration | None = None  # of the gallery; None while nobody's face is known
    alike: tuple[Lookalikes, ...] = ()  # who is too alike for a face alone, nearest first
    outdated: int = 0  # people whose face another model has made: known by card, pass and PIN alone
    freed: tuple[tuple[str, datetime], ...] = ()  # plates that left their bay unseen before a moment
    day_cards: tuple[DayCard, ...] = ()
    briefs: dict[str, Brief] = field(default_factory=dict)  # by person
    numbers: dict[str, str] = field(default_factory=dict)  # staff number -> person
    own_pins: dict[str, str] = field(default_factory=dict)  # person -> PIN
    forgotten: dict[str, datetime] = field(default_factory=dict)  # by zone: who came before is nowhere
    duress: bool = False  # is what somebody types who is threatened taken as such here?
    under_duress: dict[str, str] = field(default_factory=dict)  # that -> person, where a PIN alone is asked for
    paper_names: dict[str, str] = field(default_factory=dict)  # what certificates are called

    def holder_of(self, card: str, now: datetime) -> str | None:
        """Whose card this is at this moment. Who was lent one for the day has left their own at home, so that one opens
        nothing until the day is over."""
        lent = [one for one in self.day_cards if one.day.holds(now)]
        for one in lent:
            if one.number == card:
                return one.person
        owner = self.cards.get(card)
        return None if any(one.person == owner for one in lent) else owner


def nothing() -> Knowledge:
    """An edge that never had a feed: no gates, nobody known."""
    return Knowledge(0, 0, 0, Policy("UTC"), Gallery([]), {}, {}, {}, ())


Memory = dict[tuple[str, str, bytes], bytes]


class Opener:
    """Opens the cells of one feed and counts those that do not open. What the feed before it opened under the same
    label and owner is not opened again: of thousands of people one has changed."""

    def __init__(self, edge: str, private_key: bytes, before: Memory | None = None) -> None:
        self._edge = edge
        self._key = private_key
        self._before = before or {}
        self.memory: Memory = {}  # of this feed alone: what it no longer holds is forgotten
        self.opened = 0
        self.failed = 0

    def open(self, cell: bytes | None, label: str, owner: str) -> bytes | None:
        if cell is None:
            return None
        place = (label, owner, cell)
        data = self._before.get(place)
        if data is None:
            try:
                data = hpke_open(cell, info=FEED_INFO, aad=feed_aad(self._edge, label, owner), private_key=self._key)
            except Unreadable:
                self.failed += 1
                return None
        self.memory[place] = data
        self.opened += 1
        return data

    def text(self, cell: bytes | None, label: str, owner: str) -> str | None:
        data = self.open(cell, label, owner)
        if data is None:
            return None
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.failed += 1
            return None

    def check(self) -> None:
        """Raises FeedRefused when there were cells and not one of them was for this edge."""
        if self.failed and not self.opened:
            raise FeedRefused("the feed is sealed for another edge")


def with_roster(known: Knowledge, roster: Roster, *, site: str, opener: Opener, now: datetime) -> Knowledge:
    """What the edge knows after this roster. Raises FeedRefused, and then nothing changed."""
    if roster.site != site:
        raise FeedRefused("the roster is another site's")
    _check(roster)
    templates, outdated = _templates(roster.people, opener)
    faces = _digest(templates)
    cards = _lookup((opener.text(p.card, CARD, p.id), p.id) for p in roster.people)
    own_pins = {p.id: pin for p in roster.people if (pin := opener.text(p.pin, PIN, p.id)) is not None}
    pins = _lookup((pin, person) for person, pin in own_pins.items())
    briefs = _briefs(roster.people, opener)
    zone = _zone(roster.zone)
    day_cards = _day_cards(roster.people, opener, ZoneInfo(zone))
    plates, vehicles = _vehicles(roster.vehicles, opener)
    devices = tuple(_device(entry, opener) for entry in roster.devices)
    opener.check()
    gallery, calibration, alike = known.gallery, known.calibration, known.alike
    if faces != known.faces:  # comparing all faces with each other takes seconds at 20,000 people
        found = calibrated(templates, false_match=FALSE_MATCH)
        gallery, alike = found.gallery, found.alike
        calibration = found.calibration if templates else None
    policy = Policy(
        zone=zone,
        gates={gate.code: gate for gate in roster.gates},
        schedules={schedule.id: schedule for schedule in roster.schedules},
        rules=tuple(roster.rules),
        subjects={**{person.id: _person(person) for person in roster.people}, **vehicles},
        clearances=known.policy.clearances,
        looks=known.policy.looks,
        # The lease is a promise to the enrolled people; a server cannot stretch it.
        lease_ends=min(_aware(roster.lease_ends), now + LONGEST_LEASE),
        dead_passes=frozenset(roster.dead_passes),
        countries=tuple(roster.countries),
        emergency=frozenset(roster.emergency),
        full=known.policy.full,
        zones={rules.id: rules for rules in roster.zones},
        alert=roster.alert,
        number=roster.policy,
        papers=frozenset(roster.papers),
    )
    return Knowledge(
        version=known.version + 1,
        roster=roster.version,
        clearances=known.clearances,
        policy=policy,
        gallery=gallery,
        cards=cards,
        pins=pins,
        plates=plates,
        devices=devices,
        countries=tuple(code for code in roster.countries if code in countries()) or known.countries,
        unopened=opener.failed,
        faces=faces,
        calibration=calibration,
        alike=alike,
        outdated=outdated,
        freed=known.freed,
        day_cards=day_cards,
        briefs=briefs,
        numbers=_lookup((brief.number.upper(), person) for person, brief in briefs.items()),
        own_pins=own_pins,
        forgotten={zone: _aware(at) for zone, at in roster.forgotten.items()},
        duress=roster.duress,
        under_duress=duress_pins(pins) if roster.duress else {},
        paper_names=dict(roster.paper_names),
    )


def with_clearances(known: Knowledge, clearances: Clearances, *, opener: Opener) -> Knowledge:
    """What the edge knows after these clearances. Raises FeedRefused, and then nothing changed."""
    opened: dict[str, Clearance] = {}
    for entry in clearances.entries:
        plate = opener.text(entry.plate, STAY, entry.id)
        if plate is not None:
            before = opened.get(plate)
            clearance = Clearance(entry.id, plate, _aware(entry.ends), entry.alone)
            opened[plate] = clearance if before is None or before.ends < clearance.ends else before
    freed = [(opener.text(entry.plate, VEHICLE, entry.vehicle), _aware(entry.at)) for entry in clearances.freed]
    opener.check()
    return replace(
        known,
        version=known.version + 1,
        clearances=clearances.version,
        policy=replace(
            known.policy, clearances=opened, looks=by_looks(opened.values()), full=frozenset(clearances.full)
        ),
        freed=tuple((plate, at) for plate, at in freed if plate is not None),
    )


def _templates(people: Iterable[PersonEntry], opener: Opener) -> tuple[list[tuple[str, NDArray[np.float32]]], int]:
    """The vectors of this edge's model, and how many people have some of another one."""
    rows: list[tuple[str, NDArray[np.float32]]] = []
    outdated = 0
    for person in people:
        data = opener.open(person.face, FACE, person.id)
        if data is None:
            continue
        try:
            templates = decode_templates(data)
        except WireError:
            opener.failed += 1
            continue
        if templates.model != MODEL:  # not comparable: known by other means until enrolled anew
            outdated += 1
            continue
        vectors = np.frombuffer(templates.vectors, "<f4") if len(templates.vectors) % 4 == 0 else None
        if vectors is None or templates.size != EMBEDDING_SIZE:
            opener.failed += 1
            continue
        if vectors.size % EMBEDDING_SIZE or not np.isfinite(vectors).all():
            opener.failed += 1
            continue
        rows += [(person.id, row.astype(np.float32)) for row in vectors.reshape(-1, EMBEDDING_SIZE)]
    return rows, outdated


def _digest(rows: Iterable[tuple[str, NDArray[np.float32]]]) -> bytes:
    digest = hashlib.sha256()
    for person, vector in rows:
        digest.update(person.encode() + b"\0" + vector.tobytes())
    return digest.digest()


def _vehicles(entries: Iterable[VehicleEntry], opener: Opener) -> tuple[dict[str, str], dict[str, Subject]]:
    """plate -> vehicle, and the vehicles. A plate that was registered twice is one car: it has the permits of
    both, and is blocked if either is."""
    plates: dict[str, str] = {}
    vehicles: dict[str, Subject] = {}
    for entry in sorted(entries, key=lambda vehicle: vehicle.id):
        label, of = (VISIT, entry.visit) if entry.visit else (VEHICLE, entry.id)
        plate = opener.text(entry.plate, label, of)
        if plate is None:
            continue
        owner = plates.setdefault(plate, entry.id)
        vehicles[owner] = _together(vehicles.get(owner, Subject(owner)), entry)
    return plates, vehicles


def _together(before: Subject, entry: VehicleEntry) -> Subject:
    ends = [one.blocked_until for one in (before, entry) if one.blocked]
    return Subject(
        before.id,
        permits=(*before.permits, *(replace(permit, holder=entry.id) for permit in entry.permits)),
        blocked=bool(ends),
        blocked_until=None if None in ends else max((end for end in ends if end), default=None),
        welcome=(*before.welcome, *entry.welcome),
        emergency=(*before.emergency, *entry.emergency),
    )


def _lookup(pairs: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """value -> owner. A value that two owners share names nobody."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for value, owner in pairs:
        if value is not None and found.setdefault(value, owner) != owner:
            shared.add(value)
    return {value: owner for value, owner in found.items() if value not in shared}


def _briefs(people: Iterable[PersonEntry], opener: Opener) -> dict[str, Brief]:
    found = {}
    for person in people:
        text = None if person.visit else opener.text(person.brief, BRIEF, person.id)  # a visitor's is of another label
        if text is not None:
            number, _, initials = text.partition(" ")
            found[person.id] = Brief(number, initials)
    return found


def _day_cards(people: Iterable[PersonEntry], opener: Opener, zone: ZoneInfo) -> tuple[DayCard, ...]:
    found = []
    for person in people:
        text = opener.text(person.day_card, DAY_CARD, person.id)
        if text is None:
            continue
        day, _, number = text.partition(" ")
        try:
            found.append(DayCard(person.id, number, Period.local_day(date.fromisoformat(day), zone)))
        except (ValueError, OverflowError):
            opener.failed += 1
    return tuple(found)


def _device(entry: DeviceEntry, opener: Opener) -> Device:
    secret = opener.text(entry.secret, DEVICE, entry.id)
    return Device(entry.id, entry.gate, entry.kind, entry.driver, entry.address, secret, _region(entry.region))


def _region(corners: list[int]) -> Region | None:
    """The whole picture where the corners are none: a gate that sees too much is better than one that sees nothing."""
    try:
        return region_of(corners)
    except ValueError:
        return None


def _person(entry: PersonEntry) -> Subject:
    papers = None if entry.papers is None else tuple(entry.papers)
    return Subject(entry.id, frozenset(entry.groups), entry.starts, entry.ends, papers=papers)


def _check(roster: Roster) -> None:
    """Raises FeedRefused for times and lengths with which no gate could reckon: each look would end its thread."""
    spans = [(person.starts, person.ends) for person in roster.people]
    spans += [(rule.starts, rule.ends) for rule in roster.rules]
    spans += [(right.starts, right.ends) for vehicle in roster.vehicles for right in _rights(vehicle)]
    spans += [(vehicle.blocked_until, None) for vehicle in roster.vehicles]
    if any(at is not None and at.tzinfo is None for span in spans for at in span):
        raise FeedRefused("the roster holds a time without an offset")
    lengths = [
        length for gate in roster.gates for length in (gate.open_s, gate.confirm_s, gate.freshness_s, gate.held_s)
    ]
    lengths += [length for rules in roster.zones for length in (rules.passback_s, rules.together_s, rules.lasts_s)]
    if not all(math.isfinite(length) and 0 <= length <= LONGEST_S for length in lengths):
        raise FeedRefused("the roster holds a length of time that is none")


def _rights(vehicle: VehicleEntry) -> list[Permit]:
    return [*vehicle.permits, *vehicle.welcome, *vehicle.emergency]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise FeedRefused("the roster names no time zone") from fault


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise FeedRefused("the roster holds a time without an offset")
    try:
        return at.astimezone(UTC)
    except OverflowError as fault:
        raise FeedRefused("the roster holds a time beyond the calendar") from fault
