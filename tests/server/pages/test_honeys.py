"""Whoever works at the site opens every page and meets no honey record; whoever names one is out."""

import re
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.urls import get_resolver
from tests.server.pages.conftest import SETUP
from tests.server.pages.test_who_may_open_what import _patterns
from tests.server.test_honeys import looks_at_one

from gatehouse.keeper.protocol import Refused, Role, WhoAmI
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.people import honeys, known
from gatehouse.server.people.models import Person, Vehicle
from gatehouse.server.people.vehicle_actions import register_vehicle

WAITS = re.compile(r"events|feed")  # answers that go on until something happens
ENDS = {"sign-out", "account-everywhere"}


@pytest.fixture
def laid(house, monkeypatch):
    """The house with somebody who left, a car, and honey records like them."""
    monkeypatch.setattr(known, "_honeys", frozenset())
    left = house.world.hire("S-2", "Ben Example")
    Person.objects.filter(pk=left.pk).update(state="left")
    house.car = register_vehicle(house.world.site, "京A12345", owner=house.person, by=SETUP, at=house.world.now())
    honeys.lay()
    assert len(known.honeys()) == 20
    return house


def told():
    return [(one.actor, one.of) for one in looks_at_one()]


def somebody(model=Person):
    """The id of one of them."""
    return model._base_manager.filter(pk__in=known.honeys()).order_by("?").first().pk


def address(route, house):
    """Filled with what is there: a person's, a vehicle's or the site's id, by what the route calls it."""
    person = str(house.person.pk)
    ids = {"site": house.world.site.pk, "site_id": house.world.site.pk, "vehicle": house.car.pk,
           "vehicle_id": house.car.pk, "garage": house.world.garage.pk, "garage_id": house.world.garage.pk,
           "gate": house.world.door.pk, "gate_id": house.world.door.pk, "group": house.world.group.pk}  # fmt: skip
    kinds = {"date": "2026-03-04", "month": "2026-03", "int": "1", "code": "abc", "slug": "works"}
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", person, route).replace("^", "").replace("\\Z", "").replace("$", "")

    def filled(found):
        kind, _, name = found[1].rpartition(":")
        return str(ids.get(name) or kinds.get(kind) or person)

    return "/" + re.sub(r"<([^>]+)>", filled, route)


def read(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8", "replace").lower()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_page_for_every_role_names_none_and_trips_none(laid):
    """Ours and the portal's, each by everybody who may open it; the API's and the back office's by owner and HR."""
    names = [form for one in known.honeys() for form in (str(one), one.hex)]
    routes = [(r, p) for r, p in _patterns(get_resolver()) if not WAITS.search(r) and p.name not in ENDS]
    before, opened = told(), set()
    for role in Role:
        browser = laid.browser(role)
        for route, pattern in routes:
            if role not in getattr(pattern.callback, "roles", (Role.OWNER, Role.HR)):
                continue
            response = browser.get(address(route, laid))
            if response.status_code == 200:
                opened.add(route)
                text = read(response)
                assert not any(one in text for one in names), (role, route)
    for text in ("Example", "S-", "京A"):
        page = read(laid.browser(Role.HR).post("/people/", {"q": text}))
        assert not any(one in page for one in names)
    assert len(opened) > 200
    assert told() == before


ADDRESSES = {
    "a person's page": lambda one: f"/people/{one}/",
    "the back office": lambda one: f"/backoffice/people/person/{one}/change/",
    "the back office, without dashes": lambda one: f"/backoffice/people/person/{one.hex.upper()}/change/",
    "the API": lambda one: f"/api/people/{one}/payslip?month=2026-03",
    "a filter": lambda one: f"/people/?person={one}",
    "an address that is none of this role's": lambda one: f"/pay/runs/?person={one}",
}  # fmt: skip


@pytest.mark.parametrize("where", ADDRESSES)
def test_who_names_one_in_an_address_is_out(laid, where):
    browser, before = laid.browser(Role.HR), len(told())
    assert browser.get("/people/").status_code == 200
    assert browser.get(ADDRESSES[where](somebody())).status_code in (302, 401, 404)
    assert told()[before:] == [(str(laid.operators[Role.HR].pk), "held")]
    page = browser.get("/people/")
    assert (page.status_code, page["Location"]) == (302, "/enter/")
    assert keeping.ask(WhoAmI(laid.tickets[Role.HR]), WhoAmI) == Refused("no_ticket")


def test_who_types_one_into_a_form_is_out(laid):
    browser, before = laid.browser(Role.SECURITY), len(told())
    browser.post("/people/", f"q={somebody()}", content_type="application/x-www-form-urlencoded")
    assert len(told()) == before + 1
    assert browser.get("/people/")["Location"] == "/enter/"


def test_a_form_with_files_is_one_too(laid):
    """Read by the check of its token, as a browser's always is."""
    browser, before = laid.browser(Role.SECURITY), len(told())
    browser.handler.enforce_csrf_checks = True
    token = str(browser.get("/people/").context["csrf_token"])
    browser.post("/people/", {"csrfmiddlewaretoken": token, "q": str(somebody())})
    assert len(told()) == before + 1


def test_a_program_that_names_one_is_out(laid):
    headers = {"authorization": f"Bearer {laid.ticket(Role.HR)}"}
    before = len(told())
    answer = laid.browser().get(f"/api/people/{somebody()}/payslip?month=2026-03", headers=headers)
    assert answer.status_code == 401
    assert len(told()) == before + 1
    again = laid.browser().get(f"/api/sites/{laid.world.site.pk}/people", headers=headers)
    assert again.status_code == 401


def test_a_worker_is_no_exception(laid):
    browser, before = laid.browser(Role.WORKER), len(told())
    browser.get(f"/people/{somebody(Vehicle)}/")
    assert len(told()) == before + 1
    assert browser.get("/me/").status_code == 302


def test_a_stranger_learns_and_changes_nothing(laid):
    """Nor with a ticket that is none, or whoever has one id could fill the log."""
    before, forged = len(told()), laid.browser()
    forged.cookies[COOKIE] = "A" * 43
    for browser in (laid.browser(), forged):
        for one in (somebody(), laid.person.pk, UUID(int=7)):
            answer = browser.get(f"/people/{one}/")
            assert (answer.status_code, answer["Location"]) == (302, "/enter/")
    assert len(told()) == before


def test_with_the_keeper_away_it_is_not_said_that_nobody_is_there(laid, keeper):
    browser = laid.browser(Role.HR)
    assert browser.get("/people/").status_code == 200  # so the ticket is kept for a moment
    keeping.configure(None)
    assert browser.get(f"/people/{somebody()}/").status_code == 503
    keeping.configure(keeper)


def test_real_ids_and_ids_of_nothing_lock_nobody_out(laid):
    browser, before = laid.browser(Role.HR), len(told())
    assert browser.get(f"/people/{laid.person.pk}/").status_code == 200
    assert browser.get(f"/people/{UUID(int=7)}/").status_code == 404
    form = urlencode({"q": str(laid.person.pk), "person": ["x" * 300, "\0" * 36]}, doseq=True)
    browser.post("/people/", form, content_type="application/x-www-form-urlencoded")
    assert browser.get("/people/").status_code == 200
    assert len(told()) == before
