"""Terminals and lent cards, as the server knows them: a code sealed to the edge, a state, and nothing that was seen."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.domain.periods import local_date
from gatehouse.server import feed
from gatehouse.server.gates import terminals
from gatehouse.server.gates.models import Device, DeviceState, Edge, GateAlarm
from gatehouse.server.jobs import run_due
from gatehouse.server.people.credential_actions import NotEnrolled, add_card, end_lent_cards, lend_card
from gatehouse.server.people.models import Credential, CredentialState
from gatehouse.wire import GateEvent, PairingCode, new_id


def roster(world):
    return feed.changes(Edge.objects.get(), feed.Known(0, 0), now=world.now()).roster


def event(world, kind, about=None, gate="door"):
    return GateEvent(id=new_id(world.now()), gate=gate, at=world.now(), kind=kind, attempt=about)


def test_the_code_goes_to_the_edge_sealed_and_lies_nowhere_in_the_clear(world):
    given = terminals.add_terminal(world.door, by=SETUP, at=world.now())
    row = Device.objects.get()
    assert given.code.encode() not in bytes(row.secret_cell)
    (entry,) = [device for device in roster(world).devices if device.kind == "terminal"]
    code = msgspec.json.decode(world.sim.open("device.secret/1", entry.id, entry.secret), type=PairingCode)
    assert (code.code, code.ends) == (given.code, int((world.now() + timedelta(minutes=15)).timestamp()))
    assert given.code not in repr(given)


def test_a_new_code_is_another_and_the_state_waits_again(world):
    given = terminals.add_terminal(world.door, by=SETUP, at=world.now())
    world.tell(event(world, "terminal_paired", str(given.terminal.pk)))
    assert Device.objects.get().state == DeviceState.PAIRED
    again = terminals.give_new_code(Device.objects.get(), by=SETUP, at=world.now())
    assert again.code != given.code
    assert Device.objects.get().state == DeviceState.WAITING


def test_an_edge_s_word_about_another_gate_s_terminal_changes_nothing(world):
    given = terminals.add_terminal(world.door, by=SETUP, at=world.now())
    world.tell(event(world, "terminal_paired", str(given.terminal.pk), gate="in"))
    assert Device.objects.get().state == DeviceState.WAITING


def test_a_terminal_that_was_taken_away_is_not_in_the_next_roster(world):
    given = terminals.add_terminal(world.door, by=SETUP, at=world.now())
    before = roster(world).version
    terminals.take_away(given.terminal, by=SETUP, at=world.now())
    assert roster(world).devices == []
    assert roster(world).version > before


def test_an_edge_is_told_who_has_which_number(world):
    person = world.hire("S-104", "Lin Moss")
    (entry,) = roster(world).people
    assert world.sim.open("person.brief/1", str(person.pk), entry.brief) == b"S-104 LM"


def test_too_many_wrong_pins_are_an_alarm(world):
    world.tell(event(world, "pins_locked"))
    assert [alarm.kind for alarm in GateAlarm.objects.all()] == ["pins_locked"]


def test_a_lent_card_is_told_with_its_date_and_ends_with_it(world):
    person = world.hire()
    add_card(person, "04AABB12", by=SETUP, at=world.now())
    lend_card(person, "8800", by=SETUP, at=world.now())
    (entry,) = roster(world).people
    told = world.sim.open("credential.day_card/1", entry.id, entry.day_card).decode()
    assert told == f"{local_date(world.now(), ZoneInfo(world.site.zone)).isoformat()} 8800"
    assert end_lent_cards(world.site, by=SETUP, at=world.now()) == 1
    (entry,) = roster(world).people
    assert (entry.day_card, entry.card is not None) == (None, True)


def test_the_job_of_the_change_of_date_ends_it(world):
    person = world.hire()
    run_due(world.now())
    lend_card(person, "8800", by=SETUP, at=world.now())
    run_due(world.now())
    assert Credential.objects.get().state == CredentialState.ACTIVE
    run_due(world.now() + timedelta(days=1))
    assert Credential.objects.get().state == CredentialState.DEAD
    assert Credential.objects.get().cell is None


@pytest.mark.parametrize("number", ["", "88 00", "8" * 33])
def test_a_number_that_is_no_card_is_not_lent(world, number):
    assert lend_card(world.hire(), number, by=SETUP, at=world.now()) == NotEnrolled("bad_card")


def test_a_person_without_the_new_fields_is_encoded_as_before():
    plain = wire.encode(wire.PersonEntry(id="ada", groups=[]))
    assert b"brief" not in plain
    assert b"day_card" not in plain
