"""The server's clock, for pages: shells ask it once and pass the answer inwards."""

from datetime import datetime
from functools import cache

from gatehouse.clock import Clock, from_environment


@cache
def _clock() -> Clock:
    return from_environment()


def now() -> datetime:
    return _clock().now()
