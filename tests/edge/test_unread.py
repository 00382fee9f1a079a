"""A vehicle whose plate is never certain is not left standing in silence."""

from datetime import timedelta

import pytest
from tests.edge.world import plate_reads

from gatehouse.domain.sightings import Means, Read
from gatehouse.wire import Attempt, GateEvent


@pytest.fixture
def entry(keeper_of):
    return keeper_of("entry")


def look(keeper, clock, *texts, seconds=0.5, sure=0.5):
    """One look at which each of these texts is read with little certainty."""
    clock.advance(seconds)
    reads = [Read(Means.PLATE, clock.now(), text, None, sure) for text in texts]
    return keeper.look(reads, clock.now())


def told(world, spool):
    return [body.kind for body in world.bodies(spool) if isinstance(body, GateEvent)]


def disagree(entry, clock, looks, first=0):
    for number in range(first, first + looks):
        look(entry, clock, f"京A{number % 7:05}")


def test_a_plate_that_is_read_otherwise_at_every_look_is_told_once(entry, clock, world, spool):
    disagree(entry, clock, 16)
    assert told(world, spool) == []
    disagree(entry, clock, 40, 16)
    assert told(world, spool) == ["unread"]
    assert not any(isinstance(body, Attempt) for body in world.bodies(spool))


def test_a_plate_that_is_too_dim_to_count_is_told_as_well(entry, clock, world, spool):
    for _ in range(30):
        look(entry, clock, "京A12345", sure=0.1)
    assert told(world, spool) == ["unread"]


def test_the_next_vehicle_is_told_of_anew_and_the_gap_between_counts_for_neither(entry, clock, world, spool):
    disagree(entry, clock, 12)
    clock.advance(20)
    disagree(entry, clock, 12)
    assert told(world, spool) == []
    disagree(entry, clock, 12)
    clock.advance(20)
    disagree(entry, clock, 20)
    assert told(world, spool) == ["unread"] * 2


def test_who_was_answered_and_stands_on_is_not_told_of(entry, clock, world, spool):
    for _ in range(60):
        clock.advance(0.5)
        entry.look(plate_reads("沪B88888", clock.now()), clock.now())
    assert told(world, spool) == []


def test_a_clock_that_is_set_back_tells_of_nobody(entry, clock, world, spool):
    disagree(entry, clock, 10)
    clock.at -= timedelta(hours=1)
    disagree(entry, clock, 10)
    assert told(world, spool) == []


def test_a_face_at_a_door_is_no_vehicle(keeper_of, clock, world, spool):
    door = keeper_of("door")
    for number in range(40):
        clock.advance(0.5)
        door.look([Read(Means.FACE, clock.now(), "", f"person-{number % 5}", 0.9)], clock.now())
    assert "unread" not in told(world, spool)
