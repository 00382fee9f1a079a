"""Slips in the rules of attendance, each of which a property of any punches at all must see."""

import inspect
from types import ModuleType

import pytest
from tests.domain import test_attendance_properties as properties

from gatehouse.domain import attendance, punches

# What the slip is: (module, function, what it says, what the mutant says instead, the property that must see it)
MUTANTS = {
    "a fact told twice counts twice": (
        punches, "holding", "facts = {p for p in (*punches, *added) if p.id not in void}",
        "facts = [p for p in (*punches, *added) if p.id not in void]",
        properties.test_the_order_of_arrival_and_a_fact_told_twice_make_no_difference),
    "punches are taken in the order in which they came": (
        punches, "holding", "tuple(sorted(facts, key=lambda p: (p.at, p.direction is Direction.IN, p.id)))",
        "tuple(dict.fromkeys(p for p in (*punches, *added) if p in facts))",
        properties.test_the_order_of_arrival_and_a_fact_told_twice_make_no_difference),
    "a correction that was taken back still holds": (
        punches, "holding", "if c.id not in reversed_ids", "if True",
        properties.test_a_correction_and_its_reversal_leave_no_trace),
    "a voided punch stays void after its reversal": (
        punches, "holding", "in standing if isinstance(c, VoidPunch)", "in laid if isinstance(c, VoidPunch)",
        properties.test_a_correction_and_its_reversal_leave_no_trace),
    "a punch outside every shift is forgotten": (
        punches, "assign", "unassigned.append(punch)", "pass",
        properties.test_every_kept_punch_is_in_exactly_one_place),
    "a punch belongs to every shift whose window holds it": (
        punches, "assign", "by_duty[_nearest(punch, candidates)].append(punch)",
        "[by_duty[duty].append(punch) for duty in candidates]",
        properties.test_every_kept_punch_is_in_exactly_one_place),
    "two shifts of a date are paid the same approved minutes": (
        attendance, "_settle", "left[paid] -= workday.ot_paid_min", "pass",
        properties.test_minutes_are_never_negative_and_pay_stays_within_work_and_approval),
    "the last date of a span is told by the next one too": (
        attendance, "workdays", "if since <= duty.date < until]", "if since <= duty.date <= until]",
        properties.test_two_spans_side_by_side_tell_the_same_as_one),
}  # fmt: skip


def changed(module: ModuleType, name: str, old: str, new: str):
    """The function with that one change, among its own module's names."""
    source = inspect.getsource(getattr(module, name))
    assert source.count(old) == 1, f"{name} says it {source.count(old)} times: {old}"
    names = dict(vars(module))
    exec(compile(source.replace(old, new), f"{name} of a mutant", "exec"), names)
    return names[name]


@pytest.mark.parametrize("slip", MUTANTS)
def test_a_mutant_is_seen(slip, monkeypatch):
    module, name, old, new, holds = MUTANTS[slip]
    mutant = changed(module, name, old, new)
    monkeypatch.setattr(attendance, name, mutant)
    if name == "workdays":  # which the properties themselves call
        monkeypatch.setattr(properties, name, mutant)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        holds()
