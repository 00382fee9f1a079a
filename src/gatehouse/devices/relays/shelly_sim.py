"""A Shelly relay as a program on a socket, which misbehaves on command.

    python -m gatehouse.devices.relays.shelly_sim --port 8091 [--password WORD]

It answers POST /rpc as the vendor's API reference says, with digest authentication when a password is set.
`GET /sim` reports what moved; `POST /sim` takes a JSON object with any of

    hang         true: requests are read and never answered, and nothing moves
    lie          true: commands are accepted and nothing moves
    lose_answer  true: commands act, then the connection breaks before the answer
    garble       true: commands act and are answered with something else's answer
    unplug       true: connections break before anything is read
    input        true/false for input 0, or {"id": 1, "state": true}
"""

import argparse
import hashlib
import json
import re
import secrets
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gatehouse.devices.relays.shelly_device import Refused, ShellyDevice

REALM = "shellysim-000000000001"
USER = "admin"
BODY_LIMIT = 16 * 1024
HANG_S = 60.0
FAULTS = frozenset({"hang", "lie", "lose_answer", "garble", "unplug"})


class ShellySimulator:
    """The device with its socket. Serves from `start()` to `stop()`; port 0 takes any free one."""

    def __init__(self, port: int = 0, password: str | None = None, host: str = "127.0.0.1") -> None:
        self.device = ShellyDevice()
        self.faults: set[str] = set()
        self.password = password
        self.nonces: set[str] = set()
        self.released = threading.Event()  # set while nothing shall hang
        self.released.set()
        simulator = self

        class Handler(_Handler):
            sim = simulator

        self._server = _Server((host, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> "ShellySimulator":
        self._thread.start()
        return self

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def control(self, order: dict[str, Any]) -> None:
        """One order as in the module's text. Raises Refused for anything else; then nothing was changed."""
        if set(order) - FAULTS - {"input"} or not all(isinstance(order[n], bool) for n in FAULTS & set(order)):
            raise Refused(400, f"orders are {', '.join(sorted(FAULTS))} (true or false) and input")
        if "input" in order:
            asked = order["input"]
            contact = {"id": 0, "state": asked} if isinstance(asked, bool) else asked
            if not isinstance(contact, dict) or not isinstance(contact.get("state"), bool):
                raise Refused(400, "input is true, false or {id, state}")
            self.device.set_input(int(contact.get("id", 0)), contact["state"])
        for name in FAULTS & set(order):
            (self.faults.add if order[name] else self.faults.discard)(name)
        self.device.lies = "lie" in self.faults
        (self.released.clear if "hang" in self.faults else self.released.set)()

    def report(self) -> dict[str, Any]:
        return {**self.device.report(), "faults": sorted(self.faults)}

    def authorised(self, header: str, method: str, uri: str) -> bool:
        """RFC 7616 with SHA-256 and qop=auth. A nonce serves once, as firmware before 2.0 has it."""
        if self.password is None:
            return True
        told = {name: quoted or plain for name, quoted, plain in _FIELD.findall(header)}
        if told.get("nonce") not in self.nonces or told.get("username") != USER or told.get("uri") != uri:
            return False
        self.nonces.discard(told["nonce"])
        ha1 = _sha256(f"{USER}:{REALM}:{self.password}")
        ha2 = _sha256(f"{method}:{uri}")
        middle = ":".join(told.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return secrets.compare_digest(told.get("response", ""), _sha256(f"{ha1}:{middle}:{ha2}"))

    def challenge(self) -> str:
        nonce = secrets.token_hex(8)
        self.nonces.add(nonce)
        return f'Digest qop="auth", realm="{REALM}", nonce="{nonce}", algorithm=SHA-256'


_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not worth a stack trace on the simulator's screen."""


class _Handler(BaseHTTPRequestHandler):
    sim: ShellySimulator
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/sim":
            self._answer(200, self.sim.report())
        else:
            self._answer(404, {"code": 404, "message": "Not Found"})

    def do_POST(self) -> None:
        if self.path == "/sim":
            self._control()
        elif self.path == "/rpc":
            self._rpc()
        else:
            self._answer(404, {"code": 404, "message": "Not Found"})

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: `GET /sim` tells what happened."""

    def _control(self) -> None:
        try:
            order = self._body()
            self.sim.control(order)
        except (Refused, ValueError) as fault:
            self._answer(400, {"message": str(fault)})
        else:
            self._answer(200, self.sim.report())

    def _rpc(self) -> None:
        if "unplug" in self.sim.faults:
            self._break_off()
            return
        try:
            request = self._body()
        except ValueError as fault:
            self._answer(400, {"code": -103, "message": str(fault)})
            return
        if "hang" in self.sim.faults:
            self.sim.released.wait(HANG_S)
            self._break_off()
            return
        if not self.sim.authorised(self.headers.get("Authorization", ""), "POST", self.path):
            self._answer(401, {"code": 401, "message": "Unauthorized"}, challenge=self.sim.challenge())
            return
        answer = self._call(request)
        if "lose_answer" in self.sim.faults:
            self._break_off()
            return
        if "garble" in self.sim.faults:
            answer["id"] = -1
        self._answer(200, answer)

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        frame: dict[str, Any] = {"id": request.get("id"), "src": REALM, "dst": request.get("src")}
        params = request.get("params", {})
        try:
            frame["result"] = self.sim.device.call(
                str(request.get("method")), params if isinstance(params, dict) else {}
            )
        except Refused as fault:
            frame["error"] = {"code": fault.code, "message": str(fault)}
        return frame

    def _body(self) -> dict[str, Any]:
        """The request's JSON object. Raises ValueError."""
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= BODY_LIMIT:
            raise ValueError("the body is too long")
        body = json.loads(self.rfile.read(length) or b"{}")
        if not isinstance(body, dict):
            raise ValueError("the body is no object")
        return body

    def _answer(self, status: int, body: dict[str, Any], challenge: str | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        if challenge is not None:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def _break_off(self) -> None:
        """Reset the connection, as a device that lost its power does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The reader and writer hold the descriptor too; it closes, with a reset, only after them.
        self.rfile.close()
        self.connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A simulated Shelly relay.")
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--password")
    options = parser.parse_args()
    simulator = ShellySimulator(options.port, options.password)
    simulator.start()
    print(f"simulated Shelly relay at {simulator.address}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        simulator.stop()


if __name__ == "__main__":
    main()
