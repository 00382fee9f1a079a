"""An OSDP reader over a pseudo terminal: cards and keys under Secure Channel, and nothing without it."""

import os
import threading
import time

import pytest
from osdp import CardFormat, CommandLEDColor

from gatehouse.devices.catalog import open_reader
from gatehouse.devices.errors import UnknownDriver
from gatehouse.devices.readers import osdp_reader
from gatehouse.devices.readers.osdp_reader import OsdpReader, card_number
from gatehouse.devices.readers.osdp_sim import OsdpSimulator
from gatehouse.devices.readers.port import Card, Keys, Line

KEY = bytes(range(16))


class Heard:
    """What a reader gives, collected."""

    def __init__(self, reader):
        self.all = []
        self._thread = threading.Thread(target=self._collect, args=(reader,), daemon=True)
        self._thread.start()

    def _collect(self, reader):
        for given in reader.given():
            self.all.append(given)

    def until(self, count, within_s=20.0):
        ends = time.monotonic() + within_s
        while len(self.all) < count:
            assert time.monotonic() < ends, f"only {self.all} came"
            time.sleep(0.02)
        return self.all


def until(true, within_s=20.0):
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def simulator():
    made = OsdpSimulator(KEY).start()
    yield made
    made.stop()


@pytest.fixture
def reader(simulator):
    made = open_reader("osdp", f"serial://{simulator.path}?number=decimal", KEY.hex())
    yield made
    made.close()


@pytest.fixture
def heard(reader, simulator):
    collecting = Heard(reader)
    until(simulator.is_secure)
    return collecting


def bits(value, length):
    return (value << (-length % 8)).to_bytes((length + 7) // 8, "big"), length


def test_a_card_is_read_under_secure_channel_and_the_answer_is_shown(simulator, reader, heard):
    simulator.card(*bits(0b1_0000_0111_0001_0010_0011_0100_0, 26))
    assert heard.until(1) == [Card(str(0b0000_0111_0001_0010_0011_0100))]
    reader.tell("granted")
    until(lambda: CommandLEDColor.Green in simulator.shown)
    reader.tell("refused")
    until(lambda: CommandLEDColor.Red in simulator.shown)


def test_digits_count_when_they_are_ended_and_a_star_takes_them_back(simulator, heard):
    simulator.keys("99*2468")
    simulator.keys("#")
    assert heard.until(1) == [Keys("2468")]
    simulator.keys("#")
    simulator.keys("13\r")
    assert heard.until(2)[1:] == [Keys("13")]


def test_nothing_of_a_card_or_pin_is_in_a_repr():
    assert "4711" not in repr([Card("4711"), Keys("4711")])


def test_a_reader_with_another_key_is_not_heard(monkeypatch):
    monkeypatch.setattr(osdp_reader, "LOST_S", 1.5)
    simulator = OsdpSimulator(bytes(reversed(range(16)))).start()
    reader = OsdpReader(f"serial://{simulator.path}", KEY.hex())
    heard = Heard(reader)
    simulator.card(b"\x12\x34\x56", 24)
    assert heard.until(1) == [Line("lost")]
    time.sleep(1.0)
    assert heard.all == [Line("lost")]
    assert not simulator.is_secure()
    reader.close()
    simulator.stop()


def test_a_cut_line_is_said_once_and_a_mended_one_too(simulator, reader, heard, monkeypatch):
    monkeypatch.setattr(osdp_reader, "LOST_S", 1.0)
    simulator.line.cut = True
    assert heard.until(1) == [Line("lost")]
    simulator.line.cut = False
    assert heard.until(2, 40)[1:] == [Line("live")]
    simulator.card(*bits(5, 24))
    assert heard.until(3)[2:] == [Card("5")]


def test_garbage_on_the_line_is_no_card(simulator, reader, heard, monkeypatch):
    monkeypatch.setattr(osdp_reader, "LOST_S", 1.0)
    simulator.line.garble = True
    os.write(simulator.line.handle, os.urandom(4000))
    assert heard.until(1) == [Line("lost")]
    simulator.line.garble = False
    assert heard.until(2, 40)[1:] == [Line("live")]


def test_a_line_that_is_not_there_is_lost_and_closes_at_once(monkeypatch):
    monkeypatch.setattr(osdp_reader, "LOST_S", 0.0)
    reader = OsdpReader("serial:///dev/no-such-port", KEY.hex())
    assert Heard(reader).until(1) == [Line("lost")]
    reader.close()


@pytest.mark.parametrize("secret", [None, "", "1234", "zz" * 16, bytes(range(0x30, 0x40)).hex()])
def test_without_a_key_of_its_own_no_reader_is_opened(secret):
    with pytest.raises(UnknownDriver):
        open_reader("osdp", "serial:///dev/ttyUSB0", secret)


@pytest.mark.parametrize(
    "address",
    [
        "/dev/ttyUSB0",
        "serial://host/dev/ttyUSB0",
        "serial:///etc/passwd",
        "serial:///dev/ttyUSB0?address=127",
        "serial:///dev/ttyUSB0?baud=1",
        "serial:///dev/ttyUSB0?number=octal",
        "serial:///dev/ttyUSB0?install=1",
    ],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(UnknownDriver):
        open_reader("osdp", address, KEY.hex())


@pytest.mark.parametrize(
    ("data", "length", "kind", "written", "number"),
    [
        (b"\x12\x34\x56", 24, CardFormat.Wiegand, "hex", "123456"),
        (b"\x12\x34\x56", 24, CardFormat.Unspecified, "decimal", "1193046"),
        (b"4711 \r\n", 56, CardFormat.ASCII, "hex", "4711"),
        (b"47/11", 40, CardFormat.ASCII, "hex", ""),
        (b"", 0, CardFormat.Wiegand, "hex", ""),
    ],
)
def test_a_card_s_bits_become_the_number_it_is_enrolled_by(data, length, kind, written, number):
    assert card_number({"data": data, "length": length, "format": kind}, written) == number
