"""What a camera is to Gatehouse: newest frames, a condition that can be polled, and an end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gatehouse.devices.errors import CameraLost as CameraLost

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture, BGR (H, W, 3) uint8, and when it was received (aware, UTC). Nobody writes into `pixels`."""

    pixels: Pixels
    captured_at: datetime


class Condition(StrEnum):
    CONNECTING = "connecting"  # never had a picture yet
    LIVE = "live"
    LOST = "lost"  # had none for longer than the camera's patience, or could not connect; being retried
    ENDED = "ended"  # closed, or a recording that has been played to its end


@dataclass(frozen=True, slots=True)
class CameraState:
    """The camera's condition since `since`. `losses` only grows, so that a poll never misses a short outage;
    `reason` is worded for a log and holds no password."""

    condition: Condition
    since: datetime
    losses: int = 0
    reason: str = ""


class Camera(Protocol):
    def frames(self) -> Iterator[Frame]:
        """The newest frame each time one is asked for; what came in between is dropped, never queued.

        Waits through outages and reconnects. Ends when the camera is closed or a recording is over.
        """

    def state(self) -> CameraState:
        """How the camera is now. Never blocks; may be called from any thread."""

    def close(self) -> None:
        """Stop reading and end `frames()`. Harmless when repeated."""
