"""What can go wrong with the world of this room: one family, a code each, worded for people elsewhere."""


class DeviceError(Exception):
    """Base of everything that this room raises on purpose."""

    code = "device.error"


class UnknownDriver(DeviceError):
    """No driver of that name, or an address that the driver cannot be pointed at."""

    code = "device.unknown_driver"


class CameraLost(DeviceError):
    """No picture comes from the camera: unreachable, hung, cut off, or not sending video."""

    code = "device.camera_lost"


class RelayLost(DeviceError):
    """The relay gave no answer that can be trusted.

    `maybe_sent` is False only when the command certainly never reached the device. While it is True the relay
    may have moved, so nobody sends the command again without looking at a sensor first.
    """

    code = "device.relay_lost"

    def __init__(self, reason: str, *, maybe_sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.maybe_sent = maybe_sent


class RelayRefused(DeviceError):
    """The relay answered that it will not: wrong password, no such switch, asked too often. Nothing moved."""

    code = "device.relay_refused"

    def __init__(self, reason: str, *, number: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.number = number  # the device's own error number, or the HTTP status
