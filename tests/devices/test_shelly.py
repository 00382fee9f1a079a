"""The Shelly driver against its simulator: the shared contract, then every way in which a relay misbehaves."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from tests.devices.feeds import Feeder

from gatehouse.devices.catalog import open_relay
from gatehouse.devices.errors import UnknownDriver
from gatehouse.devices.relays.port import Relay, RelayLost, RelayRefused, RelayStatus
from gatehouse.devices.relays.shelly import ShellyRelay, _result, parse_address
from gatehouse.devices.relays.shelly_sim import ShellySimulator

TIMEOUT_S = 0.4


@pytest.fixture
def device() -> Iterator[ShellySimulator]:
    simulator = ShellySimulator().start()
    yield simulator
    simulator.stop()


@pytest.fixture
def relay(device: ShellySimulator) -> Iterator[Relay]:
    driver = ShellyRelay(f"{device.address}?switch=0&inputs=0,1", timeout_s=TIMEOUT_S)
    yield driver
    driver.close()


def order(device: ShellySimulator, **orders: object) -> None:
    httpx.post(f"{device.address}/sim", json=orders).raise_for_status()


def moved(device: ShellySimulator) -> list[str]:
    return [entry["what"] for entry in httpx.get(f"{device.address}/sim").json()["history"]]


def test_a_pulse_switches_on_and_the_device_itself_switches_off(device: ShellySimulator, relay: Relay) -> None:
    relay.pulse(0.2)
    assert relay.status().on
    time.sleep(0.25)
    assert not relay.status().on
    history = httpx.get(f"{device.address}/sim").json()["history"]
    assert [entry["what"] for entry in history] == ["switch 0 on", "switch 0 off"]
    assert history[1]["at"] - history[0]["at"] == pytest.approx(0.2, abs=0.01)


def test_a_second_pulse_prolongs_the_first(device: ShellySimulator, relay: Relay) -> None:
    relay.pulse(0.3)
    time.sleep(0.15)
    relay.pulse(0.3)
    time.sleep(0.2)
    assert relay.status().on
    assert device.report()["pulses"] == 2


def test_the_inputs_come_in_the_order_in_which_they_were_named(device: ShellySimulator, relay: Relay) -> None:
    order(device, input={"id": 1, "state": True})
    assert relay.status() == RelayStatus(on=False, inputs=(False, True))
    swapped = ShellyRelay(f"{device.address}?inputs=1,0")
    assert swapped.status().inputs == (True, False)
    swapped.close()


@pytest.mark.parametrize("seconds", [0.0, -1.0, 61.0, float("nan"), float("inf")])
def test_a_pulse_of_no_sensible_length_is_never_sent(device: ShellySimulator, relay: Relay, seconds: float) -> None:
    with pytest.raises(ValueError, match="a pulse lasts"):
        relay.pulse(seconds)
    assert moved(device) == []


def test_a_device_with_a_password_opens_for_it_and_each_call_proves_it_anew() -> None:
    device = ShellySimulator(password="correct horse").start()
    relay = ShellyRelay(f"{device.address}?inputs=0", "correct horse", timeout_s=TIMEOUT_S)
    relay.pulse(5.0)
    relay.pulse(5.0)
    assert relay.status() == RelayStatus(on=True, inputs=(False,))
    assert device.report()["pulses"] == 2
    device.stop()


def test_several_threads_may_ask_a_device_with_a_password_at_once() -> None:
    """The attendant looks at the inputs while somebody is let in: neither spends the other's challenge."""
    device = ShellySimulator(password="correct horse").start()
    relay = ShellyRelay(device.address, "correct horse", timeout_s=10.0)
    faults: list[Exception] = []

    def ask() -> None:
        try:
            for _ in range(15):
                relay.status()
        except (RelayLost, RelayRefused) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay.close()
    device.stop()
    assert faults == []


@pytest.mark.parametrize("secret", [None, "wrong"])
def test_a_device_with_a_password_does_not_move_without_it(secret: str | None) -> None:
    device = ShellySimulator(password="correct horse").start()
    with pytest.raises(RelayRefused) as refusal:
        ShellyRelay(device.address, secret, timeout_s=TIMEOUT_S).pulse(1.0)
    assert refusal.value.number == 401
    assert device.report()["pulses"] == 0
    device.stop()


