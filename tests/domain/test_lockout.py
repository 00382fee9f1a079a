"""Wrong PINs: five are let pass, then the wait grows; quiet time forgives."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.lockout import STANDARD, Tries

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)


def after(*minutes, tries=None):
    tries = tries or Tries()
    for minute in minutes:
        tries = tries.failed(NOW + timedelta(minutes=minute))
    return tries


def test_the_fifth_in_ten_minutes_locks_for_five():
    assert not after(0, 1, 2, 3).is_locked(NOW + timedelta(minutes=3))
    locked = after(0, 1, 2, 3, 4)
    assert locked.is_locked(NOW + timedelta(minutes=8, seconds=59))
    assert not locked.is_locked(NOW + timedelta(minutes=9))


def test_slow_mistakes_lock_nobody():
    assert not after(*range(0, 300, 11)).is_locked(NOW + timedelta(minutes=300))


def test_each_row_of_wrong_ones_waits_twice_as_long_up_to_an_hour():
    tries, minute, waits = Tries(), 0.0, []
    for _ in range(6):
        while not tries.is_locked(NOW + timedelta(minutes=minute)):
            tries = tries.failed(NOW + timedelta(minutes=minute))
        wait = (tries.locked_until - NOW).total_seconds() / 60 - minute
        waits.append(round(wait))
        minute += wait
    assert waits == [5, 10, 20, 40, 60, 60]


def test_a_try_while_locked_neither_counts_nor_prolongs():
    locked = after(0, 0, 0, 0, 0)
    assert locked.failed(NOW + timedelta(minutes=1)) == locked


def test_a_day_without_a_wrong_one_forgives():
    locked = after(0, 0, 0, 0, 0)
    again = after(*[1500] * 5, tries=locked)
    assert again.locked_until == NOW + timedelta(minutes=1505)


@given(st.lists(st.integers(0, 7200), min_size=5, max_size=200))
def test_never_more_than_five_are_compared_in_any_five_minutes(seconds):
    tries, compared = Tries(), []
    for second in sorted(seconds):
        at = NOW + timedelta(seconds=second)
        if not tries.is_locked(at):
            compared.append(second)
            tries = tries.failed(at)
    for first in compared:
        within = [second for second in compared if first <= second < first + STANDARD.first.total_seconds()]
        assert len(within) <= STANDARD.tries
