"""Which drivers there are: the name that a device was enrolled with, and what is made of it."""

from collections.abc import Callable

from gatehouse.clock import Clock
from gatehouse.devices.cameras.port import Camera
from gatehouse.devices.cameras.stream import StreamCamera
from gatehouse.devices.errors import UnknownDriver
from gatehouse.devices.readers.osdp_reader import OsdpReader
from gatehouse.devices.readers.port import Reader
from gatehouse.devices.relays.port import Relay
from gatehouse.devices.relays.shelly import ShellyRelay


def _stream(address: str, secret: str | None, clock: Clock) -> Camera:
    return StreamCamera(address, clock, secret=secret)


def _shelly(address: str, secret: str | None) -> Relay:
    return ShellyRelay(address, secret)


def _osdp(address: str, secret: str | None) -> Reader:
    return OsdpReader(address, secret)


CAMERAS: dict[str, Callable[[str, str | None, Clock], Camera]] = {"stream": _stream}
RELAYS: dict[str, Callable[[str, str | None], Relay]] = {"shelly": _shelly}
READERS: dict[str, Callable[[str, str | None], Reader]] = {"osdp": _osdp}


def open_camera(driver: str, address: str, secret: str | None, clock: Clock) -> Camera:
    """The camera, already connecting. Raises UnknownDriver for a driver or an address that is none."""
    if driver not in CAMERAS:
        raise UnknownDriver(f"no camera driver is called {driver!r}")
    return CAMERAS[driver](address, secret, clock)


def open_relay(driver: str, address: str, secret: str | None) -> Relay:
    """The relay; nothing is sent yet. Raises UnknownDriver for a driver or an address that is none."""
    if driver not in RELAYS:
        raise UnknownDriver(f"no relay driver is called {driver!r}")
    return RELAYS[driver](address, secret)


def open_reader(driver: str, address: str, secret: str | None) -> Reader:
    """The reader, already connecting. Raises UnknownDriver for a driver, an address or a key that is none."""
    if driver not in READERS:
        raise UnknownDriver(f"no reader driver is called {driver!r}")
    return READERS[driver](address, secret)
