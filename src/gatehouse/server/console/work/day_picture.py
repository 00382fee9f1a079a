"""A shift as a bar of the day: when punches count, the shift itself, its core, its break."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from gatehouse.domain.shifts import ShiftPattern, wall_minutes

DAY_MIN = 24 * 60
TICK_MIN = 6 * 60


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the picture; `x` and `width` are percentages of it."""

    kind: str
    x: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Bars from the widest to the narrowest, and the clock below them. `said` is the whole in a sentence."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[str, str], ...]
    said: str


def day_picture(pattern: ShiftPattern) -> Picture:
    """By wall times, as where clocks do not change. The break has no time of its own; it stands in the middle."""
    start = pattern.start.hour * 60 + pattern.start.minute
    end = start + wall_minutes(pattern.start, pattern.end)
    opens, closes = start - pattern.opens_before_min, end + pattern.closes_after_min
    first = min(0, opens // TICK_MIN * TICK_MIN)
    last = max(DAY_MIN, -(-closes // TICK_MIN) * TICK_MIN)

    def bar(kind: str, since: int, until: int, title: str) -> Bar:
        width = 100 * (until - since) / (last - first)
        return Bar(kind, f"{100 * (since - first) / (last - first):.2f}", f"{width:.2f}", title)

    window = _("Punches count from %(since)s to %(until)s") % {"since": clock(opens), "until": clock(closes)}
    shift = f"{clock(start)}–{clock(end)}"
    bars, said = [bar("window", opens, closes, window), bar("shift", start, end, shift)], [shift, window]
    if pattern.flex:
        core = start + wall_minutes(pattern.start, pattern.flex.core_start) % DAY_MIN
        until = core + wall_minutes(pattern.flex.core_start, pattern.flex.core_end)
        title = _("Core time %(since)s to %(until)s") % {"since": clock(core), "until": clock(until)}
        bars.append(bar("core", core, until, title))
        said.append(title)
    if pattern.break_min:
        middle = (start + end - pattern.break_min) // 2
        title = _("Break of %(minutes)d min, at any time") % {"minutes": pattern.break_min}
        bars.append(bar("break", middle, middle + pattern.break_min, title))
        said.append(title)
    ticks = [(f"{100 * (at - first) / (last - first):.2f}", clock(at)) for at in range(first, last + 1, TICK_MIN)]
    return Picture(tuple(bars), tuple(ticks), " · ".join(said))


def clock(minutes: int) -> str:
    """Minutes from midnight as the clock shows them, of the date before or after too."""
    at = minutes % DAY_MIN
    return f"{at // 60:02d}:{at % 60:02d}"
