"""A camera that sends video: RTSP, HTTP (MPEG-TS or MJPEG), raw TCP, or a recording, all by the same code.

A thread decodes everything that arrives, so that no buffer grows old between camera and gate, and keeps one
frame: the newest. It reconnects by itself with growing pauses; `state()` says how it stands.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np

from gatehouse.clock import Clock, monotonic_s
from gatehouse.devices.cameras.address import CameraAddress, parse_address
from gatehouse.devices.cameras.port import CameraLost, CameraState, Condition, Frame, Pixels

# Beyond 8K no camera exists; the decoder refuses to allocate more for a crafted picture.
MAX_PIXELS = 8192 * 4608
# Larger frames are scaled down on the way out: recognition never looks at more, and memory stays bounded.
MAX_SIDE_PX = 1920


class StreamCamera:
    """One camera, connecting from the moment it is made.

    `max_fps` bounds the frames converted per second; `patience_s` is how long without a picture means lost, and
    also bounds opening and every read; `pause_s` and `longest_pause_s` bound the waits between attempts.
    """

    def __init__(
        self,
        address: str,
        clock: Clock,
        *,
        secret: str | None = None,
        max_fps: float = 8.0,
        patience_s: float = 5.0,
        pause_s: float = 0.5,
        longest_pause_s: float = 15.0,
    ) -> None:
        """Raises UnknownDriver for an address that is none. A silent camera is a state, not an error."""
        self._address = parse_address(address, secret)
        self._clock = clock
        self._gap_s = 1.0 / max_fps
        self._patience_s = patience_s
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._number = 0
        self._state = CameraState(Condition.CONNECTING, clock.now())
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    # --- for the gate ---

    def frames(self) -> Iterator[Frame]:
        """See `port.Camera`. Every iterator gets the newest frame; several may run at once."""
        seen = 0
        while True:
            with self._changed:
                while self._number == seen and not self._over():
                    self._changed.wait()
                # A recording's last frame is still given after its end; a closed camera gives nothing more.
                if self._closed.is_set() or self._number == seen or self._newest is None:
                    return
                seen, frame = self._number, self._newest
            yield frame

    def state(self) -> CameraState:
        """See `port.Camera`."""
        with self._changed:
            return self._state

    def close(self) -> None:
        """See `port.Camera`. Waits at most the camera's patience for a read under way."""
        self._closed.set()
        self._turn(Condition.ENDED, "closed")
        if threading.current_thread() is not self._thread:
            self._thread.join(self._patience_s + 1.0)

    # --- the reader's thread ---

    def _over(self) -> bool:
        return self._state.condition is Condition.ENDED

    def _turn(self, condition: Condition, reason: str = "") -> None:
        with self._changed:
            old = self._state
            if old.condition is Condition.ENDED:
                return
            if old.condition is not condition:
                lost = int(condition is Condition.LOST)
                self._state = CameraState(condition, self._clock.now(), old.losses + lost, reason)
            else:
                self._state = replace(old, reason=reason)
            self._changed.notify_all()

    def _run(self) -> None:
        pause_s = self._pause_s
        while not self._closed.is_set():
            before = self._number
            try:
                self._read()
            except CameraLost as fault:
                self._turn(Condition.LOST, str(fault))
            except Exception as fault:  # noqa: BLE001
                # This thread's outermost loop: what a torn stream makes the decoder stumble over costs this connection,
                # never the camera, whose gate would go on waiting for pictures that nobody reads any more.
                self._turn(Condition.LOST, f"{self._address.shown}: {type(fault).__name__}")
            else:
                self._turn(Condition.ENDED, "the recording is over")
                return
            # Pictures came, so the camera was well: begin again with the short pause.
            pause_s = self._pause_s if self._number > before else min(pause_s * 2, self._longest_pause_s)
            self._closed.wait(pause_s)

    def _read(self) -> None:
        """Read until closed or the recording ends. Raises CameraLost."""
        address = self._address
        # Probing decodes too: 24 instead of 288 MiB for a stream that claims 8192 x 8192.
        limits = {"max_pixels": str(MAX_PIXELS)}
        try:
            with av.open(
                address.url,
                options=dict(address.options) | limits,
                timeout=(self._patience_s, self._patience_s),
            ) as container:
                self._decode(container, address)
        except (av.FFmpegError, OSError, ValueError) as fault:
            # FFmpeg's own text may repeat the URL with its password, so only its kind is passed on.
            raise CameraLost(f"{address.shown}: {_kind(fault)}") from None
        if address.live and not self._closed.is_set():
            raise CameraLost(f"{address.shown}: the camera ended its stream")

    def _decode(self, container: "av.container.InputContainer", address: CameraAddress) -> None:
        if not container.streams.video:
            raise CameraLost(f"{address.shown}: sends no video")
        stream = container.streams.video[0]
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        stream.thread_type = "SLICE"  # frame threads would hold pictures back
        pace = None if address.live else _Pace(self._closed)
        good_s = monotonic_s()
        due_s = 0.0
        for packet in container.demux(stream):
            for picture in _pictures(packet):
                if pace is not None:
                    pace.wait_for(picture.time)
                good_s = monotonic_s()
                if self._closed.is_set():
                    return
                if good_s >= due_s:
                    # Counted from when it was due, or a little jitter would halve the rate.
                    due_s = max(due_s + self._gap_s, good_s + self._gap_s / 2)
                    self._show(_bgr(picture))
            if self._closed.is_set():
                return
            if monotonic_s() - good_s > self._patience_s:
                raise CameraLost(f"{address.shown}: no picture for {self._patience_s:g} s")

    def _show(self, pixels: Pixels) -> None:
        frame = Frame(pixels, self._clock.now())
        with self._changed:
            self._newest = frame
            self._number += 1
        self._turn(Condition.LIVE)


