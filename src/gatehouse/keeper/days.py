"""The keys of site-days: made 35 days ahead, on demand up to 35 days back, and never again once destroyed."""

import threading
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper.store import Store

SPAN_DAYS = 35


def local_date(at: datetime, zone: str) -> date:
    """The date on the site's wall."""
    return at.astimezone(ZoneInfo(zone)).date()


def day_ref(site: str, day: date) -> KeyRef:
    return KeyRef(KeyKind.SITE_DAY, site, day.toordinal())


def other_ref(site: str, day: date) -> KeyRef:
    """The key of that day's strangers and vehicles: it may go before the day's own."""
    return KeyRef(KeyKind.SITE_DAY_OTHER, site, day.toordinal())


def day_of(ref: KeyRef) -> date:
    """The local date of a site-day's key."""
    return date.fromordinal(ref.number)


class Days:
    """Day keys by site and local date."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._ahead = dict[str, date]()
        self._floors = dict[tuple[KeyKind, str], date]()

    def key(self, site: str, day: date) -> bytes | None:
        """The key, if it exists."""
        return self._store.key(day_ref(site, day))

    def key_or_new(self, site: str, day: date, today: date) -> bytes | None:
        """The key; None when it was destroyed or the day lies outside the span around `today`."""
        found = self.key(site, day)
        if found is not None or abs((day - today).days) > SPAN_DAYS or self._is_over(day_ref(site, day)):
            return found
        self._store.make_keys([day_ref(site, day)])
        return self.key(site, day)

    def make_other(self, site: str, day: date) -> None:
        """The strangers' key of a day that has its own key; one that was destroyed is not made again."""
        if not self._is_over(other_ref(site, day)):
            self._store.make_keys([other_ref(site, day)])

    def close_before(self, site: str, day: date, kinds: tuple[KeyKind, ...]) -> None:
        """No key of these kinds is made any more for a day before `day`, also where there never was one: a letter that
        comes late begins no day that the site keeps no longer."""
        for kind in kinds:
            if day > self._floor(kind, site):
                self._store.set_fact(f"floor:{int(kind)}:{site}", day.isoformat().encode())
                self._floors[kind, site] = day

    def _floor(self, kind: KeyKind, site: str) -> date:
        found = self._floors.get((kind, site))
        if found is None:
            said = self._store.fact(f"floor:{int(kind)}:{site}")
            found = self._floors[kind, site] = date.fromisoformat(said.decode()) if said else date.min
        return found

    def _is_over(self, ref: KeyRef) -> bool:
        return day_of(ref) < self._floor(ref.kind, ref.owner) or self._store.is_destroyed(ref)

    def make_ahead(self, site: str, today: date) -> None:
        """Make the keys from `today` to 35 days ahead; once a day per site, in one transaction."""
        with self._lock:
            if self._ahead.get(site) == today:
                return
            days = [date.fromordinal(today.toordinal() + n) for n in range(SPAN_DAYS + 1)]
            refs = [ref(site, day) for day in days for ref in (day_ref, other_ref)]
            self._store.make_keys(ref for ref in refs if not self._store.is_destroyed(ref))
            self._ahead[site] = today

    def before(self, site: str, day: date, kinds: tuple[KeyKind, ...]) -> list[KeyRef]:
        """The keys of this site's days before `day`."""
        return [
            KeyRef(kind, site, number)
            for kind in kinds
            for number in self._store.numbers(kind, site)
            if number < day.toordinal()
        ]
