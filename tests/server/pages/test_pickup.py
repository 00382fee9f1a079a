"""The pages of pick-up and of a contractor: who is found how, what is refused, and what nobody may do by typing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.server.pages.printed import texts
from tests.server.pages.test_who_may_open_what import _address, _ours
from tests.server.test_crews import Works
from tests.server.test_pickup import School

from gatehouse.domain.pickup import Word
from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.accounts.models import Operator
from gatehouse.server.api.access import ROLES
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.people.models import RosterEntry
from gatehouse.server.pickup import notices
from gatehouse.server.pickup.models import AbsenceNotice, Collector


@pytest.fixture
def school(house) -> School:
    return School(house.world)


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


# --- the desk ---


def test_a_collector_is_found_by_number_name_and_pass(school, house):
    school.permit(school.ada, school.mother, relation="mother")
    guard = house.browser(Role.SECURITY)
    page = reverse("pickup-collector", args=[school.mother.pk])
    for said in ("G-1", "dana moss"):
        answer = guard.post(reverse("pickup"), {"q": said})
        assert (answer.status_code, answer["Location"]) == (302, page)
    now = int(school.world.now().timestamp())
    who, site = str(school.mother.pk), str(school.site.pk)
    claims = {"id": str(uuid4()), "sub": who, "site": site, "nbf": now - 5, "exp": now + 60}
    elsewhere = keeping.sign_pass(claims | {"site": str(uuid4())}, house.world.operator(Role.OWNER).authority)
    code = keeping.sign_pass(claims, school.office.authority)
    assert guard.post(reverse("pickup"), {"q": code})["Location"] == page
    assert "may go with them now" in text(guard.get(page))
    for wrong, said in (
        (code[:-2] + "xx", "This is no pass of this school."),
        (elsewhere, "no pass of this school"),
        (keeping.sign_pass(claims | {"sub": str(school.ada.pk)}, school.office.authority), "nobody who collects"),
        ("GH1.", "This is no pass of this school."),
    ):
        answer = guard.post(reverse("pickup"), {"q": wrong})
        assert (answer.status_code, said in text(answer)) == (422, True), wrong
    school.world.clock.advance(timedelta(minutes=2))
    assert "This code is over" in text(guard.post(reverse("pickup"), {"q": code}))


def test_whoever_showed_a_card_at_a_gate_just_now_is_found(school, house):
    school.permit(school.ada, school.mother)
    attempt = school.world.attempt(subject=str(school.mother.pk), granted=False, reason="no_rule")
    stranger = school.world.attempt(granted=False, reason="unknown_card")
    school.world.tell(attempt, stranger)
    guard = house.browser(Role.SECURITY)
    assert text(guard.get(reverse("pickup"))).count("Is it a collector?") == 2
    answer = guard.post(reverse("pickup"), {"attempt": attempt.id})
    assert answer["Location"] == reverse("pickup-collector", args=[school.mother.pk])
    for other in (stranger.id, str(uuid4()), "x", "\0"):
        assert guard.post(reverse("pickup"), {"attempt": other}).status_code == 422


def test_nobody_is_handed_over_by_what_somebody_types(school, house):
    """The page offers only what is allowed; whoever sends more is refused, and it is written down."""
    school.permit(school.ada, school.mother, word=Word.MUST_NOT.value)
    guard = house.browser(Role.SECURITY)
    there = reverse("pickup-hand-over", args=[school.mother.pk])
    page = text(guard.get(reverse("pickup-collector", args=[school.mother.pk])))
    assert "must not collect this pupil" in page
    assert "Hand over" not in page
    answer = guard.post(there, {"pupil": [str(school.ada.pk), str(school.cid.pk)], "act": "f-1"}, follow=True)
    assert "Refused and written down" in text(answer)
    assert [one.why for one in school.book(school.ada).events] == ["must_not"]
    assert [one.why for one in school.book(school.cid).events] == ["not_listed"]
    assert GateAlarm.objects.count() == 1
    nobody = {"pupil": [str(uuid4())], "act": "x"}
    for wrong in ({}, {"act": "x"}, {"pupil": ["x"], "act": "x"}, nobody, {"pupil": str(school.ada.pk)}):
        assert guard.post(there, wrong).status_code == 422
    assert GateAlarm.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose: may collect"),
        ({"word": "may"}, "Write the number or name"),
        ({"word": "may", "who": "G-1", "name": "New One", "day": "1"}, "leave one of the two empty"),
        ({"word": "may", "who": "nobody at all", "day": "1"}, "No collector is called like that"),
        ({"word": "may", "who": "G-1"}, "Choose a day of the week"),
        ({"word": "may", "who": "G-1", "day": ["x", "9"]}, "Choose a day of the week"),
        ({"word": "may", "who": "G-1", "day": "1", "since": "yesterday"}, "From: choose a date"),
        ({"word": "may", "who": "G-1", "day": "1", "since": "2026-05-02", "until": "2026-05-01"}, "last day is before"),
        ({"word": "may", "who": "G-1", "day": "1", "opens": "late"}, "Not before: write a time"),
        ({"word": "may", "who": "G-1", "day": "1", "opens": "16:00", "closes": "15:00"}, "end of the hours"),
        ({"word": "may", "name": "Nia", "mail": "not an address", "day": "1"}, "Mail: write an address"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(school, house, form, said):
    office, before = house.browser(Role.HR), Collector.objects.count()
    answer = office.post(reverse("pickup-permit", args=[school.ada.pk]), form)
    assert (answer.status_code in (409, 422), said in text(answer)) == (True, True), text(answer)
    assert school.book(school.ada).permissions == []
    assert Collector.objects.count() == before


def test_a_guardian_is_made_told_and_taken_back_by_the_office_alone(school, house):
    form = {"word": "may", "name": "Nia Elm", "mail": "nia@example.org", "day": list("0123456"), "told": "on"}
    there = reverse("pickup-permit", args=[school.cid.pk])
    assert house.browser(Role.SECURITY).post(there, form).status_code == 403
    office = house.browser(Role.HR)
    assert office.post(there, form).status_code == 302
    page = text(office.get(reverse("pickup-pupil", args=[school.cid.pk])))
    assert "Nia Elm" in page
    assert "told of absences" in page
    assert "Add somebody" not in text(house.browser(Role.SECURITY).get(reverse("pickup-pupil", args=[school.cid.pk])))
    assert office.post(reverse("pickup-forbid", args=[school.cid.pk, 7])).status_code == 409
    assert office.post(reverse("pickup-forbid", args=[school.cid.pk, 0])).status_code == 302
    assert school.book(school.cid).permissions == []


def test_a_late_slip_says_who_when_and_why(school, house):
    answer = house.browser(Role.SECURITY).post(reverse("pickup-slip", args=[school.ada.pk]), {"why": "the bus"})
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    said = " ".join(texts(answer.content))
    for word in ("Ada Moss", "Class 3b", "the bus"):
        assert word in said


def test_a_guardians_link_asks_once_and_is_answered_once(school, house):
    school.permit(school.ada, school.mother, told=True)
    notices.look(school.at("08:15"))
    row = next(r for r in AbsenceNotice.objects.all() if notices.facts_of(r).pupil == str(school.ada.pk))
    there, stranger = reverse("absent", args=[notices.code_of(row)]), house.browser()
    page = text(stranger.get(there))
    assert "Class 3b" in page
    assert not any(word in page for word in ("Ada", "P-0", "Dana"))
    for wrong in ({}, {"reason": "unexplained"}, {"reason": "\0"}):
        assert stranger.post(there, wrong).status_code == 422
    assert "Thank you" in text(stranger.post(there, {"reason": "sickness", "text": "x" * 999}))
    assert stranger.post(there, {"reason": "medical"}).status_code == 409
    assert stranger.get(reverse("absent", args=["abc"])).status_code == 404
    said = text(house.browser(Role.HR).post(reverse("pickup-missed-on", args=[school.day])))
    assert "answered at" in said
    assert "nobody to tell: call home" in said


def test_a_pupils_face_needs_a_guardian_or_somebody_who_says_that_they_are_14(school, house):
    office, there = house.browser(Role.HR), reverse("person-enrol", args=[school.ada.pk])

    def post(**more):
        picture = SimpleUploadedFile("face.jpg", b"no picture", content_type="image/jpeg")
        return office.post(there, {"consent": "yes", "photo": picture} | more)

    assert "type the guardian" in text(post())
    assert not school.ada.consents.exists()
    post(guardian="Dana Moss")
    assert school.ada.consents.count() == 1
    bea = reverse("person-enrol", args=[school.bea.pk])
    picture = SimpleUploadedFile("face.jpg", b"no picture", content_type="image/jpeg")
    office.post(bea, {"consent": "yes", "photo": picture, "of_age": "yes"})
    assert school.bea.consents.count() == 1


# --- a contractor's own page ---


@pytest.fixture
def works(house) -> Works:
    return Works(house.world)


def test_a_contractor_reaches_their_own_page_and_account_and_nothing_else(works, house):
    house.contractor = works.beam.pk
    browser, reached = house.browser(Role.CONTRACTOR), set()
    for route, pattern in _ours():
        roles = getattr(pattern.callback, "roles", None)
        if roles is None or str(pattern.name).startswith("account"):
            continue  # one's own ways to sign in are everybody's
        for method in ("get", "post"):
            if getattr(browser, method)(_address(route)).status_code != 403:
                reached.add(str(pattern.name))
    assert reached == {"contractor", "contractor-on"}
    assert browser.get("/backoffice/").status_code == 302
    assert {name for name, roles in ROLES.items() if Role.CONTRACTOR in roles} == {"sign_out", "me"}  # of the API
    assert browser.get("/api/sites").status_code == 403


def test_a_contractor_sees_their_own_people_alone(works, house):
    rigger, mason = house.person, works.world.hire("S-2", "Bo Stone")
    works.enter(rigger, works.steel, certificates=works.holds(works.today - timedelta(days=1)))
    works.enter(mason, works.bricks)
    works.world.tell(*(works.world.passage(subject=str(one.pk)) for one in (rigger, mason)))
    house.contractor = works.beam.pk
    browser = house.browser(Role.CONTRACTOR)
    closed, opened = text(browser.get(reverse("contractor"))), text(browser.post(reverse("contractor")))
    assert "Lin Moss" not in closed
    assert "Lin Moss" in opened
    assert "Working-at-height certificate ended on" in opened
    assert "inside" in opened
    for word in ("Bo Stone", "S-2", "石匠公司", "Bricks"):
        assert word not in closed + opened
    day = works.today
    assert browser.get(reverse("contractor-on", args=[day - timedelta(days=2)])).status_code == 200
    assert browser.get(reverse("contractor-on", args=[day - timedelta(days=3)])).status_code == 404
    assert browser.get(reverse("contractor-on", args=[day + timedelta(days=1)])).status_code == 404


def test_an_owner_makes_and_stops_a_contractors_sign_in(works, house):
    owner = house.browser(Role.OWNER)
    works.enter(house.person, works.steel)
    form = {"contractor": str(works.beam.pk)}
    assert house.browser(Role.HR).post(reverse("registers-contractor-invite"), form).status_code == 403
    assert "/enter/" in text(owner.post(reverse("registers-contractor-invite"), form))
    assert owner.post(reverse("registers-contractor-invite"), {"contractor": str(uuid4())}).status_code == 404
    listed = text(owner.get(reverse("registers-crews")))
    assert "New sign-in link" in listed
    row = Operator.objects.get(role=Role.CONTRACTOR)
    assert owner.post(reverse("registers-contractor-change", args=[row.pk]), {"do": "stop"}).status_code == 302
    row.refresh_from_db()
    assert not row.active
    assert RosterEntry.objects.count() == 1
