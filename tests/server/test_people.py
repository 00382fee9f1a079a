"""People, their consents and ways in, who may look, and who is signed in."""

import io
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.crypto.tokens import Token, check
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.accounts import signed_in
from gatehouse.server.accounts.actions import change_operator, sign_in, sign_out
from gatehouse.server.accounts.models import Operator
from gatehouse.server.audit import queries as audit
from gatehouse.server.people import looks
from gatehouse.server.people.actions import Facts, edit_person, hire_person, leave
from gatehouse.server.people.cells import Bank, ConsentFacts, Contact, File, initials
from gatehouse.server.people.credential_actions import (
    EnrolledFace,
    NotEnrolled,
    add_card,
    enrol_face,
    give_consent,
    issue_pass,
    kill_credential,
    set_pin,
    withdraw_consent,
)
from gatehouse.server.people.models import Credential, Person, Purpose
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.vision import portraits

FACTS = Facts(
    number="S-77",
    name="Mira Okonkwo",
    contact=Contact(phone="+49 30 5550 0177", mail="mira@example.org"),
    bank=Bank(account="DE00 5550 0177", holder="Mira Okonkwo", bank="Example Bank"),
    file=File(post="Welder"),
)


@dataclass
class FakeRead:
    """What the models would say of a portrait; the models themselves are tested in their own room."""

    box: tuple[int, int, int, int] = (10, 10, 80, 80)
    size: float = 0.9
    sharpness: float = 0.9
    pose: float = 0.9


@pytest.fixture
def seen(monkeypatch):
    """The faces that the next portraits show."""
    faces = [FakeRead()]
    monkeypatch.setattr(portraits, "read_faces", lambda pixels: list(faces))
    monkeypatch.setattr(portraits, "template", lambda reads: np.eye(1, 128, dtype=np.float32)[0])
    return faces


def portrait():
    out = io.BytesIO()
    Image.new("RGB", (120, 120), "grey").save(out, "JPEG")
    return out.getvalue()


def agree(world, person):
    facts = ConsentFacts(on=world.now().date(), wording="demo/1", taken_by="hr")
    return give_consent(person, Purpose.FACE, facts, by=SETUP, at=world.now())


def row_bytes():
    return str(list(Person.objects.values())).encode() + b"".join(
        bytes(value) for row in Person.objects.values() for value in row.values() if isinstance(value, bytes)
    )


def test_what_identifies_somebody_is_in_no_column(world):
    hire_person(world.site, FACTS, by=SETUP, at=world.now())
    for secret in ("Okonkwo", "S-77", "5550 0177", "mira@", "Welder"):
        assert secret.encode() not in row_bytes()


def test_the_form_reads_back_what_was_written_and_the_look_is_counted(world):
    person = hire_person(world.site, FACTS, by=SETUP, at=world.now())
    hr = world.operator(Role.HR)
    assert looks.facts(person, hr.authority) == FACTS
    used = {row.budget: row.hour for row in world.keeper.usage(hr.authority.ticket).rows if row.actor == hr.actor}
    assert used["sensitive"] == 1


def test_a_list_shows_number_and_initials_and_no_name(world):
    person = hire_person(world.site, FACTS, by=SETUP, at=world.now())
    (line,) = looks.briefs([person], world.operator(Role.SECURITY).authority)
    assert (line.brief.number, line.brief.initials, line.name) == ("S-77", "MO", "")


@pytest.mark.parametrize(("name", "expected"), [("Ada King Lovelace", "AL"), ("王小明", "王"), ("Cher", "C"), ("", "")])
def test_initials(name, expected):
    assert initials(name) == expected


def test_editing_seals_every_cell_anew(world):
    person = hire_person(world.site, FACTS, by=SETUP, at=world.now())
    before = {name: bytes(value) for name, value in vars(person).items() if name.endswith("_cell")}
    edit_person(person, FACTS, by=SETUP, at=world.now())
    after = {name: bytes(value) for name, value in vars(person).items() if name.endswith("_cell")}
    assert all(before[name] != after[name] for name in before)


