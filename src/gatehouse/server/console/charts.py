"""Charts as data for `pages/chart.html`, which draws them as inline SVG: bars over time, and bars across with a label.

Places are percentages of the drawing's width and height, so that it stretches while its words keep their size. The same
numbers stand in a table below every chart; colour is never the only sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from gatehouse.server.console.words import Text

MOST_LABELS = 6
LAST_LABEL = 85  # % of the width, beyond which a label would stick out at 390 px
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Point:
    """One bar: what it is of, its size, and (for the mark above it) a second number. `value` and `mark` are said."""

    label: str
    size: Fraction | int
    value: str
    mark_size: Fraction | int | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as it is drawn; numbers are texts with a point, whatever the reader's language."""

    point: Point
    x: str
    width: str
    y: str
    height: str
    middle: str
    mark_y: str
    label: str  # "" where there is no room for every one

    @property
    def leans_back(self) -> bool:
        """Near the right edge the label ends at its bar instead of beginning there."""
        return float(self.x) > LAST_LABEL


@dataclass(frozen=True, slots=True)
class Tick:
    y: str
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`name` is unique on its page. `heads` are the columns of its table: of the label, the value, and the mark."""

    name: str
    title: Text
    summary: Text
    heads: Sequence[Text]
    bars: Sequence[Bar]
    ticks: Sequence[Tick] = field(default=())
    across: bool = False

    @property
    def has_marks(self) -> bool:
        return any(bar.mark_y for bar in self.bars)


def top_of(most: Fraction | int) -> int:
    """The end of the scale: the next 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= most:
                return step * power
        power *= 10


def bars(
    name: str, title: Text, summary: Text, heads: Sequence[Text], points: Sequence[Point], said: Callable[[int], str]
) -> Chart:
    """Bars side by side, in order of time; `said` words a number of the scale."""
    top = top_of(max((max(p.size, p.mark_size or 0) for p in points), default=1) or 1)
    slot = Fraction(100, max(1, len(points)))
    every = -(-len(points) // MOST_LABELS)
    drawn = [_bar(point, place, slot, top, label=place % every == 0) for place, point in enumerate(points)]
    middle = [top // 2] if top % 2 == 0 else []
    ticks = [Tick(_text(100 - Fraction(100 * value, top)), said(value)) for value in (0, *middle, top)]
    return Chart(name, title, summary, heads, drawn, ticks)


def _bar(point: Point, place: int, slot: Fraction, top: int, *, label: bool) -> Bar:
    height = Fraction(100 * max(0, point.size), top)
    mark = "" if point.mark_size is None else _text(100 - Fraction(100 * point.mark_size, top))
    return Bar(
        point=point,
        x=_text(place * slot + slot / 10),
        width=_text(slot * 8 / 10),
        y=_text(100 - height),
        height=_text(height),
        middle=_text(place * slot + slot / 2),
        mark_y=mark,
        label=point.label if label else "",
    )


def histogram(name: str, title: Text, summary: Text, heads: Sequence[Text], points: Sequence[Point]) -> Chart:
    """Bars across, one under another, each with its label: for steps whose names are words."""
    top = max((point.size for point in points), default=0) or 1
    drawn = [
        Bar(point, "0", _text(Fraction(100 * point.size, top)), "0", "100", "0", "", point.label) for point in points
    ]
    return Chart(name, title, summary, heads, drawn, across=True)


def _text(number: Fraction | int) -> str:
    hundredths = round(number * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
