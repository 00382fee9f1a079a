"""A visitor from invitation to deletion: the host invites, the phone takes the pass, the gate and the desk see them
come and go, and the night destroys everything about them."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.journeys.shots import PHONE, SHOTS, WIDE, shoot
from tests.server.test_visits import night

from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.visits import actions, arriving, looks
from gatehouse.server.visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "options"), [("390", PHONE), ("1440", WIDE)])
def test_a_visitor_from_invitation_to_deletion(place, size, options) -> None:
    world = place.house.world
    looks.forget()
    arriving.forget()
    owner = place.open(Role.OWNER, **options)
    owner.goto(f"{place.url}/visitors/setup/")
    owner.get_by_label("Door", exact=True).check()
    shoot(owner, f"visitors-setup-{size}")
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("Saved. It holds at the gates at once.")).to_be_visible()

    host = place.open(Role.WORKER, **options, color_scheme="dark")
    host.goto(f"{place.url}/me/visitors/")
    host.get_by_label("Visitor's name").fill("Ola Brandt")
    host.get_by_label("Purpose").fill("Yearly audit")
    shoot(host, f"visitors-mine-{size}")
    host.get_by_role("button", name="Invite").click()
    expect(host.get_by_role("heading", name="Ola Brandt")).to_be_visible()
    link = host.get_by_label("Link", exact=True).input_value()
    shoot(host, f"visitors-invited-{size}")
    visit = Visit.objects.get()
    said = looks.spans_for_job([visit], actions.VISITS.authority, "visit.page")[visit.pk]
    # The form offers the next full hour; this visitor's has begun.
    until = world.now() + timedelta(minutes=40)
    begun = said.span.__class__(world.now() - timedelta(minutes=5), until)
    assert actions.write_span(visit, said, begun, verb="visit.prolonged", by=actions.VISITS, at=world.now())

    phone = place.open(None, **PHONE)
    phone.goto(link)
    shoot(phone, f"visitors-link-{size}")
    phone.get_by_role("button", name="Take my pass on this phone").click()
    expect(phone.get_by_text("Hold it up to the camera at the door.")).to_be_visible()
    shoot(phone, f"visitors-pass-{size}")
    other = place.open(None, **PHONE)
    other.goto(link)
    expect(other.get_by_text("This link was opened on another phone")).to_be_visible()
    shoot(other, f"visitors-elsewhere-{size}")

    world.tell(world.passage(subject=str(visit.pk)))
    assert arriving.look(world.now()) == 1
    host.goto(f"{place.url}/me/")
    expect(host.get_by_text("1 visitor of yours is here: OB")).to_be_visible()

    desk = place.open(Role.SECURITY, **options)
    desk.goto(f"{place.url}/visitors/")
    expect(desk.get_by_role("heading", name="Here: 1")).to_be_visible()
    shoot(desk, f"visitors-desk-{size}")
    desk.get_by_role("link", name="OB").click()
    expect(desk.get_by_text("Ola Brandt")).to_have_count(0)
    desk.get_by_role("button", name="Show name and purpose").click()
    expect(desk.get_by_role("heading", name="Ola Brandt")).to_be_visible()
    shoot(desk, f"visitors-one-{size}")
    with desk.expect_download() as badge:
        desk.get_by_role("button", name="Badge (PDF)").click()
    assert badge.value.suggested_filename == "badge.pdf"
    if SHOTS:
        badge.value.save_as(Path(SHOTS) / "badge.pdf")
    desk.get_by_role("button", name="They have left").click()
    expect(desk.get_by_text("Has left. The pass opens nothing any more.")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_text("This visit is over")).to_be_visible()
    shoot(phone, f"visitors-over-{size}")

    visit.refresh_from_db()
    facts = keeping.cell("visit.facts/1", visit.pk, visit.facts_cell)
    assert actions.destroy_due(world.site, at=night(visit, 2)) == 1
    phone.goto(link)
    expect(phone.get_by_text("This link opens nothing")).to_be_visible()
    desk.goto(f"{place.url}/visitors/")
    expect(desk.get_by_text("Nobody is expected.")).to_be_visible()
    assert keeping.reveal([facts], world.operator(Role.OWNER).authority, "visit.desk") == [None]
    assert [fault for fault in phone.faults if "404" not in fault] == []
    assert owner.faults + host.faults + desk.faults == []
