from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.access import decide, thinks_again_at
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.expectations import ask
from gatehouse.domain.liveness import (
    LIMIT,
    LOST,
    ORDERS,
    SAME_FRONT,
    SAME_TURNED,
    TRY_AGAIN,
    Act,
    Asked,
    Failed,
    Liveness,
    Look,
    Passed,
    Why,
    after,
    issued,
)
from gatehouse.domain.policy import Direction, Gate, GateKind, Policy, Rule, Subject, ZoneRules
from gatehouse.domain.sightings import Means, Read, Sighting, settle

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=0.125)


def challenge(acts):
    return issued("ada", ORDERS.index(tuple(acts)), NOW)


def look(yaw=0.0, eyes=0.3, distance=0.2, middle=(320.0, 240.0), width=120.0):
    return Look(NOW, yaw, eyes, distance, middle, width)


def timed(looks, step=STEP, begins=NOW):
    return [replace(one, at=begins + step * number) for number, one in enumerate(looks, 1)]


def does(act, *, turn=32.0, shut=0.03, held=4):
    """Somebody looks straight, does this, and looks straight again."""
    match act:
        case Act.BLINK:
            middle = [look(eyes=shut)] * held
        case _:
            side = 1 if act is Act.LEFT else -1
            ramp = [look(yaw=side * turn / 2)]
            middle = [*ramp, *[look(yaw=side * turn, eyes=None)] * held, *ramp]
    return [*[look()] * 3, *middle, *[look()] * 2]


def performed(acts, **how):
    return timed([look()] * 4 + [one for act in acts for one in does(act, **how)])


def verdict(acts, looks):
    return after(challenge(acts), looks).verdict


# --- who passes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("acts", ORDERS, ids="-".join)
def test_whoever_does_what_is_asked_passes_and_is_told_one_thing_at_a_time(acts):
    progress, told = challenge(acts), []
    for one in performed(acts):
        if isinstance(progress.verdict, Asked) and progress.verdict.act not in told[-1:]:
            told.append(progress.verdict.act)
        progress = progress.seen(one)
    assert progress.verdict == Passed()
    assert told == [Act.FRONT, acts[0], Act.FRONT, acts[1], Act.FRONT]


@given(
    acts=st.sampled_from(ORDERS),
    turn=st.floats(26, 60),
    shut=st.floats(0, 0.1),
    held=st.integers(2, 9),
    aside=st.floats(-8, 8),
    eyes=st.floats(0.8, 1.6),
)
def test_people_differ_in_how_they_turn_and_how_wide_their_eyes_are(acts, turn, shut, held, aside, eyes):
    looks = [
        replace(one, yaw_deg=one.yaw_deg + aside, openness=one.openness and one.openness * eyes)
        for one in performed(acts, turn=turn, shut=shut, held=held)
    ]
    assert verdict(acts, looks) == Passed()


@given(st.sampled_from(ORDERS), st.lists(st.integers(0, 30), max_size=20), st.randoms(use_true_random=False))
def test_copies_and_looks_that_come_late_change_nothing(acts, places, dice):
    looks = performed(acts)
    delivered = []
    for one in looks:
        delivered.append(one)
        delivered += [delivered[dice.randrange(len(delivered))] for place in places if place % 5 == len(delivered) % 5]
    assert after(challenge(acts), delivered) == after(challenge(acts), looks)


def test_after_the_end_nothing_is_looked_at():
    passed = after(challenge(ORDERS[0]), performed(ORDERS[0]))
    assert passed.seen(replace(look(distance=1.0), at=NOW + LIMIT * 2)) == passed
    assert passed.waited(NOW + LIMIT * 2) == passed


# --- who does not -----------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(ORDERS),
    st.lists(st.tuples(st.floats(-12, 12), st.floats(0.6, 1.0), st.floats(-30, 30)), min_size=1, max_size=110),
    st.floats(-25, 25),
    st.floats(0.05, 0.6),
)
def test_a_still_picture_that_is_moved_and_badly_measured_never_passes(acts, noise, yaw, eyes):
    series = [look(yaw=yaw + dyaw, eyes=eyes * deye, middle=(320 + dx, 240)) for dyaw, deye, dx in noise]
    assert verdict(acts, timed(series)) != Passed()


