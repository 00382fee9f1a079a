"""What a policy must answer before it takes effect, and who could pass under it: decisions asked in advance."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Decision, Grant, Reason
from gatehouse.domain.periods import DAY, at_local
from gatehouse.domain.policy import Alert, Gate, Policy, Subject
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.domain.zones import NOBODY_AROUND, Around

GRANTED, REFUSED = "granted", "refused"
# What a policy alone decides; the rest of the reasons depends on who else is there.
BY_RULE = (Reason.SCHEDULE, Reason.NO_RULE, Reason.DENIED, Reason.GATE_CLOSED, Reason.MEANS_NOT_ACCEPTED)
_LIKELY = (Means.CARD, Means.PASS, Means.PIN, Means.FACE)


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody of these groups at a gate at a moment is answered so: GRANTED, REFUSED, or a refusal's own code."""

    id: str
    groups: frozenset[str]
    gate: str
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What an expectation came to; `found` is None where the gate is gone."""

    expected: Expected
    found: Decision | None

    @property
    def holds(self) -> bool:
        if self.found is None:
            return False
        if self.expected.answer == GRANTED:
            return isinstance(self.found, Grant)
        refused = not isinstance(self.found, Grant)
        return refused and self.expected.answer in (REFUSED, self.found.reason.value)


def next_on(weekday: int, clock: time, today: date, zone: ZoneInfo) -> datetime:
    """The first instant from `today` on at which the zone's clocks show this time on this weekday."""
    return at_local(today + DAY * ((weekday - today.weekday()) % 7), clock, zone)


def ask(policy: Policy, gate: Gate, groups: frozenset[str], at: datetime, around: Around = NOBODY_AROUND) -> Decision:
    """What the policy answers to somebody of these groups, who shows what this gate takes, in a calm hour."""
    means = next((means for means in _LIKELY if means in gate.means), Means.CARD)
    calm = replace(policy, alert=Alert.NONE, subjects={"somebody": Subject("somebody", groups)})
    return decide(Sighting(means, "", "somebody", at, at, 1, alive=True), gate, calm, at, around=around)


def check(policy: Policy, expected: Expected) -> Checked:
    gate = policy.gates.get(expected.gate)
    return Checked(expected, None if gate is None else ask(policy, gate, expected.groups, expected.at))


def first_change(policy: Policy, gate: Gate, groups: frozenset[str], at: datetime, until: datetime) -> datetime | None:
    """The first quarter of an hour after `at` at which the answer is another kind; None until `until`."""
    now, kind = at, type(ask(policy, gate, groups, at))
    while (now := now + timedelta(minutes=15)) < until:
        if type(ask(policy, gate, groups, now)) is not kind:
            return now
    return None
