"""HR hands a ZIP with five faults over in a real browser, sees the preview, takes it in, and takes it back."""

import time

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.journeys.shots import PHONE, WIDE, shoot
from tests.server.photo_zips import five_faults

from gatehouse.keeper.protocol import Role
from gatehouse.server.interchange import looking, running, sealed_file
from gatehouse.server.people.models import Consent, Credential, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def both(page, name: str) -> None:
    for suffix, size in (("1440", WIDE), ("390", PHONE)):
        page.set_viewport_size(size["viewport"])
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            shoot(page, f"photos-{name}-{suffix}-{scheme}")
    page.set_viewport_size(WIDE["viewport"])
    page.emulate_media(color_scheme="light")


def until(page, text: str, work) -> None:
    """What the ticker does, until the page says so."""
    for _ in range(40):
        work()
        if page.get_by_text(text).first.is_visible():
            return
        time.sleep(0.25)
    expect(page.get_by_text(text).first).to_be_visible()


def test_a_zip_with_five_faults_is_previewed_taken_in_and_undone(place, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sealed_file.settings, "HOME", tmp_path)
    monkeypatch.setattr(sealed_file, "LEAST_FREE", 0)
    monkeypatch.setattr(sealed_file, "PIECE", 100_000)
    for module in ("gatehouse.server.interchange.photos", "gatehouse.server.console.interchange.photos"):
        monkeypatch.setattr(f"{module}.PIECE", 100_000)
    before = Person.objects.count()
    hr = place.open(Role.HR, viewport=WIDE["viewport"])
    hr.goto(place.url + reverse("imports"))
    both(hr, "hand-over")
    hr.get_by_label("One ZIP, or the table and its photos together").set_input_files(
        {"name": "people.zip", "mimeType": "application/zip", "buffer": five_faults()}
    )
    hr.get_by_role("button", name="Hand over").click()
    expect(hr.get_by_text("photos looked at")).to_be_visible(timeout=20_000)
    shoot(hr, "photos-looking")
    until(hr, "Preview", looking.look_due)
    hr.reload()
    expect(hr.get_by_role("heading", name="7 rows are ready")).to_be_visible()
    expect(hr.get_by_text("2 with their faces, 5 without: see below.")).to_be_visible()
    for row, why in (
        (4, "shows two faces or more"),
        (5, "shows no face"),
        (6, "is too dark"),
        (7, "shows the face too small"),
        (8, "was not looked at: no consent is recorded for this person"),
    ):
        expect(hr.get_by_text(f"Row {row}: Photo {why}.")).to_be_visible()
    both(hr, "preview")
    hr.get_by_role("button", name="Show the rows").click()
    expect(hr.get_by_text("with their face, picture").first).to_be_visible()
    both(hr, "rows")
    assert Person.objects.count() == before
    hr.get_by_role("button", name="Take in 7 rows").click()
    until(hr, "Taken in", running.run_due)
    hr.reload()
    expect(hr.get_by_role("heading", name="Who came in without a face")).to_be_visible()
    both(hr, "done")
    assert Person.objects.count() == before + 7
    assert Credential.objects.filter(kind="face").count() == 2
    hr.get_by_text("Undo this import").click()
    hr.get_by_role("button", name="Undo", exact=True).click()
    hr.get_by_role("link", name="Show the result").click(timeout=20_000)
    expect(hr.get_by_text("It was undone.")).to_be_visible()
    both(hr, "undone")
    assert (Person.objects.count(), Credential.objects.filter(kind="face").count(), Consent.objects.count()) == (
        before,
        0,
        0,
    )
    assert list((tmp_path / "server" / "incoming").iterdir()) == []
    assert hr.faults == []