def test_a_person_is_found_by_name_and_number(world):
    person = hire_person(world.site, FACTS, by=SETUP, at=world.now())
    ticket = world.operator(Role.HR).authority.ticket
    assert str(person.pk) in keeping.find("okonkwo", ticket)
    assert str(person.pk) in keeping.find("s-77", ticket)


def test_without_consent_no_face_is_enrolled(world, seen):
    person = world.hire()
    assert enrol_face(person, portrait(), by=SETUP, at=world.now()) == NotEnrolled("no_consent")


def test_a_face_with_consent_is_sealed_and_replaces_the_one_before(world, seen):
    person = world.hire()
    agree(world, person)
    first = enrol_face(person, portrait(), by=SETUP, at=world.now()).credential
    second = enrol_face(person, portrait(), by=SETUP, at=world.now()).credential
    first.refresh_from_db()
    assert (first.state, first.cell, second.state) == ("dead", None, "active")
    (sealed,) = keeping.reseal(world.sim.id, [keeping.cell("face.template/1", second.pk, second.cell)], [person.pk])
    templates = wire.decode_templates(world.sim.open("face.template/1", str(person.pk), sealed))
    assert np.frombuffer(templates.vectors, "<f4").tolist() == np.eye(1, 128)[0].tolist()


@pytest.mark.parametrize(
    ("faces", "code"),
    [
        ([], "no_face"),
        ([FakeRead(), FakeRead((200, 0, 70, 70))], "several_faces"),
        ([FakeRead(size=0.05)], "small"),
        ([FakeRead(sharpness=0.05, pose=0.1)], "blurred"),
        ([FakeRead(sharpness=0.1, pose=0.05)], "turned"),
    ],
)
def test_a_portrait_that_is_not_one_clear_face_is_refused(world, seen, faces, code):
    person = world.hire()
    agree(world, person)
    seen[:] = faces
    assert enrol_face(person, portrait(), by=SETUP, at=world.now()) == NotEnrolled(code)


@pytest.mark.parametrize("image", [b"", b"GIF89a", b"\xff\xd8\xff garbage"])
def test_bytes_that_are_no_picture_are_refused(world, seen, image):
    person = world.hire()
    agree(world, person)
    assert enrol_face(person, image, by=SETUP, at=world.now()) == NotEnrolled("no_image")


def test_withdrawing_consent_kills_the_face_in_every_copy_and_leaves_the_card(world, seen):
    person = world.hire()
    agree(world, person)
    face = enrol_face(person, portrait(), by=SETUP, at=world.now()).credential
    card = add_card(person, "04AA", by=SETUP, at=world.now())
    stolen = keeping.cell("face.template/1", face.pk, face.cell)
    hr = world.operator(Role.HR)
    withdraw_consent(person, Purpose.FACE, on=world.now().date(), by=hr, at=world.now())
    assert keeping.reseal(world.sim.id, [stolen], [person.pk]) == [None]
    assert {c.kind: c.state for c in Credential.objects.all()} == {"face": "dead", "card": "active"}
    assert enrol_face(person, portrait(), by=SETUP, at=world.now()) == NotEnrolled("no_consent")
    card.refresh_from_db()
    assert card.cell is not None
    # They may change their mind: a new consent makes a new key.
    agree(world, person)
    assert isinstance(enrol_face(person, portrait(), by=SETUP, at=world.now()), EnrolledFace)


def test_a_leaver_has_no_way_in_and_gets_none(world, seen):
    person = hire_person(world.site, FACTS, by=SETUP, at=world.now())
    add_card(person, "04AA", by=SETUP, at=world.now())
    hr = world.operator(Role.HR)
    leave(person, looks.facts(person, hr.authority), by=hr, at=world.now())
    assert set(Credential.objects.values_list("state", "cell")) == {("dead", None)}
    assert add_card(person, "04AA", by=SETUP, at=world.now()) == NotEnrolled("left")
    assert looks.facts(person, hr.authority).file.left is not None


