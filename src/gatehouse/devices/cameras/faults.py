"""Why no picture comes, as a code that a page has words for: read from a camera's reason, which is worded for a log."""

PASSWORD = "password"  # noqa: S105 - a code; the camera wants another name or password
PATH = "path"  # the camera is there and knows no such address
REFUSED = "refused"  # a machine is there, and nothing listens at that port
SILENT = "silent"  # it was reached and sent nothing that can be used
NOT_VIDEO = "not_video"
UNREACHABLE = "unreachable"
UNCLEAR = "unclear"  # FFmpeg says "input/output error" of a name that nobody knows and of what is no video alike
FAULTS = frozenset({PASSWORD, PATH, REFUSED, SILENT, NOT_VIDEO, UNREACHABLE, UNCLEAR})

# In this order: the first that a reason holds says most.
_SIGNS: tuple[tuple[str, str], ...] = (
    ("401", PASSWORD),
    ("403", PASSWORD),
    ("authoriz", PASSWORD),
    ("forbidden", PASSWORD),
    ("notfound", PATH),  # HTTPNotFoundError, as PyAV names it
    ("404", PATH),
    ("not found", PATH),
    ("no such file", PATH),
    ("connection refused", REFUSED),
    ("not video", NOT_VIDEO),
    ("no video", NOT_VIDEO),
    ("ended its stream", SILENT),
    ("no picture", SILENT),
    ("patience", SILENT),
    ("input/output", UNCLEAR),
)


def why_lost(reason: str) -> str:
    """The code for `CameraState.reason`; its address, before the first ": ", is not read."""
    told = reason.partition(": ")[2].lower() or reason.lower()
    return next((code for sign, code in _SIGNS if sign in told), UNREACHABLE)
