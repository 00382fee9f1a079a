"""Who may take a pupil: a "must not" beats everything, windows are exact by the school's clock also when it changes."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatehouse.domain.periods import at_local
from gatehouse.domain.pickup import EVERY_DAY, No, Permission, PickupError, Word, refusal, says

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
TODAY = date(2026, 5, 6)  # a Wednesday
MOTHER, AUNT = "mother", "aunt"


def at(clock: str, on: date = TODAY) -> datetime:
    return at_local(on, time.fromisoformat(clock), BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("permission", "why"),
    [
        ({}, None),
        ({"since": TODAY, "until": TODAY}, None),
        ({"since": TODAY + DAY}, No.NOT_YET),
        ({"until": TODAY - DAY}, No.OVER),
        ({"weekdays": frozenset({2})}, None),
        ({"weekdays": frozenset({0, 1})}, No.NOT_ON_THIS_DAY),
        ({"opens": time(15), "closes": time(16)}, None),
        ({"opens": time(15, 31)}, No.NOT_AT_THIS_HOUR),
        ({"closes": time(15, 30)}, No.NOT_AT_THIS_HOUR),
        ({"opens": time(15, 30)}, None),
        ({"word": Word.MUST_NOT}, No.MUST_NOT),
        ({"word": Word.MUST_NOT, "until": TODAY - DAY}, No.NOT_LISTED),
    ],
)
def test_one_word(permission, why) -> None:
    own = Permission(AUNT, **permission)
    assert refusal([own], AUNT, at("15:30"), BERLIN) is why
    assert refusal([own], "somebody", at("15:30"), BERLIN) is No.NOT_LISTED
    assert says(own, at("15:30"), BERLIN) is (why is None or why is No.MUST_NOT)


def test_the_nearest_miss_is_told() -> None:
    over, other_day = Permission(AUNT, until=TODAY - DAY), Permission(AUNT, weekdays=frozenset({0}))
    other_hour = Permission(AUNT, closes=time(12))
    assert refusal([over, other_day], AUNT, at("15:30"), BERLIN) is No.NOT_ON_THIS_DAY
    assert refusal([over, other_day, other_hour], AUNT, at("15:30"), BERLIN) is No.NOT_AT_THIS_HOUR
    assert refusal([], AUNT, at("15:30"), BERLIN) is No.NOT_LISTED


# Clocks go forward on 29 March and back on 25 October: days of 23 and 25 hours.
@pytest.mark.parametrize("on", [date(2026, 3, 29), date(2026, 10, 25), TODAY], ids=str)
def test_today_only_is_the_whole_date_on_the_wall_and_nothing_else(on: date) -> None:
    aunt = [Permission(AUNT, since=on, until=on)]
    first, last = at("00:00", on), at("00:00", on + DAY) - timedelta(microseconds=1)
    assert refusal(aunt, AUNT, first, BERLIN) is None
    assert refusal(aunt, AUNT, last, BERLIN) is None
    assert refusal(aunt, AUNT, first - timedelta(microseconds=1), BERLIN) is No.NOT_YET
    assert refusal(aunt, AUNT, last + timedelta(microseconds=1), BERLIN) is No.OVER


@pytest.mark.parametrize("on", [date(2026, 3, 29), date(2026, 10, 25)], ids=str)
def test_an_hour_is_the_schools_also_on_the_days_on_which_clocks_change(on: date) -> None:
    aunt = [Permission(AUNT, opens=time(15), closes=time(16))]
    for clock, why in (
        ("14:59", No.NOT_AT_THIS_HOUR),
        ("15:00", None),
        ("15:59", None),
        ("16:00", No.NOT_AT_THIS_HOUR),
    ):
        assert refusal(aunt, AUNT, at(clock, on), BERLIN) is why, clock


def _permission(rng: random.Random) -> Permission:
    since = rng.choice([None, TODAY + rng.randrange(-3, 4) * DAY])
    until = rng.choice([None, (since or TODAY) + rng.randrange(4) * DAY])
    if rng.random() < 0.3:
        return Permission(rng.choice([MOTHER, AUNT]), Word.MUST_NOT, since, until)
    days = frozenset(rng.sample(range(7), rng.randrange(1, 8)))
    opens, closes = rng.choice([(None, None), (time(8), None), (None, time(12)), (time(12), time(18))])
    return Permission(rng.choice([MOTHER, AUNT]), Word.MAY, since, until, days, opens, closes)


@pytest.mark.parametrize("seed", range(25))
def test_a_deny_in_force_beats_whatever_else_is_said_in_whatever_order(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(80):
        held = [_permission(rng) for _ in range(rng.randrange(7))]
        moment = at("00:00") + timedelta(minutes=rng.randrange(24 * 60))
        for who in (MOTHER, AUNT):
            found = refusal(held, who, moment, BERLIN)
            denied = any(p.collector == who and p.word is Word.MUST_NOT and p.covers(TODAY) for p in held)
            assert (found is No.MUST_NOT) is denied
            assert refusal(held[::-1], who, moment, BERLIN) is found
            deny = Permission(who, Word.MUST_NOT, TODAY, TODAY)
            assert refusal([*held, deny], who, moment, BERLIN) is No.MUST_NOT
            # Nobody gets less by one more "may", and nobody by somebody else's.
            if found is None:
                assert refusal([*held, _permission_of("other", rng)], who, moment, BERLIN) is None


def _permission_of(who: str, rng: random.Random) -> Permission:
    return Permission(who, rng.choice(list(Word)))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"since": TODAY, "until": TODAY - DAY}, "ends_before_start"),
        ({"opens": time(16), "closes": time(16)}, "hours_in_order"),
        ({"weekdays": frozenset()}, "no_weekday"),
        ({"weekdays": frozenset({7})}, "no_weekday"),
        ({"word": Word.MUST_NOT, "weekdays": frozenset({1})}, "deny_is_whole"),
        ({"word": Word.MUST_NOT, "opens": time(8)}, "deny_is_whole"),
    ],
)
def test_a_word_that_cannot_be_is_refused(wrong, code) -> None:
    with pytest.raises(PickupError) as found:
        Permission(AUNT, **wrong)
    assert found.value.code == code
    assert Permission(AUNT).weekdays == EVERY_DAY
