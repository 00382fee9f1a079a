"""How often a challenge lets an attack pass, and how often it refuses a living person: on recordings, or on scenes
made in code (`liveness_scenes`). The counts have the names of ISO/IEC 30107-3; nothing was tested to that standard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from gatehouse.domain.liveness import LIMIT, ORDERS, Act, Asked, Failed, Look, Passed, issued
from gatehouse.vision.errors import BadFrame, BadLabels
from gatehouse.vision.faces import FaceRead, read_faces
from gatehouse.vision.frames import Pixels, as_bgr, read_picture
from gatehouse.vision.liveness import measure
from gatehouse.vision.liveness_scenes import GENUINE, KINDS, Player, Show
from gatehouse.vision.packs import asset_path
from gatehouse.vision.sessions import Floats
from gatehouse.vision.shares import interval

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
VIDEOS = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm"})
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
Progress = Callable[[int, int], None]
# Synthetic lids cannot be drawn honestly behind the reflections of glasses, so living people are played by the other.
_PORTRAITS = ("astronaut.png", "grace_hopper.jpg")
_SIDE_PX = 480


@dataclass
class Tally:
    """The presentations of one species. `why` counts how they ended; `unanswered` never came to a first instruction."""

    passed: int = 0
    refused: int = 0
    unanswered: int = 0
    why: dict[str, int] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)

    @property
    def all(self) -> int:
        return self.passed + self.refused + self.unanswered


@dataclass(frozen=True, slots=True)
class Presented:
    """How one presentation ended: passed, a failure's reason, or unanswered."""

    end: str
    seconds: float


def evaluate_scenes(
    *, rounds: int = 1, fps: float = 6.0, kinds: Sequence[str] = (), progress: Progress = lambda done, of: None
) -> dict[str, Any]:
    """Every kind of `KINDS`, or those named, against every order `rounds` times, played by public-domain portraits. See
    `_result` for what is counted. Raises ModelMissing."""
    pictures = [_fitting(read_picture(asset_path(name))) for name in _PORTRAITS]
    players = [Player(pictures[0], pictures[1]), Player(pictures[1], pictures[0])]
    names = [name for name in KINDS if not kinds or name in kinds]
    tallies, cost = {name: Tally() for name in names}, _Cost()
    todo = [
        (name, player, acts, number)
        for name in names
        for player in (players[:1] if _needs_lids(name) else players)
        for acts in ORDERS
        for number in range(rounds)
    ]
    for done, (name, player, acts, number) in enumerate(todo, start=1):
        show = player.actor(name, acts, seed=1000 * done + number)
        _count(tallies[name], present(show, acts, fps=fps, cost=cost))
        progress(done, len(todo))
    return _result(tallies, cost, synthetic=True)


def _needs_lids(kind: str) -> bool:
    return kind in (GENUINE, "video_of_another_answer", "video_that_fits", "print_with_eye_holes")


