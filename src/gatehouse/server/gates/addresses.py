"""Where a device may stand, checked before it goes to an edge. The edge checks again when it opens the device."""

from typing import Literal
from urllib.parse import urlsplit

# Drivers by kind, as `devices.catalog` has them, and the schemes of their addresses; "" is a file's path.
SCHEMES: dict[str, dict[str, frozenset[str]]] = {
    "camera": {"stream": frozenset({"rtsp", "rtsps", "http", "https", "tcp", "file", ""})},
    "relay": {"shelly": frozenset({"http", "https"})},
    "reader": {"osdp": frozenset({"serial"})},
}
Wrong = Literal["unknown_driver", "bad_address", "holds_a_password"]


def check_address(kind: str, driver: str, address: str) -> Wrong | None:
    """What is wrong, or None. A password in an address would lie in the clear: it is refused."""
    schemes = SCHEMES[kind].get(driver)
    if schemes is None:
        return "unknown_driver"
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return "bad_address"
    if "@" in parts.netloc:
        return "holds_a_password"
    needs_host = parts.scheme not in ("", "file", "serial")
    if parts.scheme not in schemes or (needs_host and not parts.hostname):
        return "bad_address"
    return None
