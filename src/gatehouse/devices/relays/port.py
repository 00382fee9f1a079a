"""What a relay is to Gatehouse: one timed pulse, and a look at its output and inputs."""

from dataclasses import dataclass
from typing import Protocol

from gatehouse.devices.errors import RelayLost as RelayLost
from gatehouse.devices.errors import RelayRefused as RelayRefused

SHORTEST_PULSE_S = 0.1
LONGEST_PULSE_S = 60.0


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """The output now, and the inputs in the order in which the driver was given them (loop, door contact)."""

    on: bool
    inputs: tuple[bool, ...]


class Relay(Protocol):
    def pulse(self, seconds: float) -> None:
        """Switch on for `seconds`, timed by the device, so that a lost "off" leaves nothing open.

        Returns when the device accepted, which is no proof that a barrier moved: only a sensor says "passed".
        Raises RelayLost (see `maybe_sent`), RelayRefused, or ValueError outside
        [SHORTEST_PULSE_S, LONGEST_PULSE_S]. Sends the command at most once.
        """

    def status(self) -> RelayStatus:
        """Raises RelayLost or RelayRefused."""

    def close(self) -> None:
        """Let go of the connection. Harmless when repeated."""


def check_pulse(seconds: float) -> float:
    """The pulse's length, if a gate may be opened for so long. Raises ValueError, also for NaN."""
    if not SHORTEST_PULSE_S <= seconds <= LONGEST_PULSE_S:
        raise ValueError(f"a pulse lasts {SHORTEST_PULSE_S:g} to {LONGEST_PULSE_S:g} s, not {seconds}")
    return seconds
