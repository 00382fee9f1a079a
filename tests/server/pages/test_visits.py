"""The pages of visits: the desk, the host's page, the visitor's own link; and who gets through which."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse
from tests.server.test_visits import Receiving, night

from gatehouse.crypto.tokens import Token, check
from gatehouse.domain.visits import Standing
from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.console.visits import forms, links
from gatehouse.server.visits import actions, arriving, looks
from gatehouse.server.visits.models import Visit, VisitState

NAME, PURPOSE, PLATE = "Ola Brandt", "yearly audit", "沪A12345"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh():
    looks.forget()
    arriving.forget()


@pytest.fixture
def desk(house) -> Receiving:
    made = Receiving.__new__(Receiving)
    made.world, made.site, made.host = house.world, house.world.site, house.person
    doors = [made.world.door, made.world.lane_in]
    made.setup = actions.set_up(made.site, doors, 1, by=actions.VISITS, at=made.world.now())
    made.owner = made.world.operator(Role.OWNER)
    return made


def form(desk, **more):
    at = desk.world.now()
    from zoneinfo import ZoneInfo

    local = at.astimezone(ZoneInfo(desk.site.zone)) + timedelta(days=1)
    day = f"{local:%Y-%m-%d}"
    return {
        "form_id": forms.new_form_id(), "name": NAME, "on": day, "starts": "10:00", "ends": "11:00",
        "purpose": PURPOSE, "plate": PLATE,
    } | more  # fmt: skip


def page(answer):
    return unescape(answer.content.decode())


def same(answer, code):
    """The answer without what every page has of its own: its address, its time and its form's token."""
    text = page(answer).replace(code, "CODE")
    return re.sub(r'data-now="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"', "", text)


def link(visit):
    return reverse("visit", args=[links.code_of(visit)])


def test_a_host_invites_and_sees_their_own(house, desk, settings, mailoutbox):
    settings.SENDS_MAIL = True
    browser = house.browser(Role.WORKER)
    typed = form(desk, mail="ola@example.org", language="zh-hans")
    answer = browser.post(reverse("me-visitors"), typed)
    visit = Visit.objects.get()
    assert answer["Location"] == reverse("me-visitor", args=[visit.pk])
    shown = page(browser.get(answer["Location"]))
    assert NAME in shown
    assert PURPOSE in shown
    assert PLATE in shown
    (mail,) = mailoutbox
    assert mail.to == ["ola@example.org"]
    assert link(visit) in mail.body
    assert "一部手机" in mail.body or "phone" in mail.body
    assert NAME not in mail.body
    assert "OB" in page(browser.get(reverse("me-visitors")))
    browser.post(reverse("me-visitors"), typed)  # pressed twice
    assert Visit.objects.count() == 1


def test_a_host_sees_and_takes_back_nobody_elses(house, desk):
    other = desk.world.hire("S-105", "Ada Roe")
    visit = actions.invite(
        other, actions.Invited(NAME, desk.world.now(), desk.world.now() + HOUR), by=actions.VISITS, at=desk.world.now()
    )
    browser = house.browser(Role.WORKER)
    assert browser.get(reverse("me-visitor", args=[visit.pk])).status_code == 404
    for do in ("cancel", "link", "restore"):
        assert browser.post(reverse("me-visitor-do", args=[visit.pk]), {"do": do}).status_code == 404
    visit.refresh_from_db()
    assert (visit.state, visit.link) == (VisitState.INVITED, 1)


def test_only_the_desk_says_who_has_come(house, desk):
    visit = desk.invite()
    browser = house.browser(Role.WORKER)
    for do in ("arrived", "left", "longer", "", "x" * 999):
        assert browser.post(reverse("me-visitor-do", args=[visit.pk]), {"do": do}).status_code == 404
    assert desk.where(visit) is Standing.EXPECTED


@pytest.mark.parametrize("role", [Role.OWNER, Role.SECURITY, Role.HR])
def test_the_desk_lists_initials_and_shows_a_name_on_a_click(house, desk, role):
    visit = desk.invite(name=NAME)
    browser = house.browser(role)
    listed = page(browser.get(reverse("visitors")))
    assert "OB" in listed
    assert "S-104" in listed
    assert NAME not in listed
    own = reverse("visitors-one", args=[visit.pk])
    assert NAME not in page(browser.get(own))
    assert NAME in page(browser.post(own))


