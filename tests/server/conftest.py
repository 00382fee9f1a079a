"""A site with gates, a garage and an edge, all written by actions, with the real keeper behind."""

import pytest
from tests.server.world import World

from gatehouse.keeper.client import Client
from gatehouse.server import bus, feed, keeping, moment


@pytest.fixture
def keeper(keeper_home, clock):
    """This process speaks to the keeper."""
    client = Client(keeper_home / "keeper" / "keeper.sock")
    keeping.configure(client)
    moment.use(clock)
    bus.clear()
    feed.forget()
    yield client
    keeping.configure(None)
    client.close()


@pytest.fixture
def world(keeper, keeper_home, clock, db):
    return World(keeper_home, keeper, clock)


@pytest.fixture
def committed_world(keeper, keeper_home, clock, transactional_db):
    """As `world`, for tests whose rows other threads must see."""
    return World(keeper_home, keeper, clock)
