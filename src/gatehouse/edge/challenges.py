"""What the cameras and screens of one gate share about its challenges (`domain.liveness`): what is asked at this
moment, what was drawn for whom, and whose face has failed too often to count.

One person is asked at a time, by one camera; every screen of the gate says what they shall do. All of it is in memory
and is forgotten when the edge is started anew.
"""

import secrets
import threading
from collections.abc import Callable
from datetime import datetime

from gatehouse.domain.liveness import FAILURES, LOST, ORDERS, SAME_AGAIN, Act, Asked, Failed, Progress, Why, issued
from gatehouse.domain.lockout import Tries

MOST_KEPT = 10_000  # people; beyond, the oldest are forgotten


def drawn() -> int:
    """What the next challenge asks for; nobody can know it before."""
    return secrets.randbelow(len(ORDERS))


class Challenges:
    """Of one gate; safe to share between threads. A camera is any object that is its own."""

    def __init__(self, draw: Callable[[], int] = drawn) -> None:
        self.draw = draw
        self._lock = threading.Lock()
        self._drawn: dict[str, tuple[int, datetime]] = {}
        self._tries: dict[str, Tries] = {}
        self._said: tuple[object, Act, datetime] | None = None

    def begin(self, subject: str, camera: object, now: datetime) -> Progress:
        """A challenge for this person. Who left one without an answer is asked the same when they come back: going away
        is no way to another one."""
        with self._lock:
            dice, since = self._drawn.get(subject, (0, None))
            if since is None or not since <= now < since + SAME_AGAIN:
                dice, since = self.draw(), now
            self._drawn.pop(subject, None)  # the newest last
            self._drawn[subject] = (dice, since)
            self._forget(now)
            progress = issued(subject, dice, now)
            self._say(camera, progress, now)
            return progress

    def goes_on(self, camera: object, progress: Progress, now: datetime) -> bool:
        """The challenge after a look at `now`. True for the failure that locks this person's face out at this gate."""
        with self._lock:
            self._say(camera, progress, now)
            subject = progress.challenge.subject
            match progress.verdict:
                case Asked() | Failed(why=Why.LOST):
                    return False
                case Failed():
                    self._drawn.pop(subject, None)
                    tries = self._tries.pop(subject, Tries()).failed(now, FAILURES)
                    self._tries[subject] = tries
                    self._forget(now)
                    return tries.is_locked(now)
                case _:
                    self._drawn.pop(subject, None)
                    self._tries.pop(subject, None)
                    return False

    def leave_off(self, camera: object) -> None:
        """Nobody is asked by this camera any more."""
        with self._lock:
            if self._said is not None and self._said[0] is camera:
                self._said = None

    def is_locked(self, subject: str, now: datetime) -> bool:
        """Whether this person's face counts for nothing here, as it failed too often."""
        with self._lock:
            return self._tries.get(subject, Tries()).is_locked(now)

    def asked_elsewhere(self, camera: object, now: datetime) -> Act | None:
        """What another camera of this gate asks of whoever stands there; None when none does."""
        with self._lock:
            if self._said is None or self._said[0] is camera or not -LOST <= now - self._said[2] <= LOST:
                return None
            return self._said[1]

    def _say(self, camera: object, progress: Progress, now: datetime) -> None:
        if isinstance(progress.verdict, Asked):
            self._said = (camera, progress.verdict.act, now)
        elif self._said is not None and self._said[0] is camera:
            self._said = None

    def _forget(self, now: datetime) -> None:
        for kept in (self._drawn, self._tries):
            while len(kept) > MOST_KEPT:
                del kept[next(iter(kept))]
