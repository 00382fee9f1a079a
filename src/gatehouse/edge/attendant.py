"""The thread beside one gate: it feels the sensor, notices what is lost, and lets what is over be over."""

import threading
from collections.abc import Callable, Sequence

import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.devices.cameras.port import Camera
from gatehouse.devices.errors import RelayLost, RelayRefused
from gatehouse.devices.relays.port import Relay
from gatehouse.domain.modes import FREE, Stand
from gatehouse.domain.policy import Gate, GateKind
from gatehouse.edge.gatekeeper import Gatekeeper

log = structlog.get_logger()

# How often the sensor is asked: while somebody was let in, and otherwise.
WAITING_S = 0.15
IDLE_S = 1.0
# A door that is opened so soon after somebody asked to leave is not forced.
ASKED_S = 15.0
# In this order a relay's inputs are a gate's: its loop or door contact, the button to leave, the case's tamper switch.
CONTACT, LEAVING, TAMPER = range(3)
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
        self._asked_s = float("-inf")
        self._tampered = False

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
        self._keeper.keep_standing()
        self._keeper.tick()

    def _feel(self, gate: Gate, relay: Relay) -> None:
        try:
            inputs = relay.status().inputs
        except (RelayLost, RelayRefused):
            self._keeper.relay_answers(False)
            return
        self._keeper.relay_answers(True)
        self._notice_tampering(inputs)
        if len(inputs) > LEAVING and inputs[LEAVING]:
            self._asked_s = monotonic_s()
        felt, stand = bool(inputs) and inputs[CONTACT], self._keeper.standing.stand()
        self._keeper.presence.feels(gate.code, felt and gate.kind in _DOORS)
        if felt and not self._felt:
            self._felt_since_s, self._held = monotonic_s(), False
            # Who stands on the loop at the first look may have passed rightly before this edge was started.
            seen_to_come = self._felt is False
            passed = self._keeper.sensed(self._clock.now())
            if not passed and seen_to_come and stand not in FREE and self._can_be_forced(gate, stand, inputs):
                self._keeper.report("forced")
        self._felt = felt
        stands_s = monotonic_s() - self._felt_since_s
        if felt and gate.kind in _DOORS and not self._held and stand not in FREE and stands_s > gate.held_s:
            self._held = True
            self._keeper.report("held")

    def _can_be_forced(self, gate: Gate, stand: Stand, inputs: tuple[bool, ...]) -> bool:
        """Where a handle opens the door from inside and no button tells of it, only a closed gate can be forced."""
        if len(inputs) > LEAVING:
            return monotonic_s() - self._asked_s > ASKED_S
        return gate.kind is not GateKind.DOOR or stand in (Stand.CLOSED, Stand.LOCKDOWN)

    def _notice_tampering(self, inputs: tuple[bool, ...]) -> None:
        tampered = len(inputs) > TAMPER and inputs[TAMPER]
        if tampered and not self._tampered:
            self._keeper.report("tamper")
        self._tampered = tampered

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
