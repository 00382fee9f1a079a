"""What a gate costs besides recognition.

Part one: from a face's vector to a durable spool entry, the search among everybody enrolled included, at 1,000 and
20,000 enrolled faces; beside it the bare search and the bare durable commit of the same machine in the same run.
Part two: from frames to the relay's command on its way and to the relay's answer, for a face and for a plate, as
overhead over the bare models' time on the same frames in the same run. The relay is the simulator in a process of its
own. Prints the machine, the versions, times and ratios.

    .venv/bin/python benchmarks/edge.py [--decisions 400] [--approaches 12] [--enrolled 1000 20000]
"""

import argparse
import os
import platform
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import structlog
from numpy.typing import NDArray

from gatehouse.clock import Clock
from gatehouse.crypto.signing import new_device_keys
from gatehouse.demo.scenes import car_scene, person_scene
from gatehouse.devices.cameras.port import Frame
from gatehouse.devices.relays.port import RelayStatus
from gatehouse.devices.relays.shelly import ShellyRelay
from gatehouse.domain.policy import Direction, Gate, GateKind, Permit, Policy, Rule, Subject
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.looking import Looker, who_is
from gatehouse.edge.roster import Knowledge, nothing
from gatehouse.edge.spool import Spool
from gatehouse.edge.watcher import Watcher
from gatehouse.vision.faces import MODEL, FaceRead, read_faces, template
from gatehouse.vision.frames import Pixels, read_picture
from gatehouse.vision.gallery import Gallery
from gatehouse.vision.packs import asset_path
from gatehouse.vision.plates import read_plates

DOOR = Gate("door", GateKind.DOOR, Direction.IN, frozenset({Means.FACE}), confirm_s=0.1, has_sensor=True)
LANE = Gate("entry", GateKind.LANE, Direction.IN, frozenset({Means.PLATE}), confirm_s=0.1, has_sensor=True)
RULES = tuple(Rule(f"rule-{n}", frozenset({f"group-{n}"}), frozenset({"door"})) for n in range(20))
PLATE = "京A12345"
FPS = 8.0