@given(st.sampled_from(ORDERS), st.sampled_from(ORDERS), st.randoms(use_true_random=False))
def test_a_recording_of_another_answer_never_passes_in_whatever_order_it_comes(asked, recorded, dice):
    looks = performed(recorded)
    if asked != recorded:
        assert verdict(asked, looks) != Passed()
        mixed = list(looks)
        dice.shuffle(mixed)
        assert verdict(asked, mixed) != Passed()
    if asked != tuple(reversed(recorded)):
        assert verdict(asked, timed(list(reversed(looks)))) != Passed()


@given(st.sampled_from(ORDERS), st.data())
def test_another_face_from_any_moment_on_never_passes(acts, data):
    looks = performed(acts)
    from_ = data.draw(st.integers(0, len(looks) - 3))
    swapped = [
        replace(one, distance=SAME_TURNED + 0.01) if number >= from_ else one for number, one in enumerate(looks)
    ]
    assert verdict(acts, swapped) == Failed(Why.OTHER_FACE)


def test_a_look_of_another_face_proves_nothing_even_if_it_is_one_alone():
    acts = (Act.BLINK, Act.LEFT)
    looks = performed(acts, held=2)
    once = [replace(one, distance=0.9) if one.openness == 0.03 and n % 2 else one for n, one in enumerate(looks)]
    assert not isinstance(verdict(acts, once), Passed)


def test_a_turned_face_may_be_farther_from_its_template_than_a_straight_one():
    acts = (Act.LEFT, Act.BLINK)
    far = (SAME_FRONT + SAME_TURNED) / 2
    turned = [replace(one, distance=far) if one.yaw_deg > 12 else one for one in performed(acts)]
    straight = [replace(one, distance=far) if one.yaw_deg < 12 else one for one in performed(acts)]
    assert verdict(acts, turned) == Passed()
    assert verdict(acts, straight) == Failed(Why.OTHER_FACE)


def test_a_face_that_is_suddenly_elsewhere_or_of_another_size_is_another():
    acts = ORDERS[0]
    looks = performed(acts)
    for odd in ({"middle": (520.0, 240.0)}, {"width": 250.0}):
        moved = [replace(one, **odd) if number > 8 else one for number, one in enumerate(looks)]
        assert verdict(acts, moved) == Failed(Why.OTHER_FACE)


@given(st.sampled_from(ORDERS), st.integers(1, 40))
def test_what_comes_after_the_time_limit_fails(acts, slow):
    looks = performed(acts)
    late = [replace(one, at=NOW + LIMIT) for one in looks[-1:]]
    assert verdict(acts, [*looks[:-2], *_still(looks[-3].at), *late]) == Failed(Why.EXPIRED)
    assert after(challenge(acts), timed([look()] * slow)).waited(NOW + LIMIT).is_over


def _still(since):
    """The head stays a little aside, so that the last step is never over."""
    while (since := since + timedelta(seconds=1)) < NOW + LIMIT:
        yield replace(look(yaw=15), at=since)


def test_whoever_goes_away_is_lost_and_not_late():
    progress = after(challenge(ORDERS[0]), performed(ORDERS[0])[:9])
    gone = progress.last.at + LOST
    assert progress.waited(gone) == progress
    assert progress.waited(gone + STEP).verdict == Failed(Why.LOST)
    assert progress.waited(NOW + 5 * LIMIT).verdict == Failed(Why.LOST)


def test_the_wrong_side_fails_and_one_odd_measurement_does_not():
    looks = performed((Act.RIGHT, Act.BLINK))
    assert verdict((Act.LEFT, Act.BLINK), looks) == Failed(Why.OTHER_ACT)
    once = performed((Act.LEFT, Act.BLINK))
    once[6] = replace(once[6], yaw_deg=-30)
    assert verdict((Act.LEFT, Act.BLINK), once) == Passed()


