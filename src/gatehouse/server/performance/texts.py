"""What people write here: some characters, no control characters, no more than fits."""

from gatehouse.server.performance.errors import PerformanceError

TEXT_LIMIT = 1000  # characters of a message, a goal or a reply
REVIEW_LIMIT = 4000


def checked(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as it is kept: lines without control characters, nothing around them. Raises PerformanceError."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = "\n".join("".join(c for c in line if c.isprintable() or c == "\t").rstrip() for line in lines).strip()
    if not kept:
        raise PerformanceError("no_text", "there is nothing written")
    if len(kept) > limit:
        raise PerformanceError("too_long", f"at most {limit} characters", limit=limit)
    return kept
