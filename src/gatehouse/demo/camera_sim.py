"""A camera as a program on a socket: live H.264 over HTTP, which can be told what to show and to misbehave.

python -m gatehouse.demo.camera_sim --port 8090 --view lane

GET  /stream.ts      the live picture; any number of clients, at any time
GET  /snapshot.jpg   the picture now
GET  /state          what is shown, to how many clients, and the faults
POST /play           JSON as in `view.View`; 400 with a reason for what cannot be played
POST /stand          keep showing how the scene ends; POST /clear: back to the idle view
POST /fault          {"hang": true} no more bytes, {"cut": true} connections break, {"garbage": true} noise
                     instead of video; false ends each
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2

from gatehouse.clock import monotonic_s
from gatehouse.demo.canvas import HEIGHT, WIDTH, Pixels
from gatehouse.demo.encoder import TsEncoder
from gatehouse.demo.view import VIEWS, View

KEY_EVERY_S = 1.0
# A decoder holds the last picture back until the next comes and needs some to begin with, so a still view runs at a
# scene's pace for a moment after somebody joined, an order came, or a scene ended.
_LIVELY_S = 1.2
FAULTS = frozenset({"hang", "cut", "garbage"})
_BACKLOG = 40  # pieces a slow client may lag behind before it is let go
_BODY_LIMIT = 16 * 1024


class Studio:
    """Paints, encodes once, and hands the same bytes to every client."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.faults: set[str] = set()
        self.picture: Pixels | None = None
        self._lock = threading.Lock()
        self._clients: dict[int, queue.Queue[bytes | None]] = {}
        self._fresh: set[int] = set()  # clients that still wait for a key picture
        self._numbers = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="studio", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self.view.woken.set()
        self._thread.join()
        self.cut()

    def join(self) -> tuple[int, queue.Queue[bytes | None]]:
        """A new client's number, and the queue of its bytes; None in it means: break off."""
        pieces: queue.Queue[bytes | None] = queue.Queue(_BACKLOG)
        with self._lock:
            self._numbers += 1
            number = self._numbers
            self._clients[number] = pieces
            self._fresh.add(number)
        self.view.woken.set()
        return number, pieces

    def leave(self, number: int) -> None:
        with self._lock:
            self._clients.pop(number, None)
            self._fresh.discard(number)

    def cut(self) -> None:
        """Break every connection off."""
        with self._lock:
            for pieces in self._clients.values():
                _end(pieces)
            self._clients.clear()
            self._fresh.clear()

    def clients(self) -> int:
        with self._lock:
            return len(self._clients)

    def _run(self) -> None:
        began_s = due_s = monotonic_s()
        key_s = lively_s = 0.0
        with TsEncoder(WIDTH, HEIGHT) as encoder:
            while not self._stopped.is_set():
                woken = self.view.woken.is_set()
                self.view.woken.clear()
                self.picture, hold_s = self.view.next()
                now_s = monotonic_s()
                pace_s = 1.0 / self.view.fps
                if woken or hold_s <= pace_s:
                    lively_s = now_s + _LIVELY_S
                hold_s = pace_s if now_s < lively_s else hold_s
                if self.clients():
                    with self._lock:
                        key = bool(self._fresh) or now_s - key_s >= KEY_EVERY_S
                    key_s = now_s if key else key_s
                    self._hand_out(encoder.encode(self.picture, now_s - began_s, key=key), key=key)
                # A scene keeps its pace; after a wait that an order cut short, pace starts anew.
                due_s = max(due_s + hold_s, now_s)
                if self.view.woken.wait(max(0.0, due_s - monotonic_s())):
                    due_s = monotonic_s()

    def _hand_out(self, data: bytes, *, key: bool) -> None:
        if "hang" in self.faults:
            return
        if "garbage" in self.faults:
            data = os.urandom(len(data) + 4096)
        with self._lock:
            if key:
                self._fresh.clear()
            for number, pieces in list(self._clients.items()):
                if number in self._fresh:
                    continue
                try:
                    pieces.put_nowait(data)
                except queue.Full:
                    _end(pieces)
                    del self._clients[number]


def _end(pieces: queue.Queue[bytes | None]) -> None:
    """Make room for the last word: a client that is broken off needs nothing of what it missed."""
    try:
        while True:
            pieces.get_nowait()
    except queue.Empty:
        pieces.put_nowait(None)


class CameraSimulator:
    """The camera with its socket; serves from `start()` to `stop()`. Port 0 takes any free one."""

    def __init__(self, view: str, port: int = 0, host: str = "127.0.0.1", fps: float = 8.0) -> None:
        self.studio = Studio(View(view, fps))
        studio = self.studio

        class Handler(_Handler):
            camera = studio

        self._server = _Server((host, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> CameraSimulator:
        self.studio.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.studio.stop()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not worth a stack trace on the simulator's screen."""


class _Handler(BaseHTTPRequestHandler):
    camera: Studio

    def do_GET(self) -> None:
        match self.path:
            case "/stream.ts":
                self._stream()
            case "/snapshot.jpg":
                self._snapshot()
            case "/state":
                self._answer(200, self._state())
            case _:
                self._answer(404, {"message": "not found"})

    def do_POST(self) -> None:
        view = self.camera.view
        try:
            match self.path:
                case "/play":
                    view.play(self._body())
                case "/stand":
                    view.stand()
                case "/clear":
                    view.clear()
                case "/fault":
                    self._fault(self._body())
                case _:
                    self._answer(404, {"message": "not found"})
                    return
        except ValueError as fault:
            self._answer(400, {"message": str(fault)})
        else:
            self._answer(200, self._state())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: `GET /state` tells how it is."""

    def _state(self) -> dict[str, Any]:
        camera = self.camera
        return {**camera.view.state(), "clients": camera.clients(), "faults": sorted(camera.faults)}

    def _fault(self, order: dict[str, Any]) -> None:
        if set(order) - FAULTS or not all(isinstance(value, bool) for value in order.values()):
            raise ValueError(f"faults are {', '.join(sorted(FAULTS))}, each true or false")
        for name, wanted in order.items():
            (self.camera.faults.add if wanted else self.camera.faults.discard)(name)
        if "cut" in self.camera.faults:
            self.camera.cut()

    def _stream(self) -> None:
        if "cut" in self.camera.faults:
            self._break_off()
            return
        number, pieces = self.camera.join()
        try:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            while (piece := pieces.get()) is not None:
                self.wfile.write(piece)
        except OSError:
            return  # the client left, which is its right
        finally:
            self.camera.leave(number)
        self._break_off()

    def _snapshot(self) -> None:
        picture = self.camera.picture
        if picture is None:
            self._answer(503, {"message": "no picture yet"})
            return
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
        self._send(200, "image/jpeg", data.tobytes())

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= _BODY_LIMIT:
            raise ValueError("the body is too long")
        body = json.loads(self.rfile.read(length) or b"{}")
        if not isinstance(body, dict):
            raise ValueError("the body is no object")
        return body

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body, ensure_ascii=False).encode())

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _break_off(self) -> None:
        """Reset the connection, as a camera does whose cable is pulled at the switch."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A simulated camera.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--view", choices=VIEWS, default="lane")
    parser.add_argument("--fps", type=float, default=8.0)
    options = parser.parse_args()
    simulator = CameraSimulator(options.view, options.port, fps=options.fps).start()
    print(f"simulated {options.view} camera at {simulator.address}/stream.ts", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        simulator.stop()


if __name__ == "__main__":
    main()
