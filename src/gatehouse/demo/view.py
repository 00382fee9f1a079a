"""What one simulated camera looks at now: idle, playing a scene, or somebody standing there."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from gatehouse.demo import scenes
from gatehouse.demo.canvas import Pixels
from gatehouse.demo.plates_art import plate_kind
from gatehouse.vision.frames import read_picture
from gatehouse.vision.packs import asset_path

VIEWS = ("lane", "door")
PORTRAITS = {"hopper": "grace_hopper.jpg", "astronaut": "astronaut.png"}
# A still view needs few frames; they are painted once and shown in turn.
STILL_FPS = 2.0
_STILLS = 5
_LONGEST_S = 60.0


class View:
    """Asked for one frame after the other by one thread, ordered about by others.

    Orders of `play`: {"scene": "car", "plate": TEXT} and {"scene": "car_leaves", "plate": TEXT} before a lane;
    {"scene": "person", "portrait": "hopper" | "astronaut" | null} and {"scene": "phone", "text": TEXT} before a
    door; each with optional "seconds", "seed" and "then": "clear" (default) or "stand".
    """

    def __init__(self, kind: str, fps: float = 8.0) -> None:
        """`kind` is `lane` or `door`; `fps` is the rate of a scene. Raises ValueError."""
        if kind not in VIEWS:
            raise ValueError(f"a view is one of {', '.join(VIEWS)}")
        self.kind = kind
        self.fps = fps
        self.woken = threading.Event()  # set by an order, so that the next frame comes at once
        self._lock = threading.RLock()
        self._idle = itertools.cycle(_idle_frames(kind))
        self._still: Iterator[Pixels] | None = None
        self._scene: Iterator[Pixels] | None = None
        self._name = "idle"
        self._last: Pixels | None = None
        self._stands = False

    def play(self, order: dict[str, Any]) -> None:
        """Start a scene in place of whatever is shown. Raises ValueError for an order that cannot be played."""
        then = order.get("then", "clear")
        if then not in ("clear", "stand"):
            raise ValueError("then is clear or stand")
        scene = self._made(order)
        with self._lock:
            self._scene, self._still, self._stands = scene, None, then == "stand"
            self._name = str(order["scene"])
        self.woken.set()

    def stand(self) -> None:
        """Keep showing how the scene ends, or ended. Raises ValueError where nothing was played yet."""
        with self._lock:
            if self._scene is None and self._last is None:
                raise ValueError("nothing was played yet")
            self._stands = True
            if self._scene is None:
                self._stay()
        self.woken.set()

    def clear(self) -> None:
        """Back to the idle view at once."""
        with self._lock:
            self._scene = self._still = self._last = None
            self._stands, self._name = False, "idle"
        self.woken.set()

    def next(self) -> tuple[Pixels, float]:
        """The next frame, and for how many seconds it is to be shown."""
        with self._lock:
            scene = self._scene
            if scene is not None:
                frame = next(scene, None)
                if frame is not None:
                    self._last = frame
                    return frame, 1.0 / self.fps
                self._end()
            return next(self._still or self._idle), 1.0 / STILL_FPS

    def state(self) -> dict[str, Any]:
        """`shows` is idle, a scene's name while it plays, or `standing`."""
        with self._lock:
            shows = self._name if self._scene is not None else "standing" if self._still is not None else "idle"
            return {"view": self.kind, "shows": shows, "scene": self._name, "then_stands": self._stands}

    def _end(self) -> None:
        self._scene = None
        if self._stands:
            self._stay()

    def _stay(self) -> None:
        if self._last is not None and self._still is None:
            self._still = itertools.cycle(scenes.grainy(self._last, _STILLS))

    def _made(self, order: dict[str, Any]) -> Iterator[Pixels]:
        name = order.get("scene")
        seconds, seed = order.get("seconds", 5.0), order.get("seed", 0)
        numbers = isinstance(seconds, int | float) and 0 < seconds <= _LONGEST_S and isinstance(seed, int)
        if not numbers or seed < 0:
            raise ValueError(f"seconds are at most {_LONGEST_S:g}, a seed is a number from 0")
        if name in ("car", "car_leaves") and self.kind == "lane":
            plate = str(order.get("plate", ""))
            painted = scenes.car_scene if name == "car" else scenes.car_leaves_scene
            return painted(plate, plate_kind(plate), seconds, self.fps, seed)
        if name == "person" and self.kind == "door":
            return scenes.person_scene(_portrait(order.get("portrait")), seconds, self.fps, seed)
        if name == "phone" and self.kind == "door":
            return scenes.phone_scene(_text(order.get("text")), seconds, self.fps, seed)
        raise ValueError(f"a {self.kind} has no scene {name!r}")


def _text(text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= 1000:
        raise ValueError("text is a string of at most 1000 characters")
    return text


def _portrait(name: object) -> Pixels | None:
    if name is None:
        return None
    if name not in PORTRAITS:
        raise ValueError(f"a portrait is one of {', '.join(PORTRAITS)}, or null")
    return np.asarray(read_picture(asset_path(PORTRAITS[str(name)])), np.uint8)


@cache
def _idle_frames(kind: str) -> tuple[Pixels, ...]:
    painted = scenes.idle_lane if kind == "lane" else scenes.idle_door
    return tuple(painted(_STILLS, 1.0))
