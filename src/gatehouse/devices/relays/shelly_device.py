"""The inside of the simulated Shelly: switches with a flip-back timer, inputs, a history of what moved."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from gatehouse.clock import monotonic_s

HISTORY = 200  # newest movements kept
INVALID_ARGUMENT = -103
NOT_FOUND = -105
NO_HANDLER = 404


class Refused(Exception):
    """An error object of the device: `code` and `message`, as on the vendor's page "Common Errors"."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Switch:
    on: bool = False
    flips_at_s: float | None = None
    flip_s: float = 0.0
    source: str = "init"


@dataclass(slots=True)
class ShellyDevice:
    """Safe to use from several threads. `pulses` counts the times an output was switched on with a timer."""

    switch_count: int = 1
    input_count: int = 2
    lies: bool = False
    pulses: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _born_s: float = field(default_factory=monotonic_s)
    _history: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=HISTORY))
    _switches: list[_Switch] = field(init=False)
    _inputs: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self._switches = [_Switch() for _ in range(self.switch_count)]
        self._inputs = [False] * self.input_count

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of one remote call. Raises Refused."""
        with self._lock:
            self._settle()
            match method:
                case "Switch.Set":
                    return self._set(self._component(params, self.switch_count), params)
                case "Switch.GetStatus":
                    return self._switch_status(self._component(params, self.switch_count))
                case "Input.GetStatus":
                    number = self._component(params, self.input_count)
                    return {"id": number, "state": self._inputs[number]}
                case "Shelly.GetDeviceInfo":
                    return {"id": "shellysim-000000000001", "gen": 2, "app": "Simulator", "auth_domain": None}
        raise Refused(NO_HANDLER, f"No handler for {method}")

    def set_input(self, number: int, state: bool) -> None:
        """Close or open a contact: a loop that feels a car, a door that stands open. Raises Refused."""
        with self._lock:
            if not 0 <= number < self.input_count:
                raise Refused(NOT_FOUND, f"Bad id={number}")
            if self._inputs[number] != state:
                self._inputs[number] = state
                self._note(monotonic_s(), f"input {number} {'on' if state else 'off'}")

    def report(self) -> dict[str, Any]:
        """What happened so far; times in seconds since the device was plugged in."""
        with self._lock:
            self._settle()
            history = [{"at": round(at, 3), "what": what} for at, what in self._history]
            return {
                "pulses": self.pulses,
                "on": self._switches[0].on,
                "inputs": list(self._inputs),
                "history": history,
            }

    def _component(self, params: dict[str, Any], count: int) -> int:
        number = params.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            raise Refused(INVALID_ARGUMENT, "Missing required 'id'")
        if not 0 <= number < count:
            raise Refused(NOT_FOUND, f"Bad id={number}")
        return number

    def _set(self, number: int, params: dict[str, Any]) -> dict[str, Any]:
        on, after = params.get("on"), params.get("toggle_after")
        if not isinstance(on, bool):
            raise Refused(INVALID_ARGUMENT, "Missing required 'on'")
        if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after < 0):
            raise Refused(INVALID_ARGUMENT, "Invalid argument 'toggle_after'")
        switch = self._switches[number]
        result = {"was_on": switch.on}
        if self.lies:
            return result
        now_s = monotonic_s()
        switch.on, switch.source = on, "HTTP_in"
        # A second command replaces the running timer: the output stays on from now for the new time.
        switch.flip_s = float(after or 0.0)
        switch.flips_at_s = now_s + switch.flip_s if after else None
        self.pulses += int(on and bool(after))
        self._note(now_s, f"switch {number} {'on' if on else 'off'}")
        return result

    def _switch_status(self, number: int) -> dict[str, Any]:
        switch = self._switches[number]
        status: dict[str, Any] = {
            "id": number,
            "source": switch.source,
            "output": switch.on,
            "temperature": {"tC": 41.2, "tF": 106.2},
        }
        if switch.flips_at_s is not None:
            started_s = switch.flips_at_s - switch.flip_s - self._born_s
            status |= {"timer_started_at": round(started_s, 2), "timer_duration": switch.flip_s}
        return status

    def _settle(self) -> None:
        """Let timers that ran out act, at the moment when they did."""
        now_s = monotonic_s()
        for number, switch in enumerate(self._switches):
            if switch.flips_at_s is not None and switch.flips_at_s <= now_s:
                switch.on, switch.source = not switch.on, "timer"
                self._note(switch.flips_at_s, f"switch {number} {'on' if switch.on else 'off'}")
                switch.flips_at_s = None

    def _note(self, at_s: float, what: str) -> None:
        self._history.append((at_s - self._born_s, what))
