"""A tariff as JSON, both ways. What comes in is user input: every error names the path of the bad field.

    {"name": "old-town", "zone": "Europe/Berlin", "currency": "EUR", "versions": [
      {"from": null, "to": "2026-07-01T00:00",            wall times of the site; either may be left out
       "grace_min": 10, "free_min": 0,
       "blocks": {"length_min": 30,                       or "entry": {"rules": [{"code", "price", "days"}]}
         "rules": [
           {"code": "day", "price": 150, "window": {"opens": "07:00", "closes": "22:00"},
            "label": "Daytime"},                          what drivers read; the code where there is none
           {"code": "night", "price": 500, "per": "occurrence",
            "window": {"opens": "22:00", "closes": "07:00"},   at or before "opens": on the next date;
            "days": ["fri", "sat"],                            or "closes_days_later": 2
            "tier": {"from_min": 0, "to_min": 120}}],     minutes since the chargeable start
         "cap": {"amount": 4000, "per": "calendar_day"}}, or "24_hours"
       "classes": {"motorcycle": {"free_min": 60, "percent": -50}},
       "tax_percent": "19", "holidays": ["2026-05-01"]}]}

"days" is "any" (also when left out), "holiday", a list of weekdays ("mon" to "sun") or of dates. Prices are
whole minor units; percentages are whole numbers or decimals written as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from gatehouse.domain import tariff_fields as read
from gatehouse.domain.tariff_fields import Fields, inside
from gatehouse.domain.tariff_rules import (
    ANY_DAY,
    HOLIDAYS,
    MAX_DATES,
    BlockRule,
    DayKind,
    Days,
    EntryRule,
    Per,
    TariffError,
    Tier,
    Window,
    check_code,
    percent_text,
)
from gatehouse.domain.tariffs import (
    MAX_RULES,
    MAX_VERSIONS,
    BlockPricing,
    Cap,
    CapPeriod,
    ClassRule,
    EntryPricing,
    Tariff,
    TariffVersion,
)

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_NONE = timedelta(0)
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_VERSION_FIELDS = (
    *("from", "to", "grace_min", "free_min", "blocks", "entry"),
    *("classes", "tax_percent", "holidays"),
)
_VERSION_NAMES = {"starts": "from", "ends": "to", "grace": "grace_min", "free": "free_min"}


def tariff_from_dict(value: object) -> Tariff:
    """The tariff that parsed JSON describes. Raises TariffError, whose `path` names the bad field."""
    fields = Fields(value, ("name", "zone", "currency", "versions"))
    with inside(""):
        return Tariff(
            name=fields.take("name", read.text),
            zone=fields.take("zone", _zone),
            currency=fields.take("currency", read.text),
            versions=fields.take("versions", read.list_of(_version, MAX_VERSIONS)),
        )


def tariff_to_dict(tariff: Tariff) -> dict[str, object]:
    """The JSON form; `tariff_from_dict` of it gives an equal tariff."""
    return {
        "name": tariff.name,
        "zone": tariff.zone.key,
        "currency": tariff.currency,
        "versions": [_version_dict(version) for version in tariff.versions],
    }


def _zone(value: object) -> ZoneInfo:
    key = read.text(value)
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError) as error:  # unknown, not a plain path, or a folder of zones
        raise TariffError("unknown_zone", "", "write an IANA zone such as Europe/Berlin") from error


def _version(value: object) -> TariffVersion:
    fields = Fields(value, _VERSION_FIELDS)
    if fields.has("blocks") == fields.has("entry"):
        raise TariffError("missing_field", "blocks", 'write either "blocks" or "entry"')
    name = "blocks" if fields.has("blocks") else "entry"
    pricing: BlockPricing | EntryPricing = (
        fields.take("blocks", _blocks) if name == "blocks" else fields.take("entry", _entry)
    )
    no_dates: tuple[date, ...] = ()
    with inside("", _VERSION_NAMES | {"rules": f"{name}.rules"} | _rule_paths(name, len(pricing.rules))):
        return TariffVersion(
            pricing=pricing,
            starts=fields.maybe("from", _optional_wall, None),
            ends=fields.maybe("to", _optional_wall, None),
            grace=fields.maybe("grace_min", read.minutes, _NONE),
            free=fields.maybe("free_min", read.minutes, _NONE),
            classes=fields.maybe("classes", _classes, ()),
            tax_percent=fields.maybe("tax_percent", _optional_percent, None),
            holidays=frozenset(fields.maybe("holidays", read.list_of(read.calendar_date, MAX_DATES), no_dates)),
        )


def _rule_paths(name: str, count: int) -> dict[str, str]:
    return {f"rules[{i}]": f"{name}.rules[{i}]" for i in range(count)}


def _optional_wall(value: object) -> datetime | None:
    return read.wall(value)


def _optional_percent(value: object) -> Fraction | None:
    return read.percent(value)


def _blocks(value: object) -> BlockPricing:
    fields = Fields(value, ("length_min", "rules", "cap"))
    with inside("", {"length": "length_min"}):
        return BlockPricing(
            length=fields.take("length_min", read.minutes),
            rules=fields.take("rules", read.list_of(_block_rule, MAX_RULES)),
            cap=fields.maybe("cap", _cap, None),
        )


def _entry(value: object) -> EntryPricing:
    return EntryPricing(Fields(value, ("rules",)).take("rules", read.list_of(_entry_rule, MAX_RULES)))


def _block_rule(value: object) -> BlockRule:
    fields = Fields(value, ("code", "price", "per", "days", "window", "tier", "label"))
    return BlockRule(
        code=fields.take("code", read.text),
        price=fields.take("price", read.whole),
        per=fields.maybe("per", read.choice({per.value: per for per in Per}), Per.BLOCK),
        days=fields.maybe("days", _days, ANY_DAY),
        window=fields.maybe("window", _window, Window()),
        tier=fields.maybe("tier", _tier, Tier()),
        label=fields.maybe("label", read.text, ""),
    )


def _entry_rule(value: object) -> EntryRule:
    fields = Fields(value, ("code", "price", "days", "label"))
    return EntryRule(
        code=fields.take("code", read.text),
        price=fields.take("price", read.whole),
        days=fields.maybe("days", _days, ANY_DAY),
        label=fields.maybe("label", read.text, ""),
    )


def _cap(value: object) -> Cap | None:
    fields = Fields(value, ("amount", "per"))
    period = fields.take("per", read.choice({period.value: period for period in CapPeriod}))
    return Cap(fields.take("amount", read.whole), period)


def _days(value: object) -> Days:
    if not isinstance(value, list):
        return read.choice({"any": ANY_DAY, "holiday": HOLIDAYS})(value)
    if value and all(isinstance(day, str) and day in _WEEKDAYS for day in value):
        return Days.on_weekdays(*(_WEEKDAYS[day] for day in value))
    if value and isinstance(value[0], str) and value[0] in _WEEKDAYS:
        raise TariffError("wrong_type", "", f"write only weekdays ({', '.join(_WEEKDAYS)}) or only dates")
    return Days.on_dates(*read.list_of(read.calendar_date, MAX_DATES)(value))


def _window(value: object) -> Window:
    fields = Fields(value, ("opens", "closes", "closes_days_later"))
    opens, closes = fields.take("opens", read.clock), fields.take("closes", read.clock)
    later = fields.maybe("closes_days_later", read.whole, int(closes <= opens))
    if not 0 <= later <= 7:
        raise TariffError("out_of_range", "closes_days_later", "write days from 0 to 7")
    return Window(opens, closes + later * _DAY)


def _tier(value: object) -> Tier:
    fields = Fields(value, ("from_min", "to_min"))
    starts = fields.maybe("from_min", read.minutes, _NONE)
    ends = fields.take("to_min", read.minutes) if fields.has("to_min") else None
    with inside("", {"starts": "from_min", "ends": "to_min"}):
        return Tier(starts, ends)


def _classes(value: object) -> tuple[ClassRule, ...]:
    if not isinstance(value, dict):
        raise TariffError("wrong_type", "", "write an object in braces")
    if len(value) > MAX_RULES:
        raise TariffError("too_many", "", f"write at most {MAX_RULES}")
    return tuple(_class_rule(name, rule) for name, rule in value.items())


def _class_rule(name: object, value: object) -> ClassRule:
    check_code(name, "?")
    with inside(str(name), {"free": "free_min", "change_percent": "percent"}):
        fields = Fields(value, ("free_min", "percent"))
        return ClassRule(
            vehicle_class=str(name),
            free=fields.maybe("free_min", read.minutes, _NONE),
            change_percent=fields.maybe("percent", read.percent, Fraction(0)),
        )


def _version_dict(version: TariffVersion) -> dict[str, object]:
    shown: dict[str, object] = {
        "from": _wall_text(version.starts),
        "to": _wall_text(version.ends),
        "grace_min": version.grace // _MINUTE,
        "free_min": version.free // _MINUTE,
        "classes": {rule.vehicle_class: _class_dict(rule) for rule in version.classes},
        "tax_percent": None if version.tax_percent is None else percent_text(version.tax_percent),
        "holidays": [day.isoformat() for day in sorted(version.holidays)],
    }
    match version.pricing:
        case BlockPricing(length=length, rules=rules, cap=cap):
            blocks: dict[str, object] = {"length_min": length // _MINUTE}
            blocks["rules"] = [_rule_dict(rule) for rule in rules]
            blocks["cap"] = {"amount": cap.amount, "per": cap.period.value} if cap else None
            shown["blocks"] = blocks
        case EntryPricing(rules=entries):
            shown["entry"] = {"rules": [_entry_dict(rule) for rule in entries]}
    return shown


def _wall_text(wall: datetime | None) -> str | None:
    return None if wall is None else wall.strftime("%Y-%m-%dT%H:%M")


def _class_dict(rule: ClassRule) -> Mapping[str, object]:
    return {"free_min": rule.free // _MINUTE, "percent": percent_text(rule.change_percent)}


def _entry_dict(rule: EntryRule) -> dict[str, object]:
    shown: dict[str, object] = {"code": rule.code, "price": rule.price, "days": _days_form(rule.days)}
    return shown | ({"label": rule.label} if rule.label else {})


def _rule_dict(rule: BlockRule) -> dict[str, object]:
    shown: dict[str, object] = {"code": rule.code, "price": rule.price, "per": rule.per.value}
    shown["days"] = _days_form(rule.days)
    later, closes = divmod(rule.window.closes - _MINUTE, _DAY)
    shown["window"] = {
        "opens": _clock_text(rule.window.opens),
        "closes": _clock_text(closes + _MINUTE),
        "closes_days_later": later,
    }
    shown["tier"] = {
        "from_min": rule.tier.starts // _MINUTE,
        "to_min": None if rule.tier.ends is None else rule.tier.ends // _MINUTE,
    }
    return shown | ({"label": rule.label} if rule.label else {})


def _clock_text(edge: timedelta) -> str:
    return f"{edge // _MINUTE // 60:02}:{edge // _MINUTE % 60:02}"


def _days_form(days: Days) -> object:
    match days.kind:
        case DayKind.ANY:
            return "any"
        case DayKind.HOLIDAY:
            return "holiday"
        case DayKind.WEEKDAYS:
            return [name for name, number in _WEEKDAYS.items() if number in days.weekdays]
        case DayKind.DATES:
            return [day.isoformat() for day in sorted(days.dates)]
