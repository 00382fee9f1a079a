"""Who is inside, in which zone, and a roll call that counts everybody once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.muster import LONGEST, How, RollCall, Step, Tick, whereabouts

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(n, is_in=True, zone=""):
    return Step(NOON + n * MINUTE, is_in, zone)


def where(*steps, now=NOON + timedelta(hours=1)):
    found = whereabouts(steps, now)
    return None if found is None else (found.zone, found.doubtful)


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([], None),
        ([at(0)], ("", False)),
        ([at(0), at(1, False)], None),
        ([at(0, False)], None),
        ([at(0), at(1, zone="lab")], ("lab", False)),
        ([at(0), at(1, zone="lab"), at(2, False, "lab")], ("", False)),
        ([at(0), at(1, zone="lab"), at(2, False)], None),  # out of the site without a reader at the lab's door
        ([at(0, zone="a"), at(1, zone="b"), at(2, False, "a")], None),
        ([at(0, zone="north"), at(1, False, "south")], ("north", True)),  # rather named than missed
        ([at(0, zone="north"), at(1, False, "south"), at(2, zone="north")], ("north", False)),
        ([at(0), at(1, False), at(2)], ("", False)),
    ],
)
def test_where_somebody_is(steps, found):
    assert where(*steps) == found


def test_whoever_came_in_too_long_ago_left_unseen():
    assert where(at(0), now=NOON + LONGEST) == ("", False)
    assert where(at(0), now=NOON + LONGEST + MINUTE) is None


STEPS = st.lists(st.builds(at, st.integers(0, 50), st.booleans(), st.sampled_from(["", "a", "b"])), max_size=10)


@given(STEPS, st.randoms())
def test_passages_in_any_order_and_twice_say_the_same(steps, random):
    shuffled = [*steps, *steps]
    random.shuffle(shuffled)
    assert where(*shuffled) == where(*steps)


@given(STEPS, st.sampled_from(["", "a", "b"]))
def test_whoever_was_last_seen_going_in_is_never_missed(steps, zone):
    assert where(*steps, at(99, zone=zone), now=NOON + 100 * MINUTE) == (zone, False)


@given(STEPS)
def test_whoever_left_the_site_last_is_out(steps):
    assert where(*steps, at(99, False), now=NOON + 100 * MINUTE) is None


def test_a_roll_call_counts_everybody_once_and_ends_once():
    roll = RollCall(NOON, drill=True)
    roll = roll.ticked(Tick("a", NOON + MINUTE, How.LIST)).ticked(Tick("a", NOON + 2 * MINUTE, How.CODE))
    roll = roll.ticked(Tick("x", NOON + 3 * MINUTE, How.CARD))
    assert roll.missing(["a", "b", "c"]) == ["b", "c"]
    assert roll.ticks["a"].how is How.LIST
    assert roll.unticked("a").missing(["a", "b"]) == ["a", "b"]
    ended = roll.end(NOON + 10 * MINUTE)
    assert ended.end(NOON + 20 * MINUTE) == ended
    assert ended.ticked(Tick("b", NOON + 11 * MINUTE, How.LIST)) == ended
    assert ended.unticked("a") == ended
    assert ended.lasted(NOON + 99 * MINUTE) == 10 * MINUTE


def test_a_drill_tells_how_long_half_of_them_took():
    roll = RollCall(NOON, drill=True)
    for n, person in enumerate("abc", start=1):
        roll = roll.ticked(Tick(person, NOON + n * MINUTE, How.LIST))
    assert roll.half_after(4) == 2 * MINUTE
    assert roll.half_after(5) == 3 * MINUTE
    assert roll.half_after(8) is None
    assert RollCall(NOON, drill=True).half_after(0) is None