@dataclass
class StopWatch:
    """Stands where the relay stands: notes when a command would leave, and may pass it on."""

    relay: ShellyRelay | None = None
    left_s: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)

    def pulse(self, seconds: float) -> None:
        self.left_s.append(time.perf_counter())
        if self.relay is not None:
            self.relay.pulse(seconds)
        self.answered_s.append(time.perf_counter())

    def status(self) -> RelayStatus:
        return RelayStatus(False, (False,))

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class SceneClock:
    """A clock that a scene's frames move."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def gatekeeper(gate: str, folder: Path, relay: StopWatch, known: Knowledge, clock: Clock) -> tuple[Gatekeeper, Spool]:
    keys = new_device_keys()
    spool = Spool(folder / f"{gate}.db", edge="edge-1", keys=keys, keeper_seal_key=keys.public().seal_key)
    return Gatekeeper(gate, spool=spool, relay=relay, knowledge=lambda: known, clock=clock), spool


def percentiles(values_s: list[float]) -> str:
    return f"p50 {np.percentile(values_s, 50) * 1e3:.2f} ms, p99 {np.percentile(values_s, 99) * 1e3:.2f} ms"


# --- part one ---------------------------------------------------------------------------------------------------------


def enrolled(count: int) -> tuple[Knowledge, NDArray[np.float32]]:
    vectors = np.random.default_rng(7).normal(size=(count, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = {f"person-{n}": Subject(f"person-{n}", frozenset({f"group-{n % 20}"})) for n in range(count)}
    policy = Policy("Europe/Berlin", gates={"door": DOOR}, rules=RULES, subjects=people)
    gallery = Gallery([(f"person-{n}", vectors[n]) for n in range(count)])
    return replace(nothing(), version=1, policy=policy, gallery=gallery), vectors


def face_of(vector: NDArray[np.float32]) -> FaceRead:
    return FaceRead((0, 0, 99, 99), (), 0.8, 0.8, 0.8, 0.8, 0.0, 0.9, MODEL, vector)


@dataclass
class Decisions:
    """Seconds: per decision with its search and durable entry; of the search alone; of a bare durable commit between
    two decisions, which is the floor under each of them and feels the same load of the machine."""

    taken: list[float] = field(default_factory=list)
    searched: list[float] = field(default_factory=list)
    committed: list[float] = field(default_factory=list)

    def said(self) -> str:
        ratio = np.median(self.taken) / (np.median(self.committed) + np.median(self.searched))
        return (
            f"{percentiles(self.taken)} = {ratio:.2f} x bare; bare search {percentiles(self.searched)}, "
            f"bare commit {percentiles(self.committed)}"
        )


def decisions(count: int, runs: int, folder: Path) -> Decisions:
    known, vectors = enrolled(count)
    clock, watch = SceneClock(datetime.now(UTC)), StopWatch()
    keeper, spool = gatekeeper("door", folder, watch, known, clock)
    result, commit = Decisions(), bare_commit(folder)
    for number in range(runs):
        person = number * (count // runs) % count
        face, read = face_of(vectors[person]), None
        for _ in range(3):  # two votes before; the third decides and is measured
            start = time.perf_counter()
            read = Read(Means.FACE, clock.now(), "", who_is(face, known), face.quality)
            result.searched.append(time.perf_counter() - start)
            keeper.look([read], read.at)
        result.taken.append(watch.left_s[-1] - start)
        result.committed.append(commit())
        keeper.sensed(clock.now())
        clock.at += timedelta(minutes=1)  # the next one comes alone
    if len(watch.left_s) != runs:
        raise SystemExit(f"{len(watch.left_s)} of {runs} decisions opened")
    spool.close()
    return result


def bare_commit(folder: Path) -> Callable[[], float]:
    """Commits one 700-byte row durably and tells the seconds that it took."""
    db = sqlite3.connect(folder / "bare.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE row (body BLOB)")
    body = os.urandom(700)

    def commit() -> float:
        start = time.perf_counter()
        db.execute("INSERT INTO row VALUES (?)", (body,))
        return time.perf_counter() - start

    return commit


# --- part two ---------------------------------------------------------------------------------------------------------


@contextmanager
def simulator() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gatehouse.devices.relays.shelly_sim", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}?inputs=0"
    finally:
        process.terminate()
        process.wait()


@dataclass
class Approaches:
    """Sums over several approaches, in seconds: the bare models, until the command left, until it was answered."""

    models: float = 0.0
    left: float = 0.0
    answered: float = 0.0
    count: int = 0
    looks: int = 0

    def said(self) -> str:
        return (
            f"{self.count} approaches, {self.looks / self.count:.1f} looks each; bare models "
            f"{self.models / self.count * 1e3:.1f} ms; command sent after {self.left / self.count * 1e3:.1f} ms "
            f"= overhead {100 * (self.left / self.models - 1):.1f} %; relay answered after "
            f"{self.answered / self.count * 1e3:.1f} ms = {100 * (self.answered / self.models - 1):.1f} %"
        )


def approach(
    frames: list[Pixels],
    models: Callable[[Pixels], object],
    gate: str,
    known: Knowledge,
    watch: StopWatch,
    folder: Path,
) -> Approaches:
    """One approach, frame by frame until the relay was told: processing time only, no waiting for frames.

    The bare models run on each of the same frames, before and after in turn, so that neither has the warmer cache."""
    clock = SceneClock(datetime.now(UTC))
    keeper, spool = gatekeeper(gate, folder, watch, known, clock)
    watcher = Watcher(None, keeper, Looker("site-1", b"\0" * 32), knowledge=lambda: known, max_fps=1e9)  # type: ignore[arg-type]
    result, before = Approaches(count=1), len(watch.left_s)
    for number, pixels in enumerate(frames):
        if number % 2:
            result.models += timed(models, pixels)
        start = time.perf_counter()
        watcher.see(Frame(pixels, clock.now()))
        end = time.perf_counter()
        if not number % 2:
            result.models += timed(models, pixels)
        result.looks += 1
        opened = len(watch.left_s) > before
        result.left += (watch.left_s[-1] if opened else end) - start
        result.answered += (watch.answered_s[-1] if opened else end) - start
        clock.at += timedelta(seconds=1 / FPS)
        if opened:
            break
    else:
        raise SystemExit(f"{gate}: nobody was let in")
    spool.close()
    return result


def timed(act: Callable[[Pixels], object], pixels: Pixels) -> float:
    start = time.perf_counter()
    act(pixels)
    return time.perf_counter() - start


def frame_to_relay(approaches: int, folder: Path) -> dict[str, Approaches]:
    portrait = read_picture(asset_path("grace_hopper.jpg"))
    own = template([faces[0] for pixels in person_scene(portrait, 3.0, 4.0, 9) if (faces := read_faces(pixels))])
    permit = Permit("permit-1", frozenset({"entry"}), datetime(2020, 1, 1, tzinfo=UTC), None)
    subjects = {"grace": Subject("grace", frozenset({"group-1"})), "car": Subject("car", permits=(permit,))}
    policy = Policy("UTC", gates={"door": DOOR, "entry": LANE}, rules=RULES, subjects=subjects)
    known = replace(nothing(), version=1, policy=policy, gallery=Gallery([("grace", own)]), plates={PLATE: "car"})
    results = {"face": Approaches(), "plate": Approaches()}
    with simulator() as address:
        watch = StopWatch(ShellyRelay(address))
        for number in range(approaches + 1):
            walk, drive = person_scene(portrait, 4.0, FPS, number), car_scene(PLATE, "blue", 4.0, FPS, number)
            # Only the end of the way is looked at: before, there is nobody to recognise.
            scenes = {"face": list(walk)[16:], "plate": list(drive)[20:]}
            for means, gate, models in (("face", "door", read_faces), ("plate", "entry", read_plates)):
                with tempfile.TemporaryDirectory(dir=folder) as home:
                    one = approach(scenes[means], models, gate, known, watch, Path(home))
                if number:  # the first one loads the models
                    results[means] = added(results[means], one)
    return results


def added(one: Approaches, other: Approaches) -> Approaches:
    return Approaches(*(getattr(one, name) + getattr(other, name) for name in one.__dataclass_fields__))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=400)
    parser.add_argument("--approaches", type=int, default=12)
    parser.add_argument("--enrolled", type=int, nargs="+", default=[1_000, 20_000])
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(
        f"Python {platform.python_version()}, onnxruntime {onnxruntime.__version__}, OpenCV {cv2.__version__}, "
        f"numpy {np.__version__}, SQLite {sqlite3.sqlite_version}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for count in asked.enrolled:
            with tempfile.TemporaryDirectory(dir=folder) as home:
                result = decisions(count, asked.decisions, Path(home))
            print(f"decision and durable entry at {count} enrolled faces: {result.said()}")
        for means, ways in frame_to_relay(asked.approaches, Path(folder)).items():
            print(f"frame to relay, {means}: {ways.said()}")


if __name__ == "__main__":
    main()
