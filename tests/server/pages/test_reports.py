"""The pages of what garages took: reports, acts by hand, and many garages at a glance."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.server.garage_days import TAXED, come, dates, days_ago, today, visit
from tests.server.world import SETUP, TARIFF, reprice

from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Role
from gatehouse.server.gates.models import Opening
from gatehouse.server.parking import actions
from gatehouse.server.parking.lane_acts import open_lane
from gatehouse.server.parking.models import LaneException, OpenStay, Payment
from gatehouse.server.people import actions as people
from gatehouse.server.people.models import SiteType
from gatehouse.server.takings import counting, disputes, owners


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def text(answer) -> str:
    return answer.content.decode()


# --- reports -----------------------------------------------------------------------------------------------------


def a_busy_day(world) -> None:
    for number in range(4):
        visit(world, f"京A0000{number}", days_ago(world, 1, 8 + number), 65)
    counting.count_day(world.garage, today(world) - DAY, world.now())


@pytest.mark.parametrize("role", [Role.OWNER, Role.PARKING, Role.AUDITOR])
def test_a_report_shows_money_cars_and_lengths_as_drawings_with_their_numbers(house, role) -> None:
    reprice(house.world.garage.tariff, TAXED)
    a_busy_day(house.world)
    page = text(house.browser(role).get(reverse("reports-span", args=dates(house.world, 1))))
    assert page.count('<svg class="drawn"') >= 4
    assert page.count("<title id=") == page.count("<desc id=") == 4
    assert "¥40.00" in page
    assert "¥2.26" in page  # 6 % contained in 40.00
    assert "1 h to 2 h" in page
    assert "4 in all, most from" in page


def test_an_empty_house_says_so_and_draws_nothing(house) -> None:
    page = text(house.browser(Role.OWNER).get(reverse("reports")))
    assert "No money came on these dates." in page
    assert 'class="drawn"' not in page


def test_a_report_is_for_the_dates_that_were_chosen_and_the_span_before_stands_beside(house) -> None:
    visit(house.world, "京A00001", days_ago(house.world, 2, 9), 65)
    visit(house.world, "京A00002", days_ago(house.world, 1, 9), 125)
    page = text(house.browser(Role.OWNER).get(reverse("reports-span", args=dates(house.world, 1))))
    paid = re.search(r"<dt>Paid</dt><dd>([^<]+)<small>([^<]+)</small>", page)
    assert paid.groups() == ("¥15.00", "¥10.00 in the span before")


@pytest.mark.parametrize(
    ("since", "until"),
    [("", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("2020-01-01", "2026-03-01"), ("x" * 5000, "\0"),
     ("9999-12-31", "9999-12-31"), ("0001-01-01", "0001-01-02"), ("²", "٣")],
)  # fmt: skip
def test_dates_that_can_not_be_are_said_to_be_and_this_month_is_shown(house, since, until) -> None:
    answer = house.browser(Role.OWNER).post(reverse("reports"), {"since": since, "until": until})
    assert (answer.status_code, "Choose a first and a last date" in text(answer)) == (422, True)


def test_a_span_in_an_address_that_is_too_long_is_not_reckoned(house) -> None:
    answer = house.browser(Role.OWNER).get(reverse("reports-span", args=["2001-01-01", "2026-01-01"]))
    assert "Choose a first and a last date" in text(answer)


def test_a_report_for_a_spreadsheet_has_a_line_for_each_date_to_the_cent(house) -> None:
    visit(house.world, "京A00001", days_ago(house.world, 2, 9), 65)
    visit(house.world, "京A00002", days_ago(house.world, 1, 9), 125)
    since, until = dates(house.world, 2, 1)
    answer = house.browser(Role.PARKING).post(reverse("reports"), {"since": since, "until": until, "as": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["date"], row["paid"], row["cost"], row["stays"]) for row in rows] == [
        (since, "10.00", "10.00", "1"), (until, "15.00", "15.00", "1"),
    ]  # fmt: skip
    assert answer["Content-Type"].startswith("text/csv")


def test_fewer_than_three_stays_have_no_drawing_of_their_lengths(house) -> None:
    for number in range(2):
        visit(house.world, f"京A0000{number}", days_ago(house.world, 1, 8 + number), 65)
    counting.count_day(house.world.garage, today(house.world) - DAY, house.world.now())
    page = text(house.browser(Role.OWNER).get(reverse("reports-span", args=dates(house.world, 1))))
    assert "Too few stays ended on the dates that are counted." in page
    assert "How long stays lasted" not in page


def test_one_garage_shows_who_is_inside_now_by_how_long_and_the_hours_until_now(house) -> None:
    world = house.world
    for number in range(3):
        come(world, f"京A0000{number}", world.ago(minutes=70 + number))
    form = {"garage": world.garage.pk, "since": dates(world)[1], "until": dates(world)[1]}
    page = text(house.browser(Role.PARKING).post(reverse("reports"), form))
    assert "Cars inside now, by how long they have been" in page
    assert "At most 3 inside" in page


# --- by hand -----------------------------------------------------------------------------------------------------


def test_opening_a_lane_that_collects_asks_for_its_own_reasons(house) -> None:
    world, guard = house.world, house.browser(Role.SECURITY)
    exit_lane, entry = (reverse("watch-open", args=[gate.pk]) for gate in (world.lane_out, world.lane_in))
    assert "The plate was misread" in text(guard.get(exit_lane))
    assert "A visitor who is expected" in text(guard.get(entry))
    assert guard.post(exit_lane, {"reason": "visitor"}).status_code == 422
    assert guard.post(exit_lane, {"reason": "other"}).status_code == 422
    assert guard.post(exit_lane, {"reason": ""}).status_code == 422
    assert not Opening.objects.exists()
    assert guard.post(exit_lane, {"reason": "misread"}).status_code == 200
    assert Opening.objects.count() == 1


def test_by_hand_lists_who_did_what_and_marks_who_stands_out(house) -> None:
    world = house.world
    crew = [world.operator(Role.PARKING) for _ in range(2)]
    for operator, times in zip(crew, (1, 7), strict=True):
        for _ in range(times):
            open_lane(world.lane_out, "goodwill", "a <b>friend</b>", by=operator, at=world.now())
    stay = come(world, "京A00001", world.ago(minutes=61))
    actions.free_pass(stay, by=crew[0], at=world.now(), reason="fault")
    page = text(house.browser(Role.AUDITOR).get(reverse("by-hand")))
    assert page.count("stands out") == 1
    assert "¥10.00" in page
    assert "Goodwill: 7" in page
    drill = reverse("by-hand-acts", args=[crew[1].actor, *dates(world, 1, -1)])
    listed = text(house.browser(Role.PARKING).get(drill))
    assert listed.count("<td>Opened by hand</td>") == 7
    assert listed.count("a &lt;b&gt;friend") == 7
    nobody = reverse("by-hand-acts", args=[house.person.pk, *dates(world, 1, -1)])
    assert house.browser(Role.OWNER).get(nobody).status_code == 404


# --- many garages ------------------------------------------------------------------------------------------------


def more_garages(world, numbers: range) -> None:
    """Each of a site of its own, with a car inside, money, something odd, and a day that is counted."""
    at = world.now()
    for number in numbers:
        name, made = f"Garage {number:03d}", {"by": SETUP, "at": at}
        site = people.add_site(f"g{number}", name, SiteType.GARAGE, zone="Asia/Shanghai", currency="CNY", **made)
        zone = people.add_zone(site, "garage", "Garage", **made)
        tariff = actions.add_tariff(site, "city", TARIFF, **made)
        garage = actions.add_garage(site, zone, "main", name, tariff, **made)
        paid = {"amount_minor": 500, "currency": "CNY", "provider": "test", "state": "settled"}
        payment = Payment.objects.create(garage=garage, stay=site.pk, at=at, provider_ref=name, **paid)
        OpenStay.objects.create(id=site.pk, garage=garage, token=site.pk.bytes, plate_cell=b"", entry_cell=b"")
        LaneException.objects.create(garage=garage, kind="entered_twice", at=at)
        disputes.open_dispute(payment, "Too much", by=disputes.DISPUTES, at=at)
        counting.count_day(garage, today(world) - DAY, at)
        owner = owners.add_proprietor(f"{name} Estates", **made)
        owners.add_holding(owner, owners.NewHolding(garage, starts=today(world)), **made)


def questions(reader, name: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert reader.get(reverse(name)).status_code == 200
    return len(asked)


@pytest.mark.parametrize("name", ["parking", "reports", "by-hand", "disputes", "payouts"])
def test_thirty_garages_take_as_many_questions_as_three(house, name) -> None:
    reader = house.browser(Role.OWNER)
    reader.get(reverse(name))
    more_garages(house.world, range(3))
    few = questions(reader, name)
    more_garages(house.world, range(3, 30))
    assert questions(reader, name) == few < 30


def test_many_garages_are_paged_and_found_by_name(house) -> None:
    more_garages(house.world, range(30))
    reader = house.browser(Role.PARKING)
    first = text(reader.get(reverse("parking")))
    assert (first.count("cars inside"), "Garage 029" in first) == (24, False)
    assert text(reader.get(reverse("parking-page", args=[2]))).count("cars inside") == 7
    found = text(reader.post(reverse("parking"), {"q": "gARAGE 029"}))
    assert (found.count("cars inside"), "Garage 029" in found) == (1, True)
    assert "7 more garages fit." in text(reader.post(reverse("parking"), {"q": "garage"}))
    assert "No garage has this name." in text(reader.post(reverse("parking"), {"q": "mill"}))
    table = text(reader.get(reverse("reports")))
    assert "Page 1 of 2" in table
    since = dates(house.world)
    later = text(reader.post(reverse("reports"), {"page": "2", "since": since[0], "until": since[1]}))
    assert "Page 2 of 2" in later


def test_a_card_tells_what_goes_on_today(house) -> None:
    more_garages(house.world, range(1))
    page = text(house.browser(Role.AUDITOR).get(reverse("parking")))
    assert "¥5.00" in page
    assert page.count('class="state warn"') == 2  # one thing to look at, one dispute


def test_money_of_two_currencies_is_never_added(house) -> None:
    at = house.world.now()
    site = people.add_site("euro", "Euro", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", by=SETUP, at=at)
    zone = people.add_zone(site, "garage", "Garage", by=SETUP, at=at)
    tariff = actions.add_tariff(site, "t", TARIFF | {"currency": "EUR", "zone": "Europe/Berlin"}, by=SETUP, at=at)
    garage = actions.add_garage(site, zone, "main", "Euro garage", tariff, by=SETUP, at=at)
    for one, currency, minor in ((garage, "EUR", 700), (house.world.garage, "CNY", 500)):
        Payment.objects.create(
            garage=one, stay=site.pk, provider="test", state="settled", at=at, amount_minor=minor, currency=currency,
            provider_ref=currency,
        )  # fmt: skip
    reader = house.browser(Role.OWNER)
    for currency, shown, hidden in (("EUR", "€7.00", "¥5.00"), ("CNY", "¥5.00", "€7.00")):
        page = text(reader.post(reverse("reports"), {"currency": currency}))
        assert shown in page
        assert hidden not in page
