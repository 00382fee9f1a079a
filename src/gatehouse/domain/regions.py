"""The part of a camera's picture that a gate looks at: a rectangle in thousandths of the picture's width and height, so
that it stays the same place when the camera is set to another resolution."""

from collections.abc import Sequence
from dataclasses import dataclass

WHOLE = 1000
# A smaller part shows too little of a face or a plate to be meant; a slip of the finger is not taken for one.
LEAST = 50


@dataclass(frozen=True, slots=True)
class Region:
    """From `left` and `top` up to `right` and `bottom`, each 0 to 1000. Raises ValueError for what is no such part."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        for start, end in ((self.left, self.right), (self.top, self.bottom)):
            if not (start >= 0 and start + LEAST <= end <= WHOLE):
                raise ValueError(f"a region lies within 0 and {WHOLE} and is {LEAST} wide and high at least")

    def corners(self) -> list[int]:
        return [self.left, self.top, self.right, self.bottom]

    def box(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in pixels of a picture of this size; one pixel wide and high at least."""
        left, top = self.left * width_px // WHOLE, self.top * height_px // WHOLE
        right, bottom = -(-self.right * width_px // WHOLE), -(-self.bottom * height_px // WHOLE)
        return left, top, max(right, left + 1), max(bottom, top + 1)


def region_of(corners: Sequence[int]) -> Region | None:
    """The region of these corners; None for none and for the whole picture. Raises ValueError for what is none."""
    if not corners:
        return None
    if len(corners) != 4 or any(type(corner) is not int for corner in corners):
        raise ValueError("a region has four corners in whole thousandths")
    region = Region(*corners)
    return None if region == Region(0, 0, WHOLE, WHOLE) else region
