"""A small day; `make garage-day` lives a whole one through."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.garage_day import oracle, plan, run
from tests.garage_day.plan import Odd, Way

STAYS = 160
START = datetime(2026, 6, 10, tzinfo=ZoneInfo(plan.ZONE))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_day_of_four_garages_loses_no_stay_and_no_cent() -> None:
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="garage-day-", dir=run.in_memory()) as home:
        _, found = run.live(Path(home), seed=7, stays=STAYS, cuts=2, outages=1, say=said.append, hours=(9, 11))
    assert found.wrong == [], found.report
    happened = found.report["happened"]
    assert any(what.startswith("kill -9") for what in happened)
    assert happened["outage of a line"] == 1
    assert found.report["openings"]["cleared"] > STAYS / 3
    assert found.report["money"]["payments"] > STAYS / 3


def test_the_same_seed_makes_the_same_day_and_another_one_another() -> None:
    assert plan.make(3, 200, START) == plan.make(3, 200, START)
    assert plan.make(3, 200, START) != plan.make(4, 200, START)


def test_a_whole_day_holds_everything_that_goes_wrong() -> None:
    day = plan.make(1, 12_000, START)
    spoilt = [visit.odd for visit in day.visits]
    misread = sum(odd in (Odd.MISREAD_IN, Odd.MISREAD_OUT, Odd.BLINKED_OUT, Odd.FOLDED_IN) for odd in spoilt)
    assert 0.016 < misread / len(spoilt) < 0.024
    assert set(spoilt) == set(Odd)
    assert {visit.way for visit in day.visits} == set(Way)
    assert 0.08 < sum(bool(visit.delay) for visit in day.visits) / len(spoilt) < 0.12
    assert sum(visit.repeats for visit in day.visits) > 600


def test_no_car_is_in_two_places_and_no_misread_is_another_cars_plate() -> None:
    day = plan.make(2, 3000, START)
    plates = {visit.plate for visit in day.visits}
    assert not plates & {visit.misread for visit in day.visits if visit.odd is not Odd.FOLDED_IN}
    last: dict[str, datetime] = {}
    for visit in day.visits:
        assert visit.comes >= last.get(visit.plate, START)
        assert visit.comes < visit.leaves < START + plan.LAST_EXIT + timedelta(minutes=35)
        last[visit.plate] = visit.leaves


def test_every_permit_belongs_to_a_car_that_comes() -> None:
    day = plan.make(5, 1000, START)
    held = {(visit.garage, visit.plate) for visit in day.visits if visit.way is Way.PERMIT}
    assert held == set(day.permits)


def test_the_oracle_prices_by_the_posted_tariff() -> None:
    visit = plan.Visit(0, 0, "京A12345", START, START + timedelta(hours=3), Way.PHONE, entered_at=START)
    assert oracle.costs(visit, START + timedelta(minutes=30)) == 0
    assert oracle.costs(visit, START + timedelta(minutes=61)) == 1000
