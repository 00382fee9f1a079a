"""`gatehouse demo --once --json` as a program would run it: the whole story on real processes, and every fact of it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.demo_run import COMMAND, Told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

STEPS = [
    "site_is_set_up", "edge_starts", "stranger_is_refused", "people_enrol", "face_opens_door", "pass_opens_turnstile",
    "face_punches_in", "permit_car_enters", "visitor_enters", "visitor_is_held", "visitor_pays", "face_punches_out",
    "pass_punches_out", "permit_car_leaves", "night_car_enters", "on_time_on_day_2", "permit_car_is_back",
    "late_on_day_2", "crash_at_the_gate", "face_leaves_on_day_2", "pass_leaves_on_day_2", "permit_car_leaves_again",
    "workdays", "seen_first", "performance", "contest", "payslip", "drill",
]  # fmt: skip
CLASSES = {"names", "plates", "cards", "contacts", "faces", "templates", "linked_between_days"}


def facts(told: Told, step: str, *names: str) -> tuple[Any, ...]:
    return tuple(told.steps[step][name] for name in names)


def test_it_ends_well_and_says_nothing_but_one_json_object(told: Told) -> None:
    assert (told.code, told.err) == (0, ""), told.err + told.out
    assert told.out.count("\n") == 1
    assert told.report.keys() == {"ok", "steps", "drill"}
    assert told.report["ok"] is True


def test_every_step_of_the_story_happened_once(told: Told) -> None:
    named = [step["name"] for step in told.report["steps"]]
    assert sorted(named) == sorted(STEPS)
    assert [step for step in told.report["steps"] if step["ok"] is not True] == []
    assert all(isinstance(step["ms"], int) for step in told.report["steps"])


def test_a_stranger_is_seen_and_refused(told: Told) -> None:
    assert facts(told, "stranger_is_refused", "reason", "faces_detected", "opened") == ("unknown_face", 1, 0)


def test_the_same_face_opens_the_door_once_it_is_enrolled(told: Told) -> None:
    assert facts(told, "people_enrol", "people", "faces", "consents") == (3, 2, 2)
    assert facts(told, "face_opens_door", "means", "faces_detected", "opened") == ("face", 1, 1)


def test_who_keeps_their_face_to_themselves_gets_in_with_a_pass(told: Told) -> None:
    assert facts(told, "pass_opens_turnstile", "means", "faces_detected", "opened") == ("pass", 0, 1)


def test_a_registered_car_drives_in_and_out_on_its_permit(told: Told) -> None:
    for step in ("permit_car_enters", "permit_car_leaves", "permit_car_is_back", "permit_car_leaves_again"):
        assert facts(told, step, "reason", "opened", "confirmed_by") == ("permit", 1, "loop"), step


def test_a_visitor_is_held_pays_what_the_display_and_the_page_show_and_leaves(told: Told) -> None:
    """10:05 to 12:20 is five half hours begun, at 4.00 each."""
    assert facts(told, "visitor_enters", "reason", "opened") == ("visitor", 1)
    held = facts(told, "visitor_is_held", "reason", "amount", "currency", "on_display", "on_page")
    assert held == ("unpaid", 2000, "CNY", True, True)
    paid = facts(told, "visitor_pays", "amount", "currency", "provider", "opened", "confirmed_by")
    assert paid == (2000, "CNY", "test", 1, "loop")


def test_a_power_cut_with_a_car_at_the_barrier_ends_right(told: Told) -> None:
    """18:04 to 9:40 lies on two calendar days, each capped at 40.00."""
    assert facts(told, "crash_at_the_gate", "killed", "signal") == (["edge", "server"], 9)
    assert facts(told, "crash_at_the_gate", "held", "amount", "opened", "confirmed_by") == (
        8000,
        8000,
        1,
        "loop",
    )


def test_punches_become_hours_a_figure_and_a_draft_payslip(told: Told) -> None:
    """9:00 to 18:00 less an hour is eight; 17 minutes late on the second day."""
    assert facts(told, "workdays", "workdays", "hours", "late_min") == (2, [8.0, 7.72], [0, 17])
    assert facts(told, "performance", "punctuality", "late_minutes", "absence_days") == ("1/2", "17", "0")
    lines = {line["code"]: line["minor"] for line in told.steps["payslip"]["lines"]}
    assert lines["basic"] == 1_200_000
    assert sum(lines.values()) == told.steps["payslip"]["net_minor"]
    assert facts(told, "payslip", "state", "currency") == ("draft", "CNY")


def test_figures_are_the_persons_first_and_a_contest_stays_beside_them(told: Told) -> None:
    assert facts(told, "seen_first", "hr_before_her", "she_says") == ("refused", "seen")
    assert facts(told, "contest", "contested", "figures_marked", "answered") == ("one day", 5, "stays as it is")


def test_the_thief_looked_for_everything_and_found_nothing(told: Told) -> None:
    drill = told.report["drill"]
    assert drill["found"] == dict.fromkeys(CLASSES, 0)
    assert drill["searched"]["files"] > 0
    assert drill["searched"]["bytes"] > 100_000
    assert drill["searched"]["needles"].keys() == CLASSES
    assert all(drill["searched"]["needles"].values()), drill["searched"]["needles"]


def test_a_home_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    words = [*COMMAND, "demo", "--once", "--json", "--home", str(tmp_path)]
    refused = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is not empty" in refused.stderr.replace("\n", " ")
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]
    assert (tmp_path / "diary.txt").read_text() == "mine"
