"""One driver for every camera that sends video, and every way in which such a camera fails."""

import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.devices.feeds import Feeder, FixedClock, Script, head, number_of, numbered, paced, until, video

from gatehouse.devices.cameras import stream
from gatehouse.devices.cameras.port import Condition
from gatehouse.devices.cameras.stream import MAX_SIDE_PX, StreamCamera

Feed = Callable[..., Feeder]
Watch = Callable[..., StreamCamera]


@pytest.fixture
def watch(clock: FixedClock) -> Iterator[Watch]:
    cameras: list[StreamCamera] = []

    def open_(address: str, **options: float) -> StreamCamera:
        chosen = {"patience_s": 1.0, "pause_s": 0.05, "longest_pause_s": 0.2, "max_fps": 100.0} | options
        cameras.append(StreamCamera(address, clock, **chosen))  # type: ignore[arg-type]
        return cameras[-1]

    yield open_
    for camera in cameras:
        camera.close()


def lost(camera: StreamCamera) -> bool:
    return camera.state().condition is Condition.LOST


def live(camera: StreamCamera) -> bool:
    return camera.state().condition is Condition.LIVE


def ts_over_http(data: bytes, seconds: float) -> Script:
    def script(connection: socket.socket, _visit: int) -> None:
        head(connection)
        paced(connection, data, seconds)

    return script


def mjpeg_over_http(connection: socket.socket, _visit: int) -> None:
    head(connection, "multipart/x-mixed-replace; boundary=frame")
    for number in range(40):
        picture = jpeg(numbered(number))
        connection.sendall(
            b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(picture), picture)
        )
        time.sleep(0.04)


def jpeg(pixels: np.ndarray) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = pixels.shape[1], pixels.shape[0], "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    return bytes(encoder.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24"))[0])


def raw_ts(connection: socket.socket, _visit: int) -> None:
    paced(connection, video(40, 25), 1.6)


