"""An operator of one site walks every list, form, page and route, and meets nothing of another site's."""

from datetime import date
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django import forms
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver, reverse
from tests.server.callers import Caller
from tests.server.elsewhere import NAME, Elsewhere, elsewhere
from tests.server.pages.test_who_may_open_what import SAMPLES, _patterns
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role, Usage, UsageList
from gatehouse.server import keeping
from gatehouse.server.accounts.actions import add_operator, change_operator, sign_in
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import COOKIE, signed_in
from gatehouse.server.audit.models import Entry
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console import trust
from gatehouse.server.gates.models import Attempt, Edge, Gate, GateAlarm, Schedule
from gatehouse.server.parking.models import Garage, Tariff
from gatehouse.server.people.actions import Facts, hire_person
from gatehouse.server.people.models import Group, Person, Site, Zone
from gatehouse.server.people.vehicle_actions import register_vehicle

MODELS = {model._meta.label_lower: model for model in backoffice._registry}


@pytest.fixture
def other(house) -> Elsewhere:
    return elsewhere(house.world)


@pytest.fixture(params=["ticket", "row"])
def owner(request, house, other) -> str:
    """The ticket of an owner of the first site only: by the keeper's word, or because another owner took the rest."""
    return limited(house, Role.OWNER, request.param)


def limited(house, role: Role, how: str) -> str:
    here, at = [house.world.site.pk], house.world.now()
    operator = add_operator(f"here-{role}", role, sites=here, by=SETUP, at=at)
    sites = (str(house.world.site.pk),) if how == "ticket" else ()
    entered = sign_in(house.world.keeper.invite(str(operator.pk), role, house._owner(), sites=sites))
    return entered.token


def browser(token: str) -> Browser:
    made = Browser(headers={"accept": "text/html"})
    made.cookies[COOKIE] = token
    return made


def _unchanged(row) -> bool:
    now = type(row).objects.get(pk=row.pk)
    return all(getattr(now, f.attname) == getattr(row, f.attname) for f in row._meta.concrete_fields)


# --- the back office ---------------------------------------------------------------------------------------------


def test_the_walk_knows_a_row_of_every_list(other) -> None:
    assert set(other.rows) == set(backoffice._registry)


@pytest.mark.parametrize("label", MODELS)
def test_a_list_shows_no_row_of_another_site(house, owner, other, label) -> None:
    row = other[MODELS[label]]
    row.refresh_from_db()
    answer = browser(owner).get(reverse(f"admin:{label.replace('.', '_')}_changelist"))
    if answer.status_code == 200:
        assert row.pk not in {shown.pk for shown in answer.context["cl"].result_list}
        assert NAME not in answer.content.decode()
    else:
        assert (answer.status_code, MODELS[label]) == (403, Entry)


@pytest.mark.parametrize("label", MODELS)
def test_a_row_of_another_site_is_not_there_by_its_id(house, owner, other, label) -> None:
    row, name = other[MODELS[label]], label.replace(".", "_")
    row.refresh_from_db()
    address = reverse(f"admin:{name}_change", args=[quote(str(row.pk))])
    form = {
        "state": "declined", "name": "Taken", "done": "on", "ends": "2030-01-01", "role": "owner", "active": "",
        "places": [house.world.site.pk], "number": "E-2",
    }  # fmt: skip
    for answer in (browser(owner).get(address), browser(owner).post(address, form)):
        assert answer.status_code in {302, 403}
        assert answer.headers.get("Location", "/backoffice/") == "/backoffice/"
    assert _unchanged(row)


@pytest.mark.parametrize("label", MODELS)
def test_no_form_offers_or_takes_a_row_of_another_site(house, owner, other, label) -> None:
    admin = backoffice._registry[MODELS[label]]
    request = RequestFactory().get("/")
    request.signed_in = signed_in(owner)
    theirs = {str(row.pk) for row in other.rows.values()}
    for form in (admin.new_form, admin.change_form):
        if form is None:
            continue
        made = type(
            "Form",
            (form,),
            {"who": request.signed_in, "Meta": type("Meta", (), {"model": MODELS[label], "fields": ()})},
        )()
        for field in made.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                assert not theirs & {str(row.pk) for row in field.queryset}


def test_only_an_owner_of_every_site_adds_one(house, owner) -> None:
    form = {"code": "mill", "name": "Mill", "type": "workplace", "zone": "Asia/Shanghai", "currency": "CNY"}
    assert browser(owner).post(reverse("admin:people_site_add"), form).status_code == 403
    assert not Site.objects.filter(code="mill").exists()
    assert house.browser(Role.OWNER).post(reverse("admin:people_site_add"), form).status_code == 302


