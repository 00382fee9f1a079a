"""Guessing: growing waits after wrong passwords and codes, by who is tried and from where.

Three counts, each with a wait of its own: of one handle from one source, of one source for all handles, and of one
handle from all sources together. The last keeps out only sources that this handle has never signed in from: strangers
who try forever keep out strangers, never the owner at their desk; and a passkey asks none of these.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatehouse.keeper.store import Store

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=24)  # since the last failure


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted under which mark, and how many failures cost nothing."""

    mark: bytes
    free: int


def wait_after(failures: int, free: int) -> timedelta:
    """Zero for the free ones; then 30 s, doubled by each further failure, up to an hour."""
    if failures < free:
        return timedelta(0)
    doublings = min(failures - free, 20)
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))


class Lockout:
    """In the store, so that a restart forgives nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def wait(self, counts: list[Count], now: datetime) -> timedelta:
        """How long until the next try; zero when it may be made."""
        ends = [self._row(count)[1] for count in counts]
        return max([end - now for end in ends if end is not None] + [timedelta(0)])

    def fail(self, counts: list[Count], now: datetime) -> None:
        for count in counts:
            failures = self._row(count)[0] + 1
            ends = now + wait_after(failures, count.free)
            self._store.write(
                "INSERT OR REPLACE INTO lockouts VALUES (?, ?, ?, ?)",
                (count.mark, failures, ends.isoformat(), (now + FORGOTTEN_AFTER).isoformat()),
            )

    def forgive(self, counts: list[Count]) -> None:
        """Somebody came in: what was wrong before was theirs."""
        for count in counts:
            self._store.write("DELETE FROM lockouts WHERE mark=?", (count.mark,))

    def sweep(self, now: datetime) -> None:
        self._store.write("DELETE FROM lockouts WHERE forgotten <= ?", (now.isoformat(),))

    def _row(self, count: Count) -> tuple[int, datetime | None]:
        rows = self._store.rows("SELECT failures, ends FROM lockouts WHERE mark=?", (count.mark,))
        return (int(rows[0][0]), datetime.fromisoformat(rows[0][1])) if rows else (0, None)