def evaluate_folder(folder: Path, *, fps: float = 8.0, progress: Progress = lambda done, of: None) -> dict[str, Any]:
    """Recordings: `folder/SPECIES/SERIES`, where a series is a video or a folder of pictures in order, and the species
    `genuine` are living people. A series whose name begins with its acts, such as `left-blink-01`, is held against that
    challenge, any other against all of them. Raises BadLabels, NotADirectoryError."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder with a folder per species")
    series = [
        (species.name, one)
        for species in sorted(folder.iterdir())
        if species.is_dir()
        for one in sorted(species.iterdir())
        if one.is_dir() or one.suffix.lower() in VIDEOS
    ]
    if not series:
        raise BadLabels(f"{folder} holds no series: folder/SPECIES/SERIES, a video or a folder of pictures each")
    tallies: dict[str, Tally] = {}
    cost = _Cost()
    for done, (species, path) in enumerate(series, start=1):
        looks, length_s = _measured(_frames(path, fps), fps, cost)
        for acts in _named(path.name):
            _count(tallies.setdefault(species, Tally()), _held_against(looks, acts, length_s))
        progress(done, len(series))
    return _result(tallies, cost, synthetic=False)


def present(show: Show, acts: tuple[Act, ...], *, fps: float, cost: _Cost | None = None) -> Presented:
    """One actor before the camera, who sees what is asked, until the challenge is over."""
    going, template = issued("somebody", ORDERS.index(acts), BEGINS), None
    began = False
    for number in range(1, int(LIMIT.total_seconds() * fps) + 2):
        at = BEGINS + timedelta(seconds=number / fps)
        asked = going.verdict.act if isinstance(going.verdict, Asked) else Act.FRONT
        pixels = show(asked, number / fps)
        began_s = time.process_time()
        face = next(iter(read_faces(pixels)), None)
        template = face.embedding if template is None and face is not None else template
        going = going.waited(at) if face is None or template is None else going.seen(_look(pixels, face, template, at))
        if cost is not None:
            cost.add(time.process_time() - began_s)
        began = began or going.straight is not None
        if going.is_over:
            break
    return _ended(going.verdict, (at - BEGINS).total_seconds(), began=began)


def _ended(verdict: object, seconds: float, *, began: bool) -> Presented:
    match verdict:
        case Passed():
            return Presented("passed", seconds)
        case Failed(why=why) if began:
            return Presented(why.value, seconds)
        case _:
            return Presented("expired" if began else "unanswered", seconds)


def _held_against(looks: Sequence[Look], acts: tuple[Act, ...], length_s: float) -> Presented:
    going = issued("somebody", ORDERS.index(acts), BEGINS)
    for look in looks:
        going = going.seen(look)
        if going.is_over:
            return _ended(going.verdict, (look.at - BEGINS).total_seconds(), began=going.straight is not None)
    return _ended(going.verdict, length_s, began=going.straight is not None)


def _look(pixels: Pixels, face: FaceRead, template: Floats, at: datetime) -> Look:
    x, y, width, height = face.box
    far = float(np.linalg.norm(face.embedding - template))
    measured = measure(pixels, face)
    return Look(at, measured.yaw_deg, measured.openness, far, (x + width / 2, y + height / 2), float(width))


@dataclass
class _Cost:
    seconds: float = 0.0
    frames: int = 0

    def add(self, seconds: float) -> None:
        self.seconds, self.frames = self.seconds + seconds, self.frames + 1


def _measured(frames: Iterable[Pixels], fps: float, cost: _Cost) -> tuple[list[Look], float]:
    """The looks of a recording; whoever its first face shows is taken to be the enrolled person."""
    looks, template, number = [], None, 0
    for number, pixels in enumerate(frames, start=1):
        began_s = time.process_time()
        face = next(iter(read_faces(pixels)), None)
        if face is not None:
            template = face.embedding if template is None else template
            looks.append(_look(pixels, face, template, BEGINS + timedelta(seconds=number / fps)))
        cost.add(time.process_time() - began_s)
    return looks, number / fps


def _frames(path: Path, fps: float) -> Iterator[Pixels]:
    """A series at `fps` frames a second; pictures are taken to have been made at that rate."""
    if path.is_dir():
        for picture in sorted(one for one in path.iterdir() if one.suffix.lower() in PICTURES):
            try:
                yield read_picture(picture)
            except (BadFrame, OSError):
                continue
        return
    film = cv2.VideoCapture(str(path))
    try:
        every, number, taken = max(1.0, (film.get(cv2.CAP_PROP_FPS) or fps) / fps), 0, 0
        while film.grab():
            if number >= taken * every:
                taken += 1
                found, pixels = film.retrieve()
                if found:
                    yield as_bgr(pixels)
            number += 1
    finally:
        film.release()


def _named(name: str) -> tuple[tuple[Act, ...], ...]:
    own = tuple(acts for acts in ORDERS if name.lower().startswith("-".join(acts)))
    return own or ORDERS


def _fitting(picture: Pixels) -> Pixels:
    """The upper part of a portrait, small."""
    scale = _SIDE_PX / max(picture.shape[:2])
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _count(tally: Tally, presented: Presented) -> None:
    if presented.end == "passed":
        tally.passed += 1
        tally.took_s.append(presented.seconds)
    elif presented.end == "unanswered":
        tally.unanswered += 1
    else:
        tally.refused += 1
        tally.why[presented.end] = tally.why.get(presented.end, 0) + 1


def _result(tallies: dict[str, Tally], cost: _Cost, *, synthetic: bool) -> dict[str, Any]:
    """`attacks`: APCER per species, passed of all presentations; `genuine`: BPCER, refused of those who were answered;
    for both the share that was never answered, with 95 % Wilson intervals. `took_s`: median seconds of who passed.
    `ms`: CPU milliseconds that a frame costs."""
    living = tallies.get(GENUINE, Tally())
    answered = living.passed + living.refused
    return {
        "synthetic": synthetic,
        "standard": "liveness challenge, not tested to ISO/IEC 30107-3",
        "genuine": {
            "n": living.all,
            "bpcer": living.refused / answered if answered else None,
            "bpcer_interval": interval(living.refused, answered),
            **_common(living),
        },
        "attacks": {
            name: {
                "n": tally.all,
                "apcer": tally.passed / tally.all if tally.all else None,
                "apcer_interval": interval(tally.passed, tally.all),
                **_common(tally),
            }
            for name, tally in tallies.items()
            if name != GENUINE
        },
        "ms": round(1000 * cost.seconds / cost.frames, 1) if cost.frames else None,
        "frames": cost.frames,
    }


def _common(tally: Tally) -> dict[str, Any]:
    return {
        "passed": tally.passed,
        "refused": tally.refused,
        "unanswered": tally.unanswered,
        "non_response": tally.unanswered / tally.all if tally.all else None,
        "non_response_interval": interval(tally.unanswered, tally.all),
        "why": dict(sorted(tally.why.items())),
        "took_s": round(float(np.median(tally.took_s)), 2) if tally.took_s else None,
    }