def recorded(path: Path, *, max_fps: float, begins: datetime) -> Iterator[Frame]:
    """A recording's frames as fast as they can be read, at most `max_fps` for each second of it, dated from `begins`
    on. Raises CameraLost when it cannot be read as video, also half-way."""
    due_s = 0.0
    shown = 0
    try:
        with av.open(str(path), options={"max_pixels": str(MAX_PIXELS)}) as container:
            if not container.streams.video:
                raise CameraLost(f"{path.name}: no video in it")
            stream = container.streams.video[0]
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            rate = float(stream.average_rate or max_fps)
            for packet in container.demux(stream):
                for picture in _pictures(packet):
                    at_s = picture.time if picture.time is not None else shown / rate
                    shown += 1
                    if at_s >= due_s:
                        due_s = max(due_s + 1.0 / max_fps, at_s + 0.5 / max_fps)
                        yield Frame(_bgr(picture), begins + timedelta(seconds=at_s))
    except (av.FFmpegError, OSError, ValueError, OverflowError) as fault:
        raise CameraLost(f"{path.name}: {_kind(fault)}") from None
    if not shown:
        raise CameraLost(f"{path.name}: no picture in it")


class _Pace:
    """Plays a recording at its own speed, as a camera would have sent it."""

    def __init__(self, closed: threading.Event) -> None:
        self._closed = closed
        self._zero_s: float | None = None

    def wait_for(self, at_s: float | None) -> None:
        if at_s is None:
            return
        if self._zero_s is None:
            self._zero_s = time.monotonic() - at_s
        self._closed.wait(max(0.0, self._zero_s + at_s - time.monotonic()))


def _pictures(packet: "av.Packet[av.VideoStream]") -> "list[av.VideoFrame]":
    try:
        return [picture for picture in packet.decode() if isinstance(picture, av.VideoFrame)]
    except (av.InvalidDataError, av.error.ArgumentError):
        return []  # one torn or oversized packet is no lost camera; patience counts from the last good picture


def _bgr(picture: "av.VideoFrame") -> Pixels:
    scale = min(1.0, MAX_SIDE_PX / max(picture.width, picture.height))
    width, height = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    array = picture.to_ndarray(width=width, height=height, format="bgr24")
    return np.ascontiguousarray(array, dtype=np.uint8)


def _kind(fault: Exception) -> str:
    if isinstance(fault, av.error.ExitError):
        return "nothing that can be used within the camera's patience"
    if isinstance(fault, av.InvalidDataError):
        return "what it sends is not video"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return type(fault).__name__
