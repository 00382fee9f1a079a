"""Wrong PINs at one terminal, or against one person: how many are let pass, and how long the rest waits.

A PIN has little entropy, so what protects it is how seldom it may be tried. A value that is replaced at every try,
without a clock of its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """`tries` wrong ones within `window` lock for `first`; every further row of wrong ones twice as long, to `most`."""

    tries: int = 5
    window: timedelta = timedelta(minutes=10)
    first: timedelta = timedelta(minutes=5)
    most: timedelta = timedelta(hours=1)


STANDARD = Limits()
FORGOTTEN = timedelta(hours=24)  # after so long without a wrong one the next lock is a first again


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried wrongly lately. `locks` counts the locks in a row."""

    wrong: tuple[datetime, ...] = ()
    locked_until: datetime | None = None
    locks: int = 0

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def failed(self, now: datetime, limits: Limits = STANDARD) -> "Tries":
        """One more wrong try at `now`. A try while locked changes nothing: it is not even compared."""
        if self.is_locked(now):
            return self
        quiet = self.wrong and now - self.wrong[-1] > FORGOTTEN
        locks = 0 if quiet else self.locks
        # Times ahead of `now` come from a clock that was set back; they count as just now.
        lately = (*(min(at, now) for at in self.wrong if now - at < limits.window), now)
        if len(lately) < limits.tries:
            return replace(self, wrong=lately, locked_until=None, locks=locks)
        length = min(limits.first * 2**locks, limits.most)
        return Tries((now,), now + length, locks + 1)