@pytest.mark.parametrize(
    ("scheme", "script"),
    [("http", ts_over_http(video(40, 25), 1.6)), ("http", mjpeg_over_http), ("tcp", raw_ts)],
    ids=["http-ts", "http-mjpeg", "tcp-ts"],
)
def test_the_same_driver_reads_every_kind_of_stream(
    feed: Feed, watch: Watch, clock: FixedClock, scheme: str, script: Script
) -> None:
    camera = watch(feed(script).url(scheme))
    frames = list(itertools.islice(camera.frames(), 5))
    assert all(frame.pixels.shape == (64, 96, 3) and frame.pixels.dtype == np.uint8 for frame in frames)
    numbers = [number_of(frame.pixels) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert frames[0].captured_at == clock.at
    assert live(camera)


def test_a_camera_that_speaks_rtsp_is_read(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"rtsp://127.0.0.1:{port}/live"
    served = threading.Thread(target=serve_rtsp, args=(url,))
    served.start()
    camera = watch(url, patience_s=4.0)
    frames = list(itertools.islice(camera.frames(), 3))
    camera.close()
    served.join()
    assert [frame.pixels.shape for frame in frames] == [(64, 96, 3)] * 3


def serve_rtsp(url: str) -> None:
    """A camera's side of RTSP, by hand: FFmpeg can publish and receive, but cannot serve a player."""
    port = int(url.rsplit(":", 1)[1].partition("/")[0])
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(8)
        connection, _ = server.accept()
        with connection:
            RtspCamera(connection).serve()


class RtspCamera:
    """Just enough of RFC 2326, with RTP interleaved in TCP (section 10.12) and H.264 in single units (RFC 6184)."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._units = [split_annexb(bytes(packet)) for packet in h264_packets(60)]

    def serve(self) -> None:
        while line := self._reader.readline():
            method = line.split()[0].decode()
            fields = dict(self._fields())
            self._answer(method, fields)
            if method == "PLAY":
                self._play()
                return

    def _fields(self) -> Iterator[tuple[str, str]]:
        while (line := self._reader.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            yield name.lower(), value.strip()

    def _answer(self, method: str, fields: dict[str, str]) -> None:
        body, extra = "", ""
        if method == "OPTIONS":
            extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        if method == "DESCRIBE":
            body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=live\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
            body += "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
            extra = "Content-Type: application/sdp\r\n"
        if method == "SETUP":
            extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        text = f"RTSP/1.0 200 OK\r\nCSeq: {fields['cseq']}\r\nSession: 12345\r\n{extra}"
        self._connection.sendall(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def _play(self) -> None:
        sequence = 0
        for number, units in enumerate(self._units):
            for place, unit in enumerate(units):
                marker = 0x80 if place == len(units) - 1 else 0
                header = struct.pack(">BBHII", 0x80, 96 | marker, sequence & 0xFFFF, number * 3600, 7)
                packet = header + unit
                try:
                    self._connection.sendall(b"$\x00" + struct.pack(">H", len(packet)) + packet)
                except OSError:
                    return
                sequence += 1
            time.sleep(0.04)


def h264_packets(count: int) -> Iterator[av.Packet]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 96, 64, "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "1"}
    for number in range(count):
        yield from encoder.encode(av.VideoFrame.from_ndarray(numbered(number), format="bgr24"))


def split_annexb(data: bytes) -> list[bytes]:
    return [
        part.rstrip(b"\x00") for part in data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]
    ]


def test_a_recording_plays_at_its_own_pace_and_then_ends(tmp_path: Path, watch: Watch) -> None:
    recording = tmp_path / "gate.ts"
    recording.write_bytes(video(10, 20))
    began = time.monotonic()
    camera = watch(str(recording))
    frames = list(camera.frames())
    assert time.monotonic() - began > 0.4
    assert len(frames) > 5
    assert number_of(frames[-1].pixels) == 9
    assert camera.state().condition is Condition.ENDED


def test_a_slow_gate_gets_the_newest_frame_and_never_a_queue(feed: Feed, watch: Watch) -> None:
    camera = watch(feed(ts_over_http(video(50, 25), 2.0)).url("http"))
    frames = camera.frames()
    first = number_of(next(frames).pixels)
    time.sleep(0.8)
    assert number_of(next(frames).pixels) > first + 12


def test_frames_beyond_the_wanted_rate_are_not_converted(feed: Feed, watch: Watch) -> None:
    camera = watch(feed(ts_over_http(video(50, 25), 2.0)).url("http"), max_fps=5.0)
    frames = list(itertools.islice(camera.frames(), 4))
    steps = np.diff([number_of(frame.pixels) for frame in frames])
    assert steps.min() >= 2
    assert np.mean(steps) > 3.5


def test_a_camera_that_hangs_is_noticed_and_comes_back(feed: Feed, watch: Watch, clock: FixedClock) -> None:
    def hang_at_first(connection: socket.socket, visit: int) -> None:
        head(connection)
        if visit == 0:
            paced(connection, video(20, 25), 0.8)
            connection.recv(1)  # nothing more is sent until the driver gives up
        else:
            paced(connection, video(50, 25), 4.0)

    camera = watch(feed(hang_at_first).url("http"))
    assert until(lambda: live(camera))
    clock.forward(timedelta(hours=1))
    assert until(lambda: lost(camera) or camera.state().losses == 1, 4.0)
    assert until(lambda: live(camera))
    state = camera.state()
    assert (state.losses, state.since) == (1, clock.at)


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_frames_go_on_after_an_outage_without_the_gate_doing_anything(feed: Feed, watch: Watch, scheme: str) -> None:
    def ends_soon(connection: socket.socket, _visit: int) -> None:
        if scheme == "http":
            head(connection)
        paced(connection, video(15, 25), 0.6)

    camera = watch(feed(ends_soon).url(scheme))
    numbers = [number_of(frame.pixels) for frame in itertools.islice(camera.frames(), 25)]
    assert min(np.diff(numbers)) < 0, "the stream began anew at least once"
    assert camera.state().losses >= 1


def test_a_camera_that_is_not_there_yet_is_lost_until_it_is_plugged_in(feed: Feed, watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    camera = watch(f"http://127.0.0.1:{port}")
    assert until(lambda: lost(camera))
    assert "refused" in camera.state().reason
    feed(ts_over_http(video(50, 25), 2.0), port)
    assert until(lambda: live(camera))


def test_a_camera_that_accepts_and_says_nothing_is_lost_within_its_patience(feed: Feed, watch: Watch) -> None:
    began = time.monotonic()
    camera = watch(feed(lambda connection, _: connection.recv(1) and time.sleep(5)).url("http"))
    assert until(lambda: lost(camera))
    assert time.monotonic() - began < 3.0


def test_garbage_is_a_lost_camera_and_not_a_crash(feed: Feed, watch: Watch) -> None:
    noise = np.random.default_rng(3).bytes(3_000_000)

    def script(connection: socket.socket, _visit: int) -> None:
        head(connection)
        paced(connection, noise, 0.4)

    camera = watch(feed(script).url("http"))
    assert until(lambda: lost(camera))
    assert camera.state().reason.startswith("http://127.0.0.1")


def test_garbage_in_the_middle_of_a_stream_costs_only_the_torn_pictures(feed: Feed, watch: Watch) -> None:
    good = video(40, 25)
    cut = len(good) // 376 * 188
    noise = np.random.default_rng(4).bytes(9_400)
    camera = watch(feed(ts_over_http(good[:cut] + noise + good[cut:], 1.6)).url("http"), patience_s=4.0)
    seen = set()
    for frame in camera.frames():
        seen.add(number_of(frame.pixels))
        if max(seen) >= 35:
            break
    assert min(seen) < 15
    assert camera.state().losses == 0


def with_a_stray_stream() -> bytes:
    """A transport stream in which a flipped bit gives some packets a number that was never announced."""
    packets = [bytearray(packet) for packet in batches(video(60, 30))]
    for packet in packets[len(packets) // 2 :]:
        if int.from_bytes(packet[1:3]) & 0x1FFF == 0x100:
            packet[2] ^= 1
    return b"".join(packets)


def batches(data: bytes, size: int = 188) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def test_a_stream_that_the_decoder_stumbles_over_is_lost_and_read_again(feed: Feed, watch: Watch) -> None:
    def script(connection: socket.socket, visit: int) -> None:
        paced(connection, with_a_stray_stream() if visit == 0 else video(90, 30), 2.0)

    feeder = feed(script)
    camera = watch(feeder.url())
    assert until(lambda: camera.state().losses == 1)
    assert until(lambda: feeder.visits > 1 and live(camera))


def test_pictures_beyond_the_limit_lose_the_camera_instead_of_being_decoded(
    feed: Feed, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MAX_PIXELS", 96 * 64 - 1)
    feeder = feed(mjpeg_over_http)
    camera = watch(feeder.url("http"), patience_s=0.6)
    assert until(lambda: lost(camera))
    assert "no picture" in camera.state().reason
    assert feeder.visits == 1, "the stream went on, only no picture came of it"


def test_the_limit_lets_the_largest_cameras_through_and_a_crafted_size_not() -> None:
    assert stream.MAX_PIXELS >= 7680 * 4320
    assert stream.MAX_PIXELS * 3 < 128 * 1024 * 1024


def test_a_large_picture_is_scaled_down_to_what_recognition_looks_at(tmp_path: Path, watch: Watch) -> None:
    recording = tmp_path / "large.ts"
    recording.write_bytes(video(2, 25, size=(3840, 2160)))
    frame = next(watch(str(recording)).frames())
    assert frame.pixels.shape == (1080, MAX_SIDE_PX, 3)


def test_a_stream_without_pictures_says_so(tmp_path: Path, watch: Watch) -> None:
    recording = tmp_path / "sound.wav.ts"
    with av.open(str(recording), "w", format="mpegts") as output:
        track = output.add_stream("mp2", rate=16_000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.int16), format="s16", layout="mono")
        sound.sample_rate = 16_000
        output.mux(track.encode(sound))
        output.mux(track.encode(None))
    camera = watch(str(recording))
    assert until(lambda: lost(camera))
    assert "no video" in camera.state().reason


def test_a_playlist_cannot_make_the_driver_read_files_of_this_machine(feed: Feed, watch: Watch, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ts"
    secret.write_bytes(video(20, 25))

    def script(connection: socket.socket, _visit: int) -> None:
        head(connection, "application/vnd.apple.mpegurl")
        connection.sendall(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n".encode())

    camera = watch(feed(script).url("http") + "/live.m3u8")
    assert until(lambda: camera.state().condition is not Condition.CONNECTING)
    assert lost(camera)


def test_closing_ends_a_gate_that_waits_for_a_frame(feed: Feed, watch: Watch) -> None:
    camera = watch(feed(lambda connection, _: time.sleep(3)).url("http"))
    ended = threading.Event()

    def gate() -> None:
        assert list(camera.frames()) == []
        ended.set()

    waiting = threading.Thread(target=gate)
    waiting.start()
    time.sleep(0.1)
    camera.close()
    camera.close()
    assert ended.wait(2.0)
    waiting.join()
    assert camera.state().condition is Condition.ENDED


def test_no_password_shows_up_in_a_cameras_state(clock: FixedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    camera = StreamCamera(f"http://127.0.0.1:{port}/live?token=hush", clock, secret="guard:hush", patience_s=1.0)
    assert until(lambda: lost(camera))
    assert "hush" not in repr(camera.state())
    assert "/live" in camera.state().reason
    camera.close()
