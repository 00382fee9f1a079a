"""Enrolling by camera: guidance for a frame that is kept nowhere, consent signed in the language that was read."""

import cv2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.edge.scenes import portrait, wall

from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.people.cells import ConsentFacts, unpack
from gatehouse.server.people.models import Consent, Credential


def jpeg(picture):
    return SimpleUploadedFile("frame.jpg", cv2.imencode(".jpg", picture)[1].tobytes(), "image/jpeg")


def address(house, name=""):
    return f"/people/{house.person.pk}/{name}"


def test_a_frame_is_guided_and_kept_nowhere(house):
    browser = house.browser(Role.HR)
    assert browser.post(address(house, "camera/look"), {"frame": jpeg(wall())}).json()["hint"] == "nobody"
    said = browser.post(address(house, "camera/look"), {"frame": jpeg(portrait())}).json()
    assert said["hint"] == "good"
    assert 25 < said["quality"] <= 100
    dark = (portrait() * 0.12).astype("uint8")
    assert browser.post(address(house, "camera/look"), {"frame": jpeg(dark)}).json()["hint"] in {"dark", "nobody"}
    assert not Credential.objects.exists()


@pytest.mark.parametrize("frame", [b"", b"no picture", b"\xff\xd8\xff" + b"x" * 600_000])
def test_a_frame_that_is_none_is_refused(house, frame):
    sent = SimpleUploadedFile("frame.jpg", frame, "image/jpeg")
    assert house.browser(Role.HR).post(address(house, "camera/look"), {"frame": sent}).status_code == 422


def test_consent_keeps_who_signed_and_in_which_language(house):
    browser = house.browser(Role.HR)
    browser.cookies["django_language"] = "zh-hans"
    form = {"consent": "yes", "signed": "Lin Moss", "photo": jpeg(portrait())}
    assert browser.post(address(house, "enrol"), form).status_code == 302
    (consent,) = Consent.objects.all()
    cell = keeping.cell("person.consent/1", consent.pk, consent.cell)
    (data,) = keeping.reveal([cell], house.world.operator(Role.HR).authority, "test.consent")
    facts = unpack(data, ConsentFacts)
    assert (facts.signed, facts.guardian, facts.wording) == ("Lin Moss", "", "face-at-gates/1 zh-hans")
    assert b"Moss" not in bytes(consent.cell)


def test_under_14_nothing_is_enrolled_without_a_guardian(house):
    browser = house.browser(Role.HR)
    form = {"consent": "yes", "signed": "Lin Moss", "under_14": "yes", "photo": jpeg(portrait())}
    assert browser.post(address(house, "enrol"), form).status_code == 422
    assert not Consent.objects.exists()
    form |= {"guardian": "Pat Moss", "photo": jpeg(portrait())}
    assert browser.post(address(house, "enrol"), form).status_code == 302
    assert Credential.objects.get().kind == "face"


def test_whoever_may_not_enrol_gets_no_camera(house):
    assert house.browser(Role.PARKING).get(address(house, "camera/")).status_code == 403
    assert "Read and agree" in house.browser(Role.SECURITY).get(address(house, "camera/")).content.decode()
