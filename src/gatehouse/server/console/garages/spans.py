"""The span of dates and the garages that a report is about, as a reader chose them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, Period, can_be_meant, local_date
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Garage
from gatehouse.server.people.queries import sites_visible_to

LONGEST = timedelta(days=370)


@dataclass(frozen=True, slots=True)
class Preset:
    said: words.Text
    since: date
    until: date
    here: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """Dates [since, until) of `garages`, all of one currency; `garage` is set when it is about one."""

    since: date
    until: date
    garages: Sequence[Garage]
    garage: Garage | None
    currency: str
    currencies: Sequence[str]
    all_garages: Sequence[Garage]
    today: date
    problem: str = ""

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def count(self) -> int:
        return len(self.garages)

    @property
    def has_several_garages(self) -> bool:
        return len(self.all_garages) > 1

    @property
    def has_several_currencies(self) -> bool:
        return len(self.currencies) > 1

    @property
    def last(self) -> date:
        return self.until - DAY

    @property
    def before(self) -> tuple[date, date]:
        """As many dates before; of a whole month or year the one before."""
        if self.since.day == 1 and self.until.day == 1:
            months = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month
            first = self.since.year * 12 + self.since.month - 1 - months
            return date(first // 12, first % 12 + 1, 1), self.since
        return self.since - timedelta(days=self.days), self.since

    @property
    def period(self) -> Period:
        """From the first start of a date among the garages' clocks to the last end."""
        zones = {ZoneInfo(garage.site.zone) for garage in self.garages} or {ZoneInfo("UTC")}
        starts = [Period.local_day(self.since, zone).start for zone in zones]
        return Period(min(starts), max(Period.local_day(self.until, zone).start for zone in zones))


def chosen(request: HttpRequest, since: date | None = None, until: date | None = None) -> Chosen:
    """From an address, or from the form that was sent; this month without either. Raises Http404 for a garage that is
    not the reader's."""
    garages = list(queries.garages(sites_visible_to(reader(request))))
    today = max((local_date(now(), ZoneInfo(garage.site.zone)) for garage in garages), default=now().date())
    problem = ""
    if since is None or until is None:
        since, until = Month.of(today).first, today + DAY
    if request.method == "POST" and ("since" in request.POST or "until" in request.POST):
        asked = _dates(request.POST.get("since", ""), request.POST.get("until", ""))
        since, until = asked or (since, until)
        problem = "" if asked else _("Choose a first and a last date, at most a year apart.")
    if not since < until <= since + LONGEST:
        since, until = Month.of(today).first, today + DAY
        problem = problem or _("Choose a first and a last date, at most a year apart.")
    garage = _garage(request.POST.get("garage", ""), garages)
    currencies = sorted({one.currency for one in garages})
    currency = request.POST.get("currency", "")
    if currency not in currencies:
        currency = _most_common([one.currency for one in garages])
    currency = garage.currency if garage else currency
    mine = [garage] if garage else [one for one in garages if one.currency == currency]
    return Chosen(since, until, mine, garage, currency, currencies, garages, today, problem)


def _dates(first: str, last: str) -> tuple[date, date] | None:
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last) + DAY
    except (ValueError, OverflowError):
        return None
    fits = can_be_meant(since) and can_be_meant(until) and since < until <= since + LONGEST
    return (since, until) if fits else None


def _garage(typed: str, garages: Sequence[Garage]) -> Garage | None:
    if not typed:
        return None
    try:
        wanted = UUID(typed)
    except ValueError as fault:
        raise Http404 from fault
    found = next((garage for garage in garages if garage.pk == wanted), None)
    if found is None:
        raise Http404
    return found


def _most_common(currencies: Sequence[str]) -> str:
    return max(sorted(set(currencies)), key=currencies.count, default="EUR")


def presets(chosen: Chosen) -> list[Preset]:
    today, tomorrow = chosen.today, chosen.today + DAY
    month = Month.of(today)
    monday = today - timedelta(days=today.weekday())
    before = Month.of(month.first - DAY)
    spans = [
        (_("Today"), today, tomorrow),
        (_("Yesterday"), today - DAY, today),
        (_("This week"), monday, tomorrow),
        (_("This month"), month.first, tomorrow),
        (_("Last month"), before.first, before.until),
        (_("This year"), date(today.year, 1, 1), tomorrow),
    ]
    return [Preset(said, since, until, (since, until) == (chosen.since, chosen.until)) for said, since, until in spans]
