"""The one clock of all processes.

Every shell (keeper, edge, server, simulators) asks `now()` of the `Clock` that it was started with and passes the
answer inwards; no rule ever calls a clock. With `GATEHOUSE_CLOCK=FILE` set, the file's text (a decimal number of
seconds) is added to the machine's time, so that a demonstration or a test moves hours in seconds and every process
moves together.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

VARIABLE = "GATEHOUSE_CLOCK"


class Clock(Protocol):
    def now(self) -> datetime:
        """This instant, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """The machine's time plus the seconds written in `file`; 0 while the file is absent.

    Time keeps flowing between shifts, so waits and timeouts behave as they do on site.
    """

    file: Path

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset_s())

    def offset_s(self) -> float:
        try:
            return float(self.file.read_text("ascii"))
        except FileNotFoundError:
            return 0.0

    def advance(self, by: timedelta) -> None:
        """Move every process that shares the file forward by `by`. Raises ValueError for a step back."""
        if by < timedelta():
            raise ValueError("a clock is never moved back")
        # The temporary name is per process; the rename makes the step visible to all readers at once.
        draft = self.file.with_suffix(f".{os.getpid()}")
        draft.write_text(repr(self.offset_s() + by.total_seconds()), "ascii")
        draft.replace(self.file)

    def advance_to(self, instant: datetime) -> None:
        """Move forward to `instant`; raises ValueError if it has passed."""
        self.advance(instant - self.now())


def from_environment() -> Clock:
    """The clock that this process was told to use."""
    file = os.environ.get(VARIABLE)
    return ShiftedClock(Path(file)) if file else SystemClock()


def monotonic_s() -> float:
    """Seconds for measuring a wait; never compared with `now()`."""
    return time.monotonic()
