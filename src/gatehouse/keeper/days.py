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


def day_of(ref: KeyRef) -> date:
    """The local date of a site-day's key."""
    return date.fromordinal(ref.number)


class Days:
    """Day keys by site and local date."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._ahead = dict[str, date]()

    def key(self, site: str, day: date) -> bytes | None:
        """The key, if it exists."""
        return self._store.key(day_ref(site, day))

    def key_or_new(self, site: str, day: date, today: date) -> bytes | None:
        """The key; None when it was destroyed or the day lies outside the span around `today`."""
        found = self.key(site, day)
        if found is not None or abs((day - today).days) > SPAN_DAYS or self._store.is_destroyed(day_ref(site, day)):
            return found
        self._store.make_keys([day_ref(site, day)])
        return self.key(site, day)

    def make_ahead(self, site: str, today: date) -> None:
        """Make the keys from `today` to 35 days ahead; once a day per site, in one transaction."""
        with self._lock:
            if self._ahead.get(site) == today:
                return
            refs = [day_ref(site, date.fromordinal(today.toordinal() + n)) for n in range(SPAN_DAYS + 1)]
            self._store.make_keys(ref for ref in refs if not self._store.is_destroyed(ref))
            self._ahead[site] = today

    def before(self, site: str, day: date) -> list[KeyRef]:
        """The keys of this site's days before `day`."""
        numbers = self._store.numbers(KeyKind.SITE_DAY, site)
        return [KeyRef(KeyKind.SITE_DAY, site, number) for number in numbers if number < day.toordinal()]
