"""OSDP readers (IEC 60839-11-5) on a serial line, through libosdp, with Secure Channel or not at all.

The reader's key is set with the maker's own tool; install mode, in which any key is taken, is never used. Never tried
on the hardware: see quality.toml.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal

import structlog
from osdp import CardFormat, Command, CommandLEDColor, ControlPanel, Event, LibFlag, LogLevel, PDInfo

from gatehouse.clock import monotonic_s
from gatehouse.devices.readers.line import SerialLine, parse_address, parse_key
from gatehouse.devices.readers.port import Card, Given, Keys, Line

log = structlog.get_logger()

TURN_S = 0.02  # libosdp wants to be called about so often
LOST_S = 8.0  # without Secure Channel for so long, the reader is lost
OPEN_AGAIN_S = 2.0
OLD_S = 5.0  # what was shown before that and not fetched is left out
KEYS_S = 10.0  # digits that are not ended within this are forgotten
MOST_KEYS = 12
CARD_LIMIT = 32
_ENTER, _CLEAR = frozenset("#\r"), frozenset("*\x7f")
_PARITY = frozenset({26, 34, 37})  # lengths whose first and last bit are parity
_SHOW: dict[str, tuple[Any, int, int]] = {  # colour, beeps, length of one in 100 ms
    "granted": (CommandLEDColor.Green, 1, 2),
    "refused": (CommandLEDColor.Red, 3, 1),
}
_LIT_MS = 2000


class OsdpReader:
    """One reader. `address` as `line.parse_address`, `secret` its key in hex."""

    def __init__(self, address: str, secret: str | None = None) -> None:
        """Raises UnknownDriver. The line is opened soon after, and again when it is lost."""
        self._at = parse_address(address)
        self._key = parse_key(secret)
        self._given: queue.Queue[tuple[float, Given]] = queue.Queue(maxsize=64)
        self._told: queue.Queue[str] = queue.Queue(maxsize=8)
        self._closed = threading.Event()
        self._keys = ""
        self._keyed_s = 0.0
        self._is_lost = False
        self._secure_s = monotonic_s()
        self._thread = threading.Thread(target=self._run, name="osdp", daemon=True)
        self._thread.start()

    def given(self) -> Iterator[Given]:
        """See `port.Reader`."""
        while not self._closed.is_set():
            try:
                came_s, given = self._given.get(timeout=0.5)
            except queue.Empty:
                continue
            if isinstance(given, Line) or monotonic_s() - came_s <= OLD_S:
                yield given

    def tell(self, answer: Literal["granted", "refused"]) -> None:
        """See `port.Reader`."""
        with suppress(queue.Full):
            self._told.put_nowait(answer)

    def close(self) -> None:
        """See `port.Reader`."""
        self._closed.set()
        if self._thread is not threading.current_thread():
            self._thread.join(3.0)

    # --- the thread of the line --------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                line = SerialLine(self._at.path, self._at.baud)
            except OSError:
                self._look_after(secure=False)
                self._closed.wait(OPEN_AGAIN_S)
                continue
            try:
                self._serve(line)
            finally:
                line.close()

    def _serve(self, line: SerialLine) -> None:
        """Until closed, or until the reader is lost for long: a port that was pulled out is opened anew."""
        info = PDInfo(self._at.address, line, scbk=self._key, flags=[LibFlag.EnforceSecure], name="reader")
        panel = ControlPanel([info], log_level=LogLevel.Emergency, event_handler=self._heard)
        opened_s = monotonic_s()
        while not self._closed.is_set():
            panel.ctx.refresh()
            secure = bool(panel.ctx.sc_status() & 1)
            self._look_after(secure=secure)
            if secure:
                opened_s = monotonic_s()
                self._show(panel)
            elif monotonic_s() - opened_s > 2 * LOST_S:
                return
            self._closed.wait(TURN_S)

    def _look_after(self, *, secure: bool) -> None:
        now_s = monotonic_s()
        if secure:
            self._secure_s = now_s
            if self._is_lost:
                self._is_lost = False
                self._give(Line("live"))
        elif not self._is_lost and now_s - self._secure_s > LOST_S:
            self._is_lost = True
            self._keys = ""
            self._give(Line("lost"))

    def _show(self, panel: Any) -> None:
        with suppress(queue.Empty):
            colour, beeps, length = _SHOW[self._told.get_nowait()]
            panel.ctx.submit_command(0, {
                "command": Command.LED, "reader": 0, "led_number": 0, "control_code": 2, "temporary": True,
                "on_count": 10, "off_count": 0, "on_color": colour, "off_color": CommandLEDColor.Black,
                "timer_count": _LIT_MS // 100,
            })  # fmt: skip
            panel.ctx.submit_command(0, {
                "command": Command.Buzzer, "reader": 0, "control_code": 2,
                "on_count": length, "off_count": 1, "rep_count": beeps,
            })  # fmt: skip

    def _heard(self, _reader: int, event: dict[str, Any]) -> int:
        """Called by the library in this thread; whatever a reader says, its line goes on."""
        try:
            if event.get("event") == Event.CardRead:
                number = card_number(event, self._at.written)
                if number:
                    self._give(Card(number))
            elif event.get("event") == Event.KeyPress:
                self._press(bytes(event.get("data", b"")).decode("latin-1"))
        except (KeyError, TypeError, ValueError, UnicodeError) as fault:
            log.warning("reader.odd", fault=type(fault).__name__)
        return 0

    def _press(self, keys: str) -> None:
        now_s = monotonic_s()
        if now_s - self._keyed_s > KEYS_S:
            self._keys = ""
        self._keyed_s = now_s
        for key in keys:
            if key in _CLEAR:
                self._keys = ""
            elif key in _ENTER:
                if self._keys:
                    self._give(Keys(self._keys))
                self._keys = ""
            elif key.isascii() and key.isdigit():
                self._keys = (self._keys + key)[-MOST_KEYS:]

    def _give(self, given: Given) -> None:
        try:
            self._given.put_nowait((monotonic_s(), given))
        except queue.Full:
            log.warning("reader.full")


def card_number(event: dict[str, Any], written: str) -> str:
    """The number under which a card is enrolled; "" for data that can be none. Raises KeyError, ValueError.

    `hex` are the bits as the reader sends them. `decimal` leaves out the parity bits of the usual 26, 34 and 37, which
    is what most USB readers type and what is printed on many cards.
    """
    data, length = bytes(event["data"]), int(event.get("length", 0))
    if event.get("format") == CardFormat.ASCII:
        text = data.decode("ascii").strip().upper()
        return text if text.isalnum() and len(text) <= CARD_LIMIT else ""
    bits = length if 0 < length <= 8 * len(data) else 8 * len(data)
    if bits == 0:
        return ""
    if written == "hex":
        return data[: (bits + 7) // 8].hex().upper()[:CARD_LIMIT]
    value = int.from_bytes(data, "big") >> (8 * len(data) - bits)
    if bits in _PARITY:
        value = (value >> 1) & ((1 << (bits - 2)) - 1)
    return str(value)[:CARD_LIMIT]