def test_nobody_gives_an_operator_more_sites_than_their_own(house, owner, other) -> None:
    form = {"handle": "desk-7", "role": "security", "active": "on", "contact": ""}
    add = reverse("admin:accounts_operator_add")
    for places in ([], [other.site.pk], [house.world.site.pk, other.site.pk]):
        assert browser(owner).post(add, form | {"places": places}).status_code == 200
    assert not Operator.objects.filter(handle="desk-7").exists()
    assert browser(owner).post(add, form | {"places": [house.world.site.pk]}).status_code == 302
    desk = Operator.objects.get(handle="desk-7")
    change = reverse("admin:accounts_operator_change", args=[desk.pk])
    assert browser(owner).post(change, form | {"places": []}).status_code == 200
    assert _unchanged(desk)


def test_an_operator_of_more_sites_than_ones_own_is_not_there(house, owner, other) -> None:
    at, here = house.world.now(), house.world.site.pk
    wider = add_operator("wider", Role.SECURITY, sites=[here, other.site.pk], by=SETUP, at=at)
    every = add_operator("every", Role.SECURITY, by=SETUP, at=at)
    mine = add_operator("mine", Role.SECURITY, sites=[here], by=SETUP, at=at)
    shown = browser(owner).get(reverse("admin:accounts_operator_changelist")).content.decode()
    assert ("wider" in shown, "every" in shown, "mine" in shown) == (False, False, True)
    for row, status in ((wider, 404), (every, 404), (mine, 200)):
        address = reverse("invite-operator", args=[row.pk])
        assert browser(owner).get(address).status_code == status
        assert browser(owner).post(address).status_code == status


def test_a_new_operator_who_may_not_sign_in_does_not(house) -> None:
    form = {"handle": "later-1", "role": "security", "places": [], "contact": ""}
    assert house.browser(Role.OWNER).post(reverse("admin:accounts_operator_add"), form).status_code == 302
    assert Operator.objects.get(handle="later-1").active is False


# --- the console -------------------------------------------------------------------------------------------------


def _ours() -> list[tuple[str, URLPattern]]:
    found = [(r, p) for r, p in _patterns(get_resolver()) if not r.startswith(("backoffice/", "api/"))]
    return [(route, p) for route, p in found if Role.OWNER in getattr(p.callback, "roles", ())]


def _address(route: str, ids: dict[str, UUID], day: date) -> str:
    for name, pk in ids.items():
        route = route.replace(f"<uuid:{name}>", str(pk))
    for kind, value in (SAMPLES | {"date": day.isoformat()}).items():
        while f"<{kind}:" in route:
            start = route.index(f"<{kind}:")
            route = route[:start] + value + route[route.index(">", start) + 1 :]
    return "/" + route


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_shows_or_takes_what_is_another_sites(house, owner, other, method) -> None:
    at = house.world.now()
    attempt = Attempt.objects.create(
        id=UUID(int=7), site=other.site, gate="far", at=at, direction="in", outcome="granted", cell=b"x"
    )
    ids = {
        "alarm_id": other.alarm.pk, "attempt_id": attempt.pk, "person_id": other[Person].pk,
        "operator_id": other[Operator].pk, "gate_id": other[Gate].pk, "tariff_id": other[Tariff].pk,
        "site_id": other.site.pk,
    }  # fmt: skip
    theirs = [NAME, *(str(row.pk) for row in other.rows.values() if isinstance(row.pk, UUID)), str(attempt.pk)]
    for route, _ in _ours():
        if route.endswith("watch/events"):
            continue  # its own tests
        if route.startswith("account/"):
            continue  # one's own ways in are of no site, and a POST would end them
        by_id, address = "<uuid:" in route and "alarm_id" not in route, _address(route, ids, at.date())
        answer = getattr(browser(owner), method)(address)
        nowhere = by_id or "<slug:" in route
        if address == reverse("worklist-anew") and method == "post":
            assert answer["Location"] == reverse("worklist")  # lists the reader's own sites
            continue
        if address == reverse("setup-site"):
            assert answer.status_code == 403  # only an owner of every site adds one
            continue
        if address == reverse("trust-drill") and method == "post":
            assert answer["Location"] == reverse("trust")  # of the installation, not of a site
            continue
        if answer.status_code == 302 and not nowhere:  # to the same page of the reader's own site
            assert answer["Location"].startswith(address), (method, address)
            assert str(other.site.pk) not in answer["Location"], (method, address)
            continue
        shut = {404, 405} if nowhere else {200, 405, 422}
        if method == "post":
            shut |= {404}  # a form that names no site
        assert answer.status_code in shut, (method, address)
        shown = answer.content.decode()
        assert by_id or not [one for one in theirs if one in shown], (method, address)
    assert not GateAlarm.objects.get(pk=other.alarm.pk).seen


@pytest.mark.parametrize("how", ["ticket", "row"])
@pytest.mark.parametrize("role", [Role.OWNER, Role.SECURITY])
def test_the_search_finds_among_the_readers_own_sites_and_counts_nobody_else(house, other, role, how) -> None:
    at = house.world.now()
    for number in range(30):
        hire_person(other.site, Facts(number=f"F-{number}", name=f"Lin Away{number}"), by=SETUP, at=at)
    page = browser(limited(house, role, how)).post(reverse("people"), {"q": "Lin"}).content.decode()
    assert "S-104" in page
    assert "F-1" not in page
    looks = house.world.keeper.looks(str(other[Person].pk), house.ticket(Role.OWNER))
    assert "find" not in {look.purpose for look in looks}


