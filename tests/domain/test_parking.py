from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from gatehouse.domain.money import Money, MoneyError
from gatehouse.domain.parking import (
    LineKind,
    StayError,
    StayFact,
    StayState,
    ValidatedAmount,
    ValidatedTime,
    amount_due,
    grace_to_leave,
    may_become,
    overpaid,
    price,
)
from gatehouse.domain.periods import PeriodError
from gatehouse.domain.stays import NEXT_STATES
from gatehouse.domain.tariff_rules import HOLIDAYS, BlockRule, Days, EntryRule, Per, Window
from gatehouse.domain.tariffs import (
    BlockPricing,
    Cap,
    CapPeriod,
    ClassRule,
    EntryPricing,
    Tariff,
    TariffVersion,
)

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SAT = 5


def berlin(wall: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def tariff_of(*rules: BlockRule, cap: Cap | None = None, length: timedelta = HOUR, **version) -> Tariff:
    pricing = BlockPricing(length, rules, cap)
    return Tariff("test", BERLIN, "EUR", (TariffVersion(pricing, **version),))


def lines_of(tariff: Tariff, entry: str, until: str, **stay):
    priced = price(StayFact(berlin(entry), **stay), tariff, berlin(until))
    return [(line.params.get("name", line.kind.value), line.amount.minor) for line in priced.lines]


HOURLY = tariff_of(BlockRule("hour", 100))
WEEKEND = (
    BlockRule("hour", 100, days=Days.on_weekdays(0, 1, 2, 3, 4)),
    BlockRule("weekend", 700, Per.OCCURRENCE, Days.on_weekdays(SAT), Window(timedelta(0), 48 * HOUR)),
)


def test_a_weekend_window_of_two_days_costs_once_from_saturday_to_sunday():
    assert lines_of(tariff_of(*WEEKEND), "2026-06-12T22:00", "2026-06-15T01:00") == [
        ("hour", 200),
        ("weekend", 700),
        ("hour", 100),
    ]


def test_a_weekend_window_that_a_stay_meets_twice_costs_twice():
    assert lines_of(tariff_of(*WEEKEND), "2026-06-14T23:00", "2026-06-20T01:00") == [
        ("weekend", 700),
        ("hour", 12000),
        ("weekend", 700),
    ]


def test_a_night_belongs_to_the_date_on_which_it_opens():
    friday_night = BlockRule("friday-night", 900, Per.OCCURRENCE, Days.on_weekdays(4), Window(22 * HOUR, 31 * HOUR))
    tariff = tariff_of(friday_night, BlockRule("hour", 100))
    assert lines_of(tariff, "2026-06-12T21:00", "2026-06-13T08:00") == [
        ("hour", 100),
        ("friday-night", 900),
        ("hour", 100),
    ]
    assert lines_of(tariff, "2026-06-13T22:00", "2026-06-14T07:00") == [("hour", 900)]


def test_a_holiday_that_begins_inside_a_night_takes_over_and_the_night_is_not_paid_again():
    night = BlockRule("night", 500, Per.OCCURRENCE, window=Window(22 * HOUR, 31 * HOUR))
    day = BlockRule("day", 100, window=Window(7 * HOUR, 22 * HOUR))
    morning_off = BlockRule("holiday", 0, days=HOLIDAYS, window=Window(2 * HOUR, 4 * HOUR))
    tariff = tariff_of(night, day, morning_off, holidays=frozenset({date(2026, 5, 1)}))
    assert lines_of(tariff, "2026-04-30T23:00", "2026-05-01T08:00") == [
        ("night", 500),
        ("holiday", 0),
        ("night", 0),
        ("day", 100),
    ]


def test_a_listed_date_goes_before_a_public_holiday():
    fair = BlockRule("fair", 900, days=Days.on_dates(date(2026, 5, 1)))
    free = BlockRule("holiday", 0, days=HOLIDAYS)
    tariff = tariff_of(BlockRule("hour", 100), fair, free, holidays=frozenset({date(2026, 5, 1), date(2026, 12, 25)}))
    assert lines_of(tariff, "2026-05-01T10:00", "2026-05-01T11:00") == [("fair", 900)]
    assert lines_of(tariff, "2026-12-25T10:00", "2026-12-25T11:00") == [("holiday", 0)]


def test_a_window_edge_in_the_repeated_hour_is_read_off_the_clock_in_both_passes():
    late = BlockRule("late", 500, Per.OCCURRENCE, window=Window(timedelta(hours=2.5), 26 * HOUR + 30 * MINUTE))
    tariff = tariff_of(late, length=30 * MINUTE)
    split = tariff_of(
        BlockRule("early", 1, window=Window(timedelta(0), timedelta(hours=2.5))),
        BlockRule("late", 10, window=Window(timedelta(hours=2.5), 24 * HOUR)),
        length=30 * MINUTE,
    )
    entry, until = berlin("2025-10-26T02:00"), berlin("2025-10-26T03:00")
    assert until - entry == 2 * HOUR
    priced = price(StayFact(entry), split, until)
    assert [(line.params["name"], line.params["blocks"]) for line in priced.lines] == [
        ("early", 1),
        ("late", 1),
        ("early", 1),
        ("late", 1),
    ]
    # Two openings: the one of the 25th until 02:30 and the one of the 26th; the second pass pays neither again.
    assert price(StayFact(entry), tariff, until).total == Money(1000, "EUR")


def test_a_window_inside_the_skipped_hour_holds_no_block():
    tariff = tariff_of(
        BlockRule("gap", 9999, window=Window(2 * HOUR, 3 * HOUR)),
        BlockRule("else", 100, window=Window(3 * HOUR, 26 * HOUR)),
        length=10 * MINUTE,
    )
    assert lines_of(tariff, "2026-03-29T01:30", "2026-03-29T03:30") == [("else", 600)]


def test_a_day_that_begins_at_one_o_clock_has_its_windows_on_the_clock():
    havana = ZoneInfo("America/Havana")  # on 2026-03-08 midnight became 01:00
    pricing = BlockPricing(
        30 * MINUTE,
        (
            BlockRule("day", 100, window=Window(6 * HOUR, 22 * HOUR)),
            BlockRule("night", 1, window=Window(22 * HOUR, 30 * HOUR)),
        ),
    )
    tariff = Tariff("havana", havana, "USD", (TariffVersion(pricing),))
    entry = datetime.fromisoformat("2026-03-07T23:00:00-05:00")
    until = datetime.fromisoformat("2026-03-08T07:00:00-04:00")
    priced = price(StayFact(entry), tariff, until)
    assert [(line.params["name"], line.covered / HOUR) for line in priced.lines] == [("night", 6), ("day", 1)]


def test_only_neighbouring_days_that_came_out_alike_share_a_line():
    tariff = tariff_of(BlockRule("long", 100), length=36 * HOUR, cap=Cap(60, CapPeriod.CALENDAR_DAY))
    priced = price(StayFact(berlin("2026-06-10T00:00")), tariff, berlin("2026-06-16T00:00"))
    named = [(line.kind, line.params["first_period"], line.params["last_period"]) for line in priced.lines]
    assert named == [
        (LineKind.BLOCKS, "2026-06-10", "2026-06-11"),
        (LineKind.CAP, "2026-06-10", "2026-06-11"),
        (LineKind.BLOCKS, "2026-06-13", "2026-06-14"),
        (LineKind.CAP, "2026-06-13", "2026-06-14"),
    ]


def test_a_flat_window_counts_in_the_cap_period_of_its_first_block():
    night = BlockRule("night", 500, Per.OCCURRENCE, window=Window(22 * HOUR, 31 * HOUR))
    day = BlockRule("day", 100, window=Window(7 * HOUR, 22 * HOUR))
    tariff = tariff_of(night, day, cap=Cap(550, CapPeriod.CALENDAR_DAY))
    assert lines_of(tariff, "2026-06-10T21:00", "2026-06-11T09:00") == [
        ("day", 100),
        ("night", 500),
        ("cap", -50),
        ("night", 0),
        ("day", 200),
    ]


def test_a_flat_entry_is_priced_by_the_date_of_entry_and_has_no_second_price():
    rules = (
        EntryRule("week", 1500, Days.on_weekdays(*range(5))),
        EntryRule("weekend", 2500, Days.on_weekdays(5, 6)),
    )
    tariff = Tariff("event", BERLIN, "EUR", (TariffVersion(EntryPricing(rules), free=timedelta(hours=1)),))
    assert lines_of(tariff, "2026-06-12T23:30", "2026-06-20T10:00") == [("free_minutes", 0), ("week", 1500)]
    assert lines_of(tariff, "2026-06-13T00:00", "2026-06-13T01:00") == [("free_minutes", 0)]
    assert lines_of(tariff, "2026-06-13T00:00", "2026-06-13T01:01") == [("free_minutes", 0), ("weekend", 2500)]


def test_a_class_without_a_mention_is_priced_as_a_car():
    rules = (ClassRule("car", change_percent=Fraction(-10)), ClassRule("truck", change_percent=Fraction(100)))
    tariff = tariff_of(BlockRule("hour", 105), classes=rules)
    totals = {
        name: price(StayFact(berlin("2026-06-10T10:00"), vehicle_class=name), tariff, berlin("2026-06-10T11:00"))
        for name in ("car", "tractor", "truck")
    }
    assert {name: priced.total.minor for name, priced in totals.items()} == {
        "car": 95,  # 94.5, half up
        "tractor": 95,
        "truck": 210,
    }


def test_validations_of_several_merchants_add_up_in_order_and_their_rest_is_lost():
    stay = StayFact(
        berlin("2026-06-10T10:00"),
        validations=(
            ValidatedAmount(Money(150, "EUR"), "cafe"),
            ValidatedTime(30 * MINUTE, "cinema"),
            ValidatedTime(40 * MINUTE, "market"),
            ValidatedAmount(Money(500, "EUR"), "market"),
        ),
    )
    priced = price(stay, HOURLY, berlin("2026-06-10T13:00"))
    assert [(line.kind, line.covered // MINUTE, line.amount.minor) for line in priced.lines] == [
        (LineKind.VALIDATED_MINUTES, 30, 0),
        (LineKind.VALIDATED_MINUTES, 40, 0),
        (LineKind.BLOCKS, 110, 200),
        (LineKind.VALIDATED_AMOUNT, 0, -150),
        (LineKind.VALIDATED_AMOUNT, 0, -50),
    ]


def test_free_time_longer_than_the_stay_covers_just_the_stay():
    stay = StayFact(berlin("2026-06-10T10:00"), validations=(ValidatedTime(5 * HOUR),))
    priced = price(stay, tariff_of(BlockRule("hour", 100), free=HOUR), berlin("2026-06-10T12:00"))
    assert [line.covered for line in priced.lines] == [HOUR, HOUR]
    assert priced.total == Money.zero("EUR")


def test_a_validated_amount_in_another_currency_is_refused():
    stay = StayFact(berlin("2026-06-10T10:00"), validations=(ValidatedAmount(Money(1, "USD")),))
    with pytest.raises(MoneyError):
        price(stay, HOURLY, berlin("2026-06-10T12:00"))


def test_a_class_percentage_comes_before_a_validated_amount():
    tariff = tariff_of(BlockRule("hour", 100), classes=(ClassRule("motorcycle", change_percent=Fraction(-50)),))
    offer = (ValidatedAmount(Money(30, "EUR")),)
    stay = StayFact(berlin("2026-06-10T10:00"), vehicle_class="motorcycle", validations=offer)
    assert price(stay, tariff, berlin("2026-06-10T11:00")).total == Money(20, "EUR")


def test_a_price_asked_before_entry_is_that_of_no_time_and_after_exit_that_of_the_exit():
    stay = StayFact(berlin("2026-06-10T10:00"), berlin("2026-06-10T12:00"))
    before = price(stay, HOURLY, berlin("2026-06-10T09:00"))
    assert (before.total, before.until) == (Money.zero("EUR"), stay.entry)
    assert [line.kind for line in before.lines] == [LineKind.ZERO_LENGTH]
    assert price(stay, HOURLY, berlin("2026-06-10T11:00")).total == Money(100, "EUR")
    assert price(stay, HOURLY, berlin("2026-06-10T19:00")).total == Money(200, "EUR")


def test_parts_of_a_second_never_cost_a_grace():
    entry = berlin("2026-06-10T10:00") + timedelta(microseconds=900_000)
    tariff = tariff_of(BlockRule("hour", 100), grace=15 * MINUTE)
    assert price(StayFact(entry), tariff, entry + 15 * MINUTE).total == Money.zero("EUR")
    assert price(StayFact(entry), tariff, entry + timedelta(minutes=15, milliseconds=50)).total.minor == 0
    assert price(StayFact(entry), tariff, entry + timedelta(minutes=15, seconds=1)).total == Money(100, "EUR")


def test_a_stay_entered_when_no_version_was_in_force_is_refused():
    starts = datetime.fromisoformat("2026-07-01T00:00")
    tariff = tariff_of(BlockRule("hour", 100), starts=starts)
    with pytest.raises(StayError) as refusal:
        price(StayFact(berlin("2026-06-30T23:59")), tariff, berlin("2026-07-01T10:00"))
    assert refusal.value.code == "no_version_in_force"
    assert price(StayFact(berlin("2026-07-01T00:00")), tariff, berlin("2026-07-01T01:00")).total.minor == 100


@pytest.mark.parametrize(
    ("entry", "leaves", "code"),
    [
        ("2026-06-10T10:00:00+02:00", "2026-06-10T09:59:59+02:00", "ends_before_entry"),
        ("2016-06-10T10:00:00+02:00", "2026-06-30T10:00:00+02:00", "too_long"),
        ("0001-01-01T00:00:00+00:00", "2026-06-30T10:00:00+02:00", "impossible_time"),
        ("2026-06-10T10:00:00+02:00", "9999-12-31T23:59:59+00:00", "impossible_time"),
    ],
)
def test_a_stay_that_cannot_be_is_refused(entry, leaves, code):
    with pytest.raises(StayError) as refusal:
        StayFact(datetime.fromisoformat(entry), datetime.fromisoformat(leaves))
    assert refusal.value.code == code


def test_an_open_stay_is_not_priced_beyond_ten_years():
    with pytest.raises(StayError) as refusal:
        price(StayFact(berlin("2016-06-10T10:00")), HOURLY, berlin("2036-06-10T10:00"))
    assert refusal.value.code == "too_long"


def test_a_naive_entry_is_refused():
    with pytest.raises(PeriodError):
        StayFact(datetime.fromisoformat("2026-06-10T10:00"))


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1), timedelta(days=367), timedelta(seconds=0.5)])
def test_validated_time_is_whole_seconds_above_zero(length):
    with pytest.raises(StayError) as refusal:
        ValidatedTime(length)
    assert refusal.value.code == "bad_validation"


