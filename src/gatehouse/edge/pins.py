"""PINs, compared in the edge's memory only, and locked after too many wrong ones: per device and per person.

A right PIN forgives the person's own wrong ones, never the device's: else whoever has a PIN could guess others' in
between. What is locked is not compared, so that nothing can be learned while it lasts.
"""

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatehouse.clock import Clock
from gatehouse.domain.lockout import STANDARD, Limits, Tries
from gatehouse.edge.duress import is_form_of
from gatehouse.edge.roster import Knowledge

MOST_KEPT = 10_000  # numbers that somebody tried; beyond, the oldest that are not locked are forgotten


@dataclass(frozen=True, slots=True)
class Checked:
    """`person` None: wrong, or nobody's. `wait` is how long it stays locked; then nothing was compared. `locks` is True
    for the try that locked it, `duress` where the form was typed that tells of a threat (`duress`)."""

    person: str | None = None
    wait: timedelta | None = None
    locks: bool = False
    duress: bool = False


class Pins:
    """Of one edge; safe to share between threads. Forgotten when the edge is started anew."""

    def __init__(self, knowledge: Callable[[], Knowledge], clock: Clock, limits: Limits = STANDARD) -> None:
        self._knowledge = knowledge
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._devices: dict[str, Tries] = {}
        self._people: dict[str, Tries] = {}

    def of_number(self, device: str, number: str, digits: str) -> Checked:
        """The person with this staff number, if the PIN is theirs. A number that nobody has takes as long and counts
        as a wrong PIN, so that numbers cannot be found out."""
        known = self._knowledge()
        person = known.numbers.get(number.strip().upper())
        right = known.own_pins.get(person or "", "")
        key = person if person is not None else "?" + number.strip().upper()[:64]
        threatened = known.duress and is_form_of(right, digits)
        with self._lock:
            checked = self._check(device, key, person, digits if threatened else right, digits)
        return replace(checked, duress=threatened and checked.person is not None)

    def alone(self, device: str, digits: str) -> Checked:
        """The one person whose PIN this is, at a keypad that takes nothing else. Of two with the same one, nobody; of
        somebody who is locked neither, for to say so would say that it is theirs."""
        known = self._knowledge()
        person = known.pins.get(digits)
        threatened = person is None and digits in known.under_duress
        if threatened:
            person = known.under_duress[digits]
        with self._lock:
            if person is not None and self._people.get(person, Tries()).is_locked(self._clock.now()):
                person = None
            checked = self._check(device, person or "", person, digits if person is not None else "", digits)
        return replace(checked, duress=threatened and checked.person is not None)

    def _check(self, device: str, key: str, person: str | None, right: str, digits: str) -> Checked:
        now = self._clock.now()
        here, theirs = self._devices.get(device, Tries()), self._people.get(key, Tries())
        ends = [tries.locked_until for tries in (here, theirs) if tries.locked_until and tries.is_locked(now)]
        if ends:
            return Checked(wait=max(ends) - now)
        if hmac.compare_digest(right.encode(), digits.encode()) and right and person is not None:
            self._people.pop(key, None)
            return Checked(person)
        self._devices[device] = here = here.failed(now, self._limits)
        if key:
            self._people.pop(key, None)  # the newest last
            self._people[key] = theirs = theirs.failed(now, self._limits)
            self._forget(now)
        locked = here.is_locked(now) or theirs.is_locked(now)
        return Checked(locks=locked)

    def _forget(self, now: datetime) -> None:
        for key in list(self._people):
            if len(self._people) <= MOST_KEPT:
                return
            if not self._people[key].is_locked(now):
                del self._people[key]
