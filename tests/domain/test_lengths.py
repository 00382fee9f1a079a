"""How long stays lasted, counted in steps, and never shown of so few cars that it tells of one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.lengths import FEWEST, STEPS_MIN, counted, shown, step_of

COUNTS = st.lists(st.integers(0, 6), min_size=len(STEPS_MIN) + 1, max_size=len(STEPS_MIN) + 1)


@pytest.mark.parametrize(
    ("minutes", "step"),
    [(0, 0), (14.99, 0), (15, 1), (59, 2), (60, 3), (1439, 9), (1440, 10), (99_999, 10)],
)
def test_a_step_holds_its_lower_end_and_not_its_upper(minutes, step):
    assert step_of(timedelta(minutes=minutes)) == step


def test_stays_are_counted_by_step():
    lengths = [timedelta(minutes=m) for m in (5, 20, 25, 130, 2000)]
    assert counted(lengths) == [1, 2, 0, 0, 1, 0, 0, 0, 0, 0, 1]


def test_enough_of_everything_is_shown_as_it_is():
    assert [step.count for step in shown([3, 4, 0, 0, 5, 0, 0, 0, 0, 0, 3])] == [3, 4, 0, 0, 5, 0, 0, 0, 0, 0, 3]


def test_a_few_join_the_next_longer_step():
    steps = shown([1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 9])
    assert (steps[0].from_min, steps[0].to_min, steps[0].count) == (0, 30, 5)
    assert steps[1].from_min == 30


def test_the_last_few_join_the_step_before():
    steps = shown([5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    assert (steps[-1].count, steps[-1].to_min) == (6, None)


def test_so_few_in_all_are_not_shown():
    assert shown([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]) is None
    assert sum(step.count for step in shown([0] * 11)) == 0


@given(COUNTS)
def test_no_step_tells_of_fewer_cars_and_none_is_left_out(counts):
    steps = shown(counts)
    if steps is None:
        assert 0 < sum(counts) < FEWEST
        return
    assert sum(step.count for step in steps) == sum(counts)
    assert all(step.count == 0 or step.count >= FEWEST for step in steps)
    assert steps[0].from_min == 0
    assert steps[-1].to_min is None
    assert [step.to_min for step in steps[:-1]] == [step.from_min for step in steps[1:]]
