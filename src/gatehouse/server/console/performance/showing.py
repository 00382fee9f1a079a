"""Figures, charts and threads as templates take them; for operators' pages and for My page alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from babel.dates import format_date
from django.utils.translation import gettext as _

from gatehouse.domain.money import round_half_up
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Figure, Measure
from gatehouse.domain.performance_trend import Trend
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.console import charts, saying, words_performance, words_work
from gatehouse.server.console.charts import Chart, Point
from gatehouse.server.console.words import Text
from gatehouse.server.performance import looks, queries
from gatehouse.server.performance.cells import About, AboutDay, AboutFigure, GoalFacts
from gatehouse.server.performance.looks import Reviewed, Said
from gatehouse.server.performance.models import Contest, ContestState, Goal

MINUTES = frozenset({Measure.LATE_MINUTES, Measure.OVERTIME_MINUTES})
RATIOS = frozenset({Measure.PUNCTUALITY, Measure.ATTENDANCE_RATE})


@dataclass(frozen=True, slots=True)
class Contested:
    """A contest as it stands beside what it is about."""

    row: Contest
    about: About
    said: str
    state: Text
    tone: str
    mark: str
    thread: Sequence[Mapping[str, object]] = ()

    def touches(self, month: Month, measure: Measure) -> bool:
        """A contested day stands beside every figure of its month."""
        match self.about:
            case AboutDay():
                return self.about.month == month
            case AboutFigure(measure=of):
                return self.about.month == month and of is measure


def contested(rows: Sequence[Contest], by: Authority, purpose: str) -> list[Contested] | Refused:
    """With their threads."""
    abouts = looks.abouts(rows, by, purpose)
    if isinstance(abouts, Refused):
        return abouts
    threads = looks.threads(list(queries.words_of(rows)), by, purpose)
    if isinstance(threads, Refused):
        return threads
    return [one_contested(row, abouts[row.pk], threads.get(row.pk, [])) for row in rows if row.pk in abouts]


def one_contested(row: Contest, about: About, thread: Sequence[Said] = ()) -> Contested:
    state, tone, mark = words_performance.CONTESTS[row.state]
    return Contested(row, about, words_performance.about(about), state, tone, mark, [_message(one) for one in thread])


def _message(said: Said) -> dict[str, object]:
    words = said.words
    outcome = words_performance.OUTCOMES.get(words.outcome, "") if words else ""
    return {"side": said.side, "words": words, "by": who_wrote(words.by) if words and words.by else "",
            "outcome": outcome}  # fmt: skip


def who_wrote(operator: str) -> str:
    return handle_of(operator) if operator else ""


def figures(month: Month, trends: Sequence[Trend], contests: Sequence[Contested]) -> list[dict[str, object]]:
    """The month's figures with their definitions, what of them is contested, and what is usual: that is said of the
    last month only, which the usual of the months before is held against."""
    found: list[dict[str, object]] = []
    for trend in trends:
        figure = dict(trend.points)[month]
        name, meaning = words_work.MEASURES[trend.measure]
        about = [one for one in contests if one.touches(month, trend.measure)]
        found.append(
            {
                "measure": trend.measure.value,
                "name": name,
                "value": words_work.value(figure),
                "meaning": meaning,
                "usual": _usual(trend) if month == trend.points[-1][0] else "",
                "contests": about,
                "contestable": not any(isinstance(one.about, AboutFigure) and _stands(one) for one in about),
            }
        )
    return found


def _stands(one: Contested) -> bool:
    return one.row.state != ContestState.WITHDRAWN


def _usual(trend: Trend) -> str:
    return "" if trend.usual is None else _("usually %(value)s") % {"value": said(trend.measure, trend.usual)}


def said(measure: Measure, value: Fraction) -> str:
    """A value of a measure; minutes and days of a mean are rounded half up."""
    if measure in MINUTES:
        return saying.hours(round_half_up(value))
    return words_work.value(Figure(measure, value))


def trend_charts(name: str, trends: Sequence[Trend]) -> list[Chart]:
    """A chart of each measure, bars by month, the usual value as a mark."""
    return [_chart(f"{name}-{trend.measure.value}", trend) for trend in trends if _has_values(trend)]


def _has_values(trend: Trend) -> bool:
    return any(figure.value is not None for _month, figure in trend.points)


def _chart(name: str, trend: Trend) -> Chart:
    title, _meaning = words_work.MEASURES[trend.measure]
    points = [
        Point(
            month_short(month.first),
            _size(trend.measure, figure.value),
            words_work.value(figure),
            None if trend.usual is None else _size(trend.measure, trend.usual),
            "" if trend.usual is None else said(trend.measure, trend.usual),
        )
        for month, figure in _from_first(trend.points)
    ]
    heads = [_("Month"), title, _("Usually")]
    return charts.bars(name, title, _summary(trend), heads, points, scale(trend.measure))


def _from_first(points: Sequence[tuple[Month, Figure]]) -> Sequence[tuple[Month, Figure]]:
    """Without the months before there was anything to measure."""
    first = next((place for place, (_month, figure) in enumerate(points) if figure.value is not None), len(points))
    return points[first:]


def _summary(trend: Trend) -> str:
    month, figure = trend.points[-1]
    last = f"{saying.month(month.first)}: {words_work.value(figure)}"
    return last if trend.usual is None else f"{last} · {_usual(trend)}"


def group_chart(name: str, measure: Measure, points: Sequence[tuple[Month, Fraction | None]]) -> Chart:
    title, _meaning = words_work.MEASURES[measure]
    withheld = str(words_performance.WITHHELD_GROUP)
    bars = [
        Point(month_short(m.first), _size(measure, v), withheld if v is None else said(measure, v)) for m, v in points
    ]
    last = points[-1]
    value = withheld if last[1] is None else said(measure, last[1])
    summary = f"{saying.month(last[0].first)}: {value}"
    return charts.bars(name, title, summary, [_("Month"), title], bars, scale(measure))


def _size(measure: Measure, value: Fraction | None) -> Fraction:
    """Percent, hours, minutes or days."""
    if value is None:
        return Fraction(0)
    if measure in RATIOS:
        return value * 100
    return value / 60 if measure is Measure.OVERTIME_MINUTES else value


def scale(measure: Measure) -> Callable[[int], str]:
    """Words the numbers of a measure's scale."""

    def worded(number: int) -> str:
        if measure in RATIOS:
            return f"{number}%"
        if measure is Measure.OVERTIME_MINUTES:
            return _("%(hours)d h") % {"hours": number}
        return _("%(minutes)d min") % {"minutes": number} if measure is Measure.LATE_MINUTES else str(number)

    return worded


def month_short(first: date) -> str:
    """Beneath a bar: the year only where it begins."""
    chinese = saying.locale().language == "zh"
    pattern = ("yy年M月" if chinese else "MMM yy") if first.month == 1 else ("M月" if chinese else "MMM")
    return str(format_date(first, pattern, locale=saying.locale()))


def goal_lines(found: Sequence[tuple[Goal, GoalFacts]], today: date) -> list[dict[str, object]]:
    return [_goal(row.pk, facts, today) for row, facts in found]


def _goal(goal_id: UUID, facts: GoalFacts, today: date) -> dict[str, object]:
    state, tone, mark = words_performance.GOALS[facts.state]
    return {
        "id": goal_id,
        "what": facts.what,
        "until": facts.until,
        "past": facts.state == "open" and facts.until < today,
        "state": state,
        "code": facts.state,
        "tone": tone,
        "mark": mark,
        "steps": [
            {"on": step.on, "state": words_performance.GOALS[step.state][0], "by": who_wrote(step.by)}
            for step in facts.steps
        ],
    }


def review_lines(found: Sequence[Reviewed]) -> list[dict[str, object]]:
    return [{"id": one.row.pk, "text": one.text, "by": who_wrote(one.text.by), "reply": one.reply} for one in found]
