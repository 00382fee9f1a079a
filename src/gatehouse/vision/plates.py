"""Number plates in a frame, and one reading from several frames of the same plate.

PP-OCR finds and reads lines of text; the grammar of the country packs decides what a line can say
(decode.py). Figures, measured with `gatehouse eval plates`, are in docs/recognition.md.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from gatehouse.vision.colours import Colour, ground_colour
from gatehouse.vision.decode import Decoded, Decoder
from gatehouse.vision.frames import Pixels, as_bgr, at_most, brightened, is_dark
from gatehouse.vision.grammar import Shape, shapes_of
from gatehouse.vision.letters import ALPHABET, DIGITS, V4, V6
from gatehouse.vision.lines import Line, find_lines, joined
from gatehouse.vision.sessions import Floats

# The frame is looked at with its long side at so many pixels, as long as the best read so far is no surer
# than this: a sure read ends it, a fair one saves the dearest look.
# The last look is for dusk: a dark frame, brightened.
LOOKS = ((640, 0.0, False), (960, 0.9, False), (1280, 0.5, False), (960, 0.5, True))
SURE = 0.9
# Around a plate that was seen a moment ago: so many of its widths and heights at each side, at this long side.
NEAR_WIDTHS, NEAR_HEIGHTS = 1.0, 2.5
NEAR_PX = 320
MIN_CONFIDENCE = 0.02
MIN_FRAME_PX = 24
MAX_FRAME_PX = 2560
# Signs, brand names and slogans are words; a plate without any digit is rare.
WORD_LIKENESS = 0.2
# What touches the frame's border is cut off there, or is the clock that a camera writes into its picture.
BORDER_LIKENESS = 0.3
BORDER = 0.02
# How far a rarer shape ranks behind: its log prior counts by half. Measured.
RANK_BY_WEIGHT = 0.5
# A green ground favours eight characters by this much log probability per step.
GREEN_BONUS = 0.15
_CHINA = "CN"


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate in one frame, or fused over frames. `box` (x, y, w, h) and `quad` (clockwise from the top
    left) in frame pixels. `confidence` in [0, 1] is that of the least sure character.

    `probabilities` (len(text), len(letters.ALPHABET)) is what every position may be; `fuse` averages it.
    """

    text: str
    confidence: float
    country: str
    shape: str
    colour: Colour
    box: tuple[int, int, int, int]
    quad: tuple[tuple[float, float], ...]
    allowed: Shape = field(repr=False, compare=False)
    probabilities: Floats = field(repr=False, compare=False)


@lru_cache(maxsize=32)
def _decoder(shapes: tuple[Shape, ...]) -> Decoder:
    return Decoder(shapes)


def read_plates(
    pixels: object,
    *,
    countries: Sequence[str] = ("CN",),
    site_shapes: Sequence[Shape] = (),
    looks: int = len(LOOKS),
) -> list[PlateRead]:
    """Plates in one BGR frame (H, W, 3) uint8, best first; boxes in pixels. Empty when there is none.

    `countries` are the packs whose plates are expected here; `site_shapes` the site's own patterns.
    `looks` limits how often an unsure frame is looked at again, larger. Raises BadFrame for what is no image,
    ValueError for an unknown country, ModelMissing, ModelRefused.
    """
    shapes = (*shapes_of(countries), *site_shapes)
    frame, back = at_most(as_bgr(pixels), MAX_FRAME_PX)
    if min(frame.shape[:2]) < MIN_FRAME_PX or not shapes:
        return []
    models = _models(shapes)
    found: list[PlateRead] = []
    for look_px, unless, at_dusk in LOOKS[:looks]:
        if any(read.confidence >= unless for read in found) or (at_dusk and not is_dark(frame)):
            break
        lines = find_lines(brightened(frame) if at_dusk else frame, look_px, models)
        found += _read_lines(lines, frame, shapes, back)
    return _distinct(sorted(found, key=_rank, reverse=True))


def read_plates_near(
    pixels: object,
    box: tuple[int, int, int, int],
    *,
    countries: Sequence[str] = ("CN",),
    site_shapes: Sequence[Shape] = (),
) -> list[PlateRead]:
    """As `read_plates`, but only around `box` (x, y, w, h), where a plate was a moment ago: one look, at a quarter of
    the pixels of the first one of a whole frame. A box outside the frame finds nothing."""
    shapes = (*shapes_of(countries), *site_shapes)
    frame, back = at_most(as_bgr(pixels), MAX_FRAME_PX)
    x, y, wide, high = (value / back for value in box)
    left, right = max(0, round(x - NEAR_WIDTHS * wide)), round(x + (1 + NEAR_WIDTHS) * wide)
    top, bottom = max(0, round(y - NEAR_HEIGHTS * high)), round(y + (1 + NEAR_HEIGHTS) * high)
    part = frame[top : max(top, bottom), left : max(left, right)]
    if min(part.shape[:2]) < MIN_FRAME_PX or not shapes:
        return []
    corner = np.array([left, top], dtype=np.float32)
    found_there = find_lines(np.ascontiguousarray(part), NEAR_PX, _models(shapes))
    lines = [replace(line, quad=line.quad + corner) for line in found_there]
    return _distinct(sorted(_read_lines(lines, frame, shapes, back), key=_rank, reverse=True))


