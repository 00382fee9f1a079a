"""Reports: what garages took, when cars came and left, and how long they stayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gatehouse.domain.lengths import FEWEST, STEPS_MIN, Step, shown, step_of
from gatehouse.domain.money import Money, decimal_text
from gatehouse.domain.periods import DAY
from gatehouse.domain.traffic import HOURS, Hour, added, after_one_another, average
from gatehouse.server.console import charts, saying
from gatehouse.server.console.charts import Chart, Point
from gatehouse.server.console.garages.spans import Chosen, chosen, presets
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.console.spreadsheet import table_file
from gatehouse.server.console.words_money import PROVIDERS
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.facts import StayUnreadable, entries
from gatehouse.server.parking.models import Garage
from gatehouse.server.takings import counting
from gatehouse.server.takings.acts import acts
from gatehouse.server.takings.models import DayTakings
from gatehouse.server.takings.queries import days_of
from gatehouse.server.takings.revenue import Report, Takings, report, tax_contained

PAGE = 25
MOST_ROWS = 20_000  # garages times dates whose hours and lengths one page adds up
MOST_BARS = 62  # more dates than these are drawn as months


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the head of the page, and how it was in the span before."""

    name: str
    value: str
    before: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def reports(request: HttpRequest, since: date | None = None, until: date | None = None) -> HttpResponse:
    asked = chosen(request, since, until)
    found = report(asked.garages, asked.since, asked.until)
    if request.method == "POST" and request.POST.get("as") in ("csv", "xlsx"):
        return _table(request, asked, found)
    counted = list(days_of(asked.garages, asked.since, asked.until)[: MOST_ROWS + 1])
    too_many = len(counted) > MOST_ROWS
    counted = [] if too_many else counted
    context = tabs(request, "reports") | {
        "asked": asked,
        "presets": presets(asked),
        "figures": _figures(asked, found, counted),
        "money_chart": _money_chart(asked, found) if found.whole.paid else None,
        "providers": [
            (PROVIDERS.get(name, name), Money(minor, asked.currency))
            for name, minor in sorted(found.whole.providers.items())
        ],
        "too_many": too_many,
        "hidden": FEWEST,
        "rows": _garage_rows(request, asked, found),
    }
    context |= _traffic(asked, counted) | _lengths(asked, counted)
    if asked.garage:
        context["present_chart"] = _present_chart(asked.garage)
    return render(request, "garages/reports.html", context, status=422 if asked.problem and _sent(request) else 200)


def _sent(request: HttpRequest) -> bool:
    return bool(request.POST.get("since") or request.POST.get("until"))


def _figures(asked: Chosen, found: Report, counted: Sequence[DayTakings]) -> list[Figure]:
    whole, earlier = found.whole, report(asked.garages, *asked.before).whole
    waived = _waived(asked)

    def money(minor: int) -> str:
        return saying.money(Money(minor, asked.currency))

    def compared(name: str, value: int, before: int) -> Figure:
        return Figure(name, money(value), _("%(amount)s in the span before") % {"amount": money(before)})

    figures = [
        compared(_("Paid"), whole.paid, earlier.paid),
        compared(_("Paid back"), whole.refunded, earlier.refunded),
        compared(_("What ended stays cost"), whole.cost, earlier.cost),
        compared(_("Left unpaid"), whole.unpaid, earlier.unpaid),
        Figure(_("Waived by hand"), *waived),
        Figure(_("Tax contained"), saying.money(tax_contained(counted, asked.currency)), _("of the dates counted")),
    ]
    if whole.corrected:
        figures.append(Figure(_("Corrected after disputes"), money(whole.corrected)))
    before = _("%(count)s in the span before") % {"count": earlier.stays}
    figures.append(Figure(_("Stays that ended"), str(whole.stays), before))
    return figures


def _waived(asked: Chosen) -> tuple[str, str]:
    done = [act for act in acts(asked.garages, asked.since, asked.until) if act.waived_minor]
    amount = sum(act.waived_minor for act in done if act.currency == asked.currency)
    return saying.money(Money(amount, asked.currency)), _("in %(count)s acts") % {"count": len(done)}


