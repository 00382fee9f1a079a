"""What a typed tariff comes to, before anything is saved: faults, notices, a drawing and one stay line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gatehouse.domain import tariffs
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.parking import Price, StayFact, price
from gatehouse.domain.parking_lines import Line
from gatehouse.domain.periods import at_local, can_be_meant, local
from gatehouse.domain.tariff_curve import curve
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariff_notices import Notice, notices
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariff_versions import with_version
from gatehouse.server.console import saying, words_tariff
from gatehouse.server.console.garages.tariff_chart import Chart, chart_of
from gatehouse.server.console.garages.tariff_form import Typed, field_of, to_version
from gatehouse.server.console.words_parking import price_line
from gatehouse.server.console.words_tariff import Said
from gatehouse.server.parking.models import Tariff
from gatehouse.server.people.models import Site

_MINUTE = timedelta(minutes=1)
REACHES = (1, 3, 7)


@dataclass(slots=True)
class Checked:
    """A typed version within its tariff. `whole` is what would be saved, `alone` the typed version for any time;
    both None where there is an error."""

    whole: tariffs.Tariff | None = None
    alone: tariffs.Tariff | None = None
    number: int = 0
    starts: datetime | None = None
    errors: list[Said] = field(default_factory=list)
    notices: list[Said] = field(default_factory=list)


def check(site: Site, row: Tariff | None, code: str, form: Typed, starts: str, now: datetime) -> Checked:
    """`row` is the tariff that the version would be added to; None for a new one of that code."""
    found = Checked()
    try:
        facts = {"name": code or "new", "zone": site.zone, "currency": site.currency}
        found.alone = tariff_from_dict(facts | {"versions": [to_version(form, site.currency)]})
        found.starts = _starts(starts, row, found.alone, now)
        version = found.alone.versions[0]
        if row is None:
            found.whole = replace(found.alone, versions=(replace(version, starts=found.starts),))
        elif found.starts is not None:
            _put_beside(found, tariff_from_dict(row.versions), version, found.starts, now)
        if found.whole is not None:
            found.number = [held.starts for held in found.whole.versions].index(found.starts)
            found.notices += [said_notice(one, form) for one in notices(found.whole, found.number, now)]
    except TariffError as fault:
        found.errors.append(said_error(fault, form))
        found.whole = None
    return found


def _put_beside(
    found: Checked, held: tariffs.Tariff, version: tariffs.TariffVersion, starts: datetime, now: datetime
) -> None:
    found.whole = with_version(held, version, starts, now)
    added = next(one for one in found.whole.versions if one.starts == starts)
    if any(one.starts == starts for one in held.versions):
        found.notices.append(Said("starts", "", words_tariff.notice(Notice("replaces", "starts"))))
    if added.ends is not None:
        facts = {"until": added.ends.isoformat(timespec="minutes")}
        found.notices.append(Said("starts", "", words_tariff.notice(Notice("stands_between", "starts", facts))))


def _starts(text: str, row: Tariff | None, tariff: tariffs.Tariff, now: datetime) -> datetime | None:
    """Nothing typed means always for a new tariff, and the next minute for one that is in use."""
    if text:
        return wall_of(text, "starts")
    if row is None:
        return None
    shown = local(now + _MINUTE - timedelta.resolution, tariff.zone)
    return shown.replace(tzinfo=None, second=0, microsecond=0, fold=0)


def wall_of(text: str, path: str) -> datetime:
    """A time as a form's field writes it, to the minute. Raises TariffError."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as fault:
        raise TariffError("bad_time", path, "write a date and a time of day") from fault
    if wall.tzinfo is not None or not can_be_meant(wall.date()) or not text.isascii():
        raise TariffError("bad_time", path, "write a date and a time of day")
    return wall.replace(second=0, microsecond=0)


def said_error(fault: TariffError, form: Typed) -> Said:
    place = field_of(fault.path, form)
    return Said(place, words_tariff.field_name(place), words_tariff.error(fault))


def said_notice(found: Notice, form: Typed) -> Said:
    place = field_of(found.path, form)
    return Said(place, words_tariff.field_name(place), words_tariff.notice(found))


@dataclass(frozen=True, slots=True)
class ExampleLine:
    period: str
    what: str
    note: str
    amount: Money


@dataclass(slots=True)
class Preview:
    """`total` and `tax` are those of the worked example."""

    errors: list[Said]
    notices: list[Said]
    chart: Chart | None = None
    lines: list[ExampleLine] = field(default_factory=list)
    length: timedelta = timedelta(0)
    total: Money | None = None
    tax: Money | None = None
    zone: str = ""


@dataclass(slots=True)
class Asked:
    """The stay to try, as typed."""

    entry: str
    exit: str
    vehicle_class: str
    days: int


def asked_of(post: Mapping[str, str], site: Site, now: datetime) -> Asked:
    """What is not typed is a stay of three hours from this hour on."""
    zone = tariff_zone(site)
    hour = local(now, zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    days = post.get("days", "")
    return Asked(
        entry=post.get("entry", "")[:40] or hour.isoformat(timespec="minutes"),
        exit=post.get("exit", "")[:40] or (hour + timedelta(hours=3)).isoformat(timespec="minutes"),
        vehicle_class=post.get("vehicle_class", "")[:40] or "car",
        days=int(days) if days in {str(one) for one in REACHES} else 1,
    )


def preview(found: Checked, asked: Asked) -> Preview:
    made = Preview(list(found.errors), list(found.notices))
    if found.alone is None:
        return made
    zone = found.alone.zone
    made.zone = zone.key
    try:
        entry, leaves = (
            at_local(wall.date(), wall.time(), zone)
            for wall in (wall_of(asked.entry, "entry"), wall_of(asked.exit, "exit"))
        )
        drawn = curve(found.alone, entry, asked.vehicle_class, timedelta(days=asked.days))
        made.chart = chart_of(drawn, zone)
        if drawn.every > 1:
            coarse = Notice("coarse", "", {"every": drawn.every})
            made.notices.append(Said("", "", words_tariff.notice(coarse)))
        priced = price(StayFact(entry, leaves, asked.vehicle_class), found.alone, leaves)
    except TariffError as fault:
        made.errors.append(Said(fault.path, words_tariff.field_name(fault.path), words_tariff.error(fault)))
    except DomainError as fault:
        made.errors.append(Said("exit", words_tariff.field_name("exit"), words_tariff.other_error(fault)))
    else:
        _put_example(made, priced)
    return made


def _put_example(made: Preview, priced: Price) -> None:
    made.lines = [_example_line(line) for line in priced.lines]
    made.length, made.total, made.tax = priced.until - priced.entry, priced.total, priced.tax


def _example_line(line: Line) -> ExampleLine:
    said = price_line(line)
    return ExampleLine(_period(line), said.what, said.note, said.amount)


def _period(line: Line) -> str:
    first, last = line.params.get("first_period"), line.params.get("last_period")
    if first is None:
        return ""
    if isinstance(first, int):
        which = str(first) if first == last else f"{first}\N{EN DASH}{last}"
        return _("24 h, no. %(which)s") % {"which": which}
    days = [saying.short_day(datetime.fromisoformat(str(day)).date()) for day in (first, last)]
    return days[0] if first == last else f"{days[0]} \N{EN DASH} {days[1]}"


def tariff_zone(site: Site) -> ZoneInfo:
    return ZoneInfo(site.zone)
