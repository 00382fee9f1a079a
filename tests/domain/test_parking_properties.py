"""What holds for every tariff and stay, on ordinary days and across clock changes."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.domain.parking_cases import ZONES, entries, lengths, plain_total, tariff_forms

from gatehouse.domain.money import Money, decimal_text, tax_within, total
from gatehouse.domain.parking import LineKind, StayFact, ValidatedAmount, ValidatedTime, price
from gatehouse.domain.periods import at_local
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict

classes = st.sampled_from(["car", "motorcycle", "bus"])
validated = st.sampled_from([0, 0, 20, 90])


def stay_of(entry, length, vehicle_class, minutes, amount=None):
    validations = (ValidatedTime(timedelta(minutes=minutes)),) if minutes else ()
    validations += (ValidatedAmount(amount),) if amount else ()
    return StayFact(entry, entry + length, vehicle_class, validations)


@settings(deadline=None, max_examples=250)
@given(tariff_forms(), entries(), lengths(), classes, validated)
def test_the_total_is_that_of_pricing_block_by_block(form, entry, length, vehicle_class, minutes):
    stay = stay_of(entry, length, vehicle_class, minutes)
    priced = price(stay, tariff_from_dict(form), entry + length)
    assert priced.total.minor == plain_total(form, entry, entry + length, vehicle_class, minutes)


@settings(deadline=None, max_examples=150)
@given(tariff_forms(), entries(), lengths(), lengths(1), classes, validated, st.integers(0, 900))
def test_longer_never_costs_less(form, entry, length, longer, vehicle_class, minutes, off):
    tariff = tariff_from_dict(form)
    amount = Money(off, tariff.currency) if off else None
    short, long = (
        price(stay_of(entry, span, vehicle_class, minutes, amount), tariff, entry + span)
        for span in (length, length + longer)
    )
    assert short.total <= long.total


@settings(deadline=None, max_examples=150)
@given(tariff_forms(), entries(), lengths(), classes, validated, st.integers(0, 900))
def test_lines_add_up_to_the_total_and_their_minutes_to_the_stay(form, entry, length, vehicle_class, minutes, off):
    tariff = tariff_from_dict(form)
    amount = Money(off, tariff.currency) if off else None
    priced = price(stay_of(entry, length, vehicle_class, minutes, amount), tariff, entry + length)
    assert total((line.amount for line in priced.lines), tariff.currency) == priced.total
    assert sum((line.covered for line in priced.lines), timedelta(0)) == length
    assert priced.total.minor >= 0
    rate = tariff.versions[0].tax_percent
    assert priced.tax == (None if rate is None else tax_within(priced.total, rate))


@settings(deadline=None, max_examples=150)
@given(tariff_forms())
def test_a_tariff_goes_to_json_and_back_unchanged(form):
    tariff = tariff_from_dict(form)
    assert tariff_from_dict(tariff_to_dict(tariff)) == tariff


@settings(deadline=None, max_examples=100)
@given(tariff_forms(), entries(), lengths())
def test_a_stay_still_open_costs_at_an_instant_what_it_would_if_it_left_then(form, entry, length):
    tariff = tariff_from_dict(form)
    inside = price(StayFact(entry), tariff, entry + length)
    assert inside == price(StayFact(entry, entry + length), tariff, entry + length + timedelta(days=1))


NIGHT_AND_DAY = {
    "name": "minute",
    "zone": "Europe/Berlin",
    "currency": "EUR",
    "versions": [
        {
            "blocks": {
                "length_min": 1,
                "rules": [
                    {"code": "day", "price": 1, "window": {"opens": "07:00", "closes": "22:00"}},
                    {"code": "night", "price": 3, "window": {"opens": "22:00", "closes": "07:00"}},
                ],
                "cap": {"amount": 1000, "per": "calendar_day"},
            }
        }
    ],
}


@pytest.mark.parametrize(("days", "limit_s"), [(40, 0.5), (366, 1.0), (3660, 5.0)])
def test_a_very_long_stay_in_minute_blocks_is_priced_at_once(days, limit_s):
    entry = datetime(2026, 1, 1, tzinfo=UTC)
    tariff = tariff_from_dict(NIGHT_AND_DAY)
    began = perf_counter()
    priced = price(StayFact(entry), tariff, entry + timedelta(days=days))
    assert perf_counter() - began < limit_s
    assert sum((line.covered for line in priced.lines), timedelta(0)) == timedelta(days=days)
    assert {line.kind for line in priced.lines} == {LineKind.BLOCKS, LineKind.CAP}


@settings(deadline=None, max_examples=120)
@given(tariff_forms(), entries(), lengths(), classes)
def test_no_cap_period_costs_more_than_the_cap(form, entry, length, vehicle_class):
    tariff = tariff_from_dict(form)
    cap = tariff.versions[0].pricing.cap
    assume(cap is not None)
    sums: dict[tuple, int] = {}
    for line in price(stay_of(entry, length, vehicle_class, 0), tariff, entry + length).lines:
        if "periods" in line.params:
            key = (line.params["first_period"], line.params["last_period"], line.params["periods"])
            sums[key] = sums.get(key, 0) + line.amount.minor
    assert all(amount <= cap.amount * periods for (_, _, periods), amount in sums.items())


@settings(deadline=None, max_examples=60)
@given(tariff_forms(), entries(), lengths(), st.sampled_from(ZONES))
def test_a_price_does_not_depend_on_the_offset_in_which_an_instant_is_written(form, entry, length, zone):
    tariff, written = tariff_from_dict(form), ZoneInfo(zone)
    elsewhere = StayFact(entry.astimezone(written), (entry + length).astimezone(written))
    plain = price(StayFact(entry, entry + length), tariff, entry + length)
    assert price(elsewhere, tariff, (entry + length).astimezone(written)) == plain
    assert price(StayFact(entry, entry + length), tariff, entry + length) == plain


@settings(deadline=None, max_examples=60)
@given(tariff_forms(), tariff_forms(), entries(), lengths(), st.integers(-3000, 3000))
def test_the_version_in_force_at_entry_prices_the_whole_stay(form, other, entry, length, shift_min):
    wall = (entry.astimezone(ZoneInfo(form["zone"])) + timedelta(minutes=shift_min)).strftime("%Y-%m-%dT%H:%M")
    both = [form["versions"][0] | {"to": wall}, other["versions"][0] | {"from": wall}]
    tariff = tariff_from_dict(form | {"versions": both})
    edge = at_local(datetime.fromisoformat(wall).date(), datetime.fromisoformat(wall).time(), tariff.zone)
    priced = price(StayFact(entry), tariff, entry + length)
    alone = form | {"versions": (other if edge <= entry else form)["versions"]}
    assert priced.version == int(edge <= entry)
    assert priced.total == price(StayFact(entry), tariff_from_dict(alone), entry + length).total


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1500"), ("EUR", "15.00"), ("KWD", "1.500")])
def test_a_price_is_whole_minor_units_whatever_their_size(currency, shown):
    rules = [{"code": "all", "price": 750}]
    version = {"blocks": {"length_min": 60, "rules": rules}, "tax_percent": "10"}
    tariff = tariff_from_dict({"name": "t", "zone": "Asia/Tokyo", "currency": currency, "versions": [version]})
    entry = datetime(2026, 6, 10, tzinfo=UTC)
    priced = price(StayFact(entry), tariff, entry + timedelta(minutes=61))
    assert decimal_text(priced.total) == shown
    assert priced.tax == Money(136, currency)  # 136.36
