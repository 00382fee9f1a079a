"""The form of a shift pattern: what is typed becomes rules, and rules become what is shown to be changed."""

from dataclasses import dataclass, field
from datetime import date, time

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext as _

from gatehouse.domain.shifts import HalfDay, LeavePart, ShiftError, ShiftPattern
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.console import words_rosters
from gatehouse.server.console.words import Text
from gatehouse.server.console.work.typed import Fields

HALVES = ("morning", "afternoon")
LONGEST_WINDOW = 720  # minutes before and after a shift
# What a new pattern begins with: a usual working day.
USUAL: dict[str, str] = {
    "name": "", "code": "", "start": "09:00", "end": "18:00", "kind": "fixed", "opens_before_min": "120",
    "closes_after_min": "240", "break_min": "60", "break_over_min": "360", "grace_in_min": "5", "grace_out_min": "5",
    "round_to_min": "1", "overtime_from_min": "15", "pairing": "first_last", "one_missing": "zero",
    "counting": "within_shift", "core_start": "10:00", "core_end": "15:00", "owed_min": "480",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: the rules of the shift, of the second part of a split shift, and what is wrong by field."""

    name: str
    code: str
    rules: dict[str, object]
    second: dict[str, object] | None
    since: date | None
    wrong: dict[str, Text] = field(default_factory=dict)


def read(form: QueryDict, code: str = "", *, dated: str = "") -> Typed:
    """A new pattern's form, or with `code` that of one that is there; `dated` names the field of the date from which
    the change holds, "" where it holds at once."""
    fields = Fields(form)
    name = fields.text("name")
    code = code or fields.code("code")
    rules = _rules(fields)
    second = None
    if fields.has("start_2", "end_2"):
        second = rules | {"start": f"{fields.clock('start_2')}", "end": f"{fields.clock('end_2')}"}
    since = fields.day(dated) if dated else None
    if not fields.wrong:
        for one in (rules, second or rules):
            _check(fields, code, one)
        if second is not None:
            _check_split(fields, pattern_fact(code, rules), pattern_fact(code, second))
    return Typed(name, code, rules, second, since, fields.wrong)


def _rules(fields: Fields) -> dict[str, object]:
    rules: dict[str, object] = {"start": f"{fields.clock('start')}", "end": f"{fields.clock('end')}"}
    for name in ("opens_before_min", "closes_after_min"):
        rules[name] = fields.minutes(name, LONGEST_WINDOW)
    for name in ("break_min", "grace_in_min", "grace_out_min", "overtime_from_min"):
        rules[name] = fields.minutes(name, 240)
    rules["break_over_min"] = fields.minutes("break_over_min")
    rules["round_to_min"] = fields.number("round_to_min", 1, 30)
    rules["pairing"] = fields.choice("pairing", words_rosters.PAIRINGS, "first_last")
    rules["one_missing"] = fields.choice("one_missing", words_rosters.MISSING, "zero")
    rules["counting"] = fields.choice("counting", words_rosters.COUNTINGS, "within_shift")
    rules["halves"] = [_half(fields, part) for part in HALVES if fields.has(f"{part}_start", f"{part}_end")]
    if fields.choice("kind", ("fixed", "flexible"), "fixed") == "flexible":
        rules["flex"] = {
            "core_start": f"{fields.clock('core_start')}",
            "core_end": f"{fields.clock('core_end')}",
            "owed_min": fields.minutes("owed_min"),
        }
    return rules


def _half(fields: Fields, part: str) -> dict[str, object]:
    return {
        "leave": part,
        "start": f"{fields.clock(f'{part}_start')}",
        "end": f"{fields.clock(f'{part}_end')}",
        "leave_min": fields.minutes(f"{part}_min"),
    }


def _check(fields: Fields, code: str, rules: dict[str, object]) -> None:
    try:
        pattern_fact(code, rules)
    except ShiftError as fault:
        at = {"bad_rounding": "round_to_min", "bad_flex": "owed_min"}.get(fault.code, "start")
        fields.wrong[at] = words_rosters.PATTERN_FAULTS[fault.code]
    except (msgspec.ValidationError, KeyError):
        fields.wrong["start"] = _("These rules cannot be read.")


def _check_split(fields: Fields, first: ShiftPattern, second: ShiftPattern) -> None:
    """The second part begins after the first has ended, on the same date."""
    if not first.start < first.end <= second.start:
        fields.wrong["start_2"] = _("The second part begins after the first has ended, on the same date.")
    if first.flex:
        fields.wrong["kind"] = _("A split shift has fixed times.")


def shown(form: QueryDict) -> dict[str, str]:
    """A form that was refused, as it was typed."""
    return {key: value[:200] for key, value in form.items() if isinstance(value, str)}


def filled(name: str, fact: ShiftPattern) -> dict[str, str]:
    """A pattern as its form shows it."""
    numbers = (
        "opens_before_min", "closes_after_min", "break_min", "break_over_min", "grace_in_min", "grace_out_min",
        "round_to_min", "overtime_from_min",
    )  # fmt: skip
    values = {key: str(getattr(fact, key)) for key in numbers}
    values |= {"name": name, "code": fact.code, "start": _wall(fact.start), "end": _wall(fact.end), "kind": "fixed"}
    values |= {key: getattr(fact, key).name.lower() for key in ("pairing", "one_missing", "counting")}
    values |= {key: USUAL[key] for key in ("core_start", "core_end", "owed_min")}
    if fact.flex:
        flex = fact.flex
        values |= {"kind": "flexible", "core_start": _wall(flex.core_start), "core_end": _wall(flex.core_end)}
        values["owed_min"] = str(flex.owed_min)
    for half in fact.halves:
        values |= _half_filled(half)
    return values


def _half_filled(half: HalfDay) -> dict[str, str]:
    part = half.leave.name.lower() if half.leave is not LeavePart.WHOLE else HALVES[0]
    return {
        f"{part}_start": _wall(half.start), f"{part}_end": _wall(half.end), f"{part}_min": str(half.leave_min),
    }  # fmt: skip


def _wall(at: time) -> str:
    return f"{at:%H:%M}"
