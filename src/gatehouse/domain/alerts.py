"""Which lines of the keeper's log are one alert. Pure.

Whoever goes on asking over a limit writes a line at every try. People hear of it once an hour, with a count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

ONE_ALERT = timedelta(hours=1)
TOLD_WITHIN = timedelta(days=3)  # what is older when it is first heard of is shown, and no longer sent

HONEY, OVER_BUDGET, LIMITS = "honey", "over_budget", "limits"
BULK_ASKED, BULK_ALLOWED, BULK_REFUSED = "bulk_asked", "bulk_allowed", "bulk_refused"
LOG_CUT, LOG_FORKED = "log_cut", "log_forked"
KINDS = (HONEY, OVER_BUDGET, LIMITS, BULK_ASKED, BULK_ALLOWED, BULK_REFUSED, LOG_CUT, LOG_FORKED)
LOUD = frozenset({HONEY, LOG_CUT, LOG_FORKED})  # somebody should look now


@dataclass(frozen=True, slots=True)
class About:
    """What an alert is about: lines that agree in this may be one. `of` is a budget, a wish's id, the verb that met a
    record of nobody, or caps."""

    kind: str
    actor: str
    of: str


def is_same(first_at: datetime, at: datetime) -> bool:
    """Whether a line of `at` belongs to the alert about the same that began at `first_at`."""
    return first_at <= at < first_at + ONE_ALERT


def is_sent(at: datetime, now: datetime) -> bool:
    """Whether mail and messages go out about what happened at `at`."""
    return now - at < TOLD_WITHIN
