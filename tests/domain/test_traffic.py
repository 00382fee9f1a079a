"""Cars by the hour: who came, who left, how many stood there on average and at most; on days of 23 and 25 hours too."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.outliers import median, stands_out
from gatehouse.domain.periods import Period
from gatehouse.domain.traffic import Hour, Move, added, after_one_another, average, hours

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Period.local_day(date(2026, 3, 4), BERLIN)


def at(hour: int, minute: int = 0) -> datetime:
    return DAY.start + timedelta(hours=hour, minutes=minute)


def test_one_car_from_ten_to_half_past_eleven():
    day = hours(DAY, [Move(at(10), 1), Move(at(11, 30), -1)], 0, BERLIN)
    assert (day[10].came, day[10].left, average(day[10]), day[10].peak) == (1, 0, 1, 1)
    assert (day[11].came, day[11].left, average(day[11]) * 2, day[11].peak) == (0, 1, 1, 1)
    assert day[12] == Hour(seconds=3600)


def test_who_was_there_before_is_reckoned_back_from_the_end():
    day = hours(DAY, [Move(at(12), -1), Move(at(13), -1), Move(at(14), 1)], 5, BERLIN)
    assert [day[hour].peak for hour in (0, 11, 12, 13, 14, 23)] == [6, 6, 5, 4, 5, 5]
    assert average(day[13]) == 4


def test_it_is_never_below_nobody():
    """A car left that was never seen to come."""
    day = hours(DAY, [Move(at(9), 1), Move(at(10), -1), Move(at(11), -1)], 0, BERLIN)
    assert min(hour.car_seconds for hour in day) == 0
    assert day[8].peak == 1  # it must have been there


def test_a_day_that_is_not_over_has_no_later_hours():
    day = hours(Period(DAY.start, at(9, 30)), [Move(at(9), 1)], 1, BERLIN)
    assert [hour.seconds for hour in day[8:11]] == [3600, 1800, 0]
    assert average(day[9]) == 1
    assert average(day[10]) == 0


@pytest.mark.parametrize(("day", "twice", "never"), [(date(2026, 10, 25), 2, None), (date(2026, 3, 29), None, 2)])
def test_the_hour_that_comes_twice_is_one_place_and_the_skipped_one_is_empty(day, twice, never):
    found = hours(Period.local_day(day, BERLIN), [], 3, BERLIN)
    for place, hour in enumerate(found):
        assert hour.seconds == (7200 if place == twice else 0 if place == never else 3600)
        assert average(hour) == (0 if place == never else 3)


def test_garages_are_added_and_days_follow_one_another():
    one = [Hour(1, 0, 3600, 3600, 2)] * 24
    other = [Hour(2, 3, 7200, 3600, 4)] * 24
    assert added(one, other)[0] == Hour(3, 3, 10800, 3600, 6)
    assert after_one_another(one, other)[0] == Hour(3, 3, 10800, 7200, 4)
    assert average(after_one_another(one, other)[0]) * 2 == 3


MOVES = st.lists(
    st.builds(Move, at=st.integers(-90_000_000, 180_000_000).map(lambda n: DAY.start + timedelta(milliseconds=n)),
              step=st.sampled_from([1, -1])), max_size=30)  # fmt: skip


@given(MOVES, st.integers(0, 20))
def test_everybody_of_the_day_is_counted_once(moves, inside):
    day = hours(DAY, moves, inside, BERLIN)
    within = [move for move in moves if DAY.holds(move.at)]
    assert sum(hour.came for hour in day) == sum(move.step == 1 for move in within)
    assert sum(hour.left for hour in day) == sum(move.step == -1 for move in within)
    assert sum(hour.seconds for hour in day) == 86_400
    assert all(0 <= average(hour) <= hour.peak for hour in day)


# --- who stands out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("numbers", "middle"), [([], 0), ([4], 4), ([1, 9], 5), ([9, 1, 2], 2)])
def test_the_middle_of_numbers(numbers, middle):
    assert median(numbers) == middle


def test_three_times_as_many_as_the_others_stand_out_and_a_handful_never_does():
    assert [stands_out([2, 3, 3, 40], place) for place in range(4)] == [False, False, False, True]
    assert not stands_out([0, 0, 4], 2)
    assert stands_out([0, 0, 5], 2)
    assert not stands_out([3, 3, 9], 2)
    assert stands_out([3, 3, 10], 2)


def test_one_is_compared_with_the_others_and_not_with_themselves():
    assert [stands_out([1, 7], place) for place in (0, 1)] == [False, True]


def test_alone_nobody_stands_out():
    assert not stands_out([99], 0)
