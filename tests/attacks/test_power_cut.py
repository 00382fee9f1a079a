"""Somebody pulls the keeper's plug while letters come in."""

import threading
import uuid
from collections.abc import Iterator

import pytest
from tests.attacks.site import Attacked
from tests.server.world import EdgeSim

from gatehouse import wire
from gatehouse.keeper.inspect import Inspector

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CARS, BATCH, KILLS = 120, 6, 3


class Driver(threading.Thread):
    """Delivers letters as an edge does: the same again until a receipt covers them."""

    def __init__(self, site: Attacked, sim: EdgeSim, letters: list[wire.Letter]) -> None:
        super().__init__(daemon=True)
        self.site, self.sim, self.letters = site, sim, letters
        self.refused = 0
        self.odd: list[int] = []
        self.delivered = threading.Semaphore(0)

    def run(self) -> None:
        waiting = self.letters
        while waiting:
            answer = self.site.send(self.sim, waiting[:BATCH])
            if answer.status_code == 200:
                through = wire.decode_receipt(answer.content).through
                waiting = [letter for letter in waiting if letter.seq > through]
                self.delivered.release()
            elif answer.status_code == 503:
                self.refused += 1
            else:
                self.odd.append(answer.status_code)
                return


def test_kill_9_of_the_keeper_while_letters_come_admits_nothing_by_halves(site: Attacked) -> None:
    sim = site.edge()
    first, before = sim.seq, site.counts()
    passages = [site.passage("entry", plate=f"京P{number:05d}") for number in range(CARS)]
    driver = Driver(site, sim, [sim.letter(passage) for passage in passages])
    driver.start()
    for _ in range(KILLS):
        for _ in range(3):
            assert driver.delivered.acquire(timeout=30)
        site.box.keeper.kill()
        site.box.start_keeper()
    driver.join(120)
    assert not driver.is_alive()
    assert driver.odd == []
    assert site.last_seq() == first + CARS

    # Every passage once, every car one open stay, and everything that was sealed opens.
    after = site.counts()
    assert after["gates_passage"] == before["gates_passage"] + CARS
    assert after["parking_openstay"] == before["parking_openstay"] + CARS
    assert after["gates_quarantine"] == before["gates_quarantine"]
    assert sorted(_plates(site)) == sorted({passage.plate or "" for passage in passages})


def _plates(site: Attacked) -> Iterator[str]:
    """The plates of the open stays of this test, read with the keeper's own keys."""
    with Inspector(site.box.home) as inspector:
        for row, plate_cell, entry_cell in site.rows("SELECT id, plate_cell, entry_cell FROM parking_openstay"):
            rows = [str(uuid.UUID(row))]
            plate, entry = inspector.try_open(plate_cell, rows), inspector.try_open(entry_cell, rows)
            assert plate is not None
            assert entry is not None
            if plate.data.startswith("京P".encode()):
                yield plate.data.decode()
