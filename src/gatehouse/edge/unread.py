"""Notices a vehicle whose plate is read and read without agreement: nobody is answered, and somebody must come."""

from datetime import datetime, timedelta

AFTER = timedelta(seconds=8)  # a driver has moved forward a little by then
PAUSE = timedelta(seconds=3)  # nothing read for so long: it has gone, or something else stands there


class Unread:
    """Of one gate; used under the gate's lock."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._last: datetime | None = None
        self._told = False

    def still(self, at: datetime) -> bool:
        """Something is read at `at` that has no answer. True once, when that has been so for AFTER."""
        if self._since is None or self._last is None or not timedelta(0) <= at - self._last <= PAUSE:
            self.over()
            self._since = at
        self._last = at
        if self._told or at - self._since < AFTER:
            return False
        self._told = True
        return True

    def over(self) -> None:
        """It was answered, or nothing is there."""
        self._since, self._last, self._told = None, None, False
