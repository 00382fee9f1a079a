"""The verbs that compare plates: under which token a stay lies, which stays are alike, and whose a claim is. No plate
leaves by any of them."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from gatehouse.crypto.keyring import folded_plate_token, plate_token
from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.domain.matching import Likeness, Looks, fits_claim
from gatehouse.domain.plates import fold, normalise
from gatehouse.keeper.cells import Cells, Gone, Opened
from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import (
    Alike,
    Budget,
    Cell,
    Claim,
    Claimed,
    Locate,
    Located,
    PassageFacts,
    Plain,
    Plated,
    PlateTokens,
    Refused,
    Resemble,
    Retoken,
    Retokened,
    Second,
    SecondPlate,
    StayCells,
    StayEntry,
    second_row,
)
from gatehouse.keeper.protocol import Owner as Whose
from gatehouse.keeper.rules import RETOKEN_DAYS, may_hold_stays
from gatehouse.keeper.vault import Vault

STAYS_LIMIT = 50_000  # stays that are compared at once: more than any garage holds
ALIKE_LIMIT = 10  # stays that one answer calls alike: what was read is not looked for among a whole town
_READS = frozenset({"attempt.facts/1", "passage.facts/1"})
_PLATE, _ENTRY = "stay.plate/1", "stay.entry/1"
_ORDER = list(Likeness)
_facts = msgspec.msgpack.Decoder(PassageFacts).decode
_entry = msgspec.msgpack.Decoder(StayEntry).decode


def tokens_of(day_key: bytes, plate: str) -> PlateTokens:
    """Of a normalised plate."""
    return PlateTokens(plate_token(day_key, plate), folded_plate_token(day_key, fold(plate)))


def locate(vault: Vault, request: Locate) -> Located | Refused:
    """Only for days on which a stay may be open now."""
    day_key = _stay_key(vault, request.site, request.stay_day)
    if isinstance(day_key, Refused):
        return day_key
    tokens = tokens_of(day_key, normalise(request.plate))
    cap = vault.locating.take(request.site, request.source, tokens.exact, vault.now())
    return Located(tokens) if cap is None else Refused("capped", {"cap": cap})


def _stay_key(vault: Vault, site: str, stay_day: date) -> bytes | Refused:
    """The key of a day whose tokens open stays may carry now."""
    today = vault.today(site)
    if not may_hold_stays(stay_day, today):
        return Refused("not_allowed")
    return vault.days.key_or_new(site, stay_day, today) or Refused("day_destroyed")


def retoken(vault: Vault, request: Retoken) -> Retokened | Refused:
    """Only for the day that begins now, as with `locate`."""
    today = vault.today(request.site)
    if abs(request.day - today) > timedelta(days=RETOKEN_DAYS):
        return Refused("not_allowed")
    day_key = vault.days.key_or_new(request.site, request.day, today)
    if day_key is None:
        return Refused("day_destroyed")
    result = []
    for place, cell in enumerate(request.stays):
        opened = vault.cells.open(cell)
        if cell.label != _PLATE or not isinstance(opened, Opened | Gone):
            return Refused("bad_request", {"cell": place})
        result.append(tokens_of(day_key, opened.data.decode()) if isinstance(opened, Opened) else None)
    return Retokened(result)


def resemble(vault: Vault, request: Resemble) -> Alike | Refused:
    """At most ALIKE_LIMIT are called alike, the most alike first. A stay whose key is gone, or whose cell was moved or
    changed, is alike to nothing: one such row must not hide all the others from whoever looks for a held car."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("resemble"):
        return Refused("not_allowed")
    read = _read(vault.cells, request.read)
    if read is None or len(request.stays) > STAYS_LIMIT:
        return Refused("bad_request")
    plate, seen = read
    if not asker.reaches(seen.site):
        return Refused("not_allowed")
    refused = vault.look(asker, "resemble", "lanes.alike", {Budget.NAMES: {seen.subject}})
    if refused is not None:
        return refused
    looks = Looks.of(plate)
    how = [_alike(vault.cells, looks, cell) for cell in request.stays]
    nearest = sorted(range(len(how)), key=lambda place: _ORDER.index(how[place]))[:ALIKE_LIMIT]
    kept = frozenset(nearest)
    return Alike([one.value if place in kept else Likeness.NONE.value for place, one in enumerate(how)])


