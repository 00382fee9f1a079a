"""Letters arrive twice, late, out of order, broken, and while the keeper is away."""

import shutil

import pytest
from tests.server.world import overtake

from gatehouse import wire
from gatehouse.edge.spool import Spool
from gatehouse.keeper.client import Client
from gatehouse.server import bus, edgeport, intake, keeping
from gatehouse.server.attendance.models import Punch
from gatehouse.server.audit import queries as audit
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Attempt, Edge, GateAlarm, Passage, Quarantine
from gatehouse.server.parking import stays
from gatehouse.server.parking.models import ClosedStay, LaneException, OpenStay


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
    letters, first = [world.sim.letter(world.passage())], []
    overtake(monkeypatch, keeping, "admit", lambda: first.append(world.receive(letters)))
    assert world.receive(letters) == 1
    assert first == [1]
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


def test_what_an_edge_missed_before_it_was_started_anew_is_no_fault_until_it_says_so_again(world):
    def event(gate, kind):
        return wire.GateEvent(id=wire.new_id(world.now()), gate=gate, at=world.now(), kind=kind)

    world.tell(event("door", "camera_lost"), event("in", "relay_lost"))
    world.tell(event("", "edge_started"), event("in", "relay_lost"))
    assert bus.tile(world.site.pk, "door").fault == ""
    assert bus.tile(world.site.pk, "in").fault == "relay_lost"


def test_the_reason_is_on_the_tile_and_in_no_column(world):
    world.tell(world.attempt(granted=False, reason="unknown_face"))
    assert bus.tile(world.site.pk, "door").reason == "unknown_face"
    assert "unknown_face" not in str(Attempt.objects.values())


# --- an edge that was restored from an old copy, with its old key ---


@pytest.fixture
def spool_of(world, tmp_path):
    """The edge's own spool on disk, at the path that is asked for."""
    opened = []

    def open_at(path):
        keys, seal_key = world.sim.keys, world.keeper.hello().seal_key
        opened.append(Spool(path, edge=world.sim.id, keys=keys, keeper_seal_key=seal_key))
        return opened[-1]

    yield open_at
    for spool in opened:
        spool.close()


def ship(world, spool, *bodies):
    """Write, send, and drop what the server says it holds, as the uplink does."""
    spool.append(bodies, at=world.now())
    batch = spool.batch()
    spool.acknowledge(min(world.receive(batch), batch[-1].seq))
    return batch


def restored(world, spool_of, tmp_path):
    """The spool as it was after two letters, while the server has taken five."""
    now, old = tmp_path / "spool.db", tmp_path / "copy.db"
    spool = spool_of(now)
    ship(world, spool, world.attempt(), world.attempt())
    spool.close()
    shutil.copy(now, old)
    ship(world, spool_of(now), world.attempt(), world.attempt(), world.attempt())
    return spool_of(old)


def test_what_a_restored_edge_tells_under_old_numbers_is_recorded(world, spool_of, tmp_path):
    copy, person, at = restored(world, spool_of, tmp_path), world.hire(), world.now()
    forced = wire.GateEvent(id=wire.new_id(at), gate="door", at=at, kind="forced")
    ship(world, copy, world.passage(subject=str(person.pk)), world.enters("沪A11111"), forced)
    assert copy.waiting() == 0
    assert rows() == (5, 2, 1)
    assert OpenStay.objects.count() == 1
    assert GateAlarm.objects.get().kind == "forced"
    assert Edge.objects.get().last_seq == 5
    ship(world, copy, world.attempt())
    assert (rows()[0], Edge.objects.get().last_seq) == (6, 6)


def test_letters_under_old_and_new_numbers_in_one_batch_all_count(world, spool_of, tmp_path):
    copy = restored(world, spool_of, tmp_path)
    ship(world, copy, *(world.attempt() for _ in range(5)))
    assert (rows()[0], Edge.objects.get().last_seq) == (10, 7)


def test_letters_under_old_numbers_that_come_twice_count_once(world, spool_of, tmp_path):
    copy = restored(world, spool_of, tmp_path)
    at = world.now()
    forced = wire.GateEvent(id=wire.new_id(at), gate="door", at=at, kind="forced")
    sent = ship(world, copy, world.enters("沪A11111"), world.leaves("沪A11111"), forced)
    GateAlarm.objects.update(seen=True)
    before = rows(), ClosedStay.objects.count(), LaneException.objects.count(), Entry.objects.count()
    assert world.receive(sent) == 5
    assert (rows(), ClosedStay.objects.count(), LaneException.objects.count(), Entry.objects.count()) == before
    assert before[1:3] == (1, 0)
    assert not GateAlarm.objects.filter(seen=False).exists()


def test_letters_under_old_numbers_that_come_twice_at_once_count_once(world, spool_of, tmp_path, monkeypatch):
    """The second delivery comes when the first has been compared with what is held but is not yet written."""
    copy = restored(world, spool_of, tmp_path)
    copy.append([world.enters("沪A11111"), world.leaves("沪A11111")], at=world.now())
    letters, first = copy.batch(), []
    overtake(monkeypatch, stays, "prepare", lambda: first.append(world.receive(letters)))
    assert world.receive(letters) == 5
    assert first == [5]
    assert (ClosedStay.objects.count(), LaneException.objects.count(), OpenStay.objects.count()) == (1, 0, 0)


def test_two_unreadable_letters_of_one_number_both_lie_in_quarantine(world):
    world.receive([world.sim.letter_numbered(1, b"of the first life")])
    second = world.sim.letter_numbered(1, b"of the second life")
    assert (world.receive([second]), world.receive([second])) == (1, 1)
    assert Quarantine.objects.count() == GateAlarm.objects.count() == 2


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