def test_one_eye_or_half_closed_eyes_are_no_blink():
    assert verdict((Act.BLINK, Act.LEFT), performed((Act.BLINK, Act.LEFT), shut=0.15)) != Passed()


def test_eyes_that_cannot_be_seen_are_never_said_to_have_closed():
    looks = [replace(one, openness=None if one.openness == 0.03 else one.openness) for one in performed(ORDERS[1])]
    assert verdict(ORDERS[1], looks) != Passed()
    blind = [replace(one, openness=None) for one in performed(ORDERS[1])]
    assert verdict(ORDERS[1], blind) == Asked(Act.FRONT)


# --- what the gate makes of it ---------------------------------------------------------------------------------------

FACE = frozenset({Means.FACE, Means.CARD})
DOOR = Gate("door", GateKind.DOOR, Direction.IN, FACE, liveness=Liveness.CHALLENGE)
POLICY = Policy(
    "UTC",
    gates={"door": DOOR},
    rules=(Rule("rule", frozenset({"staff"}), frozenset({"door"})),),
    subjects={"ada": Subject("ada", frozenset({"staff"})), "bo": Subject("bo", frozenset({"guests"}))},
)


def sighted(means=Means.FACE, subject="ada", alive=None):
    return Sighting(means, "", subject, NOW, NOW, 3, alive=alive)


def test_a_face_opens_only_alive_and_a_card_is_asked_for_nothing():
    assert decide(sighted(), DOOR, POLICY, NOW) == Refusal(Reason.LIVENESS, "rule")
    assert decide(sighted(alive=False), DOOR, POLICY, NOW) == Refusal(Reason.LIVENESS, "rule")
    assert decide(sighted(alive=True), DOOR, POLICY, NOW) == Grant(Reason.RULE, "rule")
    assert decide(sighted(Means.CARD), DOOR, POLICY, NOW) == Grant(Reason.RULE, "rule")
    assert decide(sighted(), replace(DOOR, liveness=Liveness.NONE), POLICY, NOW) == Grant(Reason.RULE, "rule")


def test_nobody_is_asked_whom_the_rules_keep_out_anyway_or_whom_an_open_gate_lets_in():
    assert decide(sighted(subject="bo"), DOOR, POLICY, NOW).reason is Reason.NO_RULE
    assert decide(sighted(subject=None), DOOR, POLICY, NOW).reason is Reason.UNKNOWN_FACE
    assert decide(sighted(), replace(DOOR, mode="open"), POLICY, NOW) == Grant(Reason.GATE_OPEN)


def test_a_picture_is_no_second_person():
    vault = replace(DOOR, stands_in="vault")
    policy = replace(POLICY, gates={"door": vault}, zones={"vault": ZoneRules("vault", two_person=True)})
    assert decide(sighted(), vault, policy, NOW).reason is Reason.LIVENESS
    assert decide(sighted(alive=True), vault, policy, NOW).reason is Reason.SECOND_PERSON


def test_after_a_failure_it_may_be_tried_again_and_an_expectation_supposes_a_living_person():
    assert thinks_again_at(sighted(), DOOR, POLICY, NOW, Reason.LIVENESS) == NOW + TRY_AGAIN
    faces = replace(DOOR, means=frozenset({Means.FACE}))
    assert ask(POLICY, faces, frozenset({"staff"}), NOW) == Grant(Reason.RULE, "rule")


def test_the_end_of_a_challenge_settles_by_itself_and_is_no_vote_for_anybody_else():
    ended = Read(Means.FACE, NOW, "", "ada", 1.0, alive=True)
    before = [Read(Means.FACE, NOW, "", "bo", 0.9)] * 2
    assert settle([*before, ended]).alive is True
    assert settle([*before, ended, *before[:1]]).alive is None
