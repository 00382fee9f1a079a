"""Where cameras of common makes send their picture: the path of the main stream, from the makers' own manuals.

None was tried on the hardware. A path that is wrong shows itself at once: the picture does not come, and the page says
that the camera knows no such address.
"""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Brand:
    """`path` follows the host; `said` is a part of the names by which such a camera announces itself."""

    code: str
    name: str
    path: str
    said: tuple[str, ...]
    port: int = 554


BRANDS: tuple[Brand, ...] = (
    Brand("hikvision", "Hikvision", "/Streaming/Channels/101", ("hikvision", "ds-2")),
    Brand("dahua", "Dahua, Amcrest", "/cam/realmonitor?channel=1&subtype=0", ("dahua", "amcrest", "ipc-h")),
    Brand("uniview", "Uniview", "/media/video1", ("uniview", "unv")),
    Brand("axis", "Axis", "/axis-media/media.amp", ("axis",)),
    Brand("reolink", "Reolink", "/h264Preview_01_main", ("reolink",)),
    Brand("tapo", "TP-Link (Tapo, VIGI)", "/stream1", ("tp-link", "tapo", "vigi")),
    Brand("hanwha", "Hanwha, Samsung", "/profile2/media.smp", ("hanwha", "samsung", "wisenet")),
    Brand("bosch", "Bosch", "/?inst=1", ("bosch",)),
    Brand("vivotek", "Vivotek", "/live.sdp", ("vivotek",)),
    Brand("foscam", "Foscam", "/videoMain", ("foscam",), 88),
)
BY_CODE = {brand.code: brand for brand in BRANDS}


def stream_address(brand: Brand, host: str) -> str:
    """The address of this make's main stream at a host name or IP address."""
    shown = f"[{host}]" if ":" in host else quote(host, safe=".-_")
    return f"rtsp://{shown}:{brand.port}{brand.path}"


def brand_of(announced: str) -> Brand | None:
    """Whose camera this is, by what it says of itself; None where it names no make of ours."""
    told = announced.lower()
    return next((brand for brand in BRANDS if any(word in told for word in brand.said)), None)