def test_a_validated_amount_is_above_zero():
    with pytest.raises(StayError):
        ValidatedAmount(Money(0, "EUR"))


def test_what_is_due_is_what_earlier_payments_left_and_never_below_zero():
    priced = price(StayFact(berlin("2026-06-10T10:00")), HOURLY, berlin("2026-06-10T13:00"))
    assert amount_due(priced, Money(200, "EUR")) == Money(100, "EUR")
    assert amount_due(priced, Money(300, "EUR")) == Money.zero("EUR")
    assert amount_due(priced, Money(350, "EUR")) == Money.zero("EUR")
    assert overpaid(priced, Money(350, "EUR")) == Money(50, "EUR")
    assert overpaid(priced, Money(200, "EUR")) == Money.zero("EUR")
    with pytest.raises(MoneyError):
        amount_due(priced, Money(300, "USD"))


def test_the_time_to_leave_after_paying_is_half_open_and_elapsed():
    paid_at = berlin("2025-10-26T02:55")
    leave = grace_to_leave(paid_at, 15)
    assert leave.holds(paid_at)
    assert leave.holds(berlin("2025-10-26T02:05", fold=1))
    assert not leave.holds(berlin("2025-10-26T02:10", fold=1))
    assert grace_to_leave(paid_at, 0).is_empty
    with pytest.raises(StayError):
        grace_to_leave(paid_at, -1)


def test_a_stay_ends_only_by_leaving_and_can_always_be_disputed():
    for state in StayState:
        assert may_become(state, StayState.DISPUTED) is (state is not StayState.DISPUTED)
        assert may_become(state, StayState.CLOSED) is (state is not StayState.CLOSED)
        assert not may_become(state, state)
    assert set(NEXT_STATES) == set(StayState)


def test_a_closed_stay_is_reopened_or_disputed_and_nothing_else():
    assert NEXT_STATES[StayState.CLOSED] == {StayState.OPEN, StayState.DISPUTED}


def test_a_cleared_or_paid_stay_that_overstays_owes_again_and_takes_no_validation():
    for state in (StayState.PAID, StayState.CLEARED):
        assert may_become(state, StayState.OPEN)
        assert not may_become(state, StayState.VALIDATED)
    assert not may_become(StayState.CLEARED, StayState.PAID)


def test_a_stay_is_one_length_in_every_zone_it_is_written_in():
    entry = datetime(2026, 11, 1, 1, 10, tzinfo=ZoneInfo("America/New_York"))
    stay = StayFact(entry, entry.replace(minute=20, fold=1))
    assert price(stay, HOURLY, stay.exit).total == Money(200, "EUR")
