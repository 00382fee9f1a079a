"""What a lane does without server, camera or time: pure, over everything that can be gone at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.access import decide, decide_unseen, thinks_again_at
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.offline import LOOK_AGAIN, CameraLost, Contact, ServerAway
from gatehouse.domain.policy import Clearance, Direction, Gate, GateKind, Permit, Policy, Rule, Subject
from gatehouse.domain.sightings import Means, Sighting

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
ENTRY = Gate("entry", GateKind.LANE, Direction.IN, frozenset({Means.PLATE}), admits_unknown=True)
PERMITS_ONLY = replace(ENTRY, admits_unknown=False)
EXIT = Gate("exit", GateKind.LANE, Direction.OUT, frozenset({Means.PLATE}), collects=True)
DOOR = Gate("door", GateKind.DOOR, Direction.IN, frozenset({Means.FACE, Means.PASS, Means.CARD}))
WAITING = Contact(silent_s=119.9)
AWAY = Contact(silent_s=120.0)
LOST = Contact(clock_doubtful=True)


def car(text="京A12345", subject=None):
    return Sighting(Means.PLATE, text, subject, NOW, NOW, 3)


def garage(contact=AWAY, **more):
    permit = Permit("p1", frozenset({"entry", "exit"}), NOW - timedelta(days=1), NOW + timedelta(days=1))
    subjects = {"car": Subject("car", permits=(permit,)), "bad": Subject("bad", blocked=True)}
    return Policy("Europe/Berlin", subjects=subjects, contact=contact, **more)


def paid(ends=NOW + timedelta(minutes=10)):
    return {"京B22222": Clearance("stay-2", "京B22222", ends)}


def test_an_exit_waits_for_its_server_before_it_opens_and_records():
    assert decide(car(), EXIT, garage(WAITING), NOW) == Refusal(Reason.UNPAID)
    assert decide(car(), EXIT, garage(AWAY), NOW) == Grant(Reason.OFFLINE_OWED)


@pytest.mark.parametrize(
    ("policy", "answer"),
    [
        (ServerAway.BY_LANE, Grant(Reason.OFFLINE_OWED)),
        (ServerAway.OPEN_AFTER, Grant(Reason.OFFLINE_OWED)),
        (ServerAway.ADMIT, Grant(Reason.OFFLINE_OWED)),
        (ServerAway.OPEN_FREE, Grant(Reason.OFFLINE_FREE)),
        (ServerAway.HOLD, Refusal(Reason.SERVER_AWAY)),
    ],
)
def test_each_policy_of_an_exit_has_its_answer(policy, answer):
    assert decide(car(), replace(EXIT, server_away=policy), garage(), NOW) == answer


@pytest.mark.parametrize(
    ("lane", "policy", "answer"),
    [
        (ENTRY, ServerAway.BY_LANE, Grant(Reason.VISITOR)),
        (ENTRY, ServerAway.HOLD, Refusal(Reason.SERVER_AWAY)),
        (PERMITS_ONLY, ServerAway.BY_LANE, Refusal(Reason.UNKNOWN_PLATE)),
        (PERMITS_ONLY, ServerAway.HOLD, Refusal(Reason.UNKNOWN_PLATE)),
        (PERMITS_ONLY, ServerAway.ADMIT, Grant(Reason.VISITOR)),
    ],
)
def test_each_policy_of_an_entry_has_its_answer(lane, policy, answer):
    assert decide(car(), replace(lane, server_away=policy), garage(), NOW) == answer


@pytest.mark.parametrize("policy", list(ServerAway))
@pytest.mark.parametrize("contact", [WAITING, AWAY, LOST])
def test_permits_and_known_clearances_open_whatever_is_gone(policy, contact):
    exit_lane = replace(EXIT, server_away=policy)
    known = garage(contact, clearances=paid())
    assert decide(car(subject="car"), exit_lane, known, NOW) == Grant(Reason.PERMIT, "p1")
    assert decide(car("京B22222"), exit_lane, known, NOW) == Grant(Reason.CLEARED, "stay-2")


def test_a_clearance_that_is_over_by_the_earliest_time_that_it_can_be_is_no_clearance():
    known = garage(LOST, clearances=paid(ends=NOW))
    assert decide(car("京B22222"), EXIT, known, NOW) == Grant(Reason.CLOCK_DOUBTFUL)


@pytest.mark.parametrize("contact", [AWAY, LOST])
def test_a_blocked_vehicle_stays_out_but_is_not_locked_in(contact):
    assert decide(car(subject="bad"), ENTRY, garage(contact), NOW) == Refusal(Reason.BLOCKED, "bad")
    assert isinstance(decide(car(subject="bad"), EXIT, garage(contact), NOW), Grant)


def test_without_the_time_nobody_waits_and_no_stay_gets_a_price():
    assert decide(car(), EXIT, garage(LOST), NOW) == Grant(Reason.CLOCK_DOUBTFUL)
    assert decide(car(), ENTRY, garage(LOST), NOW) == Grant(Reason.CLOCK_DOUBTFUL)
    assert decide(car(), replace(EXIT, server_away=ServerAway.HOLD), garage(LOST), NOW) == Refusal(Reason.SERVER_AWAY)
    assert decide(car(), replace(ENTRY, server_away=ServerAway.HOLD), garage(LOST), NOW) == Refusal(Reason.SERVER_AWAY)


def test_faces_and_passes_wait_for_the_time_cards_do_not_and_nobody_is_locked_in():
    rule = Rule("r1", frozenset({"staff"}), frozenset({"door"}))
    office = Policy("UTC", rules=(rule,), subjects={"ada": Subject("ada", frozenset({"staff"}))}, contact=LOST)

    def shows(means, gate=DOOR):
        return decide(Sighting(means, "", "ada", NOW, NOW, 3), gate, office, NOW)

    assert shows(Means.FACE) == shows(Means.PASS) == Refusal(Reason.CLOCK_DOUBTFUL)
    assert shows(Means.CARD) == Grant(Reason.RULE, "r1")
    assert shows(Means.FACE, replace(DOOR, direction=Direction.OUT)) == Grant(Reason.RULE, "r1")


def test_without_a_picture_an_exit_is_shut_while_somebody_can_be_asked_and_open_when_nobody_can():
    blind = Contact(blind=True)
    assert decide_unseen(EXIT, garage(blind), NOW) == Refusal(Reason.CAMERA_LOST)
    assert decide_unseen(EXIT, garage(replace(AWAY, blind=True)), NOW) == Grant(Reason.CAMERA_LOST)
    assert decide_unseen(ENTRY, garage(replace(AWAY, blind=True)), NOW) == Refusal(Reason.CAMERA_LOST)


@pytest.mark.parametrize("lane", [ENTRY, EXIT])
def test_a_lane_that_shall_stand_open_does_so_only_while_it_is_blind(lane):
    lane = replace(lane, camera_lost=CameraLost.OPEN)
    assert decide_unseen(lane, garage(Contact(blind=True)), NOW) == Grant(Reason.CAMERA_LOST)
    assert decide_unseen(lane, garage(Contact()), NOW) == Refusal(Reason.CAMERA_LOST)


def test_a_closed_lane_stays_closed_and_an_open_one_open_without_a_picture():
    blind = garage(Contact(silent_s=9_999, blind=True, clock_doubtful=True))
    assert decide_unseen(replace(EXIT, mode="closed"), blind, NOW) == Refusal(Reason.GATE_CLOSED)
    assert decide_unseen(replace(EXIT, mode="sideways"), blind, NOW) == Refusal(Reason.GATE_CLOSED)
    assert decide_unseen(replace(ENTRY, mode="open"), blind, NOW) == Grant(Reason.GATE_OPEN)
    assert decide_unseen(replace(DOOR, camera_lost=CameraLost.OPEN), blind, NOW) == Refusal(Reason.CAMERA_LOST)


def test_a_held_car_is_thought_about_again_when_the_wait_is_over_and_while_the_lane_holds():
    at = thinks_again_at(car(), EXIT, garage(Contact(silent_s=100.0)), NOW)
    assert at == NOW + timedelta(seconds=20)
    assert thinks_again_at(car(), EXIT, garage(AWAY), NOW) == NOW + LOOK_AGAIN
    assert thinks_again_at(car(), EXIT, garage(LOST), NOW) == NOW + LOOK_AGAIN
    face = Sighting(Means.FACE, "", "ada", NOW, NOW, 3)
    assert thinks_again_at(face, DOOR, garage(AWAY), NOW) is None


contacts = st.builds(Contact, st.floats(0, 1e6), st.booleans(), st.booleans())
lanes = st.builds(
    replace,
    st.sampled_from([ENTRY, PERMITS_ONLY, EXIT]),
    server_away=st.sampled_from(list(ServerAway)),
    server_away_s=st.floats(60, 3600),
    camera_lost=st.sampled_from(list(CameraLost)),
    mode=st.sampled_from(["controlled", "open", "closed"]),
)
cars = st.sampled_from([car(), car(subject="car"), car(subject="bad"), car("京B22222")])


@given(cars, lanes, contacts)
def test_whoever_may_pass_with_a_server_may_pass_without_unless_the_lane_is_told_to_hold(seen, lane, contact):
    """Losing things never takes a right away that the lane knows of by itself."""
    known = garage(Contact(), clearances=paid())
    well = decide(seen, lane, known, NOW)
    alone = decide(seen, lane, replace(known, contact=contact), NOW)
    if isinstance(well, Grant) and lane.server_away is not ServerAway.HOLD:
        assert isinstance(alone, Grant)
    if isinstance(well, Grant) and well.reason in (Reason.PERMIT, Reason.CLEARED):
        assert alone == well


@given(cars, lanes, contacts)
def test_no_loss_opens_a_closed_lane_or_lets_a_blocked_vehicle_in(seen, lane, contact):
    alone = decide(seen, lane, garage(contact, clearances=paid()), NOW)
    if lane.mode == "closed":
        assert alone == Refusal(Reason.GATE_CLOSED)
    if seen.subject == "bad" and not lane.collects:
        assert isinstance(alone, Refusal)


@given(cars, lanes, st.floats(0, 1e6), st.booleans())
def test_a_lane_whose_server_was_just_heard_and_knows_the_time_answers_as_ever(seen, lane, share, blind):
    silent = lane.server_away_s * (share / 1e6) * 0.999
    known = garage(Contact(), clearances=paid())
    touched = replace(known, contact=Contact(silent, blind))
    assert decide(seen, lane, touched, NOW) == decide(seen, lane, known, NOW)


@given(lanes, contacts)
def test_by_default_no_car_that_is_read_is_locked_in(lane, contact):
    lane = replace(lane, server_away=ServerAway.BY_LANE, mode="controlled")
    if lane.collects and (contact.clock_doubtful or contact.silent_s >= lane.server_away_s):
        assert isinstance(decide(car(), lane, garage(contact), NOW), Grant)


@given(cars, lanes, contacts)
def test_stale_evidence_opens_nothing_whatever_is_gone(seen, lane, contact):
    late = NOW + timedelta(seconds=lane.freshness_s + 1)
    assert decide(seen, lane, garage(contact, clearances=paid()), late) == Refusal(Reason.STALE)