# --- money -------------------------------------------------------------------------------------------------------


def _money_chart(asked: Chosen, found: Report) -> Chart:
    sums: dict[date, int] = {}
    day = asked.since
    while day < asked.until:
        at = day if asked.days <= MOST_BARS else day.replace(day=1)
        sums[at] = sums.get(at, 0) + (found.by_date[day].kept if day in found.by_date else 0)
        day += DAY

    def said(minor: int) -> str:
        return saying.money(Money(minor, asked.currency))

    by_month = asked.days > MOST_BARS
    points = [
        Point(saying.month(at) if by_month else saying.date_short(at), minor, said(minor)) for at, minor in sums.items()
    ]
    best = max(points, key=lambda point: point.size)
    summary = _("Most on %(day)s: %(amount)s.") % {"day": best.label, "amount": best.value}
    heads = [_("Month") if by_month else _("Date"), _("Kept")]
    title = _("Paid, less what was paid back, by month") if by_month else _("Paid, less what was paid back, by date")
    return charts.bars("money", title, summary, heads, points, said)


def _garage_rows(request: HttpRequest, asked: Chosen, found: Report) -> dict[str, object]:
    """A page of garages, those that took most first."""
    ordered = sorted(asked.garages, key=lambda garage: (-found.by_garage[garage.pk].paid, garage.name))
    typed = request.POST.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    shown_rows, pager = paged(ordered, number, PAGE, str)
    return {
        "list": [(garage, _in_money(found.by_garage[garage.pk], asked.currency)) for garage in shown_rows],
        "pager": pager,
        "total": _in_money(found.whole, asked.currency),
    }


def _in_money(one: Takings, currency: str) -> dict[str, object]:
    amounts = {name: Money(getattr(one, name), currency) for name in ("cost", "paid", "refunded", "unpaid", "kept")}
    return {"stays": one.stays, **amounts}


# --- cars --------------------------------------------------------------------------------------------------------


def _traffic(asked: Chosen, counted: Sequence[DayTakings]) -> dict[str, object]:
    """Charts of the hours: several garages of a date are added, dates follow one another."""
    by_date: dict[date, list[Hour]] = {}
    for row in counted:
        hours = counting.hours_of(row)
        by_date[row.on] = added(by_date[row.on], hours) if row.on in by_date else hours
    if asked.garage and asked.until > asked.today:
        by_date[asked.today] = counting.hours_so_far(asked.garage, now())
    days = list(by_date.values())
    if not days:
        return {}
    whole = days[0]
    for hours in days[1:]:
        whole = after_one_another(whole, hours)
    inside = _average_inside(whole)
    turnover = Fraction(sum(hour.left for hour in whole), len(days)) / inside if inside else None
    return {
        "inside_chart": _inside_chart(whole),
        "entries_chart": _moves_chart("entries", _("Entries by hour"), [hour.came for hour in whole]),
        "exits_chart": _moves_chart("exits", _("Exits by hour"), [hour.left for hour in whole]),
        "turnover": saying.number(turnover) if turnover is not None else "",
        "average_inside": saying.number(inside),
    }


def _average_inside(whole: Sequence[Hour]) -> Fraction:
    seconds = sum(hour.seconds for hour in whole)
    return Fraction(sum(hour.car_seconds for hour in whole), seconds) if seconds else Fraction(0)


def _inside_chart(whole: Sequence[Hour]) -> Chart:
    points = [
        Point(f"{place:02d}:00", average(hour), saying.number(average(hour)), hour.peak, str(hour.peak))
        for place, hour in enumerate(whole)
    ]
    peak = max(range(HOURS), key=lambda place: whole[place].peak)
    summary = _("At most %(count)s inside, between %(from)s and %(to)s.") % {
        "count": whole[peak].peak, "from": f"{peak:02d}:00", "to": f"{(peak + 1) % HOURS:02d}:00",
    }  # fmt: skip
    heads = [_("Hour"), _("Inside on average"), _("Most at once")]
    return charts.bars("inside", _("Cars inside over the day"), summary, heads, points, str)


