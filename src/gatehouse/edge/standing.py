"""A lock that stands open: held by pulses that are given again before they end, so that a dead edge leaves none."""

from collections.abc import Callable

from gatehouse.clock import Clock, monotonic_s
from gatehouse.devices.relays.port import LONGEST_PULSE_S, SHORTEST_PULSE_S, Relay
from gatehouse.domain.modes import Stand, stand_at
from gatehouse.domain.policy import Policy
from gatehouse.edge.presence import Presence

RENEW_S = LONGEST_PULSE_S - 10.0


class Standing:
    """Of one gate, whose keeper lets one thread in at a time."""

    def __init__(
        self, gate: str, relay: Relay | None, policy: Callable[[], Policy], presence: Presence, clock: Clock
    ) -> None:
        self._gate = gate
        self._relay = relay
        self._policy = policy
        self._presence = presence
        self._clock = clock
        self._open = False
        self._pulsed_s = float("-inf")

    def stand(self) -> Stand:
        """How the gate stands now."""
        policy = self._policy()
        gate = policy.gates.get(self._gate)
        if gate is None:
            return Stand.CLOSED
        return stand_at(gate, policy, self._clock.now(), self._presence.arrived().get(self._gate))

    def keep(self) -> str | None:
        """Pulse the relay if it is time; what to tell of, "unlocked" or "locked", when that changed. Raises RelayLost,
        RelayRefused, and then it is tried again."""
        stand, gate = self.stand(), self._policy().gates.get(self._gate)
        # A door of a vestibule stands unlocked only while the site is left.
        alone = gate is not None and not gate.interlock
        wanted = stand is Stand.EVACUATION or (stand is Stand.UNLOCKED and alone)
        if wanted and monotonic_s() - self._pulsed_s >= RENEW_S:
            if self._relay is not None:
                self._relay.pulse(LONGEST_PULSE_S)
            self._pulsed_s = monotonic_s()
        if wanted == self._open:
            return None
        if not wanted and self._relay is not None:
            # The device counts anew from this pulse, so the lock falls shut now and not at the old one's end.
            self._relay.pulse(SHORTEST_PULSE_S)
        if not wanted:
            self._pulsed_s = float("-inf")
        self._open = wanted
        return "unlocked" if wanted else "locked"
