"""What somebody before a camera should do, so that their face is seen well: one thing at a time, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gatehouse.vision.faces import FaceRead
from gatehouse.vision.frames import Pixels

# Ramps of `FaceRead` below which a frame is worth no more than a better one a moment later.
LEAST_SIZE = 0.4
LEAST_SHARPNESS = 0.35
LEAST_POSE = 0.5
MOST_OF_FRAME = 0.75  # a face that is wider than this part of the frame is cut off by the next step forward
DARK, BRIGHT = 55.0, 215.0  # mean grey level of the face
UNEVEN = 2.2  # one half of the face so many times brighter than the other: light from the side
SECOND = 4  # a face with less than this part of the nearest one's area stands in the background


class Hint(StrEnum):
    NOBODY = "nobody"
    SEVERAL = "several"
    CLOSER = "closer"
    BACK = "back"
    DARK = "dark"
    BRIGHT = "bright"
    UNEVEN = "uneven"
    TURN = "turn"  # the face looks aside, up or down
    STILL = "still"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Guidance:
    """`quality` in [0, 1] is the nearest face's; it is a measure of the picture, not of anybody."""

    hint: Hint
    quality: float


def guide(pixels: Pixels, faces: Sequence[FaceRead]) -> Guidance:
    """Of one BGR frame (H, W, 3) and the faces read in it, nearest first."""
    if not faces:
        return Guidance(Hint.NOBODY, 0.0)
    return Guidance(_hint(pixels, faces), faces[0].quality)


def _hint(pixels: Pixels, faces: Sequence[FaceRead]) -> Hint:
    nearest = faces[0]
    if is_crowded(faces):
        return Hint.SEVERAL
    if nearest.size < LEAST_SIZE:
        return Hint.CLOSER
    if nearest.box[2] > MOST_OF_FRAME * pixels.shape[1] or nearest.box[3] > MOST_OF_FRAME * pixels.shape[0]:
        return Hint.BACK
    return _light(pixels, nearest) or _stillness(nearest)


def _light(pixels: Pixels, face: FaceRead) -> Hint | None:
    x, y, width, height = face.box
    crop = pixels[max(0, y) : y + height, max(0, x) : x + width]
    if crop.size == 0:
        return None
    grey = crop.mean(axis=2)
    level = float(grey.mean())
    if level < DARK:
        return Hint.DARK
    if level > BRIGHT:
        return Hint.BRIGHT
    middle = max(1, grey.shape[1] // 2)
    left, right = float(grey[:, :middle].mean()), float(grey[:, -middle:].mean())
    return Hint.UNEVEN if max(left, right) > UNEVEN * max(1.0, min(left, right)) else None


def _stillness(face: FaceRead) -> Hint:
    if face.pose < LEAST_POSE:
        return Hint.TURN
    return Hint.STILL if face.sharpness < LEAST_SHARPNESS else Hint.GOOD


def is_crowded(faces: Sequence[FaceRead]) -> bool:
    """Whether a second face is near enough to be meant; one in the background is not."""
    areas = sorted((face.box[2] * face.box[3] for face in faces), reverse=True)
    return len(areas) > 1 and areas[1] * SECOND > areas[0]
