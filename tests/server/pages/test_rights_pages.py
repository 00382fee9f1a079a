"""Erasing on a page, retention, requests, one's own data, and the register out of what is really set up."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.server.world import SETUP

from gatehouse.domain.retention import Retention
from gatehouse.keeper.certificate import check_certificate, check_proof
from gatehouse.keeper.labels import LABELS
from gatehouse.keeper.protocol import KeyClass, Role
from gatehouse.keeper.rules import PERSONAL
from gatehouse.server import keeping
from gatehouse.server.people import actions, credential_actions, looks
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.models import ConsentState, Credential, CredentialState, Purpose
from gatehouse.server.portal.my_data import PARTS
from gatehouse.server.rights import export, queries
from gatehouse.server.rights.models import RequestState, SubjectRequest


@pytest.fixture
def left(house):
    """The person of the house, after their last day."""
    by = house.world.operator(Role.HR)
    credential_actions.add_card(house.person, "04A1B2C3", by=by, at=house.world.now())
    actions.leave(house.person, looks.facts(house.person, by.authority), by=by, at=house.world.now())
    return house


def to(house, name, *args):
    return reverse(name, args=[house.person.pk, *args])


# --- erasing -----------------------------------------------------------------------------------------------------


def test_the_page_says_what_goes_and_what_stays_before_anything_is_done(left) -> None:
    page = left.browser(Role.HR).get(to(left, "person-erase")).content.decode()
    assert "goes at once" in page
    assert "Pay records must be kept by law" in page
    assert KeyClass.ACCESS in keeping.held(left.person.pk, left.world.operator(Role.HR).authority).classes


def test_nothing_is_erased_without_the_staff_number(left) -> None:
    data = {"classes": ["face", "identity", "access", "work"], "number": "S-999"}
    response = left.browser(Role.HR).post(to(left, "person-erase"), data)
    assert response.status_code == 422
    assert KeyClass.ACCESS in keeping.held(left.person.pk, left.world.operator(Role.HR).authority).classes
    assert not queries.certificates_of(left.person).exists()


def test_erasing_ends_with_a_certificate_that_anybody_can_check(left) -> None:
    browser = left.browser(Role.HR)
    data = {"classes": ["face", "identity", "access", "work"], "number": "s-104"}
    response = browser.post(to(left, "person-erase"), data, follow=True)
    page = response.content.decode()
    assert "Certificate of erasure" in page
    assert "Kept for now, and destroyed by itself" in page
    row = queries.certificates_of(left.person).get()
    file = browser.get(to(left, "person-certificate-file", row.pk, "json"))
    facts = check_certificate(file.content)
    assert facts.subject == str(left.person.pk)
    assert [one.key for one in facts.destroyed] == ["access", "face"]
    pdf = browser.get(to(left, "person-certificate-file", row.pk, "pdf"))
    assert pdf.content.startswith(b"%PDF")


def test_somebody_who_works_here_is_sent_to_the_last_day_first(house) -> None:
    browser = house.browser(Role.HR)
    assert "Write down the last day" in browser.get(to(house, "person-erase")).content.decode()
    data = {"classes": ["identity"], "number": "S-104"}
    assert browser.post(to(house, "person-erase"), data).status_code == 422


def test_a_hold_is_laid_and_lifted_on_the_page(left) -> None:
    browser = left.browser(Role.OWNER)
    until = (left.world.now() + timedelta(days=90)).date()
    data = {"key": "access", "why": "dispute", "until": until.isoformat(), "reference": "AZ 7/26"}
    page = browser.post(to(left, "person-hold"), data, follow=True).content.decode()
    assert "AZ 7/26" in page
    done = browser.post(to(left, "person-erase"), {"classes": ["access"], "number": "S-104"}, follow=True)
    assert "Nothing yet." in done.content.decode()
    (hold,) = keeping.held(left.person.pk, left.world.operator(Role.OWNER).authority).holds
    browser.post(to(left, "person-lift"), {"hold": hold.id})
    assert KeyClass.ACCESS not in keeping.held(left.person.pk, left.world.operator(Role.OWNER).authority).classes


@pytest.mark.parametrize(
    "wrong", [{"until": ""}, {"until": "1999-01-01"}, {"why": "x"}, {"reference": "<b>"}, {"key": "x"}]
)
def test_a_hold_that_cannot_be_meant_is_explained(left, wrong) -> None:
    until = (left.world.now() + timedelta(days=90)).date().isoformat()
    data = {"key": "access", "why": "dispute", "until": until, "reference": ""} | wrong
    response = left.browser(Role.HR).post(to(left, "person-hold"), data)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


# --- retention ---------------------------------------------------------------------------------------------------


def test_an_owner_sets_how_long_a_site_keeps_what(house) -> None:
    browser = house.browser(Role.OWNER)
    address = reverse("retention-set", args=[house.world.site.pk])
    data = {"others": "14", "staff": "60", "work": "5", "books": "12"}
    assert "from the coming night" in browser.post(address, data, follow=True).content.decode()
    assert queries.retention_of(house.world.site) == Retention(14, 60, 5, 12)
    for wrong in ({"others": "5"}, {"staff": "x"}, {"books": "99"}, {"others": "61"}):
        response = browser.post(address, data | wrong)
        assert response.status_code == 422
        assert 'role="alert"' in response.content.decode()
    assert queries.retention_of(house.world.site) == Retention(14, 60, 5, 12)


def test_an_auditor_reads_what_was_destroyed_and_sets_nothing(house) -> None:
    browser = house.browser(Role.AUDITOR)
    page = browser.get(reverse("retention")).content.decode()
    assert "The coming night" in page
    assert "Nothing was old enough yet." in page
    assert browser.post(reverse("retention-set", args=[house.world.site.pk]), {}).status_code == 403


# --- one's own data ----------------------------------------------------------------------------------------------


def test_the_file_holds_everything_that_the_person_may_read(house) -> None:
    house.world.tell(house.world.passage(subject=str(house.person.pk)))
    made = json.loads(house.browser(Role.WORKER).post(reverse("me-data-file")).content)
    assert made["format"] == "gatehouse personal data/1"
    assert made["data"]["person.name/1"][0]["data"] == "Lin Moss"
    assert made["data"]["person.brief/1"][0]["data"] == "S-104 LM"
    assert [one["what"] for one in made["passages"]] == ["passage"]
    assert {one["purpose"] for one in made["looks"]} >= {"me.export"}


def test_the_file_is_a_look_of_ones_own(house) -> None:
    house.browser(Role.WORKER).post(reverse("me-data-file"))
    seen = house.world.keeper.looks(str(house.person.pk), house.ticket(Role.OWNER))
    assert {one.role for one in seen if one.purpose == "me.export"} == {"worker"}


def test_every_personal_label_is_in_the_file_or_said_to_be_left_out() -> None:
    personal = {name for name, label in LABELS.items() if label.key in PERSONAL}
    there = {source.label for source in export.SOURCES}
    assert there | export.LEFT_OUT.keys() == personal
    assert not there & export.LEFT_OUT.keys()
    assert {label for _, labels in PARTS for label in labels} == there


def test_the_readable_page_shows_it_in_words(house) -> None:
    browser = house.browser(Role.WORKER)
    assert "Lin Moss" not in browser.get(reverse("me-data")).content.decode()
    assert "Lin Moss" in browser.post(reverse("me-data")).content.decode()


def test_a_request_is_asked_answered_and_read(house) -> None:
    worker, hr = house.browser(Role.WORKER), house.browser(Role.HR)
    data = {"kind": "correction", "text": "My phone number is an old one."}
    assert "Sent." in worker.post(reverse("me-data-ask"), data, follow=True).content.decode()
    row = SubjectRequest.objects.get()
    listed = hr.get(reverse("requests")).content.decode()
    assert "S-104" in listed
    assert "phone" not in listed
    assert "due" in hr.post(reverse("requests")).content.decode()
    assert "phone number is an old one" in hr.post(reverse("request", args=[row.pk])).content.decode()
    hr.post(reverse("request", args=[row.pk]), {"do": "done", "text": "Mended, thank you."})
    row.refresh_from_db()
    assert row.state == RequestState.DONE
    assert "Mended, thank you." in worker.get(reverse("me-data")).content.decode()
    again = hr.post(reverse("request", args=[row.pk]), {"do": "declined", "text": "No."})
    assert again.status_code == 422


def test_a_request_is_taken_back_by_whoever_asked_only(house) -> None:
    worker = house.browser(Role.WORKER)
    worker.post(reverse("me-data-ask"), {"kind": "objection", "text": "Please do not."})
    row = SubjectRequest.objects.get()
    other = house.world.hire("S-105", "Ada Quill")
    SubjectRequest.objects.filter(pk=row.pk).update(person=other)
    assert worker.post(reverse("me-data-take-back", args=[row.pk])).status_code == 404
    SubjectRequest.objects.filter(pk=row.pk).update(person=house.person)
    worker.post(reverse("me-data-take-back", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == RequestState.TAKEN_BACK


@pytest.mark.parametrize(
    "data", [{"kind": "x", "text": "a"}, {"kind": "other", "text": " "}, {"kind": "copy", "text": "x" * 1001}]
)
def test_a_request_that_says_nothing_is_explained(house, data) -> None:
    response = house.browser(Role.WORKER).post(reverse("me-data-ask"), data)
    assert response.status_code == 422
    assert not SubjectRequest.objects.exists()


@pytest.mark.parametrize(("way", "kind"), [({"way": "pass"}, "qr"), ({"way": "pin", "digits": "48151623"}, "pin")])
def test_who_withdraws_has_another_way_in_at_once(house, way, kind) -> None:
    facts = ConsentFacts(on=house.world.now().date(), wording="face-at-gates/1", taken_by="hr")
    credential_actions.give_consent(house.person, Purpose.FACE, facts, by=SETUP, at=house.world.now())
    house.browser(Role.WORKER).post(reverse("me-data-withdraw", args=["face"]), way)
    assert house.person.consents.get().state == ConsentState.WITHDRAWN
    assert Credential.objects.filter(person=house.person, kind=kind, state=CredentialState.ACTIVE).count() == 1


@pytest.mark.parametrize("way", [{}, {"way": "have"}, {"way": "pin", "digits": "1"}])
def test_nobody_withdraws_into_a_closed_door(house, way) -> None:
    facts = ConsentFacts(on=house.world.now().date(), wording="face-at-gates/1", taken_by="hr")
    credential_actions.give_consent(house.person, Purpose.FACE, facts, by=SETUP, at=house.world.now())
    response = house.browser(Role.WORKER).post(reverse("me-data-withdraw", args=["face"]), way)
    assert response.status_code == 422
    assert house.person.consents.get().state == ConsentState.GIVEN


def test_a_look_comes_with_its_proof(house) -> None:
    house.browser(Role.HR).post(reverse("person-name", args=[house.person.pk]))
    worker = house.browser(Role.WORKER)
    page = worker.get(reverse("me-data")).content.decode()
    places = [int(found) for found in re.findall(r"/me/data/proof/(\d+)", page)]
    proofs = [check_proof(worker.post(reverse("me-proof", args=[place])).content) for place in places]
    assert "person.page" in {entry.purpose for _, entry in proofs}
    assert worker.post(reverse("me-proof", args=[0])).status_code == 404


# --- the register ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["register", "assessment"])
def test_the_register_tells_the_site_as_it_is(house, name) -> None:
    page = house.browser(Role.OWNER).get(reverse(name)).content.decode()
    assert "Northgate" in page
    assert "100000" in page
    assert "Parking and its payment" in page
    assert "Recognising a face at a gate" not in page
    facts = ConsentFacts(on=house.world.now().date(), wording="face-at-gates/1", taken_by="hr")
    credential_actions.give_consent(house.person, Purpose.FACE, facts, by=SETUP, at=house.world.now())
    assert "Recognising a face at a gate" in house.browser(Role.OWNER).get(reverse(name)).content.decode()