def test_a_pass_is_signed_by_the_keeper_and_its_text_is_kept_nowhere(world):
    person = world.hire()
    ends = world.now() + timedelta(days=1)
    issued = issue_pass(person, ends=ends, by=world.operator(Role.HR), at=world.now())
    token = check(issued.text, wire.PASS_KIND, world.keeper.hello().verify_key, int(world.now().timestamp()))
    assert isinstance(token, Token)
    assert token.claims["sub"] == str(person.pk)
    assert issued.text.encode() not in bytes(issued.credential.cell)


def test_cards_and_pins_that_are_none_are_refused(world):
    person = world.hire()
    for number in ("", "  ", "04:AA", "A" * 33):
        assert add_card(person, number, by=SETUP, at=world.now()) == NotEnrolled("bad_card")
    for digits in ("123", "12a4", "1" * 13, "１２３４"):
        assert set_pin(person, digits, by=SETUP, at=world.now()) == NotEnrolled("bad_pin")


def test_a_killed_credential_leaves_no_cell(world):
    card = add_card(world.hire(), "04AA", by=SETUP, at=world.now())
    kill_credential(card, by=SETUP, at=world.now())
    card.refresh_from_db()
    assert (card.state, card.cell) == ("dead", None)


def test_with_the_keeper_away_nobody_is_half_hired(world, keeper_home):
    keeping.configure(None)
    with pytest.raises(keeping.KeeperAway):
        hire_person(world.site, FACTS, by=SETUP, at=world.now())
    assert not Person.objects.exists()


def test_every_action_leaves_an_entry_and_the_chain_shows_a_change(world):
    person = world.hire()
    assert audit.entries_about("person", person.pk)[0].verb == "person.hired"
    assert audit.first_broken_entry() is None
    entry = audit.latest_entries(1)[0]
    type(entry).objects.filter(pk=entry.pk).update(actor="somebody else")
    assert audit.first_broken_entry() == entry.pk


def test_an_entry_that_was_taken_out_breaks_the_chain_after_it(world):
    world.hire()
    _, middle, last = reversed(audit.latest_entries(3))
    type(middle).objects.filter(pk=middle.pk).delete()
    assert audit.first_broken_entry() == last.pk


# --- who is signed in ---


def test_a_ticket_makes_an_operator_and_signing_out_ends_it(world):
    token = world.operator(Role.OWNER).authority.ticket
    holder = signed_in.signed_in(token)
    assert (holder.role, holder.operator.is_superuser) == (Role.OWNER, True)
    sign_out(token)
    assert signed_in.signed_in(token) is None


def test_a_wrong_code_is_refused_and_no_token_is_nobody(world):
    assert isinstance(sign_in("AAAAA-AAAAA-AAAAA-AAAAA"), Refused)
    assert signed_in.signed_in("made-up") is None


def test_an_operator_who_was_stopped_or_given_another_role_is_nobody(world):
    by = world.operator(Role.HR)
    operator = Operator.objects.get(pk=by.actor)
    change_operator(operator, role=Role.SECURITY, sites=(), active=True, by=SETUP, at=world.now())
    assert signed_in.signed_in(by.authority.ticket) is None
    change_operator(operator, role=Role.HR, sites=(), active=False, by=SETUP, at=world.now())
    assert signed_in.signed_in(by.authority.ticket) is None


def test_an_operator_of_one_site_sees_no_other(world):
    by = world.operator(Role.HR)
    operator = Operator.objects.get(pk=by.actor)
    assert sites_visible_to(signed_in.signed_in(by.authority.ticket)) == [world.site]
    elsewhere = world.hire().pk
    change_operator(operator, role=Role.HR, sites=[elsewhere], active=True, by=SETUP, at=world.now())
    assert sites_visible_to(signed_in.signed_in(by.authority.ticket)) == []