def test_a_switch_or_input_that_the_device_does_not_have_is_refused(device: ShellySimulator) -> None:
    with pytest.raises(RelayRefused) as refusal:
        ShellyRelay(f"{device.address}?switch=3").pulse(1.0)
    assert refusal.value.number == -105
    with pytest.raises(RelayRefused):
        ShellyRelay(f"{device.address}?inputs=7").status()


def test_a_relay_that_hangs_is_lost_in_time_and_may_have_heard(device: ShellySimulator, relay: Relay) -> None:
    order(device, hang=True)
    began = time.monotonic()
    with pytest.raises(RelayLost) as lost:
        relay.pulse(1.0)
    assert lost.value.maybe_sent
    assert time.monotonic() - began < 3 * TIMEOUT_S
    order(device, hang=False)
    relay.pulse(1.0)
    assert device.report()["pulses"] == 1


def test_a_lost_answer_may_have_moved_and_the_pulse_is_not_sent_again(device: ShellySimulator, relay: Relay) -> None:
    order(device, lose_answer=True)
    with pytest.raises(RelayLost) as lost:
        relay.pulse(1.0)
    assert lost.value.maybe_sent
    assert device.report()["pulses"] == 1


def test_an_unplugged_relay_is_lost_and_serves_again_when_it_is_back(device: ShellySimulator, relay: Relay) -> None:
    order(device, unplug=True)
    with pytest.raises(RelayLost):
        relay.pulse(1.0)
    with pytest.raises(RelayLost):
        relay.status()
    assert moved(device) == []
    order(device, unplug=False)
    relay.pulse(1.0)
    assert device.report()["pulses"] == 1


def test_where_nothing_listens_the_command_was_certainly_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RelayLost) as lost:
        ShellyRelay(f"http://127.0.0.1:{port}", timeout_s=TIMEOUT_S).pulse(1.0)
    assert not lost.value.maybe_sent


def test_a_relay_that_lies_is_believed_but_its_status_and_sensor_tell(device: ShellySimulator, relay: Relay) -> None:
    order(device, lie=True)
    relay.pulse(1.0)
    assert not relay.status().on
    assert moved(device) == []


def test_an_answer_to_something_else_is_not_taken_for_success(device: ShellySimulator, relay: Relay) -> None:
    order(device, garble=True)
    with pytest.raises(RelayLost) as lost:
        relay.pulse(1.0)
    assert lost.value.maybe_sent


def test_a_status_from_garble_is_never_a_status(device: ShellySimulator, relay: Relay) -> None:
    order(device, garble=True)
    with pytest.raises(RelayLost):
        relay.status()


def test_a_device_that_dribbles_its_answer_does_not_hold_the_gate() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def dribble() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            try:
                for _ in range(100):
                    connection.sendall(b" ")
                    time.sleep(0.05)
            except OSError:
                return

    thread = threading.Thread(target=dribble)
    thread.start()
    began = time.monotonic()
    with pytest.raises(RelayLost) as lost:
        ShellyRelay(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_s=TIMEOUT_S).pulse(1.0)
    assert lost.value.maybe_sent
    assert time.monotonic() - began < 3 * TIMEOUT_S
    thread.join()
    server.close()


def test_a_device_that_dribbles_the_head_of_its_answer_does_not_hold_the_gate(feed: Callable[..., Feeder]) -> None:
    def script(connection: socket.socket, _visit: int) -> None:
        connection.recv(4096)
        for byte in b"HTTP/1.1 200 OK\r\nX: " + 100 * b"x":
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    relay = ShellyRelay(feed(script).url("http"), timeout_s=TIMEOUT_S)
    began = time.monotonic()
    with pytest.raises(RelayLost) as lost:
        relay.pulse(1.0)
    assert lost.value.maybe_sent
    assert time.monotonic() - began < 3 * TIMEOUT_S


@pytest.mark.parametrize("challenge", ['Digest realm="x", nonce="y", qop="auth", algorithm=OWN', 'Digest =,,,="'])
def test_a_challenge_that_nobody_can_read_is_a_refusal(feed: Callable[..., Feeder], challenge: str) -> None:
    def script(connection: socket.socket, _visit: int) -> None:
        connection.recv(4096)
        head = f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())

    with pytest.raises(RelayRefused):
        ShellyRelay(feed(script).url("http"), "word", timeout_s=TIMEOUT_S).pulse(1.0)


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example"])
def test_a_host_that_is_no_name_was_certainly_not_reached(host: str) -> None:
    with pytest.raises(RelayLost) as lost:
        ShellyRelay(f"http://{host}", timeout_s=TIMEOUT_S).pulse(1.0)
    assert not lost.value.maybe_sent


