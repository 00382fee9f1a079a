"""How many people the cap of the whole web process is a share of. That process may have keys made for people whom it
invents, so a number counts only once it has stood for a week."""

from datetime import date

import msgspec

from gatehouse.keeper.people import People
from gatehouse.keeper.store import Store

SETTLED_DAYS = 7
_FACT = "enrolled"


class Enrolled:
    """The number of people with an access key at the first look of each of the last days."""

    def __init__(self, store: Store, people: People) -> None:
        self._store, self._people = store, people
        held = store.fact(_FACT)
        self._days: dict[int, int] = {} if held is None else msgspec.msgpack.decode(held, type=dict[int, int])

    def remember(self, today: date) -> None:
        """Today's number; once a day."""
        number = today.toordinal()
        if number not in self._days:
            kept = {day: count for day, count in self._days.items() if number - SETTLED_DAYS < day <= number}
            self._days = kept | {number: len(self._people)}
            self._store.set_fact(_FACT, msgspec.msgpack.encode(self._days))

    def count(self) -> int:
        """The least of a week."""
        return min((*self._days.values(), len(self._people)))
