"""A garage's date counted: cars by the hour, lengths of stays, and money by provider and rate of tax.

Counted the night after, and anew when a late report changed something. It reads no books: what it needs of a finished
stay is sealed apart (`parking.steps`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from gatehouse.domain.lengths import STEPS_MIN
from gatehouse.domain.periods import DAY, Period, local_date
from gatehouse.domain.traffic import Hour, Move, hours
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Gate, Passage
from gatehouse.server.parking import queries
from gatehouse.server.parking.facts import entries
from gatehouse.server.parking.models import ClosedStay, Garage, OpenStay, Payment, PaymentState
from gatehouse.server.parking.steps import steps_of, tax_percent
from gatehouse.server.people.models import Site
from gatehouse.server.takings.models import DayTakings
from gatehouse.server.takings.refunds import refunds

LABEL = "takings.lengths/1"
BACK_DAYS = 35  # a letter comes no later
BATCH = 1000  # cells in one question
NOT_TAKEN = [PaymentState.STARTED, PaymentState.FAILED]

Taken = list[tuple[str, str | None, int]]  # provider, tax percent, minor


class Lengths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """takings.lengths/1: how many stays by step of `domain.lengths`; `unknown` where nobody saw the car come."""

    counts: list[int]
    unknown: int


def count_days(site: Site, since: date, until: date, now: datetime) -> int:
    """Count the dates [since, until) of every garage of the site that were never counted or have changed since; how
    many. Each is written by itself, so whoever is interrupted goes on where it stopped. Raises KeeperAway."""
    return _count(
        ((garage, day) for garage in queries.garages([site]) for day in stale_days(garage, since, until)), now
    )


def count_changed(site: Site, since: date, until: date, now: datetime) -> int:
    """As `count_days`, but only dates on which something came to be known: a stay's end, or money."""
    changed = (
        (garage, day)
        for garage in queries.garages([site])
        for day in stale_days(garage, since, until)
        if DayTakings.objects.filter(garage=garage, on=day).exists() or _has_money_or_stays(garage, day)
    )
    return _count(changed, now)


def _count(days: Iterable[tuple[Garage, date]], now: datetime) -> int:
    counted = 0
    for garage, day in days:
        count_day(garage, day, now)
        counted += 1
    return counted


def _has_money_or_stays(garage: Garage, day: date) -> bool:
    stays = ClosedStay.objects.filter(garage=garage, left_on=day).exists()
    return stays or bool(taken_by_date([garage], day, day + DAY))


def stale_days(garage: Garage, since: date, until: date) -> list[date]:
    """Dates of [since, until) without a count, or whose stays or money are no longer what was counted; the latest
    first, from which the earlier ones are reckoned back."""
    ended = dict(
        ClosedStay.objects.filter(garage=garage, left_on__gte=since, left_on__lt=until)
        .values_list("left_on")
        .annotate(Count("pk"))
    )
    money = taken_by_date([garage], since, until)
    held = {row.on: row for row in DayTakings.objects.filter(garage=garage, on__gte=since, on__lt=until)}
    stale = []
    day = since
    while day < until:
        row, came = held.get(day), money.get((garage.pk, day), 0)
        if row is None or row.stays != ended.get(day, 0) or sum(minor for _, _, minor in row.taken) != came:
            stale.append(day)
        day += DAY
    return stale[::-1]


def settled(garages: Iterable[Garage], since: date, until: date) -> QuerySet[Payment]:
    """Payments that came on the dates [since, until) of the garages' clocks, or within a day of them."""
    garages = list(garages)
    zones = {ZoneInfo(garage.site.zone) for garage in garages} or {ZoneInfo("UTC")}
    start = min(Period.local_day(since, zone).start for zone in zones)
    end = max(Period.local_day(until, zone).start for zone in zones)
    return Payment.objects.filter(garage__in=garages, at__gte=start, at__lt=end).exclude(state__in=NOT_TAKEN)


def taken_by_date(garages: Iterable[Garage], since: date, until: date) -> dict[tuple[UUID, date], int]:
    """What came less what went back, by garage and date."""
    garages = list(garages)
    found: Counter[tuple[UUID, date]] = Counter()
    for (garage, _, on), minor in paid_by_provider(garages, since, until).items():
        found[garage, on] += minor
    for back in refunds(garages, since, until):
        found[back.garage, back.on] -= back.minor
    return dict(found)


def paid_by_provider(garages: Iterable[Garage], since: date, until: date) -> dict[tuple[UUID, str, date], int]:
    """What came, by garage, provider and date: payments of dates that are over carry that date's midnight, so that the
    database hands out one row for each of them."""
    garages = list(garages)
    zones = {garage.pk: ZoneInfo(garage.site.zone) for garage in garages}
    found: Counter[tuple[UUID, str, date]] = Counter()
    rows = settled(garages, since, until).values_list("garage_id", "provider", "at").annotate(Sum("amount_minor"))
    for garage, provider, at, minor in rows.order_by():
        on = local_date(at, zones[garage])
        if since <= on < until:
            found[garage, provider, on] += minor
    return dict(found)


def count_day(garage: Garage, day: date, now: datetime) -> DayTakings:
    """Write what the date came to. Twice is as once. Raises KeeperAway."""
    ended = list(ClosedStay.objects.filter(garage=garage, left_on=day))
    taken = _taken(garage, day)
    held = DayTakings.objects.filter(garage=garage, on=day).first()
    inside = held.inside if held else inside_at(garage, day, now)
    row_id = held.pk if held else uuid4()
    data = msgspec.json.encode(_lengths(ended))
    facts = {
        "stays": len(ended),
        "inside": inside,
        "hours": [_as_list(hour) for hour in day_hours(garage, day, inside)],
        "taken": taken,
        "cell": keeping.seal_one(LABEL, garage.site_id, row_id, data, year=day.year),
    }
    with transaction.atomic():
        if not DayTakings.objects.filter(pk=row_id).update(**facts):
            # Two who count at once: the second finds the first one's row by the constraint and is tried again.
            DayTakings.objects.create(id=row_id, garage=garage, on=day, **facts)
        record("takings.counted", "garage", garage.pk, by=By.job("takings"), at=now)
    return DayTakings.objects.get(pk=row_id)