def test_the_desk_notes_coming_and_leaving_and_the_host_is_told(house, desk):
    visit = desk.invite(name=NAME)
    guard, host = house.browser(Role.SECURITY), house.browser(Role.WORKER)
    do = reverse("visitors-do", args=[visit.pk])
    assert "is here" not in page(host.get(reverse("me")))
    guard.post(do, {"do": "arrived"})
    assert desk.where(visit) is Standing.HERE
    assert "1 visitor of yours is here: OB" in page(host.get(reverse("me")))
    assert "Nothing to do" in page(guard.post(do, {"do": "arrived"}, follow=True))
    guard.post(do, {"do": "left"})
    assert desk.where(visit) is Standing.LEFT
    assert "is here" not in page(host.get(reverse("me")))
    assert str(visit.pk) not in {one.id for one in desk.roster().people}


def test_a_walk_in_needs_a_host_who_is_there(house, desk):
    guard = house.browser(Role.SECURITY)
    address = reverse("visitors-walk-in", args=[desk.site.pk])
    typed = {"form_id": forms.new_form_id(), "name": NAME, "who": "S-999", "ends": "23:59", "purpose": "", "plate": ""}
    assert guard.post(address, typed).status_code == 422
    answer = guard.post(address, typed | {"who": "S-104"})
    if answer.status_code == 422:  # a minute before midnight
        assert "time is over" in page(answer)
        return
    assert Visit.objects.get().state == VisitState.ARRIVED


