"""Erasing somebody: the law keeps pay records, everything else goes at once, and nothing finds them any more."""

from datetime import timedelta

import pytest
from tests.server.world import SETUP

from gatehouse.keeper.certificate import check_certificate
from gatehouse.keeper.protocol import Cell, KeyClass, Refused, Role
from gatehouse.server import feed, keeping
from gatehouse.server.people import actions, credential_actions, looks
from gatehouse.server.people.models import Credential, CredentialState, Person, PersonState, Vehicle, VehicleState
from gatehouse.server.people.vehicle_actions import register_vehicle
from gatehouse.server.reindex import reindex
from gatehouse.server.rights import erasing, queries
from gatehouse.server.rights.errors import RightsError

ALL = erasing.OF_PERSON


@pytest.fixture
def hr(world):
    return world.operator(Role.HR)


def leaver(world, hr, number="S-310", name="Wren Hollis", **facts):
    person = world.hire(number, name)
    credential_actions.add_card(person, "04A1B2C3", by=hr, at=world.now())
    seen = looks.facts(person, hr.authority)
    actions.leave(person, seen, by=hr, at=world.now())
    person.refresh_from_db()
    return person


def parts(preview):
    return {part.key: part for part in preview.parts}


def test_the_preview_says_what_goes_and_what_the_law_keeps_until_when(world, hr) -> None:
    person = leaver(world, hr)
    seen = erasing.preview(person, hr, world.now())
    found = parts(seen)
    assert not seen.still_here
    assert found[KeyClass.ACCESS].kept_until is None
    assert found[KeyClass.ACCESS].there
    assert not found[KeyClass.FACE].there
    until = seen.left_on.replace(year=seen.left_on.year + 3)
    assert [found[cls].kept_until for cls in (KeyClass.WORK, KeyClass.IDENTITY)] == [until, until]


def test_erasing_destroys_at_once_what_nothing_keeps_and_certifies_the_rest(world, hr) -> None:
    person = leaver(world, hr)
    done = erasing.erase(person, ALL, by=hr, at=world.now())
    assert not isinstance(done, Refused)
    assert sorted(done.destroyed) == ["access", "face"]
    assert sorted(one.key for one in done.stays) == ["identity", "work"]
    facts = check_certificate(erasing.read_certificate(done.certificate, hr))
    assert (facts.subject, facts.asked_by) == (str(person.pk), hr.actor)
    assert [one.why for one in facts.stays] == ["law.pay", "law.pay"]
    held = keeping.held(person.pk, hr.authority)
    assert sorted(held.waiting) == ["identity", "work"]


def test_who_is_erased_is_found_by_no_search_though_the_name_is_kept_for_the_law(world, hr) -> None:
    person = leaver(world, hr, "S-311", "Juniper Vale")
    token = hr.authority.ticket
    reindex()
    assert keeping.find("juniper", token) == [str(person.pk)]
    erasing.erase(person, ALL, by=hr, at=world.now())
    reindex()
    assert keeping.find("juniper", token) == keeping.find("S-311", token) == []


def test_who_is_erased_is_in_no_feed_and_in_no_memory_of_the_servers(world, hr) -> None:
    person = world.hire("S-312", "Tarn Ashby")
    card = credential_actions.add_card(person, "0499AABB", by=hr, at=world.now())
    car = register_vehicle(world.site, "京A31200", owner=person, by=hr, at=world.now())
    known = feed.Known(roster=0, clearances=0)
    roster = feed.changes(world.edge, known, now=world.now()).roster
    assert {str(person.pk)} & {one.id for one in roster.people}
    assert str(car.pk) in {one.id for one in roster.vehicles}
    assert [key for key in feed._resealed if key[1].endswith((str(card.pk), str(car.pk)))]
    actions.leave(person, looks.facts(person, hr.authority), by=hr, at=world.now())
    person.refresh_from_db()
    erasing.erase(person, ALL, by=hr, at=world.now())
    roster = feed.changes(world.edge, known, now=world.now()).roster
    assert str(person.pk) not in {one.id for one in roster.people}
    assert str(car.pk) not in {one.id for one in roster.vehicles}
    assert not [key for key in feed._resealed if key[1].endswith((str(card.pk), str(car.pk)))]


