"""A school's day, and a worker whose certificate ran out: at the pages, with mail that really goes."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.shots import PHONE, SHOTS, WIDE, shoot
from tests.mailbox import Mailbox
from tests.server.test_crews import Works
from tests.server.test_pickup import School
from tests.server.world import SETUP, ZONE

from gatehouse import wire
from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Grant
from gatehouse.domain.periods import local_date
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.edge.roster import Opener, nothing, with_roster
from gatehouse.keeper.protocol import Role
from gatehouse.server.gates.actions import add_rule
from gatehouse.server.interchange import mailing
from gatehouse.server.mail import actions as mail
from gatehouse.server.mail.cells import ServerFacts
from gatehouse.server.pickup import notices

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def both(page: Page, name: str) -> None:
    """A picture on the desk and, where pictures are wanted, on a phone and in the dark, too."""
    shoot(page, f"{name}-1440")
    if SHOTS:
        size = page.viewport_size
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(PHONE["viewport"])
        shoot(page, f"{name}-390-dark")
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="light")


def test_absent_at_the_bell_told_answered_a_stranger_refused_both_sisters_collected(place, settings) -> None:
    settings.PUBLIC_URL = "https://school.example"
    school = School(place.house.world)
    office = place.open(Role.HR, **WIDE)
    with Mailbox() as box:
        facts = ServerFacts("127.0.0.1", box.port, security="none", sender="school@example.org")
        mail.set_server(facts, by=school.world.operator(Role.OWNER), at=school.world.now())
        # The office says who may collect; the sister's guardian is known by number.
        for pupil in (school.ada, school.bea):
            office.goto(f"{place.url}/pickup/pupils/{pupil.pk}/")
            office.get_by_label("Somebody who is known: number or name").fill("G-1")
            office.get_by_label("Who they are to the pupil").fill("mother")
            office.get_by_role("button", name="Save", exact=True).click()
            expect(office.get_by_text("Written. The desk knows it at once.")).to_be_visible()
        office.get_by_label("Somebody who is known: number or name").fill("G-2")
        office.get_by_label("must not collect; beats everything else").check()
        office.get_by_role("button", name="Save", exact=True).click()
        expect(office.get_by_text("must not collect", exact=True)).to_be_visible()
        both(office, "pupil")
        # The bell.
        school.comes(school.bea, "07:55")
        assert notices.look(school.at("08:15")) == 2
        mailing.deliver_due(school.at("08:16"))
        (sent,) = box.mails
    link = next(word for word in sent.get_content().split() if "/absent/" in word)
    guardian = place.open(**PHONE)
    guardian.goto(place.url + link[link.index("/absent/") :])
    guardian.get_by_label("sick", exact=True).check()
    guardian.get_by_label("Anything the school should know").fill("fever")
    shoot(guardian, "absent-390")
    guardian.get_by_role("button", name="Tell the school").click()
    expect(guardian.get_by_text("Thank you. The school knows it now.")).to_be_visible()
    office.goto(f"{place.url}/pickup/missed/{school.day}/")
    office.get_by_role("button", name="Show who").click()
    expect(office.get_by_text("answered at")).to_be_visible()
    expect(office.get_by_text("nobody to tell: call home")).to_be_visible()
    both(office, "missed")
    # In the afternoon a guard at the gate, with a phone.
    guard = place.open(Role.SECURITY, **PHONE)
    guard.goto(f"{place.url}/pickup/")
    guard.get_by_label("Scan their pass, or type a name or number").fill("G-2")
    shoot(guard, "desk-390")
    guard.get_by_role("button", name="Find").click()
    expect(guard.get_by_text("must not collect this pupil")).to_be_visible()
    shoot(guard, "refused-390")
    guard.get_by_role("button", name="They asked for Bea Moss").click()
    expect(guard.get_by_text("Refused and written down.")).to_be_visible()
    guard.goto(f"{place.url}/pickup/")
    guard.get_by_label("Scan their pass, or type a name or number").fill("Dana Moss")
    guard.get_by_role("button", name="Find").click()
    shoot(guard, "collector-390")
    guard.get_by_role("button", name="Hand over").click()
    expect(guard.get_by_text("Handed over: 2.")).to_be_visible()
    assert guard.get_by_text("went at").count() == 2
    office.goto(f"{place.url}/pickup/pupils/{school.bea.pk}/")
    expect(office.get_by_text("handed over", exact=True)).to_be_visible()
    both(office, "pupil-after")
    owner = place.open(Role.OWNER, **WIDE)
    owner.goto(f"{place.url}/watch/")
    expect(owner.get_by_text("Somebody asked for a pupil whom they may not take")).to_be_visible()
    assert office.faults == guard.faults == guardian.faults == []


def test_a_certificate_lapses_refuses_is_renewed_and_the_day_counts_to_team_and_contractor(place) -> None:
    works = Works(place.house.world)
    world, person = works.world, place.house.person
    add_rule(works.site, [world.group], [world.door], by=SETUP, at=world.now())
    yesterday = local_date(world.now(), ZoneInfo(ZONE)) - timedelta(days=1)
    works.enter(person, works.steel, certificates=works.holds(yesterday))

    def at_the_gate() -> bool:
        """As the edge decides by its own copy, and tells the server."""
        opener = Opener(world.sim.id, world.sim.keys.seal_key)
        known = with_roster(nothing(), works.roster(), site=str(works.site.pk), opener=opener, now=world.now())
        at = world.now()
        seen = Sighting(Means.CARD, "c", str(person.pk), at, at, 1.0)
        answer = decide(seen, known.policy.gates["door"], known.policy, at)
        granted = isinstance(answer, Grant)
        own = wire.new_id(at)
        world.tell(
            wire.Attempt(
                id=own, gate="door", at=at, seen_at=at, direction="in", means="card", subject=str(person.pk),
                granted=granted, reason=answer.reason.value, rule=answer.rule,
            )
        )  # fmt: skip
        if granted:
            world.tell(world.passage(subject=str(person.pk)))
        return granted

    assert not at_the_gate()
    owner = place.open(Role.OWNER, **WIDE)
    owner.goto(f"{place.url}/watch/")
    said = f"Working-at-height certificate ended on {yesterday.day} "
    expect(owner.get_by_text(said)).to_be_visible()
    both(owner, "watch-lapsed")
    owner.goto(f"{place.url}/registers/teams/{person.pk}/")
    owner.get_by_role("button", name="Open", exact=True).click()
    renewed = yesterday + timedelta(days=365)
    owner.get_by_label("Last day Working-at-height certificate").fill(renewed.isoformat())
    both(owner, "entry-certificates")
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("Saved. Gates know it at once.")).to_be_visible()
    both(owner, "teams")
    assert at_the_gate()
    owner.goto(f"{place.url}/registers/heads/")
    owner.get_by_role("button", name="Count").click()
    row = owner.get_by_role("row", name="Beam & Co Steel")
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")  # inside
    expect(row.get_by_role("cell").nth(2)).to_have_text("1")  # came
    both(owner, "heads")
    place.house.contractor = works.beam.pk
    foreman = place.open(Role.CONTRACTOR, **PHONE)
    expect(foreman.get_by_role("heading", name="Beam & Co")).to_be_visible()
    foreman.get_by_role("button", name="Show names").click()
    expect(foreman.get_by_text("Lin Moss")).to_be_visible()
    shoot(foreman, "contractor-390")
    assert owner.faults == foreman.faults == []
