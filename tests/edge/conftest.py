import pytest
from tests.edge.world import HandClock, World

from gatehouse.devices.relays.shelly import ShellyRelay
from gatehouse.devices.relays.shelly_sim import ShellySimulator
from gatehouse.edge.gatekeeper import Gatekeeper


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.init()
    return made


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def spool(world):
    opened = world.spool()
    yield opened
    opened.close()


@pytest.fixture
def known(world, clock):
    knowledge = world.known(clock)
    knowledge.learn(world.feed())
    return knowledge


@pytest.fixture
def shelly():
    simulator = ShellySimulator().start()
    yield simulator
    simulator.stop()


@pytest.fixture
def relay(shelly):
    driver = ShellyRelay(f"{shelly.address}?inputs=0", timeout_s=1.0)
    yield driver
    driver.close()


@pytest.fixture
def keeper_of(spool, relay, known, clock):
    """Makes the gatekeeper of a gate, with everything around it real."""

    def make(gate, relay=relay):
        return Gatekeeper(gate, spool=spool, relay=relay, knowledge=known.now, clock=clock)

    return make
