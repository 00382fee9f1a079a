"""What does not add up at a lane: whose stay it is, who is called, and what nobody is charged for."""

from datetime import timedelta

import pytest
from tests.server.lane_scenes import LETTER, NEAR, OTHER, PLATE, ZERO, answered, came, event, hold, pay, waiting
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.domain.matching import Likeness
from gatehouse.keeper.protocol import Role
from gatehouse.server import bus, feed
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Quarantine
from gatehouse.server.parking import actions, evidence, facts, lane_exceptions, queries, stays
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import Answer, Resolved
from gatehouse.server.parking.models import ClosedStay, LaneAct, LaneException, OpenStay
from gatehouse.server.people.models import FeedVersion, Site


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


# --- what acts by itself -----------------------------------------------------------------------------------------


def test_a_plate_that_looks_the_same_is_the_only_such_stays(world):
    stay = came(world, ZERO)
    assert actions.find_stay(world.garage, LETTER, address="192.0.2.7").pk == stay.pk
    hold(world, LETTER)
    assert bus.tile(world.site.pk, "out").owed.stay == str(stay.pk)
    world.tell(world.leaves(LETTER))
    assert ClosedStay.objects.get().pk == stay.pk
    assert waiting() == []


def test_of_two_that_look_the_same_the_exact_one_leaves(world):
    first, second = came(world, ZERO), came(world, LETTER)
    world.tell(world.leaves(LETTER))
    assert ClosedStay.objects.get().pk == second.pk
    assert OpenStay.objects.get().pk == first.pk
    assert waiting() == []


def test_two_alike_act_for_nobody_and_a_person_is_asked(world):
    came(world, ZERO), came(world, LETTER)
    third = "KAО123"  # a Cyrillic O
    assert actions.find_stay(world.garage, third, address="192.0.2.7") is None
    hold(world, third)
    assert waiting() == ["two_alike"]
    assert bus.tile(world.site.pk, "out").owed is None
    assert OpenStay.objects.count() == 2


def test_a_plate_that_is_one_character_off_is_nobodys(world):
    stay = came(world)
    assert actions.find_stay(world.garage, NEAR, address="192.0.2.7") is None
    hold(world)
    world.tell(world.leaves(NEAR))
    assert OpenStay.objects.get().pk == stay.pk
    assert waiting() == ["exit_without_stay"]


def test_a_car_that_looks_like_a_cleared_one_keeps_it_from_leaving_by_its_looks(world):
    stay = came(world, ZERO)
    assert pay(world, stay).state == "settled"

    def alone():
        version = FeedVersion.objects.get().clearances
        (entry,) = feed.changes(world.edge, feed.Known(0, 0), now=world.now()).clearances.entries
        return entry.alone, version

    first, version = alone()
    came(world, LETTER)
    second, later = alone()
    world.tell(world.leaves(LETTER))
    third, last = alone()
    assert (first, second, third) == (True, False, True)
    assert version < later < last


def test_looks_and_second_plates_are_carried_over_midnight(world):
    looks, vouched = came(world, ZERO), came(world)
    hold(world)
    answered(world, Answer.CHARGE, vouched)
    before = OpenStay.objects.get(pk=vouched.pk)
    world.clock.advance(timedelta(days=1))
    assert stays.retoken_stays(Site.objects.get(), world.now(), by=SETUP)
    after = OpenStay.objects.get(pk=vouched.pk)
    assert bytes(after.folded) != bytes(before.folded)
    assert bytes(after.second_token) != bytes(before.second_token)
    world.tell(world.leaves(LETTER), world.leaves(NEAR))
    assert set(ClosedStay.objects.values_list("pk", flat=True)) == {looks.pk, vouched.pk}


def test_a_second_plate_that_was_tampered_with_is_dropped_and_the_stay_kept(world):
    one, other = came(world), came(world, OTHER)
    hold(world)
    answered(world, Answer.CHARGE, one)
    OpenStay.objects.filter(pk=one.pk).update(second_cell=bytes(other.plate_cell))
    world.clock.advance(timedelta(days=1))
    assert stays.retoken_stays(Site.objects.get(), world.now(), by=SETUP)
    assert OpenStay.objects.get(pk=one.pk).second_token is None
    world.tell(world.leaves(PLATE), world.leaves(OTHER))
    assert ClosedStay.objects.count() == 2


# --- who is called -----------------------------------------------------------------------------------------------


def test_a_held_car_is_told_once_however_often_it_is_read(world):
    came(world)
    for _ in range(3):
        hold(world)
    assert waiting() == ["held_without_stay"]
    hold(world, OTHER)
    assert waiting() == ["held_without_stay"] * 2


def test_what_held_a_car_is_over_when_one_has_left_there(world):
    came(world, OTHER)
    hold(world)
    hold(world, OTHER)
    assert waiting() == ["held_without_stay"]
    world.tell(world.leaves(OTHER))
    assert waiting() == []
    assert LaneException.objects.get().answer == "passed"


def test_a_car_of_which_the_edge_tells_after_it_left_calls_nobody_to_the_lane(world):
    at = world.now()
    refused = world.attempt("out", granted=False, reason="unpaid", plate=NEAR, direction="out", at=at)
    world.tell(refused, world.leaves(NEAR, at + timedelta(seconds=9)))
    assert waiting() == ["exit_without_stay"]


def test_the_same_letters_again_raise_nothing_new(world):
    hold(world)
    world.tell(event(world, "forced"), event(world, "not_confirmed"))
    before = waiting()
    assert before == ["held_without_stay", "reversed", "tailgate"]
    LaneException.objects.update(done=True)
    bodies = [event(world, "not_confirmed")]
    letter = world.sim.letter(bodies[0])
    world.receive([letter])
    world.receive([letter])
    # An edge that was restored from an old copy numbers a fact that is held anew.
    world.tell(bodies[0])
    assert waiting() == ["reversed"]


