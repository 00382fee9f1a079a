"""The muster list of this edge: from its sealed files alone, with no server, no keeper and no network.

Names are not here: a person is their staff number and initials, as the feed carries them for this list. What is ticked
at the assembly point lies sealed beside it, so that neither a restart nor an empty battery begins a roll call anew.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from gatehouse.crypto import tokens
from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.signing import DeviceKeys, open_cache, seal_cache
from gatehouse.domain.muster import How, RollCall, Tick, Whereabouts, whereabouts
from gatehouse.edge import cache, config, inside
from gatehouse.edge.roster import CARD, Opener
from gatehouse.machine import replace_durably
from gatehouse.wire import PASS_KIND, Roster

BRIEF, VISIT_BRIEF = "person.brief/1", "visit.brief/1"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom the feed knows. `number` is empty for a visitor."""

    id: str
    number: str = field(repr=False)
    initials: str = field(repr=False)

    @property
    def said(self) -> str:
        return f"{self.number} {self.initials}".strip()


@dataclass(frozen=True, slots=True)
class Someone:
    """A line of the list."""

    who: Named
    where: Whereabouts


@dataclass(frozen=True, slots=True)
class List:
    """Everybody inside, in the order of the numbers; `zones` names them by id; `came` is when the roster did."""

    people: tuple[Someone, ...]
    zones: Mapping[str, str]
    known: Mapping[str, Named] = field(repr=False)
    cards: Mapping[str, str] = field(repr=False)
    came: datetime | None


class Books:
    """The sealed files of one edge, read anew at every look."""

    def __init__(self, home: Path, *, live: Callable[[], inside.Kept] | None = None) -> None:
        """`live` tells who passed where the running edge asks itself. Raises NotInitialised, UnsafeKey, EdgeError."""
        self.home = home
        self.config, self._keys = config.load(home)
        self._live = live
        self._lock = threading.Lock()
        self._roll_path = config.folder(home) / "roll.sealed"

    @property
    def keys(self) -> DeviceKeys:
        return self._keys

    # --- the list -----------------------------------------------------------------------------------------------

    def list(self, now: datetime) -> List:
        kept = cache.load(config.cache_path(self.home), self._keys) or cache.Kept()
        roster = kept.roster
        known, cards = _named(roster, Opener(self.config.edge, self._keys.seal_key)) if roster else ({}, {})
        gates = {gate.code: gate.stands_in for gate in roster.gates} if roster else {}
        seen = self._live() if self._live is not None else inside.load(self.home, self._keys)
        people = []
        for person, steps in seen.items():
            where = whereabouts(inside.steps_of(steps, gates), now)
            if where is not None:
                people.append(Someone(known.get(person, Named(person, "?", "")), where))
        people.sort(key=lambda one: (one.who.number == "", one.who.said, one.who.id))
        return List(tuple(people), dict(roster.zone_names) if roster else {}, known, cards, kept.roster_at)

    def zone(self) -> str:
        """The time zone of the site, by the last roster."""
        kept = cache.load(config.cache_path(self.home), self._keys)
        return kept.roster.zone if kept and kept.roster else "UTC"

    # --- the roll call --------------------------------------------------------------------------------------------

    def roll(self) -> RollCall | None:
        try:
            return msgspec.msgpack.decode(open_cache(self._keys, self._roll_path.read_bytes()), type=RollCall)
        except (OSError, Malformed, Unreadable, msgspec.MsgspecError):
            return None

    def start(self, now: datetime, *, drill: bool) -> RollCall:
        """A new one, unless one goes on."""
        with self._lock:
            held = self.roll()
            if held is not None and held.ended is None:
                return held
            return self._write(RollCall(now, drill))

    def change(self, how: Callable[[RollCall], RollCall]) -> RollCall | None:
        """Ticks and the end; None where no roll call was started. Raises OSError."""
        with self._lock:
            held = self.roll()
            return None if held is None else self._write(how(held))

    def _write(self, roll: RollCall) -> RollCall:
        replace_durably(self._roll_path, seal_cache(self._keys, msgspec.msgpack.encode(roll)))
        return roll

    def whose(self, text: str, of: List, now: datetime) -> Tick | None:
        """Whom a typed or scanned credential means: a staff number, a card, or the code of a pass, whether or not it
        still opens anything. Nobody where several have the number."""
        said = text.strip()
        token = tokens.check(said, PASS_KIND, self.config.keeper_verify_key, None) if said.startswith("GH1.") else None
        if isinstance(token, tokens.Token):
            own = str(token.claims["sub"])
            right = token.claims["site"] == self.config.site and _is_id(own)
            return Tick(own, now, How.CODE) if right else None
        owner = of.cards.get(said.upper())
        if owner is not None:
            return Tick(owner, now, How.CARD)
        found = [one.id for one in of.known.values() if one.number and one.number.casefold() == said.casefold()]
        return Tick(found[0], now, How.NUMBER) if len(found) == 1 else None


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


class _VisitBrief(msgspec.Struct):
    initials: str = ""


def _named(roster: Roster, opener: Opener) -> tuple[dict[str, Named], dict[str, str]]:
    """By id, and who has which card."""
    known: dict[str, Named] = {}
    cards: dict[str, str] = {}
    for entry in roster.people:
        if entry.visit:
            data = opener.open(entry.brief, VISIT_BRIEF, entry.id)
            initials = _initials(data)
            known[entry.id] = Named(entry.id, "", initials)
            continue
        number, _, initials = (opener.text(entry.brief, BRIEF, entry.id) or "").partition(" ")
        known[entry.id] = Named(entry.id, number or "?", initials)
        card = opener.text(entry.card, CARD, entry.id)
        if card is not None:
            cards[card] = entry.id
    return known, cards


def _initials(data: bytes | None) -> str:
    try:
        return msgspec.json.decode(data or b"{}", type=_VisitBrief).initials
    except msgspec.MsgspecError:
        return ""
