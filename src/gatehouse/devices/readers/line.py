"""A serial line as OSDP wants it: 8N1, raw, never waiting."""

import os
import termios
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from osdp import Channel

from gatehouse.devices.errors import UnknownDriver

SPEEDS = {
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
}
MOST_ADDRESS = 126  # 127 is everybody's
DEFAULT_KEY = bytes(range(0x30, 0x40))  # SCBK-D, which every installer knows
KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class ReaderAddress:
    path: str
    address: int
    baud: int
    written: str  # how a card's bits become its number: hex or decimal


def parse_address(address: str) -> ReaderAddress:
    """serial:///dev/NAME[?address=0&baud=9600&number=hex]. Raises UnknownDriver."""
    try:
        parts = urlsplit(address)
        query = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        own, baud = int(query.pop("address", "0")), int(query.pop("baud", "9600"))
    except ValueError as fault:
        raise UnknownDriver("a reader's address is serial:///dev/NAME?address=N&baud=N&number=hex") from fault
    written = query.pop("number", "hex")
    if parts.scheme != "serial" or parts.netloc or not parts.path.startswith("/dev/") or query:
        raise UnknownDriver("a reader's address is serial:///dev/NAME?address=N&baud=N&number=hex")
    if not 0 <= own <= MOST_ADDRESS or baud not in SPEEDS or written not in ("hex", "decimal"):
        raise UnknownDriver("a reader has address 0 to 126, a usual speed, and number=hex or number=decimal")
    return ReaderAddress(parts.path, own, baud, written)


def parse_key(secret: str | None) -> bytes:
    """The reader's Secure Channel key. Without one, or with the one that everybody knows, cards would pass the wire in
    the clear and anybody could answer for the reader. Raises UnknownDriver."""
    try:
        key = bytes.fromhex(secret or "")
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or key == DEFAULT_KEY:
        raise UnknownDriver("an OSDP reader needs a key of its own: 32 hex digits, not the default one")
    return key


class SerialLine(Channel):  # type: ignore[misc]  # the library has no types
    """The file of a serial port. Raises OSError where there is none."""

    def __init__(self, path: str, baud: int) -> None:
        super().__init__()
        self._handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            settings = termios.tcgetattr(self._handle)
            settings[0] = settings[1] = settings[3] = 0
            settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
            settings[4] = settings[5] = SPEEDS[baud]
            termios.tcsetattr(self._handle, termios.TCSANOW, settings)
            termios.tcflush(self._handle, termios.TCIOFLUSH)
        except termios.error as fault:
            os.close(self._handle)
            raise OSError(str(fault)) from fault

    def read(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._handle, max_bytes)
        except (BlockingIOError, OSError):
            return b""

    def write(self, buf: bytes) -> int:
        try:
            return os.write(self._handle, buf)
        except (BlockingIOError, OSError):
            return 0

    def flush(self) -> None:
        """The kernel sends by itself."""

    def close(self) -> None:
        os.close(self._handle)
