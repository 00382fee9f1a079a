"""Zones at an edge with real relays: who is in is known to all doors, survives kill -9, and lies nowhere in clear."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.edge.world import DOOR, NOW, file_bytes, fill, make_room

from gatehouse.clock import SystemClock
from gatehouse.devices.relays.shelly import ShellyRelay
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.policy import Alert, Direction, Passback, Rule, ZoneRules
from gatehouse.domain.schedules import Schedule, TimeWindow
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.attendant import Attendant
from gatehouse.edge.duress import duress_pins
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.pins import Pins
from gatehouse.edge.presence import Presence
from gatehouse.wire import Attempt, GateEvent, Opening, Passage

ROOT = Path(__file__).parents[2]
IN = replace(DOOR, code="in", stands_in="hall", means=frozenset({Means.CARD, Means.PIN}))
BACK = replace(IN, code="back")
OUT = replace(IN, code="out", direction=Direction.OUT)
EVERYBODY = Rule("rule-1", frozenset({"staff", "guests"}), frozenset({"in", "back", "out"}))
PEOPLE = {"ada": "staff", "bo": "staff", "cy": "guests"}


def card(keeper, clock, subject="ada", at=None):
    at = at or clock.now()
    return keeper.look([Read(Means.CARD, at, f"card-{subject}", subject, 1.0)], at)


@pytest.fixture
def hall(known, world):
    """Tells the edge what the hall asks for."""
    versions = iter(range(2, 99))

    def ask(gates=(IN, BACK, OUT), zones=(), **more):
        people = [world.person(own, card=f"card-{own}", groups=(group,)) for own, group in PEOPLE.items()]
        parts = {"gates": list(gates), "rules": [EVERYBODY], "people": people, "zones": list(zones)}
        known.learn(world.feed(version=next(versions), **(parts | more)))

    return ask


@pytest.fixture
def door_of(spool, relay, known, clock):
    """Gatekeepers of one edge, which share what they know of people."""
    shared = Presence()

    def make(code, relay=relay):
        return Gatekeeper(code, spool=spool, relay=relay, knowledge=known.now, clock=clock, presence=shared)

    make.shared = shared
    return make


def go(keeper, clock, subject="ada"):
    """Shows a card and walks through."""
    clock.advance(60)
    answer = card(keeper, clock, subject)
    clock.advance(1)
    if isinstance(answer, Grant):
        assert keeper.sensed(clock.now())
    return answer


def kinds(world, spool):
    return [body.kind for body in world.bodies(spool) if isinstance(body, GateEvent)]


def test_a_card_that_is_handed_back_opens_no_other_door_until_its_owner_is_out(hall, door_of, clock, world, spool):
    hall(zones=[ZoneRules("hall", Passback.HARD)])
    front, back, out = door_of("in"), door_of("back"), door_of("out")
    assert go(front, clock) == Grant(Reason.RULE, "rule-1")
    assert go(back, clock) == Refusal(Reason.PASSBACK, "rule-1")
    assert go(back, clock, "bo") == Grant(Reason.RULE, "rule-1")
    assert go(out, clock) == Grant(Reason.RULE, "rule-1")
    assert go(back, clock) == Grant(Reason.RULE, "rule-1")
    attempts = [body for body in world.bodies(spool) if isinstance(body, Attempt)]
    assert [body.was_in for body in attempts] == [None, "hall", None, "hall", ""]
    assert attempts[0].groups == ["staff"]


def test_who_was_let_in_and_did_not_pass_is_not_inside(hall, door_of, clock):
    hall(zones=[ZoneRules("hall", Passback.HARD)])
    front = door_of("in")
    assert isinstance(card(front, clock), Grant)
    clock.advance(IN.confirm_s + 1)
    front.tick()
    assert isinstance(card(front, clock), Grant)


def test_soft_lets_in_and_tells(hall, door_of, clock, world, spool):
    hall(zones=[ZoneRules("hall", Passback.SOFT)])
    front = door_of("in")
    assert go(front, clock) == Grant(Reason.RULE, "rule-1")
    assert go(front, clock) == Grant(Reason.PASSBACK, "rule-1")
    assert kinds(world, spool) == ["passback"]


def test_somebody_who_is_forgotten_may_come_in_again(hall, door_of, known, clock):
    hall(zones=[ZoneRules("hall", Passback.HARD)])
    front = door_of("in")
    go(front, clock)
    assert go(front, clock) == Refusal(Reason.PASSBACK, "rule-1")
    hall(zones=[ZoneRules("hall", Passback.HARD)], forgotten={"hall": clock.now()})
    door_of.shared.forget(known.now().forgotten)
    assert go(front, clock) == Grant(Reason.RULE, "rule-1")
    # The same word told again later forgets nobody who came after it.
    door_of.shared.forget(known.now().forgotten)
    assert go(front, clock) == Refusal(Reason.PASSBACK, "rule-1")


def test_two_doors_never_give_away_the_last_place_twice(hall, door_of, clock):
    hall(zones=[ZoneRules("hall", limit=1)])
    front, back = door_of("in"), door_of("back")
    assert isinstance(card(front, clock), Grant)
    assert card(back, clock, "bo") == Refusal(Reason.ZONE_FULL, "rule-1")
    clock.advance(IN.confirm_s + 1)  # the first one did not go in
    front.tick()
    assert isinstance(card(back, clock, "bo"), Grant)


def test_a_place_is_free_again_when_the_disk_did_not_take_the_grant(hall, door_of, clock, spool):
    hall(zones=[ZoneRules("hall", limit=1)])
    front, back = door_of("in"), door_of("back")
    fill(spool)
    assert card(front, clock) is None
    make_room(spool)
    clock.advance(5)
    assert isinstance(card(back, clock, "bo"), Grant)


def test_two_go_in_together_by_one_opening(hall, door_of, clock, world, spool, shelly):
    hall(zones=[ZoneRules("hall", Passback.HARD, two_person=True)])
    front = door_of("in")
    assert card(front, clock) == Refusal(Reason.SECOND_PERSON, "rule-1")
    clock.advance(5)
    assert card(front, clock, "bo") == Grant(Reason.TWO_PERSON, "rule-1")
    assert shelly.device.pulses == 1
    clock.advance(1)
    front.sensed(clock.now())
    passages = [body for body in world.bodies(spool) if isinstance(body, Passage)]
    assert sorted(body.subject for body in passages) == ["ada", "bo"]
    assert go(door_of("back"), clock) == Refusal(Reason.PASSBACK, "rule-1")
    assert go(door_of("back"), clock, "cy") == Grant(Reason.RULE, "rule-1")
    # Nobody is kept in; that one is left alone is told.
    assert isinstance(go(door_of("out"), clock, "cy"), Grant)
    assert "left_alone" not in kinds(world, spool)
    assert isinstance(go(door_of("out"), clock), Grant)
    assert kinds(world, spool) == ["left_alone"]


def test_the_same_card_twice_is_no_second_person(hall, door_of, clock, shelly):
    hall(zones=[ZoneRules("hall", two_person=True)])
    front = door_of("in")
    for _ in range(3):
        assert card(front, clock) == Refusal(Reason.SECOND_PERSON, "rule-1")
        clock.advance(4)
    assert shelly.device.pulses == 0


def test_a_guest_follows_an_escort_and_nobody_else(hall, door_of, clock):
    hall(zones=[ZoneRules("hall", escorted=frozenset({"guests"}), escorts=frozenset({"staff"}))])
    front = door_of("in")
    assert go(front, clock, "cy") == Refusal(Reason.ESCORT, "rule-1")
    assert isinstance(go(front, clock), Grant)
    clock.advance(3)
    assert isinstance(card(front, clock, "cy"), Grant)


def test_the_first_person_of_the_day_opens_it_for_the_others_also_after_a_restart(hall, door_of, clock, spool):
    hall(zones=[ZoneRules("hall", first_in=frozenset({"staff"}))])
    front = door_of("in")
    assert go(front, clock, "cy") == Refusal(Reason.FIRST_PERSON, "rule-1")
    assert isinstance(go(front, clock), Grant)
    assert isinstance(go(front, clock, "cy"), Grant)
    assert list(Presence(*spool.places()).arrived()) == ["hall"]


def test_of_a_vestibule_one_door_opens_also_by_hand(hall, door_of, clock):
    outer, inner = replace(IN, interlock="v1"), replace(BACK, interlock="v1")
    hall(gates=[outer, inner])
    first, second = door_of("in"), door_of("back")
    assert isinstance(card(first, clock), Grant)
    first.presence.feels("in", True)
    clock.advance(30)
    first.tick()
    assert card(second, clock, "bo") == Refusal(Reason.INTERLOCK)
    assert second.open_by_hand(Opening(id="o-1", gate="back", at=clock.now())) == Refusal(Reason.INTERLOCK)
    first.presence.feels("in", False)
    clock.advance(3)
    assert isinstance(card(second, clock, "bo"), Grant)


def test_a_pin_under_threat_opens_as_ever_and_tells_in_silence(hall, door_of, clock, known, world, spool, shelly):
    pin = world.cell(b"2589", "credential.pin/1", "ada")
    people = [replace_struct(world.person("ada"), pin=pin)]
    hall(people=people, duress=True)
    front, told = door_of("in"), known.now()
    for typed, count in (("2589", 0), ("2580", 1)):
        clock.advance(60)
        checked = Pins(lambda: told, clock).alone("keypad", typed)
        read = Read(Means.PIN, clock.now(), checked.person, checked.person, 1.0, duress=checked.duress)
        answer = front.look([read], clock.now())
        assert answer == Grant(Reason.RULE, "rule-1")
        front.sensed(clock.now())
        assert kinds(world, spool).count("duress") == count
    assert shelly.device.pulses == 2
    attempts = [body for body in world.bodies(spool) if isinstance(body, Attempt)]
    assert {(body.reason, body.granted, body.subject) for body in attempts} == {("rule", True, "ada")}
    hall(people=people)
    assert Pins(known.now, clock).alone("keypad", "2580").person is None


def test_a_form_that_is_somebodys_own_pin_tells_of_no_threat():
    assert duress_pins({"1234": "ada", "1235": "bo"}) == {"1236": "bo"}
    assert duress_pins({"19": "ada", "x": "bo"}) == {"10": "ada"}


def replace_struct(entry, **more):
    return type(entry)(**{name: getattr(entry, name) for name in entry.__struct_fields__} | more)


# --- how a gate stands ------------------------------------------------------------------------------------------


@pytest.fixture
def attend(door_of, known, relay, clock):
    def make(code):
        keeper = door_of(code)
        made = Attendant(keeper, gate=lambda: known.now().policy.gates.get(code), relay=relay, cameras=[], clock=clock)
        return keeper, made

    return make


def test_a_door_stands_unlocked_by_the_hour_and_no_longer(hall, attend, clock, world, spool, shelly):
    window = TimeWindow(frozenset(range(7)), (NOW + timedelta(hours=2)).time(), (NOW + timedelta(hours=3)).time())
    schedules = [Schedule("hours", (window,))]  # from 10:00 in Berlin, now
    hall(gates=[replace(IN, unlocks="hours")], schedules=schedules)
    _, beside = attend("in")
    beside.step()
    beside.step()
    assert shelly.device.pulses == 1
    shelly.control({"input": True})  # people walk through: nobody forces, nobody holds
    beside.step()
    shelly.control({"input": False})
    clock.advance(3600)
    beside.step()
    assert kinds(world, spool) == ["unlocked", "locked"]


def test_a_door_unlocks_only_once_the_first_one_came(hall, attend, clock, world, spool):
    window = TimeWindow(frozenset(range(7)), (NOW + timedelta(hours=2)).time(), (NOW + timedelta(hours=3)).time())
    gate = replace(IN, unlocks="hours", unlock_after=frozenset({"staff"}))
    hall(gates=[gate], schedules=[Schedule("hours", (window,))])
    keeper, beside = attend("in")
    beside.step()
    assert kinds(world, spool) == []
    go(keeper, clock)
    beside.step()
    assert kinds(world, spool) == ["unlocked"]


@pytest.mark.parametrize("mode", ["controlled", "closed", "unlocked"])
def test_lockdown_and_evacuation_hold_from_the_cache_without_a_server(hall, world, spool, relay, clock, mode):
    hall(gates=[replace(IN, mode=mode)], alert=Alert.LOCKDOWN)
    recalled = world.known(clock)
    recalled.recall()
    door = Gatekeeper("in", spool=spool, relay=relay, knowledge=recalled.now, clock=clock)
    assert card(door, clock) == Refusal(Reason.LOCKDOWN)
    clock.advance(60)
    hall(gates=[replace(IN, mode=mode)], alert=Alert.EVACUATION)
    recalled.recall()
    assert card(door, clock, "a stranger") == Grant(Reason.EVACUATION)
    door.keep_standing()
    assert kinds(world, spool) == ["unlocked"]


def test_a_button_to_leave_tells_a_forced_door_from_one_that_was_opened_from_inside(
    hall, door_of, known, shelly, clock, world, spool, monkeypatch
):
    hall()
    wired = ShellyRelay(f"{shelly.address}?inputs=0,1,2", timeout_s=1.0)
    beside = Attendant(
        door_of("in", wired), gate=lambda: known.now().policy.gates["in"], relay=wired, cameras=[], clock=clock
    )
    states = [(False, False, False), (False, True, False), (True, False, False), (False, False, True)]
    states += [(False, False, False), (True, False, False)]
    told = iter(states)
    monkeypatch.setattr(wired, "status", lambda: type("S", (), {"inputs": next(told)}))
    for number in range(len(states)):
        if number == 4:
            beside._asked_s -= 60
        beside.step()
    assert kinds(world, spool) == ["tamper", "forced"]
    wired.close()


# --- kill -9, theft, and what comes late --------------------------------------------------------------------------


def test_killed_after_the_passage_it_knows_who_is_inside(world, shelly):
    known = world.known(SystemClock())
    now = SystemClock().now()
    known.learn(
        world.feed(
            gates=[IN], rules=[EVERYBODY], zones=[ZoneRules("hall", Passback.HARD)],
            people=[world.person("ada", card="card-ada")], lease_ends=now + timedelta(hours=72),
        )
    )  # fmt: skip
    command = [sys.executable, "-m", "tests.edge.zone_process", str(world.home), shelly.address]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    said = [
        subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=60)
        for _ in range(2)
    ]
    assert [one.stdout.split()[-1] for one in said] == ["rule", "passback"], said
    assert shelly.device.pulses == 1


def test_where_people_are_lies_sealed(hall, door_of, clock, world, spool):
    hall(zones=[ZoneRules("hall", Passback.HARD)])
    go(door_of("in"), clock, "ada")
    moves, _ = spool.places()
    assert [(move.subject, move.zone) for move in moves] == [("ada", "hall")]
    assert b"hall" not in file_bytes(world.home)
    assert b"ada\0" not in file_bytes(world.home)


def test_a_passage_that_is_written_late_moves_nobody_back(hall, door_of, clock, spool):
    hall(zones=[ZoneRules("hall", Passback.HARD)])
    front, out = door_of("in"), door_of("out")
    go(front, clock)
    clock.advance(60)
    card(out, clock)
    late = clock.now() - timedelta(seconds=120)  # the contact of the way out is told with an old time
    out.sensed(late)
    assert [move.zone for move in spool.places()[0]] == ["hall"]
    assert go(front, clock) == Refusal(Reason.PASSBACK, "rule-1")
