"""A site for tests: a keeper's keys, an edge's home, feeds sealed and letters opened as the keeper does."""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatehouse.crypto.letters import hpke_open, hpke_seal, verify_letter
from gatehouse.crypto.signing import DeviceKeys, new_device_keys
from gatehouse.crypto.tokens import issue
from gatehouse.domain.policy import Direction, Gate, GateKind, Permit, Rule
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge import config
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.knowing import Known
from gatehouse.edge.spool import Spool
from gatehouse.wire import (
    FEED_INFO,
    LETTER_INFO,
    LETTER_SIGNATURE,
    ClearanceEntry,
    Clearances,
    DeviceEntry,
    FaceTemplates,
    Feed,
    GateEvent,
    PersonEntry,
    Roster,
    VehicleEntry,
    decode_body,
    encode,
    feed_aad,
    letter_aad,
)

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
EDGE, SITE = "edge-1", "site-1"
DOOR = Gate("door", GateKind.DOOR, Direction.IN, frozenset({Means.FACE, Means.PASS, Means.CARD}), has_sensor=True)
ENTRY = Gate("entry", GateKind.LANE, Direction.IN, frozenset({Means.PLATE}), has_sensor=True)
EXIT = Gate("exit", GateKind.LANE, Direction.OUT, frozenset({Means.PLATE}), has_sensor=True, collects=True)
STAFF = Rule("rule-1", frozenset({"staff"}), frozenset({"door"}))


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, at=NOW):
        self.at = at

    def now(self):
        return self.at

    def advance(self, seconds):
        self.at += timedelta(seconds=seconds)


@dataclass
class World:
    """One edge's home below `home`, and the keeper that it belongs to."""

    home: Path
    keeper: DeviceKeys = field(default_factory=new_device_keys)

    def init(self, url="http://127.0.0.1:9"):
        public = self.keeper.public()
        return config.init(
            self.home,
            url,
            edge=EDGE,
            site=SITE,
            keeper_seal_key=public.seal_key,
            keeper_verify_key=public.sign_key,
        )

    @property
    def keys(self):
        return config.load(self.home)[1]

    def loaded(self):
        return config.load(self.home)

    def spool(self):
        loaded, keys = self.loaded()
        return Spool(
            config.spool_path(self.home),
            edge=loaded.edge,
            keys=keys,
            keeper_seal_key=loaded.keeper_seal_key,
        )

    def known(self, clock):
        loaded, keys = config.load(self.home)
        return Known(loaded, keys, config.cache_path(self.home), clock)

    # --- what the server sends ------------------------------------------------------------------------------

    def cell(self, data, label, owner, edge=EDGE, public_key=None):
        key = public_key or self.keys.public().seal_key
        return hpke_seal(data, info=FEED_INFO, aad=feed_aad(edge, label, owner), public_key=key)

    def person(self, own, *, card=None, face=None, groups=("staff",), **more):
        templates = None
        if face is not None:
            templates = encode(
                FaceTemplates(model="faces-dlib-resnet-v1", size=128, vectors=face.astype("<f4").tobytes())
            )
        return PersonEntry(
            id=own,
            groups=list(groups),
            face=None if templates is None else self.cell(templates, "face.template/1", own),
            card=None if card is None else self.cell(card.encode(), "credential.card/1", own),
            **more,
        )

    def vehicle(self, own, plate, *gates, blocked=False):
        permits = [Permit(f"permit-{own}", frozenset(gates), NOW - timedelta(days=9), None)] if gates else []
        sealed = self.cell(plate.encode(), "vehicle.plate/1", own)
        return VehicleEntry(id=own, plate=sealed, permits=permits, blocked=blocked)

    def clearances(self, version, *plates, ends=NOW + timedelta(hours=1)):
        entries = [
            ClearanceEntry(
                id=f"stay-{plate}", plate=self.cell(plate.encode(), "stay.plate/1", f"stay-{plate}"), ends=ends
            )
            for plate in plates
        ]
        return Clearances(version=version, entries=entries)

    def roster(self, version=1, **more):
        parts = {
            "site": SITE,
            "zone": "Europe/Berlin",
            "gates": [DOOR, ENTRY, EXIT],
            "schedules": [],
            "rules": [STAFF],
            "people": [self.person("ada", card="4711")],
            "vehicles": [self.vehicle("car", "京A12345", "entry", "exit")],
            "devices": [],
            "lease_ends": NOW + timedelta(hours=72),
        }
        return Roster(version=version, **(parts | more))

    def feed(self, **more):
        return Feed(roster=self.roster(**more), clearances=self.clearances(1))

    def relay(self, gate, address):
        return DeviceEntry(id=f"relay-{gate}", gate=gate, kind="relay", driver="shelly", address=f"{address}?inputs=0")

    def a_pass(self, own="pass-1", person="ada", site=SITE, starts=NOW, ends=NOW + timedelta(hours=1), kind="pass"):
        claims = {
            "id": own,
            "sub": person,
            "site": site,
            "nbf": int(starts.timestamp()),
            "exp": int(ends.timestamp()),
        }
        return issue(kind, claims, self.keeper.sign_key)

    # --- what the keeper finds ------------------------------------------------------------------------------

    def opened(self, letter):
        """A letter's body, after its signature was checked as the keeper does."""
        aad = letter_aad(EDGE, letter.seq)
        verify_key = self.keys.public().sign_key
        assert verify_letter(letter.body, letter.signature, aad=aad, context=LETTER_SIGNATURE, verify_key=verify_key)
        return decode_body(hpke_open(letter.body, info=LETTER_INFO, aad=aad, private_key=self.keeper.seal_key))

    def bodies(self, spool):
        """Every body that waits in the spool, in order; numbers are without gaps."""
        letters = spool.batch(10_000)
        assert [letter.seq for letter in letters] == list(range(letters[0].seq if letters else 1, spool.last_seq() + 1))
        return [self.opened(letter) for letter in letters]


def plate_reads(text, at, confidence=0.99):
    return [Read(Means.PLATE, at, text, None, confidence)]


def file_bytes(home):
    """Everything that the spool's files hold, as a thief would read them."""
    return b"".join(path.read_bytes() for path in sorted((home / "edge").glob("spool.db*")))


def integrity(home):
    with sqlite3.connect(config.spool_path(home)) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0]


def fill(spool):
    """Leave the spool no room for another letter, as a full disk does."""
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count={pages}")
    filler = GateEvent(id="filler", gate="", at=NOW, kind="forced")
    for letters in ([filler, filler], [filler]):
        with suppress(SpoolFailed):
            for _ in range(100):
                spool.append(letters, at=NOW)
            raise AssertionError("the disk was never full")


def make_room(spool):
    spool._db.execute("PRAGMA max_page_count=1000000")
