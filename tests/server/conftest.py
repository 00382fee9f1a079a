"""A site with gates, a garage and an edge, all written by actions, with the real keeper behind."""

import threading

import pytest
from django.db import connections
from tests.server.world import World

from gatehouse.keeper.client import Client
from gatehouse.server import asking, bus, edgeport, feed, jobs, keeping, moment


@pytest.fixture
def keeper(keeper_home, clock):
    """This process speaks to the keeper."""
    client = Client(keeper_home / "keeper" / "keeper.sock")
    keeping.configure(client)
    moment.use(clock)
    bus.clear()
    feed.forget()
    asking.clear()
    jobs.forget()
    yield client
    keeping.configure(None)
    client.close()


@pytest.fixture
def world(keeper, keeper_home, clock, db):
    return World(keeper_home, keeper, clock)


@pytest.fixture
def committed_world(keeper, keeper_home, clock, transactional_db):
    """As `world`, for tests whose rows other threads must see."""
    yield World(keeper_home, keeper, clock)
    _close_the_ports_connections()


def _close_the_ports_connections():
    """Every worker thread closes its own, or the database could not be dropped."""
    threads = len(edgeport._workers._threads)
    together = threading.Barrier(threads) if threads else None

    def close():
        together.wait(10)
        connections.close_all()

    for done in [edgeport._workers.submit(close) for _ in range(threads)]:
        done.result()
