"""One camera's thread: newest frame, motion, models, gatekeeper. Frames are dropped, never queued."""

import threading
from collections.abc import Callable

import structlog

from gatehouse.clock import monotonic_s
from gatehouse.devices.cameras.port import Camera, Frame
from gatehouse.domain.policy import Gate
from gatehouse.domain.regions import Region
from gatehouse.edge.challenging import Challenger
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.looking import Looker
from gatehouse.edge.roster import Knowledge
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.frames import cropped
from gatehouse.vision.motion import MotionGate

log = structlog.get_logger()

MAX_FPS = 8.0
# What stands before the gate without moving is still looked at this often, so that it is not forgotten and an
# unpaid car is let go soon after it was paid for.
STANDING_S = 0.5
# After a look that failed: at once would be a storm where a model is missing.
REST_S = 1.0


class Watcher(threading.Thread):
    """Runs until the camera is closed. `knowledge` gives what the edge knows at this moment."""

    def __init__(
        self,
        camera: Camera,
        keeper: Gatekeeper,
        looker: Looker,
        *,
        knowledge: Callable[[], Knowledge],
        max_fps: float = MAX_FPS,
        region: Region | None = None,
    ) -> None:
        """`region`: the part of the picture that is looked at; nothing outside it is seen, by motion either."""
        super().__init__(name=f"watcher {keeper.gate}", daemon=True)
        self._camera = camera
        self._keeper = keeper
        self._challenger = Challenger(looker)
        self._knowledge = knowledge
        self._pause_s = 1.0 / max_fps
        self._motion = MotionGate()
        self._region = region
        self._occupied = False
        self._looked_s = float("-inf")
        self._rests_until_s = float("-inf")

    def run(self) -> None:
        for frame in self._camera.frames():
            if monotonic_s() < self._rests_until_s or monotonic_s() - self._looked_s < self._pause_s:
                continue
            try:
                self.see(frame)
            except Exception as fault:  # noqa: BLE001
                # This thread's outermost loop: a model that is missing, or that stumbles over a picture, must not take
                # the relay, the sensor and the opening by hand away from the gate.
                log.error("watcher.failed", gate=self._keeper.gate, fault=type(fault).__name__, pause_s=REST_S)
                self._rests_until_s = monotonic_s() + REST_S

    def see(self, frame: Frame) -> None:
        """Look at one frame, if it is worth a look."""
        known = self._knowledge()
        gate = known.policy.gates.get(self._keeper.gate)
        if gate is None:
            return
        try:
            frame = Frame(cropped(frame.pixels, self._region), frame.captured_at)
            if self._is_worth_a_look(frame):
                self._look(frame, gate, known)
        except BadFrame:
            log.warning("frame.bad", gate=self._keeper.gate)

    def _is_worth_a_look(self, frame: Frame) -> bool:
        if self._challenger.asks or (self._occupied and self._keeper.is_settling()):
            return True
        moved = self._motion.moved(frame.pixels)
        return moved or (self._occupied and monotonic_s() - self._looked_s >= STANDING_S)

    def _look(self, frame: Frame, gate: Gate, known: Knowledge) -> None:
        self._looked_s = monotonic_s()
        self._challenger.see(frame, gate, known, self._keeper)
        self._occupied = self._challenger.occupied
