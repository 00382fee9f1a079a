"""A receipt's code opens the exit once, with nobody to ask: forged, old, shown twice, at two lanes."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
import segno
from tests.edge.test_gatekeeper import drive_up
from tests.edge.world import DOOR, EXIT, NOW, SITE

from gatehouse.crypto.tokens import issue
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.sightings import Means
from gatehouse.edge.looking import Looker, read_receipt
from gatehouse.vision.codes import read_codes
from gatehouse.wire import Attempt, Opening, Passage

ZONE = "zone-1"
LANE = replace(EXIT, stands_in=ZONE)
OTHER_LANE = replace(LANE, code="exit-2")


@pytest.fixture
def lanes(known, world):
    known.learn(world.feed(version=2, gates=[LANE, OTHER_LANE, replace(DOOR, stands_in=ZONE)]))


def receipt(world, own="receipt-1", stay="stay-1", site=SITE, zone=ZONE, ends=NOW + timedelta(minutes=15)):
    claims = {"id": own, "stay": stay, "site": site, "zone": zone, "exp": int(ends.timestamp())}
    return issue("receipt", claims, world.keeper.sign_key)


def show(keeper, world, clock, text, gate=LANE):
    read = Looker(SITE, world.keeper.public().sign_key).code(text, gate, clock.now())
    return None if read is None else keeper.look([read], clock.now())


@pytest.fixture
def exit_lane(lanes, keeper_of):
    return keeper_of("exit")


def test_a_receipt_opens_with_no_server_and_its_passage_names_the_stay(exit_lane, world, clock, shelly, spool):
    assert show(exit_lane, world, clock, receipt(world)) == Grant(Reason.RECEIPT, "stay-1")
    assert shelly.device.pulses == 1
    exit_lane.sensed(clock.now())
    attempt, passage = world.bodies(spool)
    assert isinstance(attempt, Attempt)
    assert isinstance(passage, Passage)
    assert (passage.means, passage.subject, passage.plate) == ("receipt", "stay-1", None)


def test_a_receipt_opens_once_also_after_a_restart_and_at_another_lane(exit_lane, keeper_of, world, clock, shelly):
    text = receipt(world)
    show(exit_lane, world, clock, text)
    exit_lane.sensed(clock.now())
    clock.advance(60)
    for lane in (exit_lane, keeper_of("exit"), keeper_of("exit-2")):
        assert show(lane, world, clock, text) == Refusal(Reason.USED_RECEIPT)
    assert shelly.device.pulses == 1


def test_a_second_receipt_of_a_stay_that_has_left_lets_nobody_else_out(exit_lane, world, clock, shelly):
    show(exit_lane, world, clock, receipt(world))
    exit_lane.sensed(clock.now())
    clock.advance(60)
    assert show(exit_lane, world, clock, receipt(world, own="receipt-2")) == Refusal(Reason.USED_RECEIPT)
    assert shelly.device.pulses == 1


def test_who_left_by_plate_cannot_hand_the_code_to_the_car_behind(exit_lane, known, world, clock, shelly):
    known.learn(world.feed(version=3, gates=[LANE]))
    known.learn(type(world.feed())(clearances=world.clearances(2, "沪B77777")))
    assert drive_up(exit_lane, clock, "沪B77777") == Grant(Reason.CLEARED, "stay-沪B77777")
    friend = receipt(world, stay="stay-沪B77777")
    assert show(exit_lane, world, clock, friend) == Refusal(Reason.USED_RECEIPT)
    exit_lane.sensed(clock.now())
    clock.advance(60)
    assert show(exit_lane, world, clock, friend) == Refusal(Reason.USED_RECEIPT)
    assert shelly.device.pulses == 1


def test_a_car_that_was_let_out_by_plate_and_did_not_go_may_still_show_its_code(exit_lane, known, world, clock, shelly):
    known.learn(type(world.feed())(clearances=world.clearances(2, "沪B77777")))
    drive_up(exit_lane, clock, "沪B77777")
    clock.advance(EXIT.confirm_s)
    exit_lane.tick()
    answer = show(exit_lane, world, clock, receipt(world, stay="stay-沪B77777"))
    assert answer == Grant(Reason.RECEIPT, "stay-沪B77777")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ends": NOW}, Reason.EXPIRED_RECEIPT),
        ({"site": "site-2"}, Reason.INVALID_RECEIPT),
        ({"zone": "zone-2"}, Reason.INVALID_RECEIPT),
        ({"zone": ""}, Reason.INVALID_RECEIPT),
    ],
)
def test_a_receipt_that_is_not_good_here_and_now_opens_nothing(exit_lane, world, clock, shelly, change, reason):
    assert show(exit_lane, world, clock, receipt(world, **change)) == Refusal(reason)
    assert shelly.device.pulses == 0


def test_a_lane_that_stands_in_no_zone_takes_no_receipt(known, keeper_of, world, clock, shelly):
    assert show(keeper_of("exit"), world, clock, receipt(world, zone=""), EXIT) == Refusal(Reason.INVALID_RECEIPT)
    assert shelly.device.pulses == 0


def test_a_forged_or_changed_receipt_opens_nothing(exit_lane, world, clock, shelly):
    other = type(world)(world.home / "other")
    good = receipt(world)
    changed = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
    for text in (receipt(other), changed, good[:-4], "GH1.x.y"):
        assert show(exit_lane, world, clock, text) == Refusal(Reason.INVALID_RECEIPT)
        clock.advance(30)
    assert shelly.device.pulses == 0


def test_a_pass_is_no_receipt_and_a_receipt_no_pass(exit_lane, world, clock):
    looker = Looker(SITE, world.keeper.public().sign_key)
    assert looker.code(world.a_pass(), LANE, NOW) is None
    assert looker.code(receipt(world), DOOR, NOW).subject is None
    assert looker.code(receipt(world), DOOR, NOW).means is Means.PASS


def test_two_lanes_at_the_same_moment_open_one_of_them(lanes, keeper_of, world, clock, shelly):
    """Both have looked before either has written."""
    both = [keeper_of("exit"), keeper_of("exit-2")]
    texts = [receipt(world), receipt(world, own="receipt-2")]  # paid twice: still one car
    together, answers = threading.Barrier(2), []
    for lane in both:
        record = lane._writing.record

        def meet(*args, record=record, **more):
            if more.get("pending"):
                together.wait(10)
            return record(*args, **more)

        lane._writing.record = meet
    threads = [
        threading.Thread(target=lambda n=n: answers.append(show(both[n], world, clock, texts[n]))) for n in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers.count(Grant(Reason.RECEIPT, "stay-1")) == 1
    assert shelly.device.pulses == 1


def test_a_receipt_is_good_again_when_the_relay_was_certainly_not_reached(exit_lane, world, clock, shelly):
    shelly.stop()
    text = receipt(world)
    assert show(exit_lane, world, clock, text) == Grant(Reason.RECEIPT, "stay-1")
    clock.advance(60)
    assert show(exit_lane, world, clock, text) == Grant(Reason.RECEIPT, "stay-1")


def test_the_plate_behind_a_shown_receipt_is_no_other_car(exit_lane, world, clock, spool):
    show(exit_lane, world, clock, receipt(world))
    assert drive_up(exit_lane, clock, "沪B77777", seconds=0.2) is None
    assert len(world.bodies(spool)) == 1


# --- virtual plates ------------------------------------------------------------------------------------------------


def test_an_order_with_a_virtual_plate_lets_a_car_without_one_in_under_it(lanes, known, keeper_of, world, clock, spool):
    known.learn(world.feed(version=3))
    entry = keeper_of("entry")
    entry.open_by_hand(Opening(id="order-1", gate="entry", at=clock.now(), plate="V2345ABCD"))
    entry.sensed(clock.now())
    attempt, passage = world.bodies(spool)
    assert (attempt.plate, passage.plate, passage.direction) == ("V2345ABCD", "V2345ABCD", "in")


@pytest.mark.parametrize("plate", ["京A12345", "V1234567", "V2345ABC0", "", "B2345ABCD"])
def test_an_order_writes_no_real_plate(known, keeper_of, world, clock, spool, plate):
    """A server in other hands would learn its token so, and try plates without a cap."""
    keeper_of("entry").open_by_hand(Opening(id="order-1", gate="entry", at=clock.now(), plate=plate))
    (attempt,) = world.bodies(spool)
    assert attempt.plate is None


# --- the code as a camera sees it ----------------------------------------------------------------------------------


def test_the_code_on_a_phone_is_read_by_a_lanes_camera(world):
    claims = {name: str(uuid4()) for name in ("id", "stay", "zone")} | {"site": str(uuid4()), "exp": 1_900_000_000}
    text = issue("receipt", claims, world.keeper.sign_key)
    rows = np.array([list(row) for row in segno.make(text, error="m", micro=False).matrix], np.uint8)
    code = np.kron(1 - np.pad(rows, 4), np.ones((4, 4), np.uint8)) * 255
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[200 : 200 + code.shape[0], 500 : 500 + code.shape[1]] = code[..., None]
    (read,) = read_codes(frame)
    assert read == text


def test_a_lane_that_does_not_collect_opens_for_no_receipt(lanes, known, keeper_of, world, clock, shelly):
    """An entry shown a receipt, whatever reader it hangs on."""
    known.learn(world.feed(version=3, gates=[replace(LANE, collects=False)]))
    read = read_receipt(receipt(world), SITE, ZONE, world.keeper.public().sign_key, clock.now())
    assert keeper_of("exit").look([read], clock.now()) == Refusal(Reason.MEANS_NOT_ACCEPTED)
    assert shelly.device.pulses == 0
