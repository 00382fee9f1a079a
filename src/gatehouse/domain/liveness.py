"""Whoever is known by their face shows that they are no picture: they turn their head to one side and close their eyes,
in an order that is drawn for each challenge.

A camera's measurements come in as `Look`s, one after the other; `Progress` is what they have shown so far, a value that
is replaced at every look. It is a liveness challenge, not tested to ISO/IEC 30107-3: it stops prints and still screens,
not a video of somebody who does what is asked, and no masks. What it let through is measured in docs/recognition.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from gatehouse.domain.lockout import Limits


class Liveness(StrEnum):
    """What a gate asks of somebody whom it knows by their face."""

    NONE = "none"
    CHALLENGE = "challenge"


class Act(StrEnum):
    """What somebody is asked to do, one thing at a time. Sides are their own."""

    FRONT = "front"  # look into the camera
    LEFT = "left"
    RIGHT = "right"
    BLINK = "blink"  # close both eyes for a moment


class Why(StrEnum):
    """Why a challenge was not passed."""

    OTHER_FACE = "other_face"  # the face is no longer that person's, or jumped to another place
    OTHER_ACT = "other_act"  # the head turned when or where it was not asked to
    LOST = "lost"  # no face was seen for LOST: nobody answered
    EXPIRED = "expired"  # not done in time


# One of these is drawn for a challenge. A recording of one answer, played once, fits one in four; played again and
# again, those of its side: a blink between is natural and fails nobody.
ORDERS: tuple[tuple[Act, ...], ...] = (
    (Act.LEFT, Act.BLINK),
    (Act.BLINK, Act.LEFT),
    (Act.RIGHT, Act.BLINK),
    (Act.BLINK, Act.RIGHT),
)
LIMIT = timedelta(seconds=15)  # from the first instruction to the last look
LOST = timedelta(seconds=2)
TRY_AGAIN = timedelta(seconds=4)  # after a failure, before the next challenge
SAME_AGAIN = timedelta(minutes=10)  # who left is asked the same when they come back within this
FAILURES = Limits(tries=3)  # so many, and for a while the face counts for nothing at this gate

# What was measured, and on what, is in docs/recognition.md under "Liveness challenge".
TURN_DEG = 25.0  # beyond where the head was at first; a flat picture turned by 45 reads far less
ELSEWHERE_DEG = 18.0  # so far is a turn that nobody asked for
FRONT_DEG = 12.0  # about as straight as at first
MOST_ASIDE_DEG = 25.0  # nobody begins with the head turned further than this from the camera
UNSTEADY_DEG = 10.0
CLOSED = 0.35  # of that person's own openness: a dip, not a fixed cut
OPEN = 0.7
LEAST_OPEN = 0.1  # eyes that are open measure more; less, and the picture cannot show that they close
SAME_FRONT = 0.34  # distance from the person's own templates, looking straight
SAME_TURNED = 0.42  # and with the head turned, where the embedder is less sure
CALM_LOOKS = 3
ACT_LOOKS = 2  # in a row: one may be an error of measurement
STRANGE_LOOKS = 2
# How far the face may move from one look to the next, in its own widths: so much at once, and so much a second.
HOP, SPEED = 0.6, 1.5
GROWTH = 1.8  # and how many times larger or smaller it may be


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame shows of the face. `yaw_deg`: turned to their own left is positive. `openness`: gap over width of
    the eye that is open wider, None where it cannot be seen. `distance`: from the templates of whoever was asked.
    `middle` and `width` of the face in pixels."""

    at: datetime
    yaw_deg: float
    openness: float | None
    distance: float
    middle: tuple[float, float]
    width: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """Who was asked for what; it holds during [begins, ends)."""

    subject: str
    acts: tuple[Act, ...]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The challenge goes on; the person shall do this now."""

    act: Act


@dataclass(frozen=True, slots=True)
class Passed:
    """Everything was done, in order, in time, by one face."""


@dataclass(frozen=True, slots=True)
class Failed:
    why: Why


Verdict = Asked | Passed | Failed


@dataclass(frozen=True, slots=True)
class Straight:
    """How this person looks into this camera with open eyes: what a turn and a blink are measured from."""

    yaw_deg: float
    openness: float


@dataclass(frozen=True, slots=True)
class Progress:
    """What was shown so far. `shown` looks in a row show the act of this step; `is_shown`: it was seen often enough,
    and they shall look into the camera again. `astray` and `strange` looks in a row are of another act or face."""

    challenge: Challenge
    verdict: Verdict = Asked(Act.FRONT)
    straight: Straight | None = None
    calm: tuple[Look, ...] = ()
    done: int = 0
    shown: int = 0
    is_shown: bool = False
    astray: int = 0
    strange: int = 0
    last: Look | None = None

    @property
    def is_over(self) -> bool:
        return not isinstance(self.verdict, Asked)

    def waited(self, now: datetime) -> "Progress":
        """The challenge at `now`, without a look: whoever went away or did not do it in time is no longer asked."""
        if self.is_over:
            return self
        lost_at = (self.challenge.begins if self.last is None else self.last.at) + LOST
        if now > lost_at and lost_at < self.challenge.ends:
            return self._failed(Why.LOST)
        return self._failed(Why.EXPIRED) if now >= self.challenge.ends else self

    def seen(self, look: Look) -> "Progress":
        """The challenge after one look. A look that is not later than the one before, or older than the challenge, is a
        copy or came late, and changes nothing; neither does any look once the challenge is over."""
        newest = self.challenge.begins if self.last is None else self.last.at
        if self.is_over or look.at < newest or (self.last is not None and look.at == newest):
            return self
        here = self.waited(look.at)
        if here.is_over:
            return here
        if self.last is not None and _jumped(self.last, look):
            return self._failed(Why.OTHER_FACE)
        here = replace(here, last=look)
        if look.distance > here._same_within(look):
            # Blur makes a stranger of anybody for one look. Such a look shows nothing.
            strange = here.strange + 1
            here = replace(here, strange=strange, calm=(), shown=0, astray=0)
            return here._failed(Why.OTHER_FACE) if strange >= STRANGE_LOOKS else here
        here = replace(here, strange=0)
        return here._calming(look) if here.straight is None else here._acting(look, here.straight)

    # --- the steps ------------------------------------------------------------------------------------------------

    def _calming(self, look: Look) -> "Progress":
        """Until the head is still, the eyes are open and all can be measured."""
        fits = look.openness is not None and look.openness >= LEAST_OPEN and abs(look.yaw_deg) <= MOST_ASIDE_DEG
        calm = (*self.calm, look)[-CALM_LOOKS:] if fits else ()
        yaws, open_ = [one.yaw_deg for one in calm], [one.openness or 0.0 for one in calm]
        if len(calm) < CALM_LOOKS or max(yaws) - min(yaws) > UNSTEADY_DEG or min(open_) < OPEN * max(open_):
            return replace(self, calm=calm)
        straight = Straight(median(yaws), median(open_))
        return replace(self, calm=(), straight=straight, verdict=Asked(self.challenge.acts[0]))

    def _acting(self, look: Look, straight: Straight) -> "Progress":
        act, turned = self.challenge.acts[self.done], look.yaw_deg - straight.yaw_deg
        if _is_astray(act, turned):
            here = replace(self, astray=self.astray + 1, shown=0)
            return here._failed(Why.OTHER_ACT) if here.astray >= ACT_LOOKS else here
        here = replace(self, astray=0)
        if not here.is_shown:
            shown = here.shown + 1 if _shows(act, turned, look, straight) else 0
            if shown < ACT_LOOKS:
                return replace(here, shown=shown)
            return replace(here, shown=0, is_shown=True, verdict=Asked(Act.FRONT))
        return here._next() if _is_straight(turned, look, straight) else here

    def _next(self) -> "Progress":
        """The act was done, and they look into the camera again."""
        done = self.done + 1
        over = done == len(self.challenge.acts)
        verdict: Verdict = Passed() if over else Asked(self.challenge.acts[done])
        return replace(self, done=done, is_shown=False, verdict=verdict)

    def _failed(self, why: Why) -> "Progress":
        return replace(self, verdict=Failed(why))

    def _same_within(self, look: Look) -> float:
        straight = 0.0 if self.straight is None else self.straight.yaw_deg
        return SAME_FRONT if abs(look.yaw_deg - straight) <= FRONT_DEG else SAME_TURNED


def issued(subject: str, dice: int, now: datetime) -> Progress:
    """A challenge that begins now; `dice` in [0, len(ORDERS)) chooses what is asked."""
    return Progress(Challenge(subject, ORDERS[dice], now, now + LIMIT))


def after(progress: Progress, looks: Sequence[Look]) -> Progress:
    """The challenge after all of these."""
    for look in looks:
        progress = progress.seen(look)
    return progress


def _shows(act: Act, turned: float, look: Look, straight: Straight) -> bool:
    match act:
        case Act.LEFT:
            return turned >= TURN_DEG
        case Act.RIGHT:
            return turned <= -TURN_DEG
        case _:
            return look.openness is not None and look.openness <= CLOSED * straight.openness


def _is_astray(act: Act, turned: float) -> bool:
    match act:
        case Act.LEFT:
            return turned <= -ELSEWHERE_DEG
        case Act.RIGHT:
            return turned >= ELSEWHERE_DEG
        case _:
            return abs(turned) >= ELSEWHERE_DEG


def _is_straight(turned: float, look: Look, straight: Straight) -> bool:
    eyes_open = look.openness is not None and look.openness >= OPEN * straight.openness
    return abs(turned) <= FRONT_DEG and eyes_open


def _jumped(before: Look, look: Look) -> bool:
    """Whether this cannot be the face of the look before: it is elsewhere, or of another size."""
    (x0, y0), (x1, y1) = before.middle, look.middle
    widths = max(before.width, look.width, 1.0)
    far = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 / widths
    return far > HOP + SPEED * (look.at - before.at).total_seconds() or widths > GROWTH * max(
        1.0, min(before.width, look.width)
    )
