"""The thread beside one gate: it feels the sensor, notices what is lost, and lets what is over be over."""

import threading
from collections.abc import Callable, Sequence

import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.devices.cameras.port import Camera
from gatehouse.devices.errors import RelayLost, RelayRefused
from gatehouse.devices.relays.port import Relay
from gatehouse.domain.policy import Gate, GateKind
from gatehouse.edge.gatekeeper import Gatekeeper

log = structlog.get_logger()

# How often the sensor is asked: while somebody was let in, and otherwise.
WAITING_S = 0.15
IDLE_S = 1.0
# A door that stands open longer than this is reported, once.
HELD_S = 30.0
_DOORS = (GateKind.DOOR, GateKind.TURNSTILE)


class Attendant(threading.Thread):
    """Runs until `stop()`. `gate` gives the gate's policy of this moment, None when it is gone."""

    def __init__(
        self,
        keeper: Gatekeeper,
        *,
        gate: Callable[[], Gate | None],
        relay: Relay | None,
        cameras: Sequence[Camera],
        clock: Clock,
        lost: bool = False,
    ) -> None:
        """`lost`: a camera of this gate was reported lost before the gate was set up anew, and not yet back."""
        super().__init__(name=f"attendant {keeper.gate}", daemon=True)
        self._keeper = keeper
        self._gate = gate
        self._relay = relay
        self._cameras = cameras
        self._clock = clock
        self._ended = threading.Event()
        self._losses = [0] * len(cameras)
        self._lost = [lost] * len(cameras)
        self._felt: bool | None = None  # None: not asked yet
        self._felt_since_s = 0.0
        self._held = False

    def stop(self) -> None:
        self._ended.set()

    def misses_a_camera(self) -> bool:
        """True while a camera was reported lost and not yet back."""
        return any(self._lost)

    def run(self) -> None:
        while not self._ended.is_set():
            self.step()
            self._ended.wait(WAITING_S if self._keeper.waits() else IDLE_S)

    def step(self) -> None:
        """One round: sensor, cameras, what is over."""
        gate = self._gate()
        if gate is not None and gate.has_sensor and self._relay is not None:
            self._feel(gate, self._relay)
        self._look_after_cameras()
        self._keeper.tick()

    def _feel(self, gate: Gate, relay: Relay) -> None:
        try:
            inputs = relay.status().inputs
        except (RelayLost, RelayRefused):
            self._keeper.relay_answers(False)
            return
        self._keeper.relay_answers(True)
        felt = bool(inputs) and inputs[0]
        if felt and not self._felt:
            self._felt_since_s, self._held = monotonic_s(), False
            # Where a handle opens the door from inside, only a gate that is closed can be forced.
            alone = gate.kind is not GateKind.DOOR or gate.mode == "closed"
            # Who stands on the loop at the first look may have passed rightly before this edge was started.
            seen_to_come = self._felt is False
            if not self._keeper.sensed(self._clock.now()) and alone and seen_to_come and gate.mode != "open":
                self._keeper.report("forced")
        self._felt = felt
        if felt and gate.kind in _DOORS and not self._held and monotonic_s() - self._felt_since_s > HELD_S:
            self._held = True
            self._keeper.report("held")

    def _look_after_cameras(self) -> None:
        blind = bool(self._cameras) and all(camera.state().condition == "lost" for camera in self._cameras)
        self._keeper.sees_nothing(blind)
        for number, camera in enumerate(self._cameras):
            state = camera.state()
            lost = state.condition == "lost"
            # `losses` also tells an outage that began and ended between two looks.
            if state.losses > self._losses[number] and not self._lost[number]:
                self._keeper.report("camera_lost")
                self._lost[number] = True
            if self._lost[number] and not lost and state.condition == "live":
                self._keeper.report("camera_back")
                self._lost[number] = False
            self._losses[number] = state.losses
