"""What the edge leans on: when the server was heard, and whether the clock can be right."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.edge.world import NOW, HandClock

from gatehouse.edge.contact import FAR, SteadyClock, Surroundings, Touch
from gatehouse.wire import GateEvent

BOOT = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)


class Seconds:
    """A stopwatch that is moved by hand."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def seconds():
    return Seconds()


def test_silence_counts_from_the_start_and_anew_from_every_answer(seconds):
    touch = Touch(seconds)
    seconds.at += 50
    assert (touch.silent_s(), touch.ever) == (50.0, False)
    touch.heard()
    seconds.at += 7
    assert (touch.silent_s(), touch.ever) == (7.0, True)


def test_a_server_that_tells_no_news_but_takes_no_letters_is_away(seconds):
    """Its keeper is gone: letters are answered 503, the feed 204."""
    touch = Touch(seconds)
    for _ in range(10):
        touch.not_shipped()
        touch.heard()
        seconds.at += 20
    assert touch.silent_s() == 200.0
    touch.shipped()
    assert touch.silent_s() == 0.0


def test_a_clock_that_starts_in_the_past_gives_the_earliest_time_that_it_can_be(seconds):
    clock = SteadyClock(HandClock(BOOT), NOW, seconds)
    assert clock.is_doubtful()
    assert clock.now() == NOW
    seconds.at += 90
    assert clock.now() == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("shown", [NOW, NOW - timedelta(seconds=100), NOW + timedelta(days=400)])
def test_a_clock_that_can_be_right_is_believed(seconds, shown):
    clock = SteadyClock(HandClock(shown), NOW, seconds)
    assert not clock.is_doubtful()
    assert clock.now() == shown


def test_a_clock_far_ahead_is_doubted_where_anything_was_written_before(seconds):
    ahead = HandClock(NOW + FAR + timedelta(days=1))
    assert SteadyClock(ahead, NOW, seconds).is_doubtful()
    assert not SteadyClock(ahead, None, seconds).is_doubtful()


def test_a_new_edge_doubts_a_time_before_this_program_was_written(seconds):
    assert SteadyClock(HandClock(BOOT), None, seconds).is_doubtful()


def test_a_clock_that_is_set_right_is_believed_at_once(seconds):
    machine = HandClock(BOOT)
    clock = SteadyClock(machine, NOW, seconds)
    machine.at = NOW + timedelta(hours=3)
    assert not clock.is_doubtful()
    assert clock.now() == NOW + timedelta(hours=3)


def test_a_server_that_answers_proves_the_clock_even_when_an_older_one_had_been_ahead(seconds):
    machine = HandClock(NOW)
    clock = SteadyClock(machine, NOW + timedelta(days=30), seconds)
    assert clock.is_doubtful()
    clock.prove()
    assert not clock.is_doubtful()
    assert clock.now() == NOW


def test_the_spool_remembers_the_latest_time_written_over_a_restart(world, spool):
    assert spool.newest() is None
    event = GateEvent(id="e1", gate="", at=NOW, kind="forced")
    spool.append([event], at=NOW)
    spool.append([event], at=NOW - timedelta(hours=1))
    spool.acknowledge(spool.last_seq())
    again = world.spool()
    assert again.newest() == NOW
    again.close()


def test_what_a_fast_clock_wrote_is_no_limit_once_the_server_has_answered(world, spool):
    spool.append([GateEvent(id="e1", gate="", at=NOW, kind="forced")], at=NOW + timedelta(days=9))
    machine = HandClock(NOW)
    around = Surroundings(SteadyClock(machine, spool.newest()), spool)
    assert around.contact().clock_doubtful
    around.server_answered()
    assert not around.contact().clock_doubtful
    assert spool.newest() == NOW