def test_a_relay_that_was_let_go_of_sends_nothing_more(device: ShellySimulator, relay: Relay) -> None:
    relay.close()
    with pytest.raises(RelayLost) as lost:
        relay.pulse(1.0)
    assert not lost.value.maybe_sent
    assert device.device.pulses == 0


@pytest.mark.parametrize("status", ["401 Unauthorized", "429 Too Many Requests"])
def test_a_bare_refusal_is_a_refusal_and_not_a_lost_answer(feed: Callable[..., Feeder], status: str) -> None:
    def script(connection: socket.socket, _visit: int) -> None:
        connection.recv(4096)
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    feeder = feed(script)
    with pytest.raises(RelayRefused) as refusal:
        ShellyRelay(feeder.url("http"), timeout_s=TIMEOUT_S).pulse(1.0)
    assert refusal.value.number == int(status[:3])
    assert feeder.visits == 1


# Shapes of the wire, with the values of the vendor's own examples.
@pytest.mark.parametrize(
    ("body", "number"),
    [
        ('{"id":1,"src":"shellypro4pm-f008d1d8b8b8","dst":"user_1","error":{"code":-103,"message":"x"}}', -103),
        ('{"id":1,"src":"shellypro4pm-f008d1d8b8b8","error":{"code":-105,"message":"Bad id=7"}}', -105),
        ('{"code":404,"message":"No handler for Switch.Set"}', 404),
    ],
)
def test_each_shape_of_the_vendors_errors_is_a_refusal(body: str, number: int) -> None:
    with pytest.raises(RelayRefused) as refusal:
        _result(body.encode(), 1, "Switch.Set")
    assert refusal.value.number == number


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "null", "{}", '{"id":1}', '{"id":2,"result":{}}', '{"id":1,"result":7}', "[" * 60_000]
)
def test_whatever_else_comes_back_is_a_lost_answer(body: str) -> None:
    with pytest.raises(RelayLost) as lost:
        _result(body.encode(), 1, "Switch.Set")
    assert lost.value.maybe_sent


def test_the_vendors_example_of_a_status_is_understood() -> None:
    status = {"id": 0, "source": "timer", "output": False, "timer_started_at": 1626942399.36, "apower": 0}
    frame = {"id": 1, "src": "shellypro4pm-f008d1d8b8b8", "dst": "user_1", "result": status}
    assert _result(json.dumps(frame).encode(), 1, "Switch.GetStatus") == status


@pytest.mark.parametrize(
    "address",
    [
        "ftp://10.0.0.9",
        "10.0.0.9",
        "http://",
        "http://10.0.0.9/rpc",
        "http://10.0.0.9?switch=x",
        "http://10.0.0.9?switch=-1",
        "http://10.0.0.9?inputs=0,0",
        "http://10.0.0.9?relay=0",
        "http://admin:word@10.0.0.9",
        "http://[10.0.0.9",
        "http://10.0.0.9:door",
        "http://10.0.0.9:99999",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(UnknownDriver):
        open_relay("shelly", address, None)


def test_an_address_names_the_switch_and_its_inputs() -> None:
    assert parse_address("http://10.0.0.9:81/?switch=1&inputs=2,0") == ("http://10.0.0.9:81/rpc", 1, (2, 0))
    assert parse_address("http://10.0.0.9") == ("http://10.0.0.9/rpc", 0, ())


def test_an_unknown_driver_is_refused() -> None:
    with pytest.raises(UnknownDriver, match="levitation"):
        open_relay("levitation", "http://10.0.0.9", None)


def test_the_simulator_refuses_orders_that_it_does_not_know(device: ShellySimulator) -> None:
    for bad in ({"explode": True}, {"hang": 3}, {"input": "open"}, {"input": {"id": 9, "state": True}}):
        assert httpx.post(f"{device.address}/sim", json=bad).status_code == 400
    assert device.report()["faults"] == []
