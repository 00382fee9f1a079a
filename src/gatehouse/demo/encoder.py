"""Pictures into live H.264 in an MPEG transport stream, as bytes per picture."""

from __future__ import annotations

from fractions import Fraction
from types import TracebackType

import av
from av.video.frame import PictureType

from gatehouse.demo.canvas import Pixels

_TICKS = 90_000  # per second, the clock of MPEG transport streams


class _Sink:
    """What the muxer writes to; never sought in."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


class TsEncoder:
    """One endless stream of pictures of one size. A client may join at any key picture: tables are repeated."""

    def __init__(self, width: int, height: int) -> None:
        self._sink = _Sink()
        self._container = av.open(
            self._sink,
            "w",
            format="mpegts",
            options={"mpegts_flags": "pat_pmt_at_frames", "flush_packets": "1"},
        )
        stream = self._container.add_stream("libx264", rate=25)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, _TICKS)
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.codec_context.thread_count = 1
        # Key pictures come when the caller says so, never by counting: the rate changes with the scene.
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "22", "g": "9999", "forced-idr": "1"}
        self._stream = stream

    def encode(self, picture: Pixels, at_s: float, *, key: bool) -> bytes:
        """The bytes of one picture shown from `at_s` on, which only grows. `key`: decodable on its own."""
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = round(at_s * _TICKS)
        frame.time_base = Fraction(1, _TICKS)
        if key:
            frame.pict_type = PictureType.I
        self._container.mux(self._stream.encode(frame))
        data = bytes(self._sink.data)
        self._sink.data.clear()
        return data

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> TsEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
