"""The clock that this process was started with. Only shells (views, jobs, the edges' port) ask; rules are told."""

from datetime import datetime

from gatehouse.clock import Clock, from_environment

_clock: list[Clock] = []


def use(clock: Clock) -> None:
    _clock[:] = [clock]


def now() -> datetime:
    if not _clock:
        use(from_environment())
    return _clock[0].now()
