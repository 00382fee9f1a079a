"""What is wrong or odd in a tariff, in words for people who never saw its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel.dates import get_day_names
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.errors import DomainError
from gatehouse.domain.tariff_notices import Notice
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server.console import saying, words

_AMOUNT = gettext_lazy("Write an amount such as 4.50.")
_MINUTES = gettext_lazy("Write a whole number of minutes.")
_DATES = gettext_lazy("Write dates such as 2026-05-01, one a line.")

# By code, and where the field matters by code and the last part of the path.
ERRORS: dict[str, words.Text] = {
    "wrong_type": gettext_lazy("This cannot be read. Choose or write it again."),
    "wrong_type.tax_percent": gettext_lazy("Write a percentage such as 19 or 8.25."),
    "wrong_type.percent": gettext_lazy("Write a percentage such as -50 or 12.5."),
    "not_whole": _MINUTES,
    "not_whole.price": _AMOUNT,
    "not_whole.amount": _AMOUNT,
    "out_of_range": gettext_lazy("This is outside of what is possible."),
    "out_of_range.price": gettext_lazy("This price is too high to be meant."),
    "out_of_range.amount": gettext_lazy("This price is too high to be meant."),
    "out_of_range.length_min": gettext_lazy("A block is from one minute to 366 days long."),
    "out_of_range.grace_min": gettext_lazy("This is from 0 minutes to 366 days."),
    "out_of_range.free_min": gettext_lazy("This is from 0 minutes to 366 days."),
    "out_of_range.tax_percent": gettext_lazy("Tax is from 0 to 100 percent."),
    "out_of_range.percent": gettext_lazy("The change is from -100 (free) to 1000 percent."),
    "out_of_range.closes": gettext_lazy("A window closes after it opens, at most seven days later."),
    "out_of_range.closes_days_later": gettext_lazy("A window closes at most seven days later."),
    "out_of_range.to_min": gettext_lazy("A tier ends after it starts."),
    "out_of_range.ends": gettext_lazy("A tier ends after it starts."),
    "bad_code": gettext_lazy("Write a short name of a-z, 0-9 and -, such as city-centre."),
    "bad_label": gettext_lazy("Write a short name on one line, at most 60 characters."),
    "bad_time": gettext_lazy("Write a date or time of day that exists."),
    "bad_time.opens": gettext_lazy("Write both times of day, such as 07:00 and 22:00."),
    "bad_time.closes": gettext_lazy("Write both times of day, such as 07:00 and 22:00."),
    "bad_time.days": _DATES,
    "bad_time.holidays": _DATES,
    "unknown_field": gettext_lazy("There is no such field. Take it out."),
    "missing_field": gettext_lazy("Fill this in."),
    "missing_field.price": gettext_lazy("Write a price; 0 where parking is free."),
    "empty": gettext_lazy("Write at least one price."),
    "empty.days": gettext_lazy("Tick at least one day, or write at least one date."),
    "too_many": gettext_lazy("These are too many."),
    "duplicate": gettext_lazy("Another one is named the same. Give each its own name."),
    "overlap": gettext_lazy("Two prices hold at the same moment. End one where the other begins."),
    "overlap.rules": gettext_lazy(
        "“%(one)s” and “%(other)s” both hold on %(when)s. End one where the other begins, or give them other days."
    ),
    "not_covered": gettext_lazy("There is a time without a price. Add one; 0 if parking is free then."),
    "not_covered.rules": gettext_lazy("Nothing says the price on %(when)s. Add a price; 0 if parking is free then."),
    "not_covered.tiers": gettext_lazy(
        "Nothing says the price on %(when)s from minute %(since_min)s of a stay on. Add a price; 0 if it is free."
    ),
    "not_covered.versions": gettext_lazy("There would be a time without a tariff. Begin where the one before ends."),
    "unknown_zone": gettext_lazy("There is no such time zone."),
    "unknown_currency": gettext_lazy("There is no such currency."),
    "other_zone": gettext_lazy("This is another time zone than the site's."),
    "other_currency": gettext_lazy("This is another currency than the site's."),
    "begun_changed": gettext_lazy(
        "A version that has begun stays as it is: cars are inside that came in under it. Add a later one."
    ),
    "in_the_past": gettext_lazy("Begin now or later. Whoever is inside already keeps the price they came in under."),
    "not_planned": gettext_lazy("This version has begun, or is gone already. Only one that is planned is taken back."),
    "falls": gettext_lazy(
        "A longer stay would cost less than a shorter one. This is a fault of ours: please report it."
    ),
}

NOTICES: dict[str, words.Text] = {
    "window_skipped": gettext_lazy(
        "On %(date)s the clocks go forward over the whole window of “%(rule)s”: it does not open that day."
    ),
    "edge_skipped": gettext_lazy("On %(date)s clocks never show %(clock)s: “%(rule)s” changes when they go forward."),
    "edge_twice": gettext_lazy("On %(date)s clocks show %(clock)s twice: “%(rule)s” changes at both."),
    "cap_below_price": gettext_lazy("“%(rule)s” alone costs more than the most for a day: the first block reaches it."),
    "cap_never_reached": gettext_lazy("The most for a day is never reached: a whole day costs less."),
    "all_free": gettext_lazy("Every price is 0: parking is free."),
    "holidays_unused": gettext_lazy("Holidays are listed, but no price is for holidays."),
    "no_holidays": gettext_lazy("“%(rule)s” is for public holidays, but none are listed."),
    "holidays_past": gettext_lazy("The last holiday listed is %(last)s. Import the coming ones."),
    "dates_past": gettext_lazy("All dates of “%(rule)s” are over: the last was %(last)s."),
    "starts_in_past": gettext_lazy(
        "This begins in the past, at %(starts)s: stays since then that had no price get one."
    ),
    "stands_between": gettext_lazy("This version lasts until the planned one begins, at %(until)s."),
    "replaces": gettext_lazy("This replaces the version that is planned for the same time."),
    "coarse": gettext_lazy("There are many blocks: the drawing shows one in %(every)s."),
    "makeup": gettext_lazy("Working days at a weekend, in exchange for holidays: %(dates)s."),
}

FIELDS: dict[str, words.Text] = {
    "length_min": gettext_lazy("Length of a block"),
    "grace_min": gettext_lazy("Short stays free"),
    "free_min": gettext_lazy("Free minutes"),
    "cap": gettext_lazy("Most for a day"),
    "cap_per": gettext_lazy("What a day is"),
    "tax_percent": gettext_lazy("Tax"),
    "holidays": gettext_lazy("Public holidays"),
    "starts": gettext_lazy("In force from"),
    "code": gettext_lazy("Code"),
    "rules-part": gettext_lazy("Prices"),
    "classes-part": gettext_lazy("Kinds of vehicle"),
    "label": gettext_lazy("Name"),
    "price": gettext_lazy("Price"),
    "per": gettext_lazy("Charged"),
    "days": gettext_lazy("Days"),
    "dates": gettext_lazy("Dates"),
    "opens": gettext_lazy("From"),
    "closes": gettext_lazy("Until"),
    "later": gettext_lazy("Closes"),
    "tier_from": gettext_lazy("From minute"),
    "tier_to": gettext_lazy("Up to minute"),
    "name": gettext_lazy("Kind"),
    "percent": gettext_lazy("Change"),
    "entry": gettext_lazy("Comes in"),
    "exit": gettext_lazy("Leaves"),
}

CLASSES: dict[str, words.Text] = {
    "car": gettext_lazy("Car"),
    "new-energy": gettext_lazy("New-energy vehicle"),
    "motorcycle": gettext_lazy("Motorcycle"),
    "truck": gettext_lazy("Truck"),
    "bus": gettext_lazy("Bus"),
    "van": gettext_lazy("Van"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One error or notice: the id of the field it belongs to ("" for the whole), the field's name, the words."""

    field: str
    name: str
    text: str