def test_the_badge_is_a_pdf_with_a_pass_until_the_end(house, desk):
    visit = desk.invite(name="王小明")
    answer = house.browser(Role.SECURITY).post(reverse("visitors-badge", args=[visit.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_the_link_shows_when_and_where_and_no_name(house, desk):
    visit = desk.invite(name=NAME, plate=PLATE)
    shown = page(house.browser().get(link(visit)))
    assert "Northgate" in shown
    for secret in (NAME, "Ola", "audit", PLATE, "ola@example.org", "Lin Moss", "S-104"):
        assert secret not in shown
    assert "destroyed for good" in shown


def test_the_link_opens_on_the_first_phone_that_takes_the_pass(house, desk, monkeypatch):
    visit = desk.invite()
    first, second = house.browser(), house.browser()
    signed = []
    monkeypatch.setattr(
        "gatehouse.server.visits.passes.keeping.sign_pass",
        lambda claims, by, inner=keeping.sign_pass: signed.append(text := inner(claims, by)) or text,
    )
    first.get(link(visit))
    assert signed == []  # nobody has taken it yet, not even a mail program that looks into links
    take = reverse("visit-pass", args=[links.code_of(visit)])
    first.post(take)
    first.get(link(visit))
    assert len(signed) == 1
    assert "opened on another phone" in page(second.post(take, follow=True))
    second.get(link(visit))
    second.get(reverse("visit-code", args=[links.code_of(visit)]))
    assert len(signed) == 1
    first.get(reverse("visit-code", args=[links.code_of(visit)]))
    assert len(set(signed)) == 2  # another code each time: a picture of one is soon worth nothing
    for text in signed:
        token = check(text, "pass", desk.world.keeper.hello().verify_key)
        assert isinstance(token, Token)
        assert token.claims["sub"] == str(visit.pk)
        assert token.claims["exp"] - token.claims["nbf"] <= 180


def test_a_new_link_makes_the_one_before_worthless(house, desk):
    visit = desk.invite()
    phone, old = house.browser(), link(visit)
    phone.post(reverse("visit-pass", args=[links.code_of(visit)]))
    house.browser(Role.WORKER).post(reverse("me-visitor-do", args=[visit.pk]), {"do": "link"})
    visit.refresh_from_db()
    assert phone.get(old).status_code == 404
    assert house.browser().get(link(visit)).status_code == 200
    phone.post(reverse("visit-pass", args=[links.code_of(visit)]))
    assert "Hold it up" in page(phone.get(link(visit)))


def test_there_is_no_pass_before_the_time_and_after_it(house, desk):
    at = desk.world.now()
    early, over = desk.invite(starts=at + HOUR, ends=at + 2 * HOUR), desk.invite()
    phone = house.browser()
    for visit in (early, over):
        phone.post(reverse("visit-pass", args=[links.code_of(visit)]))
    assert "It appears here at" in page(phone.get(link(early)))
    actions.end(over, desk.said(over), by=actions.VISITS, at=at)
    over.refresh_from_db()
    assert "The pass opens nothing any more" in page(phone.get(link(over)))


def test_guessed_links_get_one_answer(house, desk):
    visit = desk.invite()
    stranger, right = house.browser(), links.code_of(visit)
    unknown = f"{uuid4()}-{'0' * 32}"
    said = {name: same(stranger.get(reverse(name, args=[unknown])), unknown) for name in ("visit", "visit-code")}
    assert "This link opens nothing" in said["visit"]
    wrong = [
        right[:-1] + ("0" if right[-1] != "0" else "1"), str(visit.pk), f"{visit.pk}-", right + "0", right.upper(),
        "xyzzy", "0" * 200, f"{uuid4()}{right[36:]}",
    ]  # fmt: skip
    for code in wrong:
        for name in ("visit", "visit-code"):
            answer = stranger.get(reverse(name, args=[code]))
            assert (answer.status_code, same(answer, code)) == (404, said[name]), code
        for name in ("visit-pass", "visit-erase"):
            assert stranger.post(reverse(name, args=[code])).status_code == 404
    visit.refresh_from_db()
    assert visit.device is None


def test_a_destroyed_visits_link_says_what_a_guessed_one_says(house, desk):
    visit = desk.invite()
    code, guessed = links.code_of(visit), f"{uuid4()}-{'0' * 32}"
    said = same(house.browser().get(reverse("visit", args=[guessed])), guessed)
    actions.destroy_due(desk.site, at=night(visit, 9))
    answer = house.browser().get(reverse("visit", args=[code]))
    assert (answer.status_code, same(answer, code)) == (404, said)


def test_a_visitor_destroys_it_themselves_when_the_visit_is_over(house, desk):
    visit = desk.invite()
    code, phone = links.code_of(visit), house.browser()
    phone.post(reverse("visit-pass", args=[code]))
    erase = reverse("visit-erase", args=[code])
    phone.post(erase)
    assert Visit.objects.count() == 1  # not while it lasts
    actions.end(visit, desk.said(visit), by=actions.VISITS, at=desk.world.now())
    house.browser().post(erase)
    assert Visit.objects.count() == 1  # and not from another phone
    assert "is destroyed" in page(phone.post(erase))
    assert Visit.objects.count() == 0


@pytest.mark.parametrize("text", ["", "\0", "²", "9" * 5000, "\u202e" * 40, "[" * 5000, "é" * 999, "0001-01-01", "<b>"])
def test_garbage_in_a_form_invites_nobody_and_breaks_nothing(house, desk, text):
    browser = house.browser(Role.WORKER)
    for name in ("form_id", "name", "on", "starts", "ends", "last", "purpose", "plate"):
        answer = browser.post(reverse("me-visitors"), form(desk, **{name: text}))
        assert answer.status_code in (302, 422), name
    owner = house.browser(Role.OWNER)
    for name in ("form_id", "name", "who", "ends", "plate"):
        typed = {"form_id": forms.new_form_id(), "name": NAME, "who": "S-104", "ends": "23:59"} | {name: text}
        answer = owner.post(reverse("visitors-walk-in", args=[desk.site.pk]), typed)
        assert answer.status_code in (302, 422), name
    site = str(desk.site.pk)
    for name in ("gates", "keep_days"):
        answer = owner.post(reverse("visitors-setup"), {"site": site, f"{site}-{name}": text})
        assert answer.status_code in (302, 422), name
    assert owner.post(reverse("visitors-setup"), {"site": text}).status_code == 404
    for visit in Visit.objects.all():
        for more in ({"do": text}, {"do": "longer", "on": text, "ends": text}):
            answer = owner.post(reverse("visitors-do", args=[visit.pk]), more)
            assert answer.status_code in (302, 404)


def test_the_desk_says_who_stood_at_a_gate(house, desk):
    from gatehouse.server.gates.models import Attempt

    visit = desk.invite(name=NAME)
    desk.world.tell(desk.world.attempt(subject=str(visit.pk)))
    address = reverse("watch-who", args=[Attempt.objects.get().pk])
    assert NAME in page(house.browser(Role.SECURITY).post(address))
    assert NAME not in page(house.browser(Role.PARKING).post(address))


def test_an_owner_chooses_doors_and_days(house, desk):
    owner, site = house.browser(Role.OWNER), str(desk.site.pk)
    typed = {"site": site, f"{site}-gates": [str(desk.world.door.pk)], f"{site}-keep_days": "31"}
    assert owner.post(reverse("visitors-setup"), typed).status_code == 422
    assert owner.post(reverse("visitors-setup"), typed | {f"{site}-keep_days": "3"}).status_code == 302
    desk.setup.refresh_from_db()
    assert desk.setup.keep_days == 3
    assert [gate.code for gate in desk.setup.rule.gates.all()] == ["door"]
