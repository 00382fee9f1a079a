from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.periods import (
    Period,
    PeriodError,
    WallTime,
    at_local,
    instant,
    local_date,
    local_days,
    start_of_day,
    wall_time,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HAVANA = ZoneInfo("America/Havana")  # its clocks change at midnight
APIA = ZoneInfo("Pacific/Apia")  # it skipped 2011-12-30
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
ZONES = [BERLIN, NEW_YORK, SHANGHAI, HAVANA, APIA, LORD_HOWE]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def minutes(period: Period) -> float:
    return period.length / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 6, 10), BERLIN, 24),
        (date(2026, 3, 29), BERLIN, 23),
        (date(2025, 10, 26), BERLIN, 25),
        (date(2026, 3, 8), NEW_YORK, 23),
        (date(2026, 11, 1), NEW_YORK, 25),
        (date(2026, 3, 8), HAVANA, 23),
        (date(2026, 11, 1), HAVANA, 25),
        (date(2011, 12, 30), APIA, 0),
        (date(2026, 10, 4), LORD_HOWE, 23.5),
        (date(2028, 2, 29), SHANGHAI, 24),
    ],
)
def test_a_local_day_is_as_long_as_the_clocks_make_it(day, zone, hours):
    assert minutes(Period.local_day(day, zone)) == hours * 60


@given(st.dates(date(1990, 1, 1), date(2037, 12, 31)), st.sampled_from(ZONES))
def test_neighbouring_days_meet_and_hold_only_their_own_date(day, zone):
    this, following = Period.local_day(day, zone), Period.local_day(day + timedelta(days=1), zone)
    assert this.end == following.start
    if not this.is_empty:
        assert local_date(this.start, zone) == day
        assert local_date(this.end - timedelta.resolution, zone) == day
        assert local_days(this, zone) == (day,)


def test_a_day_that_begins_in_a_gap_begins_after_it():
    assert start_of_day(date(2026, 3, 8), HAVANA) == utc("2026-03-08T01:00:00-04:00")


def test_a_wall_time_shown_twice_is_told_apart_by_fold():
    day, clock = date(2025, 10, 26), time(2, 30)
    assert wall_time(day, clock, BERLIN) is WallTime.TWICE
    assert at_local(day, clock, BERLIN) == utc("2025-10-26T02:30:00+02:00")
    assert at_local(day, clock, BERLIN, fold=1) == utc("2025-10-26T02:30:00+01:00")


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 30), time(2, 59, 59, 999_999)])
@pytest.mark.parametrize("fold", [0, 1])
def test_a_skipped_wall_time_is_the_first_instant_after_the_gap(clock, fold):
    assert wall_time(date(2026, 3, 29), clock, BERLIN) is WallTime.SKIPPED
    assert at_local(date(2026, 3, 29), clock, BERLIN, fold) == utc("2026-03-29T03:00:00+02:00")


def test_the_wall_times_around_a_gap_are_shown_once():
    day = date(2026, 3, 29)
    assert wall_time(day, time(1, 59, 59), BERLIN) is WallTime.ONCE
    assert wall_time(day, time(3, 0), BERLIN) is WallTime.ONCE
    assert at_local(day, time(1, 59, 59), BERLIN) == utc("2026-03-29T00:59:59+00:00")
    assert at_local(day, time(3, 0), BERLIN) == utc("2026-03-29T01:00:00+00:00")


@given(st.integers(631152000, 2114380800), st.sampled_from(ZONES))
def test_an_instant_goes_to_the_wall_clock_and_back(epoch_s, zone):
    moment = datetime.fromtimestamp(epoch_s, UTC)
    shown = moment.astimezone(zone)
    assert at_local(shown.date(), shown.time(), zone, shown.fold) == moment


def test_length_is_elapsed_time_across_a_clock_change():
    before = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK)
    assert minutes(Period(before, before.replace(minute=20, fold=1))) == 70


def test_both_ends_are_held_in_utc_so_that_equal_instants_make_equal_periods():
    start = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    here = Period(start, start.replace(hour=3))
    assert (here.start.tzinfo, here.end.tzinfo) == (UTC, UTC)
    assert here == Period(utc("2026-11-01T01:30:00-04:00"), utc("2026-11-01T03:00:00-05:00").replace(minute=30))


def test_a_period_is_half_open():
    hour = Period(utc("2026-06-10T10:00:00+02:00"), utc("2026-06-10T11:00:00+02:00"))
    assert hour.holds(hour.start)
    assert not hour.holds(hour.end)
    assert Period(hour.start, hour.start).is_empty
    assert not Period(hour.start, hour.start).holds(hour.start)
    assert hour.overlap(Period(hour.end, hour.end + timedelta(hours=1))) is None


def test_taking_a_period_out_leaves_the_pieces_beside_it():
    start = utc("2026-06-10T10:00:00+02:00")
    at = [start + timedelta(hours=h) for h in range(4)]
    whole = Period(at[0], at[3])
    assert whole.without(Period(at[1], at[2])) == (Period(at[0], at[1]), Period(at[2], at[3]))
    assert whole.without(Period(at[0], at[2])) == (Period(at[2], at[3]),)
    assert whole.without(whole) == ()
    assert Period(at[0], at[1]).without(Period(at[2], at[3])) == (Period(at[0], at[1]),)
    assert whole.covers(Period(at[1], at[2]))
    assert not Period(at[1], at[2]).covers(whole)


def test_local_days_leaves_out_a_skipped_date_and_the_date_of_the_open_end():
    stretch = Period(at_local(date(2011, 12, 29), time(8), APIA), start_of_day(date(2012, 1, 1), APIA))
    assert local_days(stretch, APIA) == (date(2011, 12, 29), date(2011, 12, 31))
    assert local_days(Period(stretch.start, stretch.start), APIA) == ()


def test_a_time_without_an_offset_or_an_end_before_the_start_is_refused():
    aware = utc("2026-06-10T10:00:00+02:00")
    with pytest.raises(PeriodError) as refusal:
        Period(datetime.fromisoformat("2026-06-10T10:00:00"), aware)
    assert refusal.value.code == "naive_time"
    with pytest.raises(PeriodError) as refusal:
        Period(aware, aware - timedelta(seconds=1))
    assert refusal.value.code == "ends_before_start"
    with pytest.raises(PeriodError):
        instant(datetime.fromisoformat("2026-06-10T10:00:00"))