def _models(shapes: Sequence[Shape]) -> tuple[str, ...]:
    """v4 reads hanzi best, v6 Latin; each is the other's second opinion on Latin plates."""
    return (V4,) if all(shape.country == _CHINA for shape in shapes) else (V6, V4)


def _at_border(line: Line, frame: Pixels) -> bool:
    height, width = frame.shape[:2]
    low, high = line.quad.min(axis=0) / (width, height), line.quad.max(axis=0) / (width, height)
    return bool(low.min() < BORDER or high.max() > 1.0 - BORDER)


def _read_lines(lines: Sequence[Line], frame: Pixels, shapes: tuple[Shape, ...], back: float) -> list[PlateRead]:
    """What single lines say, and, unless one of them is sure, what two say together."""
    found = [read for line in lines if (read := _read(line, frame, shapes, back))]
    if not any(read.confidence >= SURE for read in found):
        found += [read for line in joined(lines) if (read := _read(line, frame, shapes, back))]
    return found


def _read(line: Line, frame: Pixels, shapes: tuple[Shape, ...], back: float) -> PlateRead | None:
    colour = ground_colour(line.pixels)
    decoder = _decoder(shapes)
    opinions = {model: decoder.decode(steps) for model, steps in line.steps.items()}
    best = _agreed(opinions, colour)
    if best is None or best.confidence < MIN_CONFIDENCE:
        return None
    likeness = 1.0 if any(character in DIGITS for character in best.text) else WORD_LIKENESS
    if _at_border(line, frame):
        likeness *= BORDER_LIKENESS
    x, y, width, height = (round(value * back) for value in line.box)
    return PlateRead(
        text=best.text,
        confidence=best.confidence * likeness,
        country=best.shape.country,
        shape=best.shape.name,
        colour=colour,
        box=(x, y, width, height),
        quad=tuple((float(cx) * back, float(cy) * back) for cx, cy in line.quad),
        allowed=best.shape,
        probabilities=best.positions,
    )


def _agreed(opinions: Mapping[str, Sequence[Decoded]], colour: Colour) -> Decoded | None:
    """The shape that the recognisers together find most probable, spelled by their mean.

    On Chinese plates v4 alone is heard: v6 takes one province for another.
    """
    by_shape: dict[tuple[str, str], list[Decoded]] = defaultdict(list)
    for model, opinion in opinions.items():
        for decoded in opinion:
            if model == V4 or decoded.shape.country != _CHINA:
                by_shape[decoded.shape.country, decoded.shape.name].append(decoded)
    wanted = {True: 1, False: len(opinions)}
    whole = [group for group in by_shape.values() if len(group) == wanted[group[0].shape.country == _CHINA]]
    if not whole:
        return None

    def likely(group: list[Decoded]) -> float:
        # GA 36: green is new-energy, and those have eight characters; but light can be green too.
        bonus = GREEN_BONUS if colour is Colour.GREEN and group[0].shape.name.startswith("cn8") else 0.0
        return sum(decoded.score for decoded in group) / len(group) + bonus

    best = max(whole, key=likely)
    if len(best) == 1:
        return best[0]
    positions = _mean([decoded.positions for decoded in best])
    text, confidence = _spell(positions, best[0].shape)
    doubt = min(decoded.confidence / max(1e-6, _least(decoded)) for decoded in best)
    return Decoded(text, best[0].shape, best[0].score, confidence * min(1.0, doubt), positions)


def _mean(tables: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean(tables, axis=0), dtype=np.float32)


def _least(decoded: Decoded) -> float:
    return _spell(decoded.positions, decoded.shape)[1]


def _spell(positions: Floats, shape: Shape) -> tuple[str, float]:
    """The most probable allowed character at every position, and the least of their probabilities."""
    allowed = np.where(shape.allowed, positions, -1.0)
    chosen = allowed.argmax(axis=1)
    return "".join(ALPHABET[index] for index in chosen), max(0.0, float(allowed.max(axis=1).min()))


def _rank(read: PlateRead) -> float:
    return math.log(read.confidence) + RANK_BY_WEIGHT * read.allowed.weight


def _distinct(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """Reads of one place in the frame, at several looks or joined with a neighbour, are one plate."""
    kept: list[PlateRead] = []
    for read in reads:
        if not any(_same_place(read.box, other.box) for other in kept):
            kept.append(read)
    return kept


def _same_place(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    smaller = min(one[2] * one[3], other[2] * other[3])
    return wide > 0 and high > 0 and wide * high > 0.4 * smaller


def fuse(reads: Sequence[PlateRead]) -> PlateRead:
    """One reading from several of one plate: probabilities are averaged, not characters.

    The shape that the reads together find most sure is kept; box, quad and colour are those of the surest
    read of that shape. Raises ValueError when there is no read.
    """
    if not reads:
        raise ValueError("there is nothing to fuse")
    groups: dict[tuple[str, str], list[PlateRead]] = defaultdict(list)
    for read in reads:
        groups[read.country, read.shape].append(read)
    group = max(groups.values(), key=lambda one: sum(read.confidence for read in one))
    positions = _mean([read.probabilities for read in group])
    text, confidence = _spell(positions, group[0].allowed)
    surest = max(group, key=lambda read: read.confidence)
    return PlateRead(
        text=text,
        confidence=confidence,
        country=surest.country,
        shape=surest.shape,
        colour=surest.colour,
        box=surest.box,
        quad=surest.quad,
        allowed=surest.allowed,
        probabilities=positions,
    )
