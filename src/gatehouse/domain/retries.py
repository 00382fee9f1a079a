"""How long a message waits that its receiver did not take, and when it is given up. Pure.

The first pauses are short, since most faults are a restart; later ones spare a receiver that is down for long.
"""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=3)
_GROWTH = 3


def pause_after(tries: int, spread: float = 0.0) -> timedelta:
    """The pause after so many tries in vain: 5 s, 15 s, 45 s ... 6 h. `spread` in [0, 1) makes it up to a tenth longer,
    so that many messages do not come back in one moment."""
    growth: int = _GROWTH ** min(max(tries, 1) - 1, 12)
    plain = min(LONGEST_PAUSE, FIRST_PAUSE * growth)
    return plain * (1 + spread / 10)


def is_given_up(since: datetime, now: datetime) -> bool:
    return now - since >= GIVEN_UP_AFTER
