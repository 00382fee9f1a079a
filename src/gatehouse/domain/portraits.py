"""How good a portrait is for telling people apart, and why one is not good enough. Pure: what was measured comes in."""

from dataclasses import dataclass
from enum import StrEnum

# Below this part of 1 a portrait makes strangers and its owner look alike (docs/recognition.md).
LEAST = 0.25
FAIR, GOOD = 0.45, 0.7
# Mean grey level of the face: from here down it begins to be dark, and from there on nothing is to be seen.
DARK_FROM, DARK_TO = 70.0, 18.0
BRIGHT_FROM, BRIGHT_TO = 200.0, 250.0


class Fault(StrEnum):
    """Why a picture is not enrolled."""

    NO_IMAGE = "no_image"  # no JPEG, PNG or WebP that can be read to its end
    TOO_LARGE = "too_large"  # more bytes or pixels than are looked at
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    SMALL = "small"
    DARK = "dark"
    BRIGHT = "bright"
    BLURRED = "blurred"
    TURNED = "turned"  # the face looks aside, up or down


class Grade(StrEnum):
    """What an enroller is told: `poor` is worth another picture."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Quality:
    """Parts in [0, 1], of the picture and not of anybody. The whole is as good as its worst part."""

    light: float
    sharpness: float
    pose: float
    size: float

    @property
    def worst(self) -> float:
        return min(self.light, self.sharpness, self.pose, self.size)

    @property
    def score(self) -> int:
        """0 to 100."""
        return round(100 * self.worst)


def light_of(level: float) -> float:
    """How well a face of this mean grey level (0 to 255) is lit."""
    dark = (level - DARK_TO) / (DARK_FROM - DARK_TO)
    bright = (BRIGHT_TO - level) / (BRIGHT_TO - BRIGHT_FROM)
    return min(1.0, max(0.0, min(dark, bright)))


def fault_of(quality: Quality, level: float) -> Fault | None:
    """What is most amiss with a picture that is not good enough; `level` is the grey level that its light is of."""
    parts = {
        Fault.DARK if level < DARK_FROM else Fault.BRIGHT: quality.light,
        Fault.SMALL: quality.size,
        Fault.TURNED: quality.pose,
        Fault.BLURRED: quality.sharpness,
    }
    fault = min(parts, key=lambda one: parts[one])
    return fault if parts[fault] < LEAST else None


def grade_of(score: int) -> Grade:
    if score < round(100 * FAIR):
        return Grade.POOR
    return Grade.FAIR if score < round(100 * GOOD) else Grade.GOOD
