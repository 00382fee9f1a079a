"""A shift pattern's rules and a workday as JSON, and back to the facts of `domain`."""

from datetime import date, datetime, time
from fractions import Fraction
from functools import lru_cache
from typing import Any

import msgspec

from gatehouse.domain.reckoning import Flag, Rule, Step, Workday
from gatehouse.domain.shifts import (
    Counting,
    DayClass,
    Flex,
    HalfDay,
    LeavePart,
    LeaveTime,
    OneMissing,
    Pairing,
    ShiftPattern,
)
from gatehouse.server.attendance import models

# Every workday's cell has at least this length, so that its size does not tell a day at work from a day away.
WORKDAY_BYTES = 2000
OPEN_CODE = "open"


class Half(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leave: str
    start: time
    end: time
    leave_min: int


class FlexHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    core_start: time
    core_end: time
    owed_min: int


class PatternRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column `ShiftPattern.rules`. `pairing`, `one_missing`, `counting` and a half's `leave` are the names of the
    domain's enumerations, in lower case."""

    start: time
    end: time
    opens_before_min: int = 120
    closes_after_min: int = 240
    pairing: str = "first_last"
    one_missing: str = "zero"
    counting: str = "within_shift"
    break_min: int = 0
    break_over_min: int = 0
    grace_in_min: int = 0
    grace_out_min: int = 0
    round_to_min: int = 1
    overtime_from_min: int = 0
    halves: list[Half] = []
    flex: FlexHours | None = None


OPEN_PATTERN = ShiftPattern(
    code=OPEN_CODE,
    start=time(0),
    end=time(0),
    opens_before_min=0,
    closes_after_min=0,
    pairing=Pairing.EVERY_PAIR,
    counting=Counting.ALL_OVERTIME,
)


def rules_from(data: object) -> PatternRules:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(data, PatternRules)


def pattern_fact(code: str, data: object) -> ShiftPattern:
    """Raises msgspec.ValidationError, ShiftError, and KeyError for the name of no enumeration."""
    rules = rules_from(data)
    halves = tuple(HalfDay(LeavePart[h.leave.upper()], h.start, h.end, h.leave_min) for h in rules.halves)
    plain = ("break_min", "break_over_min", "grace_in_min", "grace_out_min", "round_to_min", "overtime_from_min")
    return ShiftPattern(
        code=code,
        start=rules.start,
        end=rules.end,
        opens_before_min=rules.opens_before_min,
        closes_after_min=rules.closes_after_min,
        pairing=Pairing[rules.pairing.upper()],
        one_missing=OneMissing[rules.one_missing.upper()],
        counting=Counting[rules.counting.upper()],
        halves=halves,
        flex=Flex(rules.flex.core_start, rules.flex.core_end, rules.flex.owed_min) if rules.flex else None,
        **{name: getattr(rules, name) for name in plain},
    )


def fact_of(row: models.ShiftPattern) -> ShiftPattern:
    return pattern_fact(row.code, row.rules)


class StepFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: str
    minutes: int


class LeaveFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Minutes of leave of one type; `pay` is the share of pay as text."""

    kind: str
    minutes: int
    pay: str


class WorkdayFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One shift of a date. The punches' ids are left out: they would tie the person to rows that carry only a token."""

    pattern: dict[str, Any]
    code: str
    day_class: str
    late_min: int
    early_min: int
    worked_min: int
    ot_worked_min: int
    ot_paid_min: int
    ot_banked_min: int
    leave_min: int
    owed_min: int
    first_in: datetime | None
    last_out: datetime | None
    flags: list[str]
    steps: list[StepFacts]
    leaves: list[LeaveFacts] = []


_decoder = msgspec.json.Decoder(list[WorkdayFacts])
_NUMBERS = (
    "late_min", "early_min", "worked_min", "ot_worked_min", "ot_paid_min", "ot_banked_min", "leave_min", "owed_min",
)  # fmt: skip


def _pattern_dict(pattern: ShiftPattern) -> dict[str, Any]:
    """The rules that a later reader of the workday needs; windows and halves are spent by then."""
    return {"start": pattern.start.isoformat(), "end": pattern.end.isoformat()}


def workdays_to_bytes(found: list[Workday]) -> bytes:
    """What a workday cell holds: the date's shifts, none when nothing was owed and nobody came."""
    facts = [
        WorkdayFacts(
            pattern=_pattern_dict(day.pattern),
            code=day.pattern.code,
            day_class=day.day_class.value,
            first_in=day.first_in,
            last_out=day.last_out,
            flags=[flag.value for flag in day.flags],
            steps=[StepFacts(step.rule.value, step.minutes) for step in day.explanation],
            leaves=[LeaveFacts(one.kind, one.minutes, str(one.pay_share)) for one in day.leaves],
            **{name: getattr(day, name) for name in _NUMBERS},
        )
        for day in found
    ]
    return msgspec.json.encode(facts).ljust(WORKDAY_BYTES)


def workdays_from_bytes(day: date, data: bytes) -> list[Workday]:
    """Raises msgspec.ValidationError for a cell of another format."""
    return [
        Workday(
            date=day,
            pattern=_pattern_of(facts),
            day_class=DayClass(facts.day_class),
            first_in=facts.first_in,
            last_out=facts.last_out,
            flags=tuple(Flag(flag) for flag in facts.flags),
            explanation=tuple(Step(Rule(step.rule), step.minutes) for step in facts.steps),
            leaves=tuple(LeaveTime(one.kind, one.minutes, Fraction(one.pay)) for one in facts.leaves),
            **{name: getattr(facts, name) for name in _NUMBERS},
        )
        for facts in _decoder.decode(data)
    ]


def _pattern_of(facts: WorkdayFacts) -> ShiftPattern:
    """A workday's pattern is data of two times: a month of a site has a few of them, each made once."""
    return _made_once(facts.code, tuple(sorted(facts.pattern.items())))


@lru_cache(maxsize=256)
def _made_once(code: str, rules: tuple[tuple[str, Any], ...]) -> ShiftPattern:
    return pattern_fact(code, dict(rules))
