"""A card reader at a gate: the whole edge, an OSDP reader on a pseudo terminal, a simulated relay."""

import time

import pytest
from osdp import CommandLEDColor
from tests.edge.terminal_world import CODE, Tablet, TerminalSite

from gatehouse.devices.readers.osdp_sim import OsdpSimulator
from gatehouse.wire import Attempt, DeviceEntry, GateEvent, Passage

KEY = bytes(range(16))


@pytest.fixture
def simulator():
    made = OsdpSimulator(KEY).start()
    yield made
    made.stop()


@pytest.fixture
def site(tmp_path, shelly, simulator):
    made = TerminalSite(tmp_path, shelly.address)
    sealed = made.world.cell(KEY.hex().encode(), "device.secret/1", "reader-1")
    reader = DeviceEntry(
        id="reader-1", gate="lobby", kind="reader", driver="osdp", address=f"serial://{simulator.path}", secret=sealed
    )
    people = [
        made.person("ada", number="104", initials="AL", card="00A1B2C3", pin="2468"),
        made.person("bo", number="105", initials="BM", card="00A1B2C4", pin="1357"),
    ]
    made.start(made.feed(devices=[reader, made.terminal()], people=people))
    made.until(simulator.is_secure)
    yield made
    made.stop()


def attempts(site):
    return [(body.means, body.subject, body.reason) for body in site.bodies() if isinstance(body, Attempt)]


def test_a_known_card_opens_and_is_shown_green(site, simulator, shelly):
    simulator.card(bytes.fromhex("00A1B2C3"), 32)
    site.until(lambda: CommandLEDColor.Green in simulator.shown)
    assert shelly.device.pulses == 1
    shelly.control({"input": True})
    site.until(lambda: any(isinstance(body, Passage) for body in site.bodies()))
    assert attempts(site) == [("card", "ada", "rule")]


def test_a_strange_card_is_shown_red_and_written_down(site, simulator, shelly):
    simulator.card(bytes.fromhex("DEADBEEF"), 32)
    site.until(lambda: CommandLEDColor.Red in simulator.shown)
    assert attempts(site) == [("card", None, "unknown_card")]
    assert shelly.device.pulses == 0


def test_a_pin_on_its_pad_opens_and_five_wrong_ones_lock_it(site, simulator, shelly):
    simulator.keys("2468#")
    site.until(lambda: shelly.device.pulses == 1)
    for wrong in range(5):
        simulator.keys(f"000{wrong}#")
        site.until(lambda count=wrong + 2: len(attempts(site)) == count)
    site.until(lambda: "pins_locked" in [body.kind for body in site.bodies() if isinstance(body, GateEvent)])
    simulator.keys("1357#")
    time.sleep(1.0)
    assert len(attempts(site)) == 6
    assert shelly.device.pulses == 1
    simulator.card(bytes.fromhex("00A1B2C4"), 32)
    site.until(lambda: shelly.device.pulses == 2)


def test_a_reader_that_is_cut_off_is_told(site, simulator):
    simulator.line.cut = True
    site.until(lambda: "reader_lost" in [body.kind for body in site.bodies() if isinstance(body, GateEvent)])
    simulator.line.cut = False
    site.until(lambda: "reader_back" in [body.kind for body in site.bodies() if isinstance(body, GateEvent)], 40)


def test_reader_and_tablet_of_one_gate_give_one_grant(site, simulator, shelly):
    tablet = Tablet(site)
    tablet.pair(CODE)
    tablet.begin()
    assert tablet.card("00A1B2C3").json()["outcome"] == "granted"
    simulator.card(bytes.fromhex("00A1B2C3"), 32)
    site.until(lambda: len(attempts(site)) == 2)
    assert [reason for _, _, reason in attempts(site)] == ["rule", "already_granted"]
    assert shelly.device.pulses == 1
