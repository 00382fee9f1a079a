"""One camera between its frames and its gate: a face that a rule would let in is asked first to show that it is no
picture, where the gate's policy says so.

While somebody is asked their face is no read for the gate, so that a turned head is no stranger; passes and cards count
as ever. The end of a challenge is told to the gate as one read, which carries how it ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatehouse.devices.cameras.port import Frame
from gatehouse.domain.decisions import Reason, Refusal
from gatehouse.domain.liveness import Act, Asked, Failed, Liveness, Look, Passed, Progress, Why
from gatehouse.domain.policy import Gate
from gatehouse.domain.sightings import Means, Read
from gatehouse.domain.zones import WAITING
from gatehouse.edge.gatekeeper import Gatekeeper, Told
from gatehouse.edge.looking import Looker
from gatehouse.edge.roster import Knowledge
from gatehouse.vision.faces import FaceRead
from gatehouse.vision.liveness import measure

# Who has passed and must wait, for a second person or for room, is not asked again within this.
PROOF_HOLDS = timedelta(seconds=30)
_NOBODY = 2.0  # the largest distance between unit vectors


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look came to: an answer, or what whoever stands there shall do now. `why` a challenge failed; `locked`:
    this face counts for nothing here for a while."""

    told: Told | None = None
    act: Act | None = None
    why: Why | None = None
    locked: bool = False


class Challenger:
    """One camera's part. For one thread at a time."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker
        self.occupied = False  # whether the last frame showed anything that the gate takes
        self._running: Progress | None = None
        self._proved: tuple[str, datetime] | None = None

    @property
    def asks(self) -> bool:
        """True while somebody is asked: then every frame is worth a look."""
        return self._running is not None

    def see(self, frame: Frame, gate: Gate, known: Knowledge, keeper: Gatekeeper) -> Seen:
        """Look at one frame for this gate. Raises VisionError."""
        reads, at = self._looker.look(frame, gate, known), frame.captured_at
        self.occupied = bool(reads)
        if gate.liveness is Liveness.NONE or (self._running is not None and keeper.waits()):
            self._leave_off(keeper)  # the policy changed, or they were let in by another way
        if gate.liveness is Liveness.NONE:
            return Seen(keeper.asked(reads, at))
        if self._running is not None:
            return self._go_on(self._running, frame, reads, known, keeper)
        if (elsewhere := keeper.challenges.asked_elsewhere(self, at)) is not None:
            return Seen(keeper.asked(_but_faces(reads), at), act=elsewhere)
        told = keeper.asked(reads, at)
        return Seen(told) if told is None or not _lacks_proof(told) else self._begin(told, at, keeper)

    def _begin(self, told: Told, at: datetime, keeper: Gatekeeper) -> Seen:
        subject = told.sighting.subject or ""
        if self._proved is not None and self._proved[0] == subject and at - self._proved[1] < PROOF_HOLDS:
            return Seen(keeper.shown(_ended(subject, at, alive=True)))
        if keeper.challenges.is_locked(subject, at):
            return Seen(keeper.shown(_ended(subject, at, alive=False)), locked=True)
        self._running = keeper.challenges.begin(subject, self, at)
        return Seen(act=Act.FRONT)

    def _go_on(self, running: Progress, frame: Frame, reads: list[Read], known: Knowledge, keeper: Gatekeeper) -> Seen:
        subject, at = running.challenge.subject, frame.captured_at
        told = keeper.asked(_but_faces(reads), at)
        if told is not None:
            self._leave_off(keeper)
            return Seen(told)
        face = self._looker.nearest
        progress = running.waited(at) if face is None else running.seen(look_of(frame, face, subject, known))
        locks = keeper.challenges.goes_on(self, progress, at)
        self._running = progress if isinstance(progress.verdict, Asked) else None
        match progress.verdict:
            case Asked(act=act):
                return Seen(act=act)
            case Passed():
                return self._passed(subject, at, keeper)
            case Failed(why=Why.LOST):
                return Seen()  # whoever walks by has not failed
            case Failed(why=why):
                if locks:
                    keeper.report("liveness_locked")
                return Seen(keeper.shown(_ended(subject, at, alive=False)), why=why, locked=locks)

    def _passed(self, subject: str, at: datetime, keeper: Gatekeeper) -> Seen:
        told = keeper.shown(_ended(subject, at, alive=True))
        waits = told is not None and isinstance(told.answer, Refusal) and told.answer.reason in WAITING
        self._proved = (subject, at) if waits else None
        return Seen(told)

    def _leave_off(self, keeper: Gatekeeper) -> None:
        if self._running is not None:
            self._running = None
            keeper.challenges.leave_off(self)


def look_of(frame: Frame, face: FaceRead, subject: str, known: Knowledge) -> Look:
    """What a frame's nearest face shows of the person who was asked."""
    x, y, width, height = face.box
    distance = known.gallery.distance_to(subject, face.embedding)
    measured = measure(frame.pixels, face)
    return Look(
        frame.captured_at,
        measured.yaw_deg,
        measured.openness,
        _NOBODY if distance is None else distance,
        (x + width / 2, y + height / 2),
        float(width),
    )


def _ended(subject: str, at: datetime, *, alive: bool) -> Read:
    return Read(Means.FACE, at, "", subject, 1.0, alive=alive)


def _lacks_proof(told: Told) -> bool:
    refused = isinstance(told.answer, Refusal) and told.answer.reason is Reason.LIVENESS
    return refused and told.sighting.alive is None


def _but_faces(reads: list[Read]) -> list[Read]:
    return [read for read in reads if read.means is not Means.FACE]
