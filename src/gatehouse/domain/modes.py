"""How a gate stands at a moment: by its own mode, by the hour, or because the whole site was told something.

An alert of the site comes first, then what the gate itself was told, then its hours.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.policy import Alert, Gate, Policy
from gatehouse.domain.schedules import open_at, window_on


class Stand(StrEnum):
    """What the gate does with whoever comes."""

    CONTROLLED = "controlled"  # by the rules
    CLOSED = "closed"  # nobody
    OPEN = "open"  # everybody whom no rule keeps out
    UNLOCKED = "unlocked"  # as open, and the lock is held open
    LOCKDOWN = "lockdown"  # nobody, at the whole site
    EVACUATION = "evacuation"  # everybody, and every lock is held open


FREE = frozenset({Stand.OPEN, Stand.UNLOCKED, Stand.EVACUATION})
_OWN = {"closed": Stand.CLOSED, "open": Stand.OPEN, "unlocked": Stand.UNLOCKED}


def stand_at(gate: Gate, policy: Policy, now: datetime, first_came: datetime | None = None) -> Stand:
    """How the gate stands. `first_came` is when somebody of its `unlock_after` groups was let in here last. A mode that
    is not known is a closed gate; a doubtful clock unlocks nothing."""
    if policy.alert is Alert.EVACUATION:
        return Stand.EVACUATION
    if policy.alert is Alert.LOCKDOWN:
        return Stand.LOCKDOWN
    if gate.mode != "controlled":
        return _OWN.get(gate.mode, Stand.CLOSED)
    if gate.unlocks is None or policy.contact.clock_doubtful:
        return Stand.CONTROLLED
    began = _window_began(gate.unlocks, policy, now)
    if began is None:
        return Stand.CONTROLLED
    if gate.unlock_after and (first_came is None or not began <= first_came <= now):
        return Stand.CONTROLLED
    return Stand.UNLOCKED


def stands(policy: Policy, now: datetime, came: Mapping[str, datetime]) -> dict[str, Stand]:
    """Every gate's, by its code."""
    return {code: stand_at(gate, policy, now, came.get(code)) for code, gate in policy.gates.items()}


def _window_began(schedule_id: str, policy: Policy, now: datetime) -> datetime | None:
    """When the window of the schedule began that holds this moment; None outside of any, or for a missing schedule."""
    schedule, zone = policy.schedules.get(schedule_id), ZoneInfo(policy.zone)
    if schedule is None or not open_at(schedule, now, zone):
        return None
    today = local_date(now, zone)
    spans = (
        window_on(window, day, zone)
        for day in (today - DAY, today)
        if day not in schedule.closed_on
        for window in schedule.windows
        if day.weekday() in window.weekdays and (not window.dates or day in window.dates)
    )
    return min(span.start for span in spans if span.holds(now))