def test_an_old_copy_of_the_rows_opens_for_nobody_and_the_others_still_open(world, hr) -> None:
    person, other = leaver(world, hr), world.hire("S-313", "Ada Quill")
    cells = [
        Cell("credential.card/1", str(card.pk), bytes(card.cell or b""))
        for card in Credential.objects.filter(person=person, state=CredentialState.ACTIVE)
    ]
    row = Person.objects.get(pk=person.pk)
    contact = Cell("person.contact/1", str(row.pk), bytes(row.contact_cell))
    theirs = Cell("person.name/1", str(other.pk), bytes(other.name_cell))
    keeping.hold(person.pk, KeyClass.WORK, world.now().date() + timedelta(days=40), "dispute", "", hr.authority)
    erasing.erase(person, [KeyClass.ACCESS], by=hr, at=world.now())
    erasing.erase(person, [KeyClass.IDENTITY], by=hr, at=world.now())
    owner = world.operator(Role.OWNER).authority
    for hold in keeping.held(person.pk, owner).holds:
        keeping.lift_hold(hold.id, person.pk, owner)
    assert world.keeper.reveal([*cells, contact, theirs], owner, "x") == [None] * (len(cells) + 1) + [b"Ada Quill"]


def test_the_keeper_destroys_what_the_law_kept_when_the_years_are_over(world, hr, moved) -> None:
    person = leaver(world, hr, "S-314", "Rowan Pike")
    erasing.erase(person, ALL, by=hr, at=world.now())
    name = Cell("person.name/1", str(person.pk), bytes(person.name_cell))
    assert world.keeper.reveal([name], world.operator(Role.OWNER).authority, "x") == [b"Rowan Pike"]
    holds = keeping.held(person.pk, hr.authority).holds
    for hold in holds:
        keeping.lift_hold(hold.id, person.pk, hr.authority)
    assert world.keeper.reveal([name], world.operator(Role.OWNER).authority, "x") == [None]
    assert keeping.held(person.pk, hr.authority).waiting == []


def test_somebody_who_still_works_here_is_not_erased(world, hr) -> None:
    person = world.hire("S-315", "Lin Moss")
    with pytest.raises(RightsError) as caught:
        erasing.erase(person, ALL, by=hr, at=world.now())
    assert caught.value.code == "still_here"
    assert Person.objects.get(pk=person.pk).state == PersonState.ACTIVE


def test_nothing_chosen_erases_nothing(world, hr) -> None:
    person = leaver(world, hr, "S-316")
    with pytest.raises(RightsError):
        erasing.erase(person, [], by=hr, at=world.now())
    assert KeyClass.ACCESS in keeping.held(person.pk, hr.authority).classes


def test_a_hold_on_a_face_outlives_the_withdrawal_and_the_rows_forget_all_the_same(world, hr) -> None:
    person = world.hire("S-317", "Lin Moss")
    keeping.seal_one("face.template/1", person.pk, person.pk, b"template")
    keeping.hold(person.pk, KeyClass.FACE, world.now().date() + timedelta(days=90), "investigation", "", hr.authority)
    actions.leave(person, looks.facts(person, hr.authority), by=hr, at=world.now())
    assert KeyClass.FACE in keeping.held(person.pk, hr.authority).classes
    assert KeyClass.FACE in keeping.held(person.pk, hr.authority).waiting


def test_erasing_again_makes_the_certificate_anew(world, hr) -> None:
    person = leaver(world, hr, "S-318")
    erasing.erase(person, [KeyClass.ACCESS], by=hr, at=world.now())
    erasing.erase(person, [KeyClass.ACCESS], by=hr, at=world.now())
    first, second = (erasing.read_certificate(row, hr) for row in queries.certificates_of(person))
    assert sorted(one.keys for data in (first, second) for one in check_certificate(data).destroyed) == [0, 1]


def test_vehicles_go_with_their_owner(world, hr) -> None:
    person = world.hire("S-319", "Lin Moss")
    car = register_vehicle(world.site, "京A31900", owner=person, by=SETUP, at=world.now())
    actions.leave(person, looks.facts(person, hr.authority), by=hr, at=world.now())
    person.refresh_from_db()
    assert erasing.preview(person, hr, world.now()).vehicles == 1
    assert erasing.erase(person, [KeyClass.ACCESS], by=hr, at=world.now()).vehicles == 1
    gone = Vehicle.objects.get(pk=car.pk)
    assert (gone.state, gone.owner) == (VehicleState.GONE, None)
    assert looks.plate(gone, world.operator(Role.OWNER).authority, "x") == ""