def _lengths(ended: list[ClosedStay]) -> Lengths:
    counts, known = [0] * (len(STEPS_MIN) + 1), 0
    for start in range(0, len(ended), BATCH):
        for facts in steps_of(ended[start : start + BATCH]).values():
            if facts.step is not None:
                counts[facts.step] += 1
                known += 1
    return Lengths(counts, len(ended) - known)


def _taken(garage: Garage, day: date) -> Taken:
    """Sums by provider and the rate that is contained in the price of the paid stays; what went back below 0."""
    zone = ZoneInfo(garage.site.zone)
    came = [
        (provider, stay, minor)
        for provider, stay, minor, at in settled([garage], day, day + DAY).values_list(
            "provider", "stay", "amount_minor", "at"
        )
        if local_date(at, zone) == day
    ]
    back = [(back.provider, back.stay, -back.minor) for back in refunds([garage], day, day + DAY)]
    stays = {stay for _, stay, _ in came + back}
    rates = dict.fromkeys(stays, tax_percent(garage, Period.local_day(day, zone).start)) | _rates(garage, stays)
    sums: dict[tuple[str, str | None, bool], int] = defaultdict(int)
    for provider, stay, minor in came + back:
        sums[provider, rates[stay], minor < 0] += minor
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] or "", item[0][2]))
    return [(provider, rate, minor) for (provider, rate, _), minor in ordered if minor]


def _rates(garage: Garage, stays: set[UUID]) -> dict[UUID, str | None]:
    """The rate of each stay, as of its beginning; where nobody can tell that any more, the one of the date."""
    closed = ClosedStay.objects.filter(pk__in=stays)
    found = {stay: facts.tax_percent for stay, facts in steps_of(closed).items()}
    inside = OpenStay.objects.filter(pk__in=stays - set(found))
    known = entries({stay.pk: bytes(stay.entry_cell) for stay in inside})
    return found | {stay: tax_percent(garage, entry.entered_at) for stay, entry in known.items()}


def lanes_of(garages: Iterable[Garage]) -> dict[tuple[UUID, str], UUID]:
    """Which garage a site's lane belongs to, by site and code."""
    by_zone = {garage.zone_id: garage.pk for garage in garages}
    rows = Gate.objects.filter(zone_id__in=by_zone).values_list("site_id", "code", "zone_id")
    return {(site, code): by_zone[zone] for site, code, zone in rows}


def moves(garages: Iterable[Garage], span: Period) -> dict[UUID, list[Move]]:
    """Who passed the garages' lanes in the span."""
    garages = list(garages)
    lanes = lanes_of(garages)
    found: dict[UUID, list[Move]] = {garage.pk: [] for garage in garages}
    rows = Passage.objects.filter(
        site__in={garage.site_id for garage in garages}, gate__in={code for _, code in lanes},
        at__gte=span.start, at__lt=span.end,
    ).values_list("site_id", "gate", "at", "direction")  # fmt: skip
    for site, gate, at, direction in rows:
        if (site, gate) in lanes and direction in ("in", "out"):
            found[lanes[site, gate]].append(Move(at, 1 if direction == "in" else -1))
    return found


def inside_at(garage: Garage, day: date, now: datetime) -> int:
    """How many were inside when the date ended, reckoned back from the next later number that is known: that of a
    date that is counted, or of now."""
    zone = ZoneInfo(garage.site.zone)
    later = DayTakings.objects.filter(garage=garage, on__gt=day).order_by("on").first()
    known = later.inside if later else queries.count_inside(garage)
    end = Period.local_day(day, zone).end
    until = Period.local_day(later.on, zone).end if later else max(end, now)
    since = moves([garage], Period(end, until))[garage.pk]
    return max(0, known - sum(move.step for move in since))


def day_hours(garage: Garage, day: date, inside_at_end: int) -> list[Hour]:
    zone = ZoneInfo(garage.site.zone)
    span = Period.local_day(day, zone)
    return hours(span, moves([garage], span)[garage.pk], inside_at_end, zone)


def hours_so_far(garage: Garage, now: datetime) -> list[Hour]:
    """The hours of the present date until now."""
    zone = ZoneInfo(garage.site.zone)
    span = Period(Period.local_day(local_date(now, zone), zone).start, now)
    return hours(span, moves([garage], span)[garage.pk], queries.count_inside(garage), zone)


def _as_list(hour: Hour) -> list[int]:
    return [hour.came, hour.left, hour.car_seconds, hour.seconds, hour.peak]


def hours_of(row: DayTakings) -> list[Hour]:
    return [Hour(*numbers) for numbers in row.hours]


def lengths_of(rows: Iterable[DayTakings]) -> list[Lengths]:
    """Of the rows whose books' key still is. Raises KeeperAway, KeeperRefused."""
    cells = [keeping.cell(LABEL, row.pk, row.cell) for row in rows]
    found: list[Lengths] = []
    for start in range(0, len(cells), BATCH):
        data = keeping.reveal(cells[start : start + BATCH], By.job("stays").authority, "takings.report")
        if isinstance(data, Refused):
            raise keeping.KeeperRefused(data.code, data.facts)
        found += [msgspec.json.decode(text, type=Lengths) for text in data if text is not None]
    return found
