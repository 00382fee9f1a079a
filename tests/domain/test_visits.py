"""Visits: the span of a pass, where a visit stands, and when it is destroyed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.visits import (
    EARLY,
    FURTHEST,
    LONGEST,
    Span,
    Standing,
    Step,
    VisitError,
    after,
    check,
    destroyed_on,
    ended,
    is_due,
    last_date,
    standing,
)

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
VISIT = Span(TEN, TEN + HOUR)


def test_a_pass_opens_half_an_hour_before_and_dies_at_the_very_end():
    assert not VISIT.holds(TEN - EARLY - timedelta(seconds=1))
    assert VISIT.holds(TEN - EARLY)
    assert VISIT.holds(TEN + HOUR - timedelta(seconds=1))
    assert not VISIT.holds(TEN + HOUR)


@pytest.mark.parametrize(
    ("name", "span", "plate", "code"),
    [
        (" ", VISIT, "", "no_name"),
        ("Ola Brandt", Span(TEN, TEN), "", "no_end"),
        ("Ola Brandt", Span(TEN, TEN + LONGEST + MINUTE), "", "too_long"),
        ("Ola Brandt", Span(TEN - 3 * HOUR, TEN - HOUR), "", "over"),
        ("Ola Brandt", Span(TEN + FURTHEST + HOUR, TEN + FURTHEST + 2 * HOUR), "", "too_far"),
        ("Ola Brandt", VISIT, "no plate at all!", "no_plate"),
        ("Ola Brandt", VISIT, "é" * 999, "no_plate"),
    ],
)
def test_who_may_not_be_invited(name, span, plate, code):
    with pytest.raises(VisitError) as fault:
        check(name, span, plate, TEN - HOUR)
    assert fault.value.code == code


def test_who_may_be_invited():
    check("Ola Brandt", VISIT, "沪A12345", TEN - HOUR)
    check("Ola Brandt", Span(TEN, TEN + LONGEST), "", TEN + MINUTE)


@pytest.mark.parametrize(
    ("arrived", "left", "now", "where"),
    [
        (None, None, TEN, Standing.EXPECTED),
        (None, None, TEN + HOUR, Standing.MISSED),
        (TEN, None, TEN + MINUTE, Standing.HERE),
        (TEN, None, TEN + HOUR, Standing.OVERDUE),
        (TEN, TEN + MINUTE, TEN + 2 * MINUTE, Standing.LEFT),
        (TEN, TEN + MINUTE, TEN + 9 * HOUR, Standing.LEFT),
    ],
)
def test_where_a_visit_stands(arrived, left, now, where):
    assert standing(Span(TEN, TEN + HOUR, arrived, left), now) is where


STEPS = st.lists(
    st.builds(Step, st.integers(0, 600).map(lambda n: TEN + n * MINUTE), st.booleans()),
    max_size=8,
    unique_by=lambda s: s.at,
)


@given(STEPS, st.randoms())
def test_passages_in_any_order_and_twice_say_the_same(steps, random):
    shuffled = [*steps, *steps]
    random.shuffle(shuffled)
    assert after(VISIT, shuffled) == after(VISIT, steps)
    assert after(after(VISIT, steps), shuffled) == after(VISIT, steps)


@given(STEPS)
def test_whoever_was_last_seen_coming_in_is_here(steps):
    found = after(VISIT, steps)
    if steps:
        last = max(steps, key=lambda step: step.at)
        assert (standing(found, TEN) in (Standing.HERE, Standing.OVERDUE)) == last.is_in
        assert found.arrived is not None


def test_what_the_desk_wrote_stays_where_the_gates_saw_nothing_later():
    by_hand = Span(TEN, TEN + HOUR, TEN, TEN + 30 * MINUTE)
    assert after(by_hand, []) == by_hand
    assert after(by_hand, [Step(TEN + MINUTE, True)]).left == TEN + 30 * MINUTE
    assert after(by_hand, [Step(TEN + 40 * MINUTE, True)]).left is None


def test_an_ended_visit_opens_nothing_and_was_not_longer_than_planned():
    gone = ended(Span(TEN, TEN + HOUR, TEN), TEN + MINUTE)
    assert not gone.holds(TEN + MINUTE)
    assert standing(gone, TEN + MINUTE) is Standing.LEFT
    assert ended(VISIT, TEN + 5 * HOUR).ends == TEN + HOUR


def test_a_visit_that_ends_at_midnight_is_of_the_date_before():
    zone = ZoneInfo("Europe/Berlin")
    assert last_date(Span(TEN, datetime(2026, 3, 10, 23, tzinfo=UTC)), zone) == date(2026, 3, 10)
    assert last_date(Span(TEN, datetime(2026, 3, 10, 23, 0, 1, tzinfo=UTC)), zone) == date(2026, 3, 11)


def test_everything_is_destroyed_some_nights_later():
    on = date(2026, 3, 10)
    assert [is_due(on, 0, on + timedelta(days=n), inside=False) for n in (0, 1)] == [False, True]
    assert [is_due(on, 2, on + timedelta(days=n), inside=False) for n in (2, 3)] == [False, True]
    assert [is_due(on, 0, on + timedelta(days=n), inside=True) for n in (1, 2)] == [False, True]
    assert destroyed_on(on, 1) == date(2026, 3, 12)