def _read(cells: Cells, cell: Cell) -> tuple[str, Opened] | None:
    """The plate of a gate's facts, and whom a look at them sees; None where there is none."""
    opened = cells.open(cell) if cell.label in _READS else None
    if not isinstance(opened, Opened):
        return None
    plate = _facts(opened.data).plate
    return None if not plate else (plate, opened)


def _alike(cells: Cells, read: Looks, cell: Cell) -> Likeness:
    opened = cells.open(cell) if cell.label == _PLATE else None
    return read.likeness(Looks.of(opened.data.decode())) if isinstance(opened, Opened) else Likeness.NONE


def second_plate(vault: Vault, request: SecondPlate) -> Plated | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    read = _read(vault.cells, request.read)
    if asker.ticket is None or not asker.may("second_plate"):
        return Refused("not_allowed")
    if read is None:
        return Refused("bad_request")
    plate, seen = read
    if not asker.reaches(seen.site):
        return Refused("not_allowed")
    day_key = _stay_key(vault, seen.site, request.stay_day)
    if isinstance(day_key, Refused):
        return day_key
    refused = vault.look(asker, "second_plate", "lanes.same_car", {Budget.NAMES: {seen.subject}})
    if refused is not None:
        return refused
    second = _second(vault, day_key, request.stay, plate)
    return Refused("bad_request", {"stay": "gone"}) if second is None else Plated(second)


def _second(vault: Vault, day_key: bytes, stay: str, plate: str) -> Second | None:
    """None for a stay that has no key any more."""
    ref = KeyRef(KeyKind.STAY, stay)
    if vault.store.key(ref) is None:
        return None
    cell = vault.cells.seal(Plain(_PLATE, Whose(stay), second_row(stay), plate.encode()), ref)
    return None if cell is None else Second(cell, tokens_of(day_key, plate))


def claim(vault: Vault, request: Claim) -> Claimed | Refused:
    """Every open stay is opened and compared whoever is there, so that the time it takes tells nothing."""
    if (request.plate is None) is (request.read is None) or len(request.stays) > STAYS_LIMIT:
        return Refused("bad_request")
    if request.entered_about.tzinfo is None:
        return Refused("bad_request", {"field": "entered_about"})
    day_key = _stay_key(vault, request.site, request.stay_day)
    if isinstance(day_key, Refused):
        return day_key
    plate = normalise(request.plate or "")
    if request.read is not None:
        read = _read(vault.cells, request.read)
        if read is None or read[1].site != request.site:
            return Refused("bad_request")
        plate = read[0]
    tokens = tokens_of(day_key, plate)
    minute = int(request.entered_about.timestamp()) // 60
    asked = tokens.exact + minute.to_bytes(8, "big", signed=True)
    cap = vault.claiming.take(request.site, request.garage, request.source, tokens.folded, asked, vault.now())
    if cap is not None:
        return Refused("capped", {"cap": cap})
    found = list(_fitting(vault.cells, plate, request))
    vault.log.append_soon(Entry(at=vault.now(), kind="claim", purpose="parking.claim", count=len(found)))
    if len(found) != 1:
        return Claimed()
    return Claimed(found[0], _second(vault, day_key, found[0], plate))


def _fitting(cells: Cells, plate: str, request: Claim) -> Iterable[str]:
    looks = Looks.of(plate)
    for stay in request.stays:
        how = _alike(cells, looks, Cell(_PLATE, stay.row, stay.plate))
        entry = _entry_of(cells, stay)
        if entry is not None and fits_claim(how, entry.entered_at, request.entered_about):
            yield stay.row


def _entry_of(cells: Cells, stay: StayCells) -> StayEntry | None:
    opened = cells.open(Cell(_ENTRY, stay.row, stay.entry))
    return _entry(opened.data) if isinstance(opened, Opened) else None
