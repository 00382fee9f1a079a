"""One finding of the doctor: how bad, what it is, how to mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is a stable code; `what` says what was seen, `mend` what to do (empty when nothing is to be done)."""

    level: Level
    check: str
    what: str
    mend: str = ""


def ok(check: str, what: str) -> Finding:
    return Finding(Level.OK, check, what)


def warn(check: str, what: str, mend: str) -> Finding:
    return Finding(Level.WARN, check, what, mend)


def bad(check: str, what: str, mend: str) -> Finding:
    return Finding(Level.BAD, check, what, mend)