def _moves_chart(name: str, title: str, counts: Sequence[int]) -> Chart:
    points = [Point(f"{place:02d}:00", count, str(count)) for place, count in enumerate(counts)]
    busiest = max(range(HOURS), key=lambda place: counts[place])
    summary = _("%(count)s in all, most from %(hour)s on.") % {"count": sum(counts), "hour": f"{busiest:02d}:00"}
    return charts.bars(name, title, summary, [_("Hour"), _("Cars")], points, str)


def _lengths(asked: Chosen, counted: Sequence[DayTakings]) -> dict[str, object]:
    if not counted:
        return {}
    sums, unknown = [0] * (len(STEPS_MIN) + 1), 0
    for lengths in counting.lengths_of(counted):
        sums = [a + b for a, b in zip(sums, lengths.counts, strict=True)]
        unknown += lengths.unknown
    steps = shown(sums)
    return {"lengths_chart": _lengths_chart("lengths", _("How long stays lasted"), steps), "unknown_lengths": unknown}


def _lengths_chart(name: str, title: str, steps: Sequence[Step] | None) -> Chart | None:
    """None where there were so few stays that it would tell of one."""
    if not steps or not sum(step.count for step in steps):
        return None
    whole = sum(step.count for step in steps)
    points = [
        Point(_range(step), step.count, f"{step.count} · {saying.percent(Fraction(step.count, whole))}")
        for step in steps
    ]
    most = max(points, key=lambda point: point.size)
    summary = _("Most lasted %(length)s: %(count)s.") % {"length": most.label, "count": most.value}
    return charts.histogram(name, title, summary, [_("Length"), _("Stays")], points)


def _range(step: Step) -> str:
    if step.to_min is None:
        return _("%(from)s and more") % {"from": _length(step.from_min)} if step.from_min else _("any length")
    if step.from_min == 0:
        return _("under %(to)s") % {"to": _length(step.to_min)}
    return _("%(from)s to %(to)s") % {"from": _length(step.from_min), "to": _length(step.to_min)}


def _length(minutes: int) -> str:
    if minutes % 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h") % {"hours": minutes // 60}


def _present_chart(garage: Garage) -> Chart | None:
    """Who is inside now, by how long; opened for this page alone and kept nowhere."""
    cells = {stay.pk: bytes(stay.entry_cell) for stay in queries.open_stays(garage)}
    at, counts = now(), [0] * (len(STEPS_MIN) + 1)
    try:
        known = entries(cells)
    except StayUnreadable:
        return None
    for entry in known.values():
        counts[step_of(max(at - entry.entered_at, at - at))] += 1
    return _lengths_chart("present", _("Cars inside now, by how long they have been"), shown(counts))


# --- for a spreadsheet -------------------------------------------------------------------------------------------


def _table(request: HttpRequest, asked: Chosen, found: Report) -> HttpResponse:
    """One line for each date; whole dates of all chosen garages. No cell begins like a formula."""
    providers = sorted(found.whole.providers)
    heads = ["date", "currency", "stays", "cost", "paid", "refunded", "unpaid", "corrected"]
    rows: list[list[object]] = [[*heads, *[f"paid {one}" for one in providers]]]
    day = asked.since
    while day < asked.until:
        one = found.by_date[day] if day in found.by_date else Takings()
        amounts = (one.cost, one.paid, one.refunded, one.unpaid, one.corrected, *(one.providers[p] for p in providers))
        said = [decimal_text(Money(amount, asked.currency)) for amount in amounts]
        rows.append([day.isoformat(), asked.currency, one.stays, *said])
        day += DAY
    name = asked.garage.code if asked.garage else "all"
    return table_file(request, f"takings-{name}-{asked.since}-{asked.last}", rows)
