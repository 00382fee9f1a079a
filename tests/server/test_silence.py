"""An edge that is not heard from is seen to be so."""

import pytest

from gatehouse.server import bus, edgeport, silence
from gatehouse.server.gates.models import GateAlarm


@pytest.fixture(autouse=True)
def passing(monkeypatch):
    """Seconds of the monotonic clock, moved by hand."""
    silence.forget()
    seconds = [1000.0]
    for module in (bus, silence):
        monkeypatch.setattr(module, "monotonic_s", lambda: seconds[0])
    yield seconds
    silence.forget()


def knock(world):
    ask = edgeport.Ask("GET", "/edge/feed", world.sim.sign(world.now(), "GET", "/edge/feed"))
    assert edgeport.edge_of(ask, world.now()) is not None


def test_an_edge_that_falls_silent_raises_one_alarm_and_its_gates_say_so(world, passing):
    knock(world)
    passing[0] += 89
    assert silence.look() == 0
    passing[0] += 2
    assert silence.look() == 1
    assert silence.look() == 1
    assert GateAlarm.objects.get().kind == "edge_silent"
    assert bus.tile(world.site.pk, "door").fault == "edge_silent"


def test_an_edge_that_speaks_again_clears_its_gates_but_not_their_own_faults(world, passing):
    silence.look()
    passing[0] += 91
    silence.look()
    bus.set_tile(world.site.pk, "in", fault="relay_lost")
    knock(world)
    assert silence.look() == 0
    assert (bus.tile(world.site.pk, "door").fault, bus.tile(world.site.pk, "in").fault) == ("", "relay_lost")


def test_a_request_that_is_not_signed_by_the_edge_is_no_sign_of_life(world, passing):
    assert edgeport.edge_of(edgeport.Ask("GET", "/edge/feed", f"Gatehouse {world.sim.id}.1.x"), world.now()) is None
    assert bus.heard_s(world.sim.id) is None


def test_an_edge_that_was_never_heard_is_silent_once_the_server_has_waited(world, passing):
    assert silence.look() == 0
    passing[0] += 91
    assert silence.look() == 1


def test_an_edge_that_is_enrolled_while_the_server_runs_has_time_to_come_up(world, passing):
    passing[0] += 3600
    assert silence.look() == 0
    passing[0] += 91
    assert silence.look() == 1
