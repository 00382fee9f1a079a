"""A tariff in the terms of APDS, for those who compare or show prices of many garages.

The model of the Alliance for Parking Data Standards (ISO/TS 5206-1:2023). Names and forms follow the Alliance's own
"APDS API Specification" 4.0, schemas RateTable, RateLineCollection, RateLine, RateEligibility, RightSpecification,
Validity and Period (github.com/parking-data-standards/apds-sandbox, apiv4/apds4.yaml, read in November 2026):

- A version's rules that hold at the same dates and clock times are one `rateTables` entry; a rule is one rate line
  (its tier is `durationStart` and `durationEnd`, a flat window a `flatRate` used `once`). `version` is the tariff's
  version, from 1.
- One `rightSpecifications` entry a version; its `rateEligibility` says by `priority` which table goes first (listed
  dates, then holidays, then weekdays, then the rest), and for which vehicles, at which discount.
- Amounts are decimals in major units, written as JSON numbers; periods are ISO 8601; instants are UTC.

What APDS has no words for stands in `notExpressed`: a code (see `UNSAID`), the path of the field, and a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from gatehouse.domain.money import Money, decimal_text
from gatehouse.domain.periods import at_local
from gatehouse.domain.plates import CAR, NEW_ENERGY
from gatehouse.domain.tariff_rules import BlockRule, DayKind, Days, EntryRule, Per, Window, percent_text
from gatehouse.domain.tariffs import BlockPricing, CapPeriod, ClassRule, Tariff, TariffVersion

APDS_VERSION = "4.0"
UNSAID = {
    "zone": "dates and clock times are those of the site's zone; APDS keeps a zone with the place, not the rate",
    "grid": "blocks run on from the chargeable start and are priced by where they start",
    "grace_edge": "a stay of exactly the grace is free; minTime and maxTime do not say who owns the edge",
    "window_end": "a window that reaches midnight ends at 23:59, the last minute that APDS can write",
    "cap_across": "the cap is for all rate tables of the version together; maxValueCollection is for one",
    "cap_rolling": "the cap starts anew every 24 hours from entry; resetTime only knows the clock",
    "flat_opening": "the flat price is paid once in every opening of its window, also over midnight",
    "entry_date": "the price goes by the date of entry",
    "class_surcharge": "a surcharge for a class: discountRate goes from 0 to 100 and only lowers",
    "class_free": "free minutes of a class come on top of those of everybody",
    "class_unknown": "APDS has no vehicle type for this class",
    "validations": "minutes or amounts that a merchant gives",
    "open_start": "the version has always been in force; overallStartTime cannot be left out",
}
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_VEHICLES = {CAR: "car", "motorcycle": "motorcycle", "truck": "lorry", "bus": "bus", "van": "van"}
_ALWAYS = "1970-01-01T00:00:00Z"

Shown = dict[str, object]


@dataclass(slots=True)
class _Writer:
    """One version being written; `unsaid` collects what APDS has no words for."""

    tariff: Tariff
    number: int
    unsaid: list[Shown] = field(default_factory=list)

    @property
    def version(self) -> TariffVersion:
        return self.tariff.versions[self.number]

    @property
    def blocks(self) -> BlockPricing | None:
        return self.version.pricing if isinstance(self.version.pricing, BlockPricing) else None

    def leave_out(self, code: str, path: str) -> None:
        where = f"versions[{self.number}].{path}" if path else f"versions[{self.number}]"
        self.unsaid.append({"code": code, "path": where, "says": UNSAID[code]})

    def identity(self, *parts: object) -> Shown:
        name = ".".join(str(part) for part in (self.tariff.name, f"v{self.number + 1}", *parts))
        return {"id": name, "version": self.number + 1}

    def amount(self, minor: int) -> Decimal:
        return Decimal(decimal_text(Money(minor, self.tariff.currency)))

    def instant(self, wall: datetime) -> str:
        return f"{at_local(wall.date(), wall.time(), self.tariff.zone):%Y-%m-%dT%H:%M:%SZ}"


def tariff_to_apds(tariff: Tariff) -> Shown:
    """Plain data for JSON, amounts as Decimal: `rateTables`, `rightSpecifications` and `notExpressed`."""
    tables: list[Shown] = []
    rights: list[Shown] = []
    unsaid: list[Shown] = [
        {"code": "zone", "path": "zone", "says": UNSAID["zone"], "zone": tariff.zone.key},
        {"code": "validations", "path": "", "says": UNSAID["validations"]},
    ]
    for number in range(len(tariff.versions)):
        writer = _Writer(tariff, number)
        groups = _groups(writer)
        made = [_table(writer, place, rules) for place, rules in enumerate(groups, start=1)]
        tables += made
        rights.append(_right(writer, groups, made))
        unsaid += writer.unsaid
    return {
        "apdsVersion": APDS_VERSION,
        "rateTables": tables,
        "rightSpecifications": rights,
        "notExpressed": unsaid,
    }


_Rule = BlockRule | EntryRule


def _window(rule: _Rule) -> Window:
    return rule.window if isinstance(rule, BlockRule) else Window()


def _groups(writer: _Writer) -> list[list[_Rule]]:
    """The rules that hold at the same dates and clock times, in order of precedence."""
    found: dict[tuple[Days, Window], list[_Rule]] = {}
    for rule in sorted(writer.version.rules, key=lambda rule: rule.days.kind):
        found.setdefault((rule.days, _window(rule)), []).append(rule)
    return list(found.values())


def _table(writer: _Writer, place: int, rules: list[_Rule]) -> Shown:
    table = writer.identity(place)
    table |= {"rateTableName": _text(", ".join(rule.name for rule in rules)), "availability": "public"}
    if isinstance(rules[0], BlockRule):
        table["rateType"] = "daily" if rules[0].per is Per.OCCURRENCE else "hourly"
    starts, ends = writer.version.starts, writer.version.ends
    if starts is None and place == 1:
        writer.leave_out("open_start", "from")
    first = writer.instant(starts) if starts else _ALWAYS
    bounds: Shown = {"overallStartTime": first}
    bounds |= {"overallEndTime": writer.instant(ends)} if ends else {}
    periods = list(_periods(writer, rules[0]))
    bounds |= {"validPeriods": periods} if periods else {}
    table["validation"] = True
    table["validityStart"] = first
    table["validity"] = {"validityStatus": "definedByValidityTimeSpec", "validityTimeSpecification": bounds}
    table["rateLineCollections"] = list(_collections(writer, place, rules, first))
    return table


def _collections(writer: _Writer, place: int, rules: list[_Rule], first: str) -> Iterator[Shown]:
    """The lines; before them, where there is a grace, a free collection for stays no longer than that."""
    sequence = 1
    grace = writer.version.grace
    if grace:
        writer.leave_out("grace_edge", "grace_min")
        free = _collection(writer, place, sequence, first) | {"maxTime": _period_text(grace)}
        line = writer.identity(place, sequence, 1) | {"sequence": 1, "rateLineType": "flatRate"}
        free["rateLines"] = [line | {"value": writer.amount(0), "usageCondition": "once"}]
        yield free
        sequence += 1
    lines = _collection(writer, place, sequence, first) | ({"minTime": _period_text(grace)} if grace else {})
    cap = writer.blocks.cap if writer.blocks else None
    if cap is not None:
        amount = {"currencyType": writer.tariff.currency, "currencyValue": writer.amount(cap.amount)}
        lines["maxValueCollection"] = amount
        if place == 1 and cap.period is CapPeriod.ROLLING_24_H:
            writer.leave_out("cap_rolling", "blocks.cap.per")
        if place == 2:
            writer.leave_out("cap_across", "blocks.cap")
    lines["rateLines"] = list(_lines(writer, (place, sequence), rules))
    yield lines


def _collection(writer: _Writer, place: int, sequence: int, first: str) -> Shown:
    made = writer.identity(place, sequence)
    made |= {"collectionSequence": sequence, "applicableCurrency": writer.tariff.currency, "resetTime": "00:00"}
    made |= {"validStart": first, "relativeTimes": False, "taxIncluded": True}
    if writer.version.ends:
        made["validEnd"] = writer.instant(writer.version.ends)
    if writer.version.tax_percent is not None:
        made["taxRate"] = Decimal(percent_text(writer.version.tax_percent))
    return made


def _lines(writer: _Writer, at: tuple[int, int], rules: list[_Rule]) -> Iterator[Shown]:
    sequence, free = 1, writer.version.free
    if free:
        line = writer.identity(*at, sequence) | {"sequence": sequence, "rateLineType": "flatRateTier"}
        line |= {"description": _text("free minutes"), "durationStart": "00:00", "durationEnd": _clock_text(free)}
        yield line | {"value": writer.amount(0), "usageCondition": "once"}
        sequence += 1
    places = {rule.code: i for i, rule in enumerate(writer.version.rules)}
    for rule in rules:
        line = writer.identity(*at, sequence) | {"sequence": sequence, "description": _text(rule.name)}
        yield line | _charge(writer, rule, places[rule.code])
        sequence += 1


def _charge(writer: _Writer, rule: _Rule, place: int) -> Shown:
    value: Shown = {"value": writer.amount(rule.price)}
    if isinstance(rule, EntryRule):
        if rule.days.kind is not DayKind.ANY:
            writer.leave_out("entry_date", f"entry.rules[{place}].days")
        return value | {"rateLineType": "flatRate", "usageCondition": "once"}
    free, blocks = writer.version.free, writer.blocks
    lasts: Shown = {}
    if free or rule.tier.starts or rule.tier.ends is not None:
        lasts["durationStart"] = _clock_text(free + rule.tier.starts)
        if rule.tier.ends is not None:
            lasts["durationEnd"] = _clock_text(free + rule.tier.ends)
    if rule.per is Per.OCCURRENCE:
        writer.leave_out("flat_opening", f"blocks.rules[{place}].per")
        return value | {"rateLineType": "flatRate", "usageCondition": "once"} | lasts
    if place == 0:
        writer.leave_out("grid", "blocks.length_min")
    length = blocks.length if blocks else _DAY
    charged: Shown = {"rateLineType": "incrementingRate", "incrementPeriod": _period_text(length)}
    return value | charged | {"usageCondition": "unlimited"} | lasts


def _periods(writer: _Writer, rule: _Rule) -> Iterator[Shown]:
    """When the rule holds, cut at midnight as APDS wants it; nothing for every moment."""
    days, window = rule.days, _window(rule)
    if days.kind is DayKind.ANY and window == Window():
        return
    if days.kind in (DayKind.DATES, DayKind.HOLIDAY):
        name = "public holiday" if days.kind is DayKind.HOLIDAY else rule.name
        for day in sorted(days.dates or writer.version.holidays):
            first, last = (writer.instant(_wall(day, edge)) for edge in (window.opens, window.closes))
            yield {"periodName": _text(name), "startOfPeriod": first, "endOfPeriod": last}
        return
    for shift in range((window.closes - _MINUTE) // _DAY + 1):
        opens, closes = max(window.opens, shift * _DAY), min(window.closes, (shift + 1) * _DAY)
        period: Shown = {"periodName": _text(rule.name)}
        if days.weekdays:
            named = sorted((day + shift) % 7 for day in days.weekdays)
            period["recurringDayWeekMonthPeriod"] = [{"applicableDay": [_WEEKDAYS[day] for day in named]}]
        if (opens % _DAY, closes - opens) != (timedelta(0), _DAY):
            reaches = closes == (shift + 1) * _DAY
            if reaches:
                place = [held.code for held in writer.version.rules].index(rule.code)
                writer.leave_out("window_end", f"blocks.rules[{place}].window")
            ends = "23:59" if reaches else _hours_text(closes - shift * _DAY)
            times = {"startTimeOfPeriod": _hours_text(opens - shift * _DAY), "endTimeOfPeriod": ends}
            period["recurringTimePeriodOfDay"] = [times]
        yield period


def _wall(day: date, edge: timedelta) -> datetime:
    return datetime(day.year, day.month, day.day) + edge  # noqa: DTZ001 - a wall time of the site


def _right(writer: _Writer, groups: list[list[_Rule]], tables: list[Shown]) -> Shown:
    eligible: list[Shown] = []
    classes: list[ClassRule | None] = [*writer.version.classes, None]  # None: everybody else
    ranks = {kind: i for i, kind in enumerate(sorted({rules[0].days.kind for rules in groups}), start=1)}
    for rule in classes:
        for rules, table in zip(groups, tables, strict=True):
            made = writer.identity("eligible", len(eligible) + 1)
            # A class's own line goes before the one for everybody.
            priority = 2 * ranks[rules[0].days.kind] - (rule is not None)
            made |= {"priority": priority, "combinable": False}
            made["rateTable"] = {"id": table["id"], "version": table["version"], "className": "RateTable"}
            if rule is not None:
                made |= _for_class(writer, rule, len(eligible) + 1)
            eligible.append(made)
    for rule in writer.version.classes:
        _class_unsaid(writer, rule)
    return writer.identity("right") | {"type": "oneTimeUseParking", "rateEligibility": eligible}


def _for_class(writer: _Writer, rule: ClassRule, place: int) -> Shown:
    qualification: Shown = {"vehicleTypes": [_VEHICLES.get(rule.vehicle_class, "other")]}
    if rule.vehicle_class == NEW_ENERGY:
        qualification = {"propulsionEnergyType": ["battery", "hydrogen", "petrolBatteryHybrid"]}
    eligibility = writer.identity("class", place) | {"eligibilityName": _text(rule.vehicle_class)}
    made: Shown = {"eligibility": eligibility | {"qualifications": [qualification]}}
    if rule.change_percent < 0:
        made["rateDiscount"] = {"discountRate": Decimal(percent_text(-rule.change_percent))}
    return made


def _class_unsaid(writer: _Writer, rule: ClassRule) -> None:
    path = f"classes.{rule.vehicle_class}"
    if rule.change_percent > 0:
        writer.leave_out("class_surcharge", f"{path}.percent")
    if rule.free:
        writer.leave_out("class_free", f"{path}.free_min")
    if rule.vehicle_class not in _VEHICLES and rule.vehicle_class != NEW_ENERGY:
        writer.leave_out("class_unknown", path)


def _text(said: str) -> list[Shown]:
    return [{"language": "en", "string": said}]


def _period_text(length: timedelta) -> str:
    """ISO 8601: PT30M, PT1H, P1DT2H."""
    days, minutes = divmod(length // _MINUTE, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock or not days else "")


def _clock_text(length: timedelta) -> str:
    """hh:mm, or dd:hh:mm from a day on."""
    days, minutes = divmod(length // _MINUTE, 24 * 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{days:02}:{clock}" if days else clock


def _hours_text(edge: timedelta) -> str:
    return f"{edge // _MINUTE // 60:02}:{edge // _MINUTE % 60:02}"
