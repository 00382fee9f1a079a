"""Letters arrive twice, late, out of order, broken, and while the keeper is away."""

import pytest

from gatehouse import wire
from gatehouse.keeper.client import Client
from gatehouse.server import bus, edgeport, intake, keeping
from gatehouse.server.attendance.models import Punch
from gatehouse.server.audit import queries as audit
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Attempt, Edge, GateAlarm, Passage, Quarantine


def rows():
    return Attempt.objects.count(), Passage.objects.count(), Punch.objects.count()


def test_an_attempt_and_a_passage_become_rows_that_name_nobody(world):
    person = world.hire()
    through = world.tell(
        world.attempt(subject=str(person.pk)), world.passage(subject=str(person.pk)), world.attempt(granted=False)
    )
    assert through == 3
    assert rows() == (2, 1, 1)
    passage, punch = Passage.objects.get(), Punch.objects.get()
    assert (punch.id, bytes(punch.token)) == (passage.id, bytes(passage.token))
    assert person.pk.bytes not in bytes(passage.cell) + bytes(passage.token)
    assert Attempt.objects.get(outcome="refused").token is None


def test_the_same_letters_again_change_nothing(world):
    letters = [world.sim.letter(world.passage()) for _ in range(3)]
    assert world.receive(letters) == 3
    before = rows(), world.edge.site.pk
    assert world.receive(letters) == 3
    assert world.receive(letters[:1]) == 3
    assert (rows(), world.edge.site.pk) == before


def test_letters_of_a_batch_count_in_order_however_they_lie(world):
    letters = [world.sim.letter(world.attempt()) for _ in range(4)]
    assert world.receive([letters[2], letters[0], letters[3], letters[1]]) == 4
    assert rows()[0] == 4


def test_a_gap_stops_the_batch_until_the_missing_letter_comes(world):
    first, second, third = (world.sim.letter(world.attempt()) for _ in range(3))
    assert world.receive([first, third]) == 1
    assert world.receive([third]) == 1
    assert world.receive([second, third]) == 3
    assert rows()[0] == 3


def test_a_letter_that_nobody_can_read_lies_in_quarantine_and_holds_nothing_up(world):
    before = world.sim.letter(world.attempt())
    world.sim.seq += 1
    broken = world.sim.letter_numbered(2, b"no body of a letter")
    after = world.sim.letter(world.attempt())
    assert world.receive([before, broken, after]) == 3
    assert rows()[0] == 2
    kept = Quarantine.objects.get()
    assert (kept.code, kept.seq) == ("unreadable", 2)
    assert bytes(kept.letter) == wire.encode(broken)
    assert GateAlarm.objects.get().kind == "quarantine"


def test_a_letter_whose_signature_is_not_the_edges_is_kept_aside(world):
    letter = world.sim.letter(world.attempt())
    forged = wire.Letter(edge=letter.edge, seq=letter.seq, body=letter.body, signature=bytes(64))
    assert world.receive([forged]) == 1
    assert rows()[0] == 0
    assert Quarantine.objects.get().code == "bad_signature"


def test_a_letter_of_another_edge_is_refused_whole(world):
    letter = world.sim.letter(world.attempt())
    foreign = wire.Letter(edge="edge-other", seq=2, body=letter.body, signature=letter.signature)
    with pytest.raises(intake.ForeignLetter):
        world.receive([letter, foreign])
    assert rows()[0] == 0


def test_with_the_keeper_away_nothing_is_half_admitted(world, tmp_path):
    letters = [world.sim.letter(world.passage()) for _ in range(2)]
    keeping.configure(Client(tmp_path / "nobody.sock"))
    with pytest.raises(keeping.KeeperAway):
        world.receive(letters)
    assert rows() == (0, 0, 0)
    assert Edge.objects.get().last_seq == 0
    keeping.configure(world.keeper)
    assert world.receive(letters) == 2


def test_a_fault_while_writing_leaves_no_row_and_the_number_where_it_was(world, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("power cut")

    letters = [world.sim.letter(world.passage())]
    monkeypatch.setattr(intake, "punch", fail)
    with pytest.raises(RuntimeError):
        world.receive(letters)
    assert rows() == (0, 0, 0)
    assert Edge.objects.get().last_seq == 0


def test_two_deliveries_at_once_take_effect_once(world, monkeypatch):
    """The second delivery comes while the first has been admitted but not yet written."""
    letters = [world.sim.letter(world.passage())]
    inner = keeping.admit

    def admit_and_be_overtaken(*args):
        found = inner(*args)
        monkeypatch.setattr(keeping, "admit", inner)
        assert world.receive(letters) == 1
        return found

    monkeypatch.setattr(keeping, "admit", admit_and_be_overtaken)
    assert world.receive(letters) == 1
    assert rows()[1] == 1
    assert Entry.objects.filter(verb="letters.received").count() == 1


def test_the_audit_chain_names_the_edge_and_holds(world):
    person = world.hire()
    world.tell(world.passage(subject=str(person.pk)))
    entry = audit.latest_entries(1)[0]
    assert (entry.verb, entry.object_type, entry.object_id) == ("letters.received", "edge", world.sim.id)
    assert audit.first_broken_entry() is None


def test_an_alarm_is_raised_for_a_relay_that_is_lost_and_the_tile_says_so(world):
    at = world.now()
    world.tell(wire.GateEvent(id=wire.new_id(at), gate="door", at=at, kind="relay_lost"))
    assert GateAlarm.objects.get().kind == "relay_lost"
    assert bus.tile(world.site.pk, "door").fault == "relay_lost"
    world.tell(wire.GateEvent(id=wire.new_id(at), gate="door", at=at, kind="relay_back"))
    assert bus.tile(world.site.pk, "door").fault == ""


def test_the_reason_is_on_the_tile_and_in_no_column(world):
    world.tell(world.attempt(granted=False, reason="unknown_face"))
    assert bus.tile(world.site.pk, "door").reason == "unknown_face"
    assert "unknown_face" not in str(Attempt.objects.values())


# --- the port ---


def post(world, body, authorization=None):
    signed = world.sim.sign(world.now(), "POST", "/edge/letters", body)
    ask = edgeport.Ask("POST", "/edge/letters", signed if authorization is None else authorization, body)
    return edgeport.letters(ask, now=world.now())


def test_a_signed_batch_is_answered_with_a_receipt(world):
    answer = post(world, wire.encode([world.sim.letter(world.attempt())]))
    assert (answer.status, wire.decode_receipt(answer.body).through) == (200, 1)


@pytest.mark.parametrize("body", [b"", b"\x00\xff garbage", wire.encode({"letters": 1})])
def test_garbage_is_answered_400(world, body):
    answer = post(world, body)
    assert (answer.status, answer.kind) == (400, "application/problem+json")


def test_an_unsigned_or_replaced_body_is_answered_401(world):
    body = wire.encode([world.sim.letter(world.attempt())])
    signed = world.sim.sign(world.now(), "POST", "/edge/letters", b"another body")
    assert post(world, body, authorization="").status == 401
    assert post(world, body, authorization=signed).status == 401
    assert rows()[0] == 0


def test_a_signature_from_an_hour_ago_is_answered_401(world):
    body = wire.encode([world.sim.letter(world.attempt())])
    assert post(world, body, world.sim.sign(world.ago(hours=1), "POST", "/edge/letters", body)).status == 401


def test_the_keeper_away_is_answered_503(world, tmp_path):
    body = wire.encode([world.sim.letter(world.attempt())])
    keeping.configure(Client(tmp_path / "nobody.sock"))
    assert post(world, body).status == 503
    assert rows()[0] == 0
