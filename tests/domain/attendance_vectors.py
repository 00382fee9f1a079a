"""Reads tests/vectors/attendance.toml into facts and expected rows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gatehouse.domain.attendance import Approval, Facts, SiteRules
from gatehouse.domain.periods import DAY, at_local, local
from gatehouse.domain.punches import AddPunch, Direction, Punch, Reversal, VoidPunch
from gatehouse.domain.shifts import (
    Counting,
    DayCalendar,
    DayClass,
    HalfDay,
    Leave,
    LeavePart,
    OneMissing,
    Pairing,
    PlannedShift,
    ShiftPattern,
    rota,
)

FILE = Path(__file__).parents[1] / "vectors" / "attendance.toml"
BOOK: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = BOOK["case"]


@dataclass(frozen=True)
class Stage:
    """The facts so far, and the rows that they must give."""

    facts: Facts
    site: SiteRules
    expected: dict[str, Any]

    @property
    def span(self) -> tuple[date, date]:
        days = [s.date for s in self.facts.plan] + [p.at.date() for p in self.facts.punches]
        return min(days) - 2 * DAY, max(days) + 3 * DAY


def pattern(code: str, raw: dict[str, Any]) -> ShiftPattern:
    raw = BOOK["defaults"] | raw
    return ShiftPattern(
        code=code,
        start=time.fromisoformat(raw["start"]),
        end=time.fromisoformat(raw["end"]),
        opens_before_min=raw["before"],
        closes_after_min=raw["after"],
        pairing=Pairing[raw["pairing"]],
        one_missing=OneMissing[raw.get("one_missing", "ZERO")],
        counting=Counting[raw.get("counting", "WITHIN_SHIFT")],
        break_min=raw.get("break", 0),
        break_over_min=raw["break_over"],
        grace_in_min=raw["grace"],
        grace_out_min=raw["grace"],
        round_to_min=raw.get("round_to", 1),
        overtime_from_min=raw["overtime_from"],
        halves=tuple(
            HalfDay(LeavePart[part], time.fromisoformat(start), time.fromisoformat(end), leave)
            for part, (start, end, leave) in raw.get("halves", {}).items()
        ),
    )


PATTERNS = {code: pattern(code, raw) for code, raw in BOOK["pattern"].items()}
OPEN = replace(pattern("open", BOOK["site"]["open"]), opens_before_min=0, closes_after_min=0)


def site_rules(zone: str, calendar: DayCalendar | None = None) -> SiteRules:
    return SiteRules(ZoneInfo(zone), calendar or DayCalendar(), OPEN, BOOK["site"]["duplicate_within"])


def punch(text: str, zone: ZoneInfo) -> Punch:
    """From "2026-03-02 09:00 in"; the text is the id as well."""
    day, clock, direction = text.split()
    at = at_local(date.fromisoformat(day), time.fromisoformat(clock), zone)
    return Punch(text, at, Direction(direction))


def punch_text(made: Punch, zone: ZoneInfo) -> str:
    return f"{local(made.at, zone):%Y-%m-%d %H:%M} {made.direction}"


def _calendar(raw: dict[str, Any]) -> DayCalendar:
    pairs = (line.split() for line in raw.get("calendar", ()))
    return DayCalendar({date.fromisoformat(day): DayClass(name) for day, name in pairs})


def _plan(raw: dict[str, Any], calendar: DayCalendar) -> tuple[PlannedShift, ...]:
    planned = [
        PlannedShift(date.fromisoformat(day), PATTERNS[code])
        for day, code in (line.split() for line in raw.get("plan", ()))
    ]
    for code, first, last in (line.split() for line in raw.get("rota", ())):
        planned += rota(PATTERNS[code], date.fromisoformat(first), date.fromisoformat(last) + DAY, calendar)
    return tuple(planned)


def stages(raw: dict[str, Any]) -> list[Stage]:
    """The case's stages, each with all facts up to it."""
    site = site_rules(raw["zone"], _calendar(raw))
    leaves = [line.split() for line in raw.get("leave", ())]
    approved = [line.split() for line in raw.get("approved", ())]
    facts = Facts(
        plan=_plan(raw, site.calendar),
        leaves=tuple(Leave(day, date.fromisoformat(day), LeavePart(part)) for day, part in leaves),
        approvals=tuple(Approval(date.fromisoformat(day), int(length)) for day, length in approved),
    )
    answers = []
    for stage in raw["stage"]:
        added = [_named(line, site.zone) for line in stage.get("add", ())]
        voided = [_named(line, site.zone) for line in stage.get("void", ())]
        facts = replace(
            facts,
            punches=(*facts.punches, *(punch(text, site.zone) for text in stage.get("punches", ()))),
            corrections=(
                *facts.corrections,
                *(AddPunch(key, made) for key, made in added),
                *(VoidPunch(key, made.id) for key, made in voided),
                *(Reversal(f"reverse {key}", key) for key in stage.get("reverse", ())),
            ),
        )
        answers.append(Stage(facts, site, stage))
    return answers


def _named(line: str, zone: ZoneInfo) -> tuple[str, Punch]:
    key, text = line.split(": ")
    return key, punch(text, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)
