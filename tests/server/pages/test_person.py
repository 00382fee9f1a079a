"""Person: a name on a click only, ways in by forms, and why somebody was refused."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gatehouse.keeper.protocol import Role
from gatehouse.server.people.models import Consent, Credential, CredentialKind, CredentialState


def _address(house, name="person"):
    return reverse(name, args=[house.person.pk])


def _active(house, kind):
    return Credential.objects.filter(person=house.person, kind=kind, state=CredentialState.ACTIVE)


@pytest.mark.parametrize("role", [Role.OWNER, Role.SECURITY, Role.HR])
def test_lists_and_pages_hold_no_name_until_it_is_asked_for(house, role) -> None:
    browser = house.browser(role)
    for address in ("/people/", _address(house)):
        page = browser.get(address).content.decode()
        assert "S-104" in page
        assert "Moss" not in page
    assert "Lin Moss" in browser.post(_address(house, "person-name")).content.decode()
    looks = house.world.keeper.looks(str(house.person.pk), house.ticket(Role.OWNER))
    assert "person.page" in {look.purpose for look in looks}


def test_a_search_is_sent_in_the_body_and_counts(house) -> None:
    house.world.hire("S-777", "Orla Quetzal")
    browser = house.browser(Role.HR)
    found = browser.post("/people/", {"q": "quetz"}).content.decode()
    assert "S-777" in found
    assert "S-104" not in found
    assert "1 person found" in found
    assert "Nobody was found" in browser.post("/people/", {"q": "Zzyzx"}).content.decode()


def test_why_was_she_refused_is_answered_for_a_day_that_is_asked_for(house) -> None:
    house.world.tell(house.world.attempt(granted=False, reason="schedule", subject=str(house.person.pk)))
    answer = house.browser(Role.SECURITY).post(_address(house, "person-passages")).content.decode()
    assert "Known, but not at this time" in answer
    assert "Check the schedule of the rule." in answer


def test_another_persons_attempts_do_not_show(house) -> None:
    other = house.world.hire("S-200", "Ada Quill")
    house.world.tell(house.world.attempt(granted=False, reason="denied", subject=str(other.pk)))
    answer = house.browser(Role.SECURITY).post(_address(house, "person-passages")).content.decode()
    assert "Not seen at any gate on this day." in answer


def test_no_face_is_enrolled_without_the_tick(house) -> None:
    photo = SimpleUploadedFile("p.png", b"not a picture", "image/png")
    response = house.browser(Role.HR).post(_address(house, "person-enrol"), {"photo": photo})
    assert response.status_code == 422
    assert Consent.objects.count() == 0


def test_a_picture_that_can_not_be_read_is_said(house) -> None:
    photo = SimpleUploadedFile("p.png", b"not a picture", "image/png")
    response = house.browser(Role.HR).post(_address(house, "person-enrol"), {"photo": photo, "consent": "yes"})
    assert response.status_code == 422
    assert "no picture that we can read" in response.content.decode()


def test_a_pass_is_shown_once_as_a_drawing_and_its_text_is_kept_nowhere(house) -> None:
    browser = house.browser(Role.SECURITY)
    page = browser.post(_address(house, "person-pass"), {"days": "7"}).content.decode()
    assert "<svg" in page
    assert "shown once" in page
    assert _active(house, CredentialKind.QR).count() == 1
    assert "<svg xmlns" not in browser.get(_address(house)).content.decode()


@pytest.mark.parametrize("days", ["", "3650", "x"])
def test_a_pass_lasts_one_of_the_offered_spans(house, days) -> None:
    assert house.browser(Role.SECURITY).post(_address(house, "person-pass"), {"days": days}).status_code == 422
    assert _active(house, CredentialKind.QR).count() == 0


def test_card_and_pin_are_taken_or_refused_in_words(house) -> None:
    browser = house.browser(Role.SECURITY)
    assert browser.post(_address(house, "person-card"), {"number": "04A2219F"}).status_code == 302
    assert browser.post(_address(house, "person-pin"), {"digits": "471100471100"}).status_code == 302
    assert _active(house, CredentialKind.CARD).count() == _active(house, CredentialKind.PIN).count() == 1
    wrong = browser.post(_address(house, "person-pin"), {"digits": "12"})
    assert wrong.status_code == 422
    assert "A PIN is 4 to 12 digits." in wrong.content.decode()
    assert "471100471100" not in browser.get(_address(house)).content.decode()


def test_a_lost_card_is_taken_back_and_nothing_else_with_it(house) -> None:
    browser = house.browser(Role.SECURITY)
    browser.post(_address(house, "person-card"), {"number": "04A2219F"})
    browser.post(_address(house, "person-pin"), {"digits": "4711"})
    Credential.objects.create(person=house.person, kind="face", cell=b"sealed")
    for kind in ("card", "face"):
        assert browser.post(_address(house, "person-take-back"), {"kind": kind}).status_code == 302
    kinds = sorted(Credential.objects.filter(state=CredentialState.ACTIVE).values_list("kind", flat=True))
    assert kinds == ["face", "pin"]


def test_a_link_to_the_own_page_is_made_by_hr_and_works(house) -> None:
    page = house.browser(Role.HR).post(_address(house, "person-invite")).content.decode()
    code = page.split("/enter/")[1].split("/")[0]
    response = house.browser().post("/enter/", {"code": code})
    assert response["Location"] == "/account/first/"


def test_somebody_of_another_site_is_not_there(house) -> None:
    browser = house.browser(Role.SECURITY)
    operator = house.operators[Role.SECURITY]
    operator.sites = ["00000000-0000-4000-8000-000000000000"]
    operator.save(update_fields=["sites"])
    assert browser.get(_address(house)).status_code == 404
    assert "S-104" not in browser.get("/people/").content.decode()