def error(fault: TariffError) -> str:
    last = fault.path.rsplit(".", 1)[-1].split("[")[0]
    key = f"{fault.code}.{last}"
    if fault.code == "overlap" and "one" in fault.facts:
        key = "overlap.rules"
    if fault.code == "not_covered":
        key = "not_covered.versions" if "clock" not in fault.facts else "not_covered.rules"
        key = "not_covered.tiers" if fault.facts.get("since_min") else key
    found = ERRORS.get(key) or ERRORS.get(fault.code)
    if found is None:
        return fault.advice
    said = str(found)
    return said % _filled(fault.facts) if "%(" in said else said


def other_error(fault: DomainError) -> str:
    """Of a stay that cannot be priced."""
    match fault.code:
        case "ends_before_entry":
            return _("The car leaves after it comes in.")
        case "no_version_in_force":
            return _("No version of the tariff is in force when the car comes in.")
        case "too_long" | "impossible_time":
            return _("Write two times that are at most ten years apart.")
        case _:
            return _("This stay has no price.")


def notice(found: Notice) -> str:
    said = str(NOTICES[found.code])
    return said % _filled(found.facts) if "%(" in said else said


def _filled(facts: Mapping[str, object]) -> dict[str, str]:
    said = {name: _shown(name, fact) for name, fact in facts.items()}
    if "clock" in facts and "when" not in facts and ("weekday" in facts or "date" in facts):
        said["when"] = f"{said.get('weekday') or said['date']} {facts['clock']}"
    return said


def weekday(number: int) -> str:
    """Monday is 0."""
    return str(get_day_names("wide", locale=saying.locale())[number])


def _shown(name: str, fact: object) -> str:
    if name == "weekday" and isinstance(fact, int):
        return weekday(fact)
    if name in ("date", "last") and isinstance(fact, str):
        return saying.day(date.fromisoformat(fact)) + f" {fact[:4]}"
    return str(fact).replace("T", " ") if name in ("starts", "until") else str(fact)


def field_name(field: str) -> str:
    """The words for a field's id: Price 2, Until."""
    kind, _dash, rest = field.partition("-")
    if kind in ("rule", "class") and rest:
        place, _dash, leaf = rest.partition("-")
        which = _("Price %(place)s") if kind == "rule" else _("Kind of vehicle %(place)s")
        named = which % {"place": int(place) + 1}
        return f"{named}, {FIELDS[leaf]}" if leaf in FIELDS else named
    return str(FIELDS.get(field, ""))
