"""The curve of a price as a drawing: steps in a box of fixed units that the page stretches to its width.

Words stand beside the drawing, not in it: stretched text cannot be read on a phone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.utils.translation import gettext as _

from gatehouse.domain.money import Money
from gatehouse.domain.tariff_curve import Curve, Step
from gatehouse.server.console import saying

WIDTH, HEIGHT = 1000, 400
_NICE = (1, 2, 4, 5, 8, 10)
_LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """The part of the drawing over which one price holds; `says` shows on hover."""

    x: int
    width: int
    y: int
    height: int
    capped: bool
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step for the table beside the drawing."""

    after: str
    clock: str
    total: Money
    capped: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """`line` is an SVG path; `amounts` label the horizontal lines from the top down, `times` the vertical ones."""

    line: str
    bars: tuple[Bar, ...]
    rows: tuple[Row, ...]
    amounts: tuple[Money, ...]
    lines_y: tuple[int, ...]
    times: tuple[str, ...]
    lines_x: tuple[int, ...]
    every: int
    summary: str


def chart_of(curve: Curve, zone: tzinfo) -> Chart:
    currency = curve.steps[-1].total.currency
    top = _nice_top(max(step.total.minor for step in curve.steps))
    ends = [step.after for step in curve.steps[1:]] + [curve.reach]
    pieces: list[str] = []
    bars: list[Bar] = []
    rows: list[Row] = []
    for step, end in zip(curve.steps, ends, strict=True):
        x, to, y = _x(step.after, curve), _x(end, curve), HEIGHT - HEIGHT * step.total.minor // top
        pieces.append(f"{'V' if pieces else f'M {x} '}{y} H{to}")
        says = f"{_since(step.after, end)}: {saying.money(step.total)}"
        bars.append(Bar(x, max(to - x, 1), y, HEIGHT - y, step.capped, says))
        rows.append(_row(step, curve.entry, zone))
    parts = 7 if curve.reach == timedelta(days=7) else 6 if curve.reach == timedelta(days=3) else _LINES
    times = [curve.reach * n // parts for n in range(parts + 1)]
    return Chart(
        line=" ".join(pieces),
        bars=tuple(bars),
        rows=tuple(rows),
        amounts=tuple(Money(top * n // _LINES, currency) for n in range(_LINES, -1, -1)),
        lines_y=tuple(HEIGHT * n // _LINES for n in range(_LINES + 1)),
        times=tuple(_tick(at) for at in times),
        lines_x=tuple(_x(at, curve) for at in times),
        every=curve.every,
        summary=_summary(curve),
    )


def _summary(curve: Curve) -> str:
    """The drawing in a sentence, for those who do not see it."""
    first, last = curve.steps[0].total, curve.steps[-1].total
    said = {"first": saying.money(first), "last": saying.money(last), "length": _tick(curve.reach)}
    return _("From %(first)s at entry to %(last)s after %(length)s.") % said


def _x(at: timedelta, curve: Curve) -> int:
    return WIDTH * (at // timedelta(seconds=1)) // (curve.reach // timedelta(seconds=1))


def _nice_top(most: int) -> int:
    """The least round amount that is no less than `most` and that four lines divide evenly."""
    if most == 0:
        return _LINES
    unit = 1
    while True:
        for step in _NICE:
            if step * unit * _LINES >= most:
                return step * unit * _LINES
        unit *= 10


def _since(after: timedelta, end: timedelta) -> str:
    said = {"after": saying.length(after), "end": saying.length(end)}
    return _("longer than %(after)s, up to %(end)s") % said


def _row(step: Step, entry: datetime, zone: tzinfo) -> Row:
    shown = saying.local(entry + step.after, zone)
    return Row(saying.length(step.after), f"{saying.short_day(shown.date())} {shown:%H:%M}", step.total, step.capped)


def _tick(at: timedelta) -> str:
    hours = at // timedelta(hours=1)
    if hours and hours % 24 == 0:
        return _("%(days)d d") % {"days": hours // 24}
    return _("%(hours)d h") % {"hours": hours}
