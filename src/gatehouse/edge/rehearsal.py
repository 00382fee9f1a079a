"""`gatehouse eval video`: a recording through what an edge does between its camera and its answer, and what that costs.

Motion, looks, votes and approaches are the edge's own; nothing is opened, written or sent, and nobody is enrolled.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gatehouse.devices.cameras.port import Frame
from gatehouse.devices.cameras.stream import recorded
from gatehouse.domain.approaches import Answer, Approach
from gatehouse.domain.decisions import Reason
from gatehouse.domain.policy import Direction, Gate, GateKind
from gatehouse.domain.sightings import Means
from gatehouse.edge.gatekeeper import GAP
from gatehouse.edge.looking import Looker
from gatehouse.edge.roster import nothing
from gatehouse.edge.watcher import MAX_FPS, STANDING_S
from gatehouse.vision.motion import MotionGate

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
Progress = Callable[[int, int], None]


def rehearse(
    path: Path,
    *,
    means: Means = Means.PLATE,
    countries: Sequence[str] = ("CN",),
    fps: float = MAX_FPS,
    progress: Progress = lambda done, of: None,
) -> dict[str, Any]:
    """Play a recording, as fast as this machine can, to a gate that takes `means`.

    `triggers` are the moments at which the gate would have asked for an answer: `at_s` into the recording, the `plate`
    (empty for a face), `reads` that agreed. `frames` at most `fps` a second, `looked` at by the models, of these
    `whole` and `near`; CPU milliseconds per frame `decode_ms`, `motion_ms`, `look_ms` and `ms` together;
    `look_only_ms` per frame looked at; `cameras_per_core` at this rate. Raises CameraLost, ValueError for an unknown
    country.
    """
    gate = Gate("rehearsal", GateKind.LANE, Direction.IN, frozenset({means}))
    known = replace(nothing(), countries=tuple(countries))
    looker = Looker("rehearsal", b"")
    motion = MotionGate()
    approach = Approach()
    triggers: list[dict[str, Any]] = []
    spent = {"decode": 0.0, "motion": 0.0, "look": 0.0}
    frames = looked = 0
    occupied = False
    looked_at = last_at = BEGINS
    for frame in _timed(recorded(path, max_fps=fps, begins=BEGINS), spent):
        frames += 1
        last_at = frame.captured_at
        progress(frames, 0)
        begun = time.process_time()
        moved = motion.moved(frame.pixels)
        spent["motion"] += time.process_time() - begun
        standing = occupied and frame.captured_at - looked_at >= timedelta(seconds=STANDING_S)
        if not (moved or standing or (occupied and approach.is_open())):
            continue
        looked, looked_at = looked + 1, frame.captured_at
        begun = time.process_time()
        reads = looker.look(frame, gate, known)
        spent["look"] += time.process_time() - begun
        occupied = bool(reads)
        approach = approach.seen(reads, frame.captured_at, GAP)
        due = approach.due(1, frame.captured_at)
        if due is not None:
            approach = approach.answered(Answer(due, False, Reason.UNKNOWN_PLATE, 1, frame.captured_at))
            at_s = (frame.captured_at - BEGINS).total_seconds()
            triggers.append({"at_s": round(at_s, 2), "plate": due.value, "reads": due.reads})
    per_frame = {f"{stage}_ms": 1000 * seconds / frames for stage, seconds in spent.items()}
    length_s = max(1.0 / fps, (last_at - BEGINS).total_seconds())
    return {
        "frames": frames,
        "looked": looked,
        "whole": looker.follower.whole,
        "near": looker.follower.near,
        **{name: round(value, 2) for name, value in per_frame.items()},
        "ms": round(sum(per_frame.values()), 2),
        "look_only_ms": round(1000 * spent["look"] / looked, 1) if looked else None,
        "cameras_per_core": round(length_s / max(1e-9, sum(spent.values())), 2),
        "triggers": triggers,
    }


def _timed(frames: Iterator[Frame], spent: dict[str, float]) -> Iterator[Frame]:
    """The frames; what it took to decode each, those between them included, is added to `spent`."""
    while True:
        begun = time.process_time()
        frame = next(frames, None)
        spent["decode"] += time.process_time() - begun
        if frame is None:
            return
        yield frame
