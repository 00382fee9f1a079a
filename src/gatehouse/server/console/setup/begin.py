"""A new site with all that comes with its type, in one transaction: there is all of it, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.numbers import get_territory_currencies
from django.db import transaction
from django.utils.text import slugify

from gatehouse.domain.money import EXPONENTS
from gatehouse.domain.periods import local_date
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.site_types import KITS, Hours
from gatehouse.server.attendance.calendar_actions import import_days
from gatehouse.server.attendance.holiday_sets import HolidaySet, holiday_sets
from gatehouse.server.audit.by import By
from gatehouse.server.console import words_setup
from gatehouse.server.gates.actions import add_schedule
from gatehouse.server.people.actions import add_group, add_site, add_zone, hide_pages
from gatehouse.server.people.models import Site, SiteType
from gatehouse.server.rights.retention import set_retention

CODE_LIMIT = 32
NO_COUNTRY = "EUR"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is asked of somebody who sets a site up; everything else comes with the type and the time zone."""

    name: str
    kind: SiteType
    zone: str
    currency: str = ""
    holidays: bool = True


def territory_of(zone: str) -> str:
    """The country of a time zone as two letters (CLDR), "" where it has none."""
    return str(get_global("zone_territories").get(zone, ""))


def currency_of(zone: str) -> str:
    territory = territory_of(zone)
    spent = get_territory_currencies(territory) if territory else []
    return next((code for code in spent if code in EXPONENTS), NO_COUNTRY)


def holidays_of(zone: str, year: int) -> HolidaySet | None:
    """The ready-made list of this country and year, if there is one."""
    wanted = f"{territory_of(zone).lower()}-{year}"
    return next((one for one in holiday_sets() if one.code == wanted), None)


@transaction.atomic
def begin(wish: Beginning, *, by: By, at: datetime) -> Site:
    """The site of this name and type, with groups, zones, hours, holidays, retention and pages. Pressed twice it is one
    site."""
    before = Site.objects.filter(name=wish.name, type=wish.kind).first()
    if before is not None:
        return before
    kit = KITS[wish.kind]
    currency = wish.currency or currency_of(wish.zone)
    site = add_site(free_code(wish), wish.name, wish.kind, zone=wish.zone, currency=currency, by=by, at=at)
    for code in kit.groups:
        add_group(site, str(words_setup.GROUPS[code]), by=by, at=at)
    for code in kit.zones:
        add_zone(site, code, str(words_setup.ZONES[code]), by=by, at=at)
    closed = _holidays(site, by, at) if wish.holidays else []
    for hours in kit.hours:
        add_schedule(site, str(words_setup.HOURS[hours.code]), [_window(hours)], closed, by=by, at=at)
    set_retention(site, kit.retention, by=by, at=at)
    hide_pages(site, kit.hidden, by=by, at=at)
    return site


def _holidays(site: Site, by: By, at: datetime) -> list[str]:
    """Into the calendar; the dates on which no hours begin."""
    found = holidays_of(site.zone, local_date(at, ZoneInfo(site.zone)).year)
    if found is None:
        return []
    import_days(site, list(found.days), by=by, at=at)
    return _dates(day.date for day in found.days if day.day_class is not DayClass.WORKDAY)


def _dates(days: Iterable[date]) -> list[str]:
    return sorted(day.isoformat() for day in days)


def _window(hours: Hours) -> dict[str, object]:
    window = hours.window
    return {
        "weekdays": sorted(window.weekdays),
        "start": window.start.isoformat("minutes"),
        "end": window.end.isoformat("minutes"),
    }


def free_code(wish: Beginning) -> str:
    """A short word for addresses and commands; the type where the name has no Latin letters."""
    wanted = slugify(wish.name)[: CODE_LIMIT - 3].strip("-_") or str(wish.kind)
    taken = set(Site.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    return next(code for n in range(1, len(taken) + 2) if (code := wanted if n == 1 else f"{wanted}-{n}") not in taken)