def test_whoever_follows_closely_is_read_behind_and_shown_with_the_alarm(world):
    stay = came(world, NEAR)
    hold(world, NEAR, seconds=4)
    world.tell(event(world, "forced"))
    exception = LaneException.objects.get(kind="tailgate")
    (likely,) = evidence.likely_stays(exception, world.operator(Role.PARKING), world.now())
    assert (likely.stay, likely.likeness) == (stay.pk, Likeness.EXACT)
    done = answered(world, Answer.CLOSE, stay, exception=exception, why=Why.TAILGATED)
    assert isinstance(done, Resolved)
    assert ClosedStay.objects.get().state == "unpaid"
    act = LaneAct.objects.get()
    assert (act.act, act.waived_minor, act.reason) == ("closed_unpaid", 1000, "tailgated")


def test_a_fact_of_no_attempt_that_can_be_holds_up_nothing(world):
    at = world.now()
    odd = world.leaves(NEAR)
    odd = wire.Passage(**{name: getattr(odd, name) for name in odd.__struct_fields__} | {"attempt": "none"})
    lost = wire.GateEvent(id=wire.new_id(at), gate="out", at=at, kind="not_confirmed", attempt="none")
    world.tell(odd, lost, world.enters(PLATE))
    assert OpenStay.objects.count() == 1
    assert Quarantine.objects.count() == 2
    assert waiting() == []


def test_a_car_that_backs_out_of_the_entry_has_no_stay_and_calls_nobody(world):
    let_in = world.attempt("in", reason="visitor", plate=PLATE)
    world.tell(let_in, event(world, "not_confirmed", "in", let_in.id))
    assert not OpenStay.objects.exists()
    assert waiting() == []


def test_a_car_that_backs_away_from_the_exit_keeps_its_stay_until_somebody_says_that_it_left(world):
    stay = came(world)
    let_out = world.attempt("out", reason="cleared", plate=PLATE, direction="out")
    world.tell(let_out, event(world, "not_confirmed", "out", let_out.id))
    assert waiting() == ["reversed"]
    assert OpenStay.objects.get().pk == stay.pk
    answered(world, Answer.CLOSE, stay)
    assert ClosedStay.objects.get().pk == stay.pk


def test_a_car_that_paid_and_stayed_too_long_sees_the_rest_and_an_operator_sees_it(world):
    stay = came(world)
    pay(world, stay)
    world.clock.advance(timedelta(hours=2))
    hold(world, PLATE)
    assert waiting() == ["overstayed"]
    assert bus.tile(world.site.pk, "out").owed.minor == 1000
    answered(world, Answer.LET_OUT, OpenStay.objects.get(), why=Why.GOODWILL)
    assert LaneAct.objects.get().waived_minor == 1000
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor, closed.paid_minor) == ("settled", 1000, 1000)


def test_help_at_a_lane_is_one_call_until_it_is_answered(world):
    for _ in range(3):
        lane_exceptions.raise_exception(world.garage, "help", at=world.now(), gate="out")
    assert waiting() == ["help"]
    assert answered(world, Answer.HELPED, why=Why.OTHER).may_undo
    lane_exceptions.raise_exception(world.garage, "help", at=world.now(), gate="out")
    assert waiting() == ["help"]


def test_the_audit_log_and_the_tables_name_no_stay_and_no_plate(world):
    stay = came(world)
    hold(world)
    answered(world, Answer.CHARGE, stay)
    assert not Entry.objects.filter(object_id=str(stay.pk)).exists()
    rows = [*LaneException.objects.values(), *LaneAct.objects.values(), *OpenStay.objects.values()]
    cells = b"".join(bytes(value) for row in rows for value in row.values() if isinstance(value, bytes | memoryview))
    assert PLATE.encode() not in cells
    assert NEAR.encode() not in cells
    assert all(stay.pk not in row.values() for row in LaneException.objects.values())
    assert not any("at" in row for row in LaneAct.objects.values())


# --- nobody pays for hours elsewhere -----------------------------------------------------------------------------


def test_two_short_visits_never_become_a_long_one(world):
    """Out unseen in between: the first is charged for what is known, the second for itself."""
    world.tell(world.enters(PLATE, world.ago(hours=9)))
    world.tell(world.enters(PLATE, world.ago(minutes=40)))
    first = ClosedStay.objects.get()
    assert (first.state, first.amount_minor) == ("exit_missed", 0)
    assert facts.quote(queries.open_stay(OpenStay.objects.get().pk), world.now()).due.minor == 500
    assert waiting() == ["entered_twice"]


def test_what_was_paid_before_leaving_unseen_stands_and_nothing_is_added(world):
    stay = came(world)
    pay(world, stay)
    world.clock.advance(timedelta(hours=7))
    world.tell(world.enters(PLATE))
    first = ClosedStay.objects.get()
    assert (first.state, first.amount_minor, first.paid_minor) == ("exit_missed", 1000, 1000)
    assert waiting() == ["entered_twice"]


def test_a_stay_that_left_unseen_does_not_accrue_for_ever(world):
    stay, by = came(world, hours=100), world.operator(Role.PARKING)
    assert stays.close_unseen([stay], by=by, at=world.now()) == 1
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor) == ("exit_missed", 0)
    assert (LaneAct.objects.get().act, LaneAct.objects.get().operator) == ("left_unseen", by.actor)
    assert stays.close_unseen([stay], by=by, at=world.now()) == 0
    assert LaneAct.objects.count() == 1
