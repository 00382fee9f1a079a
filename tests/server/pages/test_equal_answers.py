"""A stranger with the garage's code measures the payment page: what tells a parked car from one that is not there?

Present and owing nothing must not be told from absent by anything: not by status, headers, length, the questions that
are asked behind, or time. Present and owing shows its amount, on purpose; what is asked behind it is the same, too.
"""

import re
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gatehouse.server import keeping
from gatehouse.server.parking.models import OpenStay
from gatehouse.server.portal import asking

OWING, FREE, PAID, ABSENT = "京N8P367", "京N8P368", "京N8P369", "京N8P36A"
BY_CHANCE = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|data-now=")[^"]+')


@dataclass
class Seen:
    status: int
    headers: dict[str, str]
    body: str
    queries: list[str]
    calls: list[str]


@pytest.fixture
def garage(house, settings):
    settings.TEST_PROVIDER = True
    asking.forget()
    world = house.world
    world.tell(world.enters(OWING, at=world.ago(hours=2, minutes=18)))
    world.tell(world.enters(FREE, at=world.ago(minutes=5)))
    world.tell(world.enters(PAID, at=world.ago(hours=1, minutes=18)))
    quote = re.search(r'name="quote" value="([^"]+)"', _ask(house, PAID).content.decode())[1]
    started = house.browser().post(reverse("pay-start", args=[world.garage.pay_code]), {"quote": quote})
    house.browser().post(started["Location"], {"outcome": "paid"})
    asking.forget()
    return house


def _ask(house, plate):
    return house.browser().post(reverse("pay-find", args=[house.world.garage.pay_code]), {"plate": plate})


def _see(house, plate, monkeypatch) -> Seen:
    calls = []
    inner = keeping._asker[0].call

    class Counting:
        def call(self, request):
            calls.append(type(request).__name__)
            return inner(request)

    with (
        monkeypatch.context() as patch,
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        patch.setattr(keeping, "_asker", [Counting()])
        page = _ask(house, plate)
    body = BY_CHANCE.sub("", page.content.decode()).replace(f"{plate[:2]}·{plate[2:]}", "P").replace(plate, "P")
    headers = {name: value for name, value in page.headers.items() if name != "Set-Cookie"}
    asked = [re.sub(r"'[^']*'|X'[0-9a-f]*'|\b[0-9a-f]{32}\b", "?", one["sql"]) for one in queries.captured_queries]
    return Seen(page.status_code, headers, body, asked, calls)


@pytest.mark.parametrize("plate", [FREE, PAID])
def test_a_car_that_owes_nothing_is_answered_as_one_that_is_not_there(garage, monkeypatch, plate) -> None:
    there, gone = _see(garage, plate, monkeypatch), _see(garage, ABSENT, monkeypatch)
    assert there.status == gone.status == 200
    assert there.headers == gone.headers
    assert there.body == gone.body
    assert len(there.queries) == len(gone.queries)
    assert there.calls == gone.calls


def test_a_car_that_owes_costs_the_same_questions_as_one_that_is_not_there(garage, monkeypatch) -> None:
    there, gone = _see(garage, OWING, monkeypatch), _see(garage, ABSENT, monkeypatch)
    assert (there.status, there.headers["Content-Type"]) == (gone.status, gone.headers["Content-Type"])
    assert set(there.headers) == set(gone.headers)
    assert [one[:60] for one in there.queries] == [one[:60] for one in gone.queries]
    assert there.calls == gone.calls == ["Locate", "Reveal"]


def test_time_tells_nothing(garage) -> None:
    """Interleaved, so that what slows this machine slows both; compared by rank, so that a busy machine's outliers do
    not count. Of two that take equally long each is the slower one half of the time."""
    took = {FREE: [], ABSENT: []}
    for turn in range(12):
        for plate in (FREE, ABSENT) if turn % 2 else (ABSENT, FREE):
            asking.forget()
            began = time.monotonic()
            _ask(garage, plate)
            took[plate].append(time.monotonic() - began)
    slower = [there > gone for there in took[FREE] for gone in took[ABSENT]]
    assert min(took[FREE] + took[ABSENT]) >= asking.FLOOR_S
    assert 0.1 < sum(slower) / len(slower) < 0.9


def test_the_caps_come_at_the_same_place_for_both(garage) -> None:
    for plate in (FREE, ABSENT, OWING):
        answers = [_ask(garage, plate).status_code for _ in range(asking.PER_PLATE_AND_SOURCE.most + 1)]
        assert answers == [200] * asking.PER_PLATE_AND_SOURCE.most + [429]


def test_a_claim_that_fails_says_the_same_for_a_car_that_is_there(garage, monkeypatch) -> None:
    """Only the typed plate and the time of entry together find a car, and a wrong time finds none."""
    address = reverse("pay-lost", args=[garage.world.garage.pay_code])
    pages = []
    for plate in ("京N8P36Z", "沪Z99999"):
        page = garage.browser().post(address, {"plate": plate, "came": "03:00", "day": "6"})
        pages.append((page.status_code, BY_CHANCE.sub("", page.content.decode()).replace(plate, "P")))
    assert pages[0] == pages[1]


def test_nobody_learns_when_a_car_that_paid_has_left(garage, monkeypatch, moved) -> None:
    before = _see(garage, PAID, monkeypatch)
    garage.world.tell(garage.world.leaves(PAID))
    moved(timedelta(seconds=1))
    after = _see(garage, PAID, monkeypatch)
    assert OpenStay.objects.count() == 2
    assert (before.status, before.body, before.calls) == (after.status, after.body, after.calls)
    assert len(before.queries) == len(after.queries)
