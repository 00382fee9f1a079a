"""An OSDP reader as a program on a pseudo terminal, which misbehaves on command.

    python -m gatehouse.devices.readers.osdp_sim --key HEX

prints the path of its line and takes commands on its input: `card HEX BITS`, `keys 1234#`, `cut`, `mend`, `garble`.
"""

import argparse
import os
import sys
import threading
import tty
from typing import Any

from osdp import (
    Capability,
    CardFormat,
    Channel,
    Command,
    Event,
    LibFlag,
    LogLevel,
    PDCapabilities,
    PDInfo,
    PeripheralDevice,
)

TURN_S = 0.01


class _Line(Channel):  # type: ignore[misc]  # the library has no types
    """The reader's end of the pair. `cut`: nothing passes. `garble`: what the reader says has every byte changed."""

    def __init__(self, handle: int) -> None:
        super().__init__()
        self.handle = handle
        self.cut = False
        self.garble = False

    def read(self, max_bytes: int) -> bytes:
        try:
            heard = os.read(self.handle, max_bytes)
        except OSError:
            return b""
        return b"" if self.cut else heard

    def write(self, buf: bytes) -> int:
        if self.cut:
            return len(buf)
        try:
            return os.write(self.handle, bytes(byte ^ 0x5A for byte in buf) if self.garble else buf)
        except OSError:
            return 0

    def flush(self) -> None:
        """Nothing is kept."""


class OsdpSimulator:
    """The reader, from `start()` to `stop()`. `path` is its line; `shown` are the lights that it was told to show."""

    def __init__(self, key: bytes, address: int = 0) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._ours)
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self.line = _Line(self._ours)
        self.shown: list[int] = []
        info = PDInfo(address, self.line, scbk=key, flags=[LibFlag.EnforceSecure], name="simulator")
        able = PDCapabilities([
            (Capability.LEDControl, 1, 1), (Capability.AudibleControl, 1, 1),
            (Capability.CardDataFormat, 1, 1), (Capability.CommunicationSecurity, 1, 1), (Capability.Readers, 1, 1),
        ])  # fmt: skip
        self._device = PeripheralDevice(info, able, log_level=LogLevel.Emergency, command_handler=self._told)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osdp simulator", daemon=True)

    def start(self) -> "OsdpSimulator":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(3.0)
        for handle in (self._ours, self._theirs):
            os.close(handle)

    def is_secure(self) -> bool:
        with self._lock:
            return bool(self._device.ctx.is_sc_active())

    def card(self, data: bytes, bits: int = 0, *, kind: int = CardFormat.Wiegand) -> None:
        """Hold a card to it."""
        event = {
            "event": Event.CardRead, "reader_no": 0, "direction": 0, "format": kind,
            "length": bits or 8 * len(data), "data": data,
        }  # fmt: skip
        self._submit(event)

    def keys(self, keys: str) -> None:
        """Type on its pad."""
        self._submit({"event": Event.KeyPress, "reader_no": 0, "data": keys.encode("latin-1")})

    def _submit(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._device.ctx.submit_event(event)

    def _told(self, command: dict[str, Any]) -> tuple[int, None]:
        if command.get("command") == Command.LED:
            self.shown.append(int(command["on_color"]))
        return 0, None

    def _run(self) -> None:
        while not self._ended.wait(TURN_S):
            with self._lock:
                self._device.ctx.refresh()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--key", required=True, type=bytes.fromhex)
    simulator = OsdpSimulator(options.parse_args().key).start()
    sys.stdout.write(f"serial://{simulator.path}\n")
    sys.stdout.flush()
    for order in sys.stdin:
        match order.split():
            case ["card", data, bits]:
                simulator.card(bytes.fromhex(data), int(bits))
            case ["keys", keys]:
                simulator.keys(keys)
            case ["cut"]:
                simulator.line.cut = True
            case ["garble"]:
                simulator.line.garble = True
            case ["mend"]:
                simulator.line.cut = simulator.line.garble = False
    simulator.stop()


if __name__ == "__main__":
    main()
