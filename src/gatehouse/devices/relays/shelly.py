"""Shelly relays of the second generation and later: JSON-RPC over HTTP.

Source: the vendor's API reference, pages "Switch", "Input", "RPC Protocol", "Common Errors", "Authentication"
(digest with SHA-256 after RFC 7616, user always `admin`). Never tried on the hardware: see quality.toml.
"""

import itertools
import json
import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx

from gatehouse.devices.errors import UnknownDriver
from gatehouse.devices.relays.port import RelayLost, RelayRefused, RelayStatus, check_pulse

USER = "admin"
ANSWER_LIMIT = 64 * 1024  # bytes; a status is below 1 KiB
MOST_INPUTS = 8


class ShellyRelay:
    """One switch of one device, with the inputs that belong to its gate.

    `address` is http://HOST[:PORT], optionally with ?switch=0&inputs=0,1 ; without `inputs` none are read.
    `secret` is the device's password, None where it has none. `timeout_s` bounds a whole call.
    """

    def __init__(self, address: str, secret: str | None = None, *, timeout_s: float = 2.0) -> None:
        """Raises UnknownDriver for an address that is none. Nothing is sent yet."""
        self._url, self._switch, self._inputs = parse_address(address)
        self._timeout_s = timeout_s
        self._numbers = itertools.count(1)
        self._secret = secret
        # Attendant, gate and set-up ask at one time, and a challenge serves once: of two who share it one is refused.
        self._challenges = threading.local()
        # A fresh connection per call: on a kept one nobody could tell whether a dead device read the command.
        self._client = httpx.Client(
            timeout=timeout_s,
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    def pulse(self, seconds: float) -> None:
        """See `port.Relay`. `Switch.Set` with `toggle_after`, sent once."""
        params = {"id": self._switch, "on": True, "toggle_after": check_pulse(seconds)}
        if not isinstance(self._call("Switch.Set", params).get("was_on"), bool):
            raise RelayLost("Switch.Set was answered without was_on", maybe_sent=True)

    def status(self) -> RelayStatus:
        """See `port.Relay`. One request for the switch and one for each input."""
        on = self._flag("Switch.GetStatus", self._switch, "output")
        return RelayStatus(on, tuple(self._flag("Input.GetStatus", number, "state") for number in self._inputs))

    def close(self) -> None:
        """See `port.Relay`."""
        self._client.close()

    def _flag(self, method: str, component: int, name: str) -> bool:
        result = self._call(method, {"id": component})
        value = result.get(name)
        # `state` is null for an input that is configured as a button or could not be read yet.
        if result.get("id") != component or not isinstance(value, bool):
            raise RelayLost(f"{method} of {component} was answered without {name}", maybe_sent=False)
        return value

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The `result` of one remote call. Raises RelayLost or RelayRefused."""
        number = next(self._numbers)
        request = {"id": number, "src": "gatehouse", "method": method, "params": params}
        try:
            status, body = self._exchange(request)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.InvalidURL,
            UnicodeError,  # a host that is no name
            RuntimeError,  # closed meanwhile: the gate is being set up anew
        ) as fault:
            raise RelayLost(f"cannot connect: {type(fault).__name__}", maybe_sent=False) from fault
        except httpx.HTTPError as fault:
            raise RelayLost(f"no answer to {method}: {type(fault).__name__}", maybe_sent=True) from fault
        except (KeyError, IndexError) as fault:
            # httpx on a challenge that it cannot read; what was challenged has not moved.
            raise RelayRefused("the device asks for a password in a way of its own", number=401) from fault
        if status == httpx.codes.UNAUTHORIZED:
            raise RelayRefused("the device does not take the password", number=status)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise RelayRefused("the device is asked too often", number=status)
        return _result(body, number, method)

    def _auth(self) -> httpx.DigestAuth | None:
        """This thread's own."""
        if self._secret is None:
            return None
        if not hasattr(self._challenges, "auth"):
            self._challenges.auth = httpx.DigestAuth(USER, self._secret)
        own: httpx.DigestAuth = self._challenges.auth
        return own

    def _exchange(self, request: dict[str, Any]) -> tuple[int, bytes]:
        body = b""
        connection = _Connection()
        end = threading.Timer(self._timeout_s, connection.cut)
        end.daemon = True
        end.start()
        try:
            with self._client.stream(
                "POST", self._url, json=request, auth=self._auth(), extensions={"trace": connection.seen}
            ) as response:
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > ANSWER_LIMIT:
                        raise httpx.ReadTimeout("the answer does not end")
                return response.status_code, body
        finally:
            end.cancel()


class _Connection:
    """The socket of the call under way, cut when the call's time is over: httpx bounds each read only, so a device that
    dribbles its answer, or the answer's head, would hold the gate for ever."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False

    def seen(self, event: str, info: dict[str, Any]) -> None:
        """httpx tells what it does."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
            if self._over:
                self.cut()

    def cut(self) -> None:
        with self._lock:
            self._over = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


def _result(body: bytes, number: int, method: str) -> dict[str, Any]:
    """The result in an answer that belongs to request `number`. Raises RelayLost or RelayRefused."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise RelayLost(f"{method} was answered with no JSON", maybe_sent=True) from fault
    if not isinstance(answer, dict):
        raise RelayLost(f"{method} was answered with no object", maybe_sent=True)
    error = answer.get("error", answer if "code" in answer else None)
    if isinstance(error, dict) and isinstance(error.get("code"), int):
        raise RelayRefused(f"{method}: {str(error.get('message', ''))[:200]}", number=error["code"])
    result = answer.get("result")
    if answer.get("id") != number or not isinstance(result, dict):
        raise RelayLost(f"the answer does not belong to this {method}", maybe_sent=True)
    return result


def parse_address(address: str) -> tuple[str, int, tuple[int, ...]]:
    """(URL of the remote calls, switch, inputs) of an address as in `ShellyRelay`. Raises UnknownDriver."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - asked for its ValueError
    except ValueError as fault:
        raise UnknownDriver("a Shelly's address is http://HOST[:PORT]") from fault
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnknownDriver("a Shelly's address is http://HOST[:PORT]")
    query = parse_qs(parts.query)
    if set(query) - {"switch", "inputs"} or parts.path not in {"", "/"} or parts.username is not None:
        raise UnknownDriver("a Shelly's address takes ?switch=N&inputs=N,M and nothing else")
    try:
        switch = int(query.get("switch", ["0"])[-1])
        inputs = tuple(int(number) for number in query["inputs"][-1].split(",")) if "inputs" in query else ()
    except ValueError as fault:
        raise UnknownDriver("a Shelly's switch and inputs are numbers") from fault
    if min((switch, *inputs)) < 0 or len(inputs) > MOST_INPUTS or len(set(inputs)) < len(inputs):
        raise UnknownDriver("a Shelly's switch and inputs are different numbers from 0")
    return urlunsplit((parts.scheme, parts.netloc, "/rpc", "", "")), switch, inputs
