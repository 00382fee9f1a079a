"""A tariff in use changes only ahead: whoever is inside keeps the price that was in force at entry."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.parking_cases import tariff_forms

from gatehouse.domain.parking import StayFact, price
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariff_versions import begun, check_history, with_version, without_version
from gatehouse.domain.tariffs import Tariff

NOW = datetime(2026, 6, 10, 10, tzinfo=UTC)  # noon in Berlin
NOON = datetime.fromisoformat("2026-06-10T12:00")


def tariff_of(*spans: tuple[str | None, str | None], prices: tuple[int, ...] = (100, 200, 300)) -> Tariff:
    versions = [
        {"from": a, "to": b, "blocks": {"length_min": 60, "rules": [{"code": "hour", "price": prices[i]}]}}
        for i, (a, b) in enumerate(spans)
    ]
    return tariff_from_dict({"name": "t", "zone": "Europe/Berlin", "currency": "EUR", "versions": versions})


def spans(tariff: Tariff) -> list[tuple[str | None, str | None, int]]:
    form = tariff_to_dict(tariff)["versions"]
    return [(v["from"], v["to"], v["blocks"]["rules"][0]["price"]) for v in form]  # type: ignore[union-attr, index]


ALWAYS = tariff_of((None, None))
DEAR = tariff_of((None, None), prices=(900,)).versions[0]


def refusal(act) -> TariffError:
    with pytest.raises(TariffError) as found:
        act()
    return found.value


def test_a_new_version_ends_the_one_in_force_and_lasts_from_then_on():
    changed = with_version(ALWAYS, DEAR, datetime.fromisoformat("2026-07-01T00:00"), NOW)
    assert spans(changed) == [(None, "2026-07-01T00:00", 100), ("2026-07-01T00:00", None, 900)]


def test_a_new_version_between_lasts_until_the_planned_one():
    planned = tariff_of((None, "2027-01-01T00:00"), ("2027-01-01T00:00", None))
    changed = with_version(planned, DEAR, datetime.fromisoformat("2026-07-01T00:00"), NOW)
    assert spans(changed) == [
        (None, "2026-07-01T00:00", 100),
        ("2026-07-01T00:00", "2027-01-01T00:00", 900),
        ("2027-01-01T00:00", None, 200),
    ]


def test_a_new_version_at_the_time_of_a_planned_one_replaces_it():
    planned = tariff_of((None, "2027-01-01T00:00"), ("2027-01-01T00:00", None))
    changed = with_version(planned, DEAR, datetime.fromisoformat("2027-01-01T00:00"), NOW)
    assert spans(changed) == [(None, "2027-01-01T00:00", 100), ("2027-01-01T00:00", None, 900)]


def test_a_version_begins_now_at_the_earliest():
    assert len(with_version(ALWAYS, DEAR, NOON, NOW).versions) == 2
    late = refusal(lambda: with_version(ALWAYS, DEAR, NOON, NOW + timedelta(seconds=1)))
    assert (late.code, late.path) == ("in_the_past", "starts")


def test_a_version_cannot_leave_a_gap_behind_the_one_before():
    season = tariff_of((None, "2026-09-01T00:00"))
    gap = refusal(lambda: with_version(season, DEAR, datetime.fromisoformat("2026-10-01T00:00"), NOW))
    assert (gap.code, gap.path) == ("not_covered", "versions[1]")


def test_a_planned_version_can_be_taken_back_until_it_has_begun():
    changed = with_version(ALWAYS, DEAR, NOON + timedelta(hours=1), NOW)
    assert without_version(changed, NOON + timedelta(hours=1), NOW) == ALWAYS
    for moment in (NOW + timedelta(hours=1), NOW + timedelta(days=9)):
        fault = refusal(lambda moment=moment: without_version(changed, NOON + timedelta(hours=1), moment))
        assert fault.code == "not_planned"
    assert refusal(lambda: without_version(changed, NOON, NOW)).code == "not_planned"


def test_the_only_version_cannot_be_taken_back():
    only = tariff_of(("2027-01-01T00:00", None))
    fault = refusal(lambda: without_version(only, datetime.fromisoformat("2027-01-01T00:00"), NOW))
    assert fault.code == "not_planned"


def test_a_version_has_begun_at_its_first_instant():
    two = tariff_of((None, "2026-06-10T12:00"), ("2026-06-10T12:00", None))
    assert begun(two, NOW - timedelta(seconds=1)) == 1
    assert begun(two, NOW) == 2


def rewritten(tariff: Tariff, place: int, **fields: object) -> Tariff:
    form = copy.deepcopy(tariff_to_dict(tariff))
    form["versions"][place] |= fields  # type: ignore[index]
    return tariff_from_dict(form)


def test_a_version_that_has_begun_stays_as_it_is():
    planned = tariff_of((None, "2026-06-10T13:00"), ("2026-06-10T13:00", None))
    for changed in (rewritten(planned, 0, grace_min=5), rewritten(planned, 0, tax_percent="19")):
        fault = refusal(lambda changed=changed: check_history(planned, changed, NOW))
        assert (fault.code, fault.path) == ("begun_changed", "versions[0]")
    check_history(planned, rewritten(planned, 1, grace_min=5), NOW)
    fault = refusal(lambda: check_history(planned, rewritten(planned, 1, grace_min=5), NOW + timedelta(hours=1)))
    assert (fault.code, fault.path) == ("begun_changed", "versions[1]")


def test_a_version_that_has_begun_cannot_be_left_out_or_preceded():
    two = tariff_of((None, "2026-01-01T00:00"), ("2026-01-01T00:00", None))
    second = tariff_of(("2026-01-01T00:00", None), prices=(200,))
    assert refusal(lambda: check_history(two, second, NOW)).code == "begun_changed"
    assert refusal(lambda: check_history(second, two, NOW)).code == "begun_changed"


def test_an_end_moves_only_from_and_to_what_is_ahead():
    season = tariff_of((None, "2026-09-01T00:00"))
    check_history(season, tariff_of((None, "2026-06-10T12:00")), NOW)
    check_history(season, ALWAYS, NOW)
    past = refusal(lambda: check_history(season, tariff_of((None, "2026-06-10T11:59")), NOW))
    assert (past.code, past.path) == ("in_the_past", "versions[0].to")
    over = tariff_of((None, "2026-06-01T00:00"))
    assert refusal(lambda: check_history(over, ALWAYS, NOW)).code == "in_the_past"
    late = tariff_of((None, "2026-06-01T00:00"), ("2026-06-01T00:00", None))
    assert refusal(lambda: check_history(over, late, NOW)).path == "versions[1].from"


@settings(deadline=None, max_examples=60)
@given(tariff_forms(), tariff_forms(), st.integers(0, 400), st.integers(0, 5000), st.integers(0, 5000))
def test_no_stay_that_has_begun_is_priced_anew_by_a_new_version(form, other, ahead_min, age_min, length_min):
    held = tariff_from_dict(form)
    other |= {"zone": form["zone"], "currency": form["currency"]}
    starts = (NOW.astimezone(held.zone) + timedelta(minutes=ahead_min)).replace(tzinfo=None)
    changed = with_version(held, tariff_from_dict(other).versions[0], starts, NOW)
    check_history(held, changed, NOW)
    stay = StayFact(NOW - timedelta(minutes=age_min, seconds=1))
    until = stay.entry + timedelta(minutes=length_min)
    before, after = price(stay, held, until), price(stay, changed, until)
    assert (before.total, before.tax, after.version) == (after.total, after.tax, 0)
    assert [line.amount for line in before.lines] == [line.amount for line in after.lines]
