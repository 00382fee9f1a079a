"""One frame becomes reads, by what the gate takes: faces, plates, passes. Nothing that a gate does not take
is looked for, so a gate without faces never computes a face."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gatehouse.crypto.tokens import Flaw, Token, check
from gatehouse.devices.cameras.port import Frame
from gatehouse.domain.approaches import nearly_equal
from gatehouse.domain.policy import Gate
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.roster import Knowledge
from gatehouse.vision.codes import read_codes
from gatehouse.vision.faces import FaceRead, read_faces
from gatehouse.vision.following import PlateFollower
from gatehouse.vision.plates import SURE, PlateRead, fuse
from gatehouse.wire import PASS_KIND, RECEIPT_KIND

# A face below this is too small, blurred or turned for its distance to mean anything: no read at all.
LEAST_QUALITY = 0.15
FUSED_FRAMES = 5
# Reads of one plate in consecutive looks; after a longer pause another car may stand there.
FUSE_WITHIN = timedelta(seconds=2)
# A plate far away is misread alike in one frame after the other, so that these would agree on a wrong text: one
# narrower than this must be sure, else it shows that somebody comes and counts as no read (domain.sightings.Voting).
SMALL_PLATE_PX = 60
TOO_SMALL = 0.25


@dataclass(slots=True)
class Looker:
    """One camera's eyes. Remembers the newest plate reads, to fuse them, where the plate was, and the nearest face. For
    one thread."""

    site: str
    verify_key: bytes  # the keeper's, for passes and receipts
    faces: Callable[[object], list[FaceRead]] = read_faces
    _plates: list[tuple[datetime, PlateRead]] = field(default_factory=list)
    follower: PlateFollower = field(default_factory=PlateFollower)
    nearest: FaceRead | None = None  # of the last frame, whatever its quality

    def look(self, frame: Frame, gate: Gate, known: Knowledge) -> list[Read]:
        """What one frame shows, in the means that the gate takes. Raises VisionError."""
        self.nearest = None
        reads: list[Read] = []
        if Means.PASS in gate.means or gate.collects:
            reads += self._codes(frame, gate)
        if Means.PLATE in gate.means:
            reads += self._plate(frame, known)
        if Means.FACE in gate.means:
            reads += self._face(frame, known)
        return reads

    def _face(self, frame: Frame, known: Knowledge) -> list[Read]:
        """The nearest face only: who stands behind is not asking."""
        nearest = self.faces(frame.pixels)[:1]
        self.nearest = nearest[0] if nearest else None
        return [
            Read(Means.FACE, frame.captured_at, "", who_is(face, known), face.quality)
            for face in nearest
            if face.quality >= LEAST_QUALITY
        ]

    def _plate(self, frame: Frame, known: Knowledge) -> list[Read]:
        found = self.follower.read(frame.pixels, frame.captured_at.timestamp(), countries=known.countries)
        if not found:
            return []
        at, best = frame.captured_at, found[0]
        kept = [(t, read) for t, read in self._plates if at - t <= FUSE_WITHIN and _may_be_one(read, best)]
        self._plates = [*kept, (at, best)][-FUSED_FRAMES:]
        fused = fuse([read for _, read in self._plates])
        confidence = fused.confidence
        if best.box[2] < SMALL_PLATE_PX and confidence < SURE:
            confidence = min(confidence, TOO_SMALL)
        return [Read(Means.PLATE, at, fused.text, known.plates.get(fused.text), confidence)]

    def _codes(self, frame: Frame, gate: Gate) -> list[Read]:
        texts = [text for text in read_codes(frame.pixels) if text.startswith("GH1.")]
        return [read for text in texts if (read := self.code(text, gate, frame.captured_at))]

    def code(self, text: str, gate: Gate, at: datetime) -> Read | None:
        """A code's text as the receipt or pass that this gate takes; None where it takes no such thing."""
        if gate.collects and check(text, PASS_KIND, self.verify_key) in (Flaw.WRONG_KIND, Flaw.MALFORMED, Flaw.FORGED):
            return read_receipt(text, self.site, gate.stands_in, self.verify_key, at)
        return read_pass(text, self.site, self.verify_key, at) if Means.PASS in gate.means else None


def who_is(face: FaceRead, known: Knowledge) -> str | None:
    """The enrolled person of this face. None for a stranger, for somebody whom the model cannot tell from another
    enrolled person, and where the site's people are too alike for its figure: there a face alone is not enough."""
    if known.calibration is not None and not known.calibration.face_alone:
        return None
    match = known.gallery.match(face.embedding)
    return match.subject if match is not None and not match.lookalike else None


def read_pass(text: str, site: str, verify_key: bytes, at: datetime) -> Read:
    """A pass's text as a read; a forged one, another site's or one that is not valid yet names nobody."""
    token = check(text, PASS_KIND, verify_key)
    match token:
        case Token(claims={"id": str(own), "sub": str(person), "site": str(of), "nbf": int(nbf), "exp": int(exp)}):
            if of == site and nbf <= at.timestamp() and exp < _LAST_S:
                return Read(Means.PASS, at, own, person, 1.0, datetime.fromtimestamp(exp, UTC))
    return Read(Means.PASS, at, text, None, 1.0)


def read_receipt(text: str, site: str, zone: str, verify_key: bytes, at: datetime) -> Read:
    """A receipt's text as a read; a forged one, or one of another site or garage, names no stay."""
    token = check(text, RECEIPT_KIND, verify_key)
    match token:
        case Token(claims={"id": str(own), "stay": str(stay), "site": str(of), "zone": str(lanes), "exp": int(exp)}):
            if of == site and lanes == zone != "" and 0 < exp < _LAST_S:
                return Read(Means.RECEIPT, at, own, stay, 1.0, datetime.fromtimestamp(exp, UTC))
    return Read(Means.RECEIPT, at, text, None, 1.0)


_LAST_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def _may_be_one(one: PlateRead, other: PlateRead) -> bool:
    """Reads whose probabilities may be averaged: of two different plates the mean would be a third."""
    return nearly_equal(one.text, other.text)
