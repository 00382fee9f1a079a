"""Every attendance case of tests/vectors/attendance.toml, reproduced to the minute."""

from __future__ import annotations

from typing import Any

import pytest
from tests.domain.attendance_vectors import CASES, Stage, punch_text, stages

from gatehouse.domain.attendance import workdays
from gatehouse.domain.reckoning import Rule, Workday
from gatehouse.domain.shifts import Counting
from gatehouse.domain.working_time import month_overtime, rests, split_weeks, week_sums

ALL_STAGES = [
    pytest.param(raw, n, id=f"{raw['name']}, stage {n + 1}") for raw in CASES for n in range(len(raw["stage"]))
]
MINUTES = ("late", "early", "worked", "ot_worked", "ot_paid", "leave")


def _expected(row: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(MINUTES, 0) | {"flags": [], "rest": None} | row


def _row(workday: Workday) -> dict[str, Any]:
    numbers = {name: getattr(workday, f"{name}_min") for name in MINUTES}
    title = f"{workday.date} {workday.pattern.code} {workday.day_class}"
    return numbers | {"of": title, "flags": list(workday.flags), "rest": None}


def _rows_with_rest(found: tuple[Workday, ...]) -> list[dict[str, Any]]:
    return [
        _row(day.workday) | {"rest": day.rest_min, "flags": sorted([*day.workday.flags, *day.flags])}
        for day in rests(found)
    ]


def _reports(raw: dict[str, Any], found: tuple[Workday, ...]) -> dict[str, list[dict[str, Any]]]:
    match raw.get("report"):
        case "us-week":
            weeks = [
                {
                    "of": str(w.monday),
                    "total": w.total_min,
                    "regular": w.regular_min,
                    "overtime": w.overtime_min,
                }
                for w in split_weeks(found)
            ]
            return {"weeks": weeks}
        case "eu":
            sums = week_sums(found)
            return {"weeks": [{"of": str(w.first), "total": w.total_min, "flags": list(w.flags)} for w in sums]}
        case "cn-month":
            sums = month_overtime(found)
            return {
                "months": [{"of": f"{m.first:%Y-%m}", "ot_paid": m.total_min, "flags": list(m.flags)} for m in sums]
            }
    return {}


@pytest.mark.parametrize(("raw", "n"), ALL_STAGES)
def test_the_facts_give_exactly_these_rows(raw, n):
    stage = stages(raw)[n]
    found = workdays(stage.facts, stage.site, *stage.span)
    rows = _rows_with_rest(found.workdays) if raw.get("report") == "eu" else [_row(w) for w in found.workdays]
    assert rows == [_expected(row) for row in stage.expected["workdays"]]
    zone = stage.site.zone
    assert [punch_text(p, zone) for p in found.unassigned] == stage.expected.get("unassigned", [])
    defaults = {
        "weeks": {"total": 0, "overtime": 0, "regular": 0, "flags": []},
        "months": {"ot_paid": 0, "flags": []},
    }
    for kind, sums in _reports(raw, found.workdays).items():
        wanted = [defaults[kind] | row for row in stage.expected[kind]]
        assert [defaults[kind] | row for row in sums] == wanted


@pytest.mark.parametrize(("raw", "n"), ALL_STAGES)
def test_the_explanation_adds_up_to_the_minutes(raw, n):
    stage: Stage = stages(raw)[n]
    for workday in workdays(stage.facts, stage.site, *stage.span).workdays:
        steps = workday.explanation
        sums = {rule: sum(step.minutes for step in steps if step.rule is rule) for rule in Rule}
        net = sums[Rule.COUNTED] + sums[Rule.BREAK]
        all_overtime = workday.pattern.counting is Counting.ALL_OVERTIME
        assert net == (workday.ot_worked_min if all_overtime else workday.worked_min)
        assert sums[Rule.OVERTIME] == workday.ot_worked_min
        assert sums[Rule.OVERTIME_PAID] == workday.ot_paid_min
        settled = sums[Rule.OVERTIME_PAID] + sums[Rule.OVERTIME_BANKED] + sums[Rule.OVERTIME_UNAPPROVED]
        assert settled == workday.ot_worked_min
        assert (sums[Rule.LATE], sums[Rule.EARLY]) == (workday.late_min, workday.early_min)


def test_no_case_is_lost():
    assert (len(CASES), len(ALL_STAGES)) == (16, 22)
