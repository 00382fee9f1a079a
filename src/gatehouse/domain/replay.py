"""A past attempt gone through again: every rule that named the person, and whether it held at that moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.decisions import Decision
from gatehouse.domain.expectations import ask
from gatehouse.domain.policy import Gate, Policy, Rule
from gatehouse.domain.schedules import open_at


class Held(StrEnum):
    """Why a rule that names somebody held at a moment, or did not."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    OVER = "over"
    OTHER_HOURS = "other_hours"
    NO_HOURS = "no_hours"  # its schedule is gone: a grant never holds, a deny always does


@dataclass(frozen=True, slots=True)
class Step:
    """One rule, as it was then; `decided` for the one that the gate named."""

    rule: Rule
    held: Held
    decided: bool


@dataclass(frozen=True, slots=True)
class Replayed:
    """`answer` is what the rules alone say; who else was there then is told by what was recorded."""

    steps: tuple[Step, ...]
    answer: Decision


def replay(policy: Policy, gate: Gate, groups: Iterable[str], at: datetime, decided: str | None) -> Replayed:
    """Denies first, then grants, in the order in which they are tried."""
    known = {group for rule in policy.rules for group in rule.groups}
    # An attempt keeps only the first letters of its person's groups.
    named = frozenset(group for group in known if any(group.startswith(short) for short in groups if short))
    rules = sorted(policy.index.naming(gate.code, named), key=lambda rule: not rule.deny)
    steps = tuple(Step(rule, held_at(rule, policy, at), rule.id == decided) for rule in rules)
    return Replayed(steps, ask(policy, gate, named, at))


def held_at(rule: Rule, policy: Policy, at: datetime) -> Held:
    if rule.starts is not None and at < rule.starts:
        return Held.NOT_YET
    if rule.ends is not None and at >= rule.ends:
        return Held.OVER
    if rule.schedule is None:
        return Held.IN_FORCE
    schedule = policy.schedules.get(rule.schedule)
    if schedule is None:
        return Held.NO_HOURS
    return Held.IN_FORCE if open_at(schedule, at, ZoneInfo(policy.zone)) else Held.OTHER_HOURS
