"""Where a camera answers: which addresses are taken, what FFmpeg may do with them, how a log shows them."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from gatehouse.devices.errors import UnknownDriver

# Protocols that one address may lead to. Without the list a playlist that a camera sends could name files of
# this machine.
_PROTOCOLS = {
    "rtsp": "rtsp,rtp,tcp,udp",
    "rtsps": "rtsp,rtp,tcp,udp,tls",
    "http": "http,tcp",
    "https": "https,http,tls,tcp",
    "tcp": "tcp",
    "file": "file",
}
# Formats by FFmpeg's names; playlists (hls, dash, concat) are left out for the same reason.
_LIVE_FORMATS = "mpegts,mpjpeg,mjpeg,jpeg_pipe,rtsp,rtp,sdp,h264,hevc,flv"
_FILE_FORMATS = f"{_LIVE_FORMATS},mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,image2,png_pipe"


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """A checked address. `url` may hold a password; `shown` never does. `live` is False for a recording."""

    url: str
    shown: str
    live: bool
    options: tuple[tuple[str, str], ...]


def parse_address(address: str, secret: str | None = None) -> CameraAddress:
    """Check rtsp[s]://, http[s]://, tcp:// or a file's path; `secret` (`user:password`) goes into the URL.

    Raises UnknownDriver for any other scheme, a missing host, or a secret without a colon.
    """
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - asked for its ValueError
    except ValueError as fault:
        raise UnknownDriver("a camera's address is none") from fault
    if not parts.scheme or parts.scheme == "file":
        path = parts.path if parts.scheme else address
        return CameraAddress(f"file:{Path(path).absolute()}", path, False, _options("file", _FILE_FORMATS, rtsp=False))
    if parts.scheme not in _PROTOCOLS or not parts.hostname:
        raise UnknownDriver(f"a camera answers at rtsp, http or tcp, or is a file; not {_shown(address)!r}")
    netloc = parts.netloc
    if secret is not None:
        user, colon, password = secret.partition(":")
        if not colon:
            raise UnknownDriver("a camera's secret is user:password")
        netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{netloc.rpartition('@')[2]}"
    url = urlunsplit(parts._replace(netloc=netloc))
    options = _options(parts.scheme, _LIVE_FORMATS, rtsp=parts.scheme.startswith("rtsp"))
    return CameraAddress(url, _shown(url), True, options)


def _shown(address: str) -> str:
    parts = urlsplit(address)
    # A query often carries a camera's token, so it is left out as well.
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _options(scheme: str, formats: str, *, rtsp: bool) -> tuple[tuple[str, str], ...]:
    options = {
        "protocol_whitelist": _PROTOCOLS[scheme],
        "format_whitelist": formats,
        "probesize": "1000000",
        "analyzeduration": "800000",  # microseconds; the default of 5 s would delay every reconnect
    }
    if scheme != "file":
        options["fflags"] = "nobuffer"
        options["fpsprobesize"] = "0"  # the rate does not matter, a second of waiting does
    if rtsp:
        options["rtsp_transport"] = "tcp"  # one port, passes firewalls, no torn pictures
    return tuple(options.items())
