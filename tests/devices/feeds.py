"""Video made on the spot, and small servers that send it well or badly."""

import io
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import av
import numpy as np

WIDTH, HEIGHT = 96, 64
Script = Callable[[socket.socket, int], None]


class FixedClock:
    """Stands still until it is moved, so that a test sees whose time a frame carries."""

    def __init__(self) -> None:
        self.at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


def numbered(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A picture that tells its number in eight black and white bars, which survive any compression."""
    bars = np.array([235 if number >> bit & 1 else 20 for bit in range(8)], np.uint8)
    return np.ascontiguousarray(np.broadcast_to(np.repeat(bars, width // 8)[None, :, None], (height, width, 3)))


def number_of(pixels: np.ndarray) -> int:
    bars = pixels.mean(axis=(0, 2)).reshape(8, -1).mean(axis=1)
    return sum(1 << bit for bit in range(8) if bars[bit] > 128)


def video(
    count: int, fps: int, container: str = "mpegts", codec: str = "libx264", size: tuple[int, int] = (WIDTH, HEIGHT)
) -> bytes:
    """`count` numbered pictures, each decodable on its own."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as output:
        stream = output.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "1"}
        for number in range(count):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number, *size), format="bgr24")))
        output.mux(stream.encode(None))
    return sink.getvalue()


class Feeder:
    """Serves `script(connection, visit)` to one caller after the other; `visit` counts from 0."""

    def __init__(self, script: Script, port: int = 0) -> None:
        self.script = script
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = self._server.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, scheme: str = "tcp") -> str:
        return f"{scheme}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            visit, self.visits = self.visits, self.visits + 1
            threading.Thread(target=self._visit, args=(connection, visit), daemon=True).start()

    def _visit(self, connection: socket.socket, visit: int) -> None:
        with connection:
            try:
                self.script(connection, visit)
            except OSError:
                return


def head(connection: socket.socket, kind: str = "video/mp2t") -> None:
    """Read an HTTP request and answer that a stream follows."""
    connection.recv(4096)
    connection.sendall(f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode())


def paced(connection: socket.socket, data: bytes, seconds: float, pieces: int = 40) -> None:
    """Send `data` evenly over `seconds`."""
    step = max(1, len(data) // pieces)
    for start in range(0, len(data), step):
        connection.sendall(data[start : start + step])
        time.sleep(seconds / pieces)


def until(true: Callable[[], bool], seconds: float = 8.0) -> bool:
    """Wait until `true()`; the last answer."""
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:
        time.sleep(0.01)
    return true()