def test_a_plate_is_found_among_the_readers_own_sites_only(house, other, owner) -> None:
    plate = uuid4().hex[:8].upper()  # the keeper of the tests remembers plates of other tests
    register_vehicle(other.site, plate, owner=other[Person], by=SETUP, at=house.world.now())
    assert "E-1" in house.browser(Role.OWNER).post(reverse("people"), {"q": plate}).content.decode()
    assert "E-1" not in browser(owner).post(reverse("people"), {"q": plate}).content.decode()


def test_trust_tells_how_much_the_readers_own_operators_looked_at(house, other, owner) -> None:
    entered = sign_in(house.world.keeper.invite(str(other[Operator].pk), Role.SECURITY, house._owner()))
    browser(entered.token).get(reverse("people"))
    looked = trust.of_own_sites(keeping.ask(Usage(ticket=owner), UsageList).rows, signed_in(house.ticket(Role.OWNER)))
    assert str(other[Operator].pk) in {row.actor for row in looked if row.day}
    browser(owner).get(reverse("people"))
    shown = browser(owner).get(reverse("trust")).content.decode()
    assert "here-owner" in shown
    assert "elsewhere-desk" not in shown


# --- the API (what stands in an address: test_api_doors) ----------------------------------------------------------


def test_the_api_lists_and_invites_operators_of_the_callers_own_sites(house, owner, other) -> None:
    here, program = str(house.world.site.pk), Caller(owner)
    assert {row["handle"] for row in program.got("operators")} == {"here-owner"}
    assert program.got("me")["sites"] == [here]
    for sites in ([], [str(other.site.pk)], [here, str(other.site.pk)]):
        assert program.call("POST", "operators", {"handle": "n", "role": "hr", "sites": sites})[0] == 422
    assert program.call("POST", "operators", {"handle": "n", "role": "hr", "sites": [here]})[0] == 201
    assert "elsewhere-desk" in {row["handle"] for row in Caller(house.ticket(Role.OWNER)).got("operators")}


def test_ids_of_another_site_in_a_body_are_unknown_to_the_api(house, owner, other) -> None:
    world, program = house.world, Caller(owner)
    far = {model: str(other[model].pk) for model in (Gate, Schedule, Tariff, Group, Zone, Person, Garage)}
    here, zone, tariff = f"sites/{world.site.pk}", str(world.garage.zone_id), str(world.garage.tariff_id)
    rule = {"groups": [str(world.group.pk)], "gates": [str(world.door.pk)]}
    gate = {"code": "n", "name": "N", "kind": "door", "direction": "in", "means": ["card"]}
    garage = {"code": "n", "name": "N", "zone": zone, "tariff": tariff}
    vehicle = program.made(f"{here}/vehicles", plate="B 2")["id"]
    asked = [
        (f"{here}/rules", rule | {"groups": [far[Group]]}),
        (f"{here}/rules", rule | {"gates": [far[Gate]]}),
        (f"{here}/rules", rule | {"schedule": far[Schedule]}),
        (f"{here}/gates", gate | {"zone": far[Zone]}),
        (f"{here}/garages", garage | {"zone": far[Zone]}),
        (f"{here}/garages", garage | {"tariff": far[Tariff]}),
        (f"{here}/vehicles", {"plate": "B 3", "owner": far[Person]}),
        (f"{here}/people", {"number": "1", "name": "Bo", "groups": [far[Group]]}),
        (f"vehicles/{vehicle}/permits", {"garage": far[Garage], "starts": "2026-03-01"}),
    ]
    for path, body in asked:
        status, answer = program.call("POST", path, body)
        assert (status, answer["errors"][0]["code"]) == (422, "unknown"), (path, body, answer)
    assert program.call("POST", "jobs/workdays/run", {"site": str(other.site.pk), "day": "2026-03-01"})[0] == 404
    keys = {"edge": "edge-elsewhere", "sign_key": "A" * 43 + "=", "seal_key": "A" * 43 + "="}
    assert program.call("POST", f"{here}/edges", keys)[0] == 409
    assert Edge.objects.get(pk="edge-elsewhere").site_id == other.site.pk


def test_sites_that_are_taken_away_are_gone_while_the_ticket_lasts(house, other) -> None:
    browser_of_all = house.browser(Role.SECURITY)
    assert NAME in browser_of_all.get(reverse("watch")).content.decode()
    change_operator(
        house.operators[Role.SECURITY], role=Role.SECURITY, sites=[house.world.site.pk], active=True, by=SETUP,
        at=house.world.now(),
    )  # fmt: skip
    assert NAME not in browser_of_all.get(reverse("watch")).content.decode()
