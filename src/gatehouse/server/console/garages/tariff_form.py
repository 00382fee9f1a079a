"""One version of a tariff as the fields of a form, both ways.

What was typed is kept as it was typed, so that a form with an error comes back as it went. What cannot be read is
handed on as it is: the domain says what is wrong, with the field's path, and `field_of` finds the field again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from django.http import QueryDict

from gatehouse.domain.money import Money, decimal_text, exponent
from gatehouse.domain.tariff_rules import TariffError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_ROWS = 50
_LONGEST = 200  # of what is typed into one line
_LONGEST_DATES = 8_000
_WHOLE = re.compile(r"[0-9]{1,9}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,4}))?")
_ROW = re.compile(r"(?:blocks|entry)\.rules\[([0-9]+)\]\.?(.*)")
_RULE_FIELDS = {
    "window.opens": "opens", "window.closes": "closes", "window.closes_days_later": "later", "window": "opens",
    "tier.from_min": "tier_from", "tier.to_min": "tier_to", "tier": "tier_from", "price": "price", "per": "per",
    "label": "label", "code": "label",
}  # fmt: skip
_TOP_FIELDS = {
    "blocks.length_min": "length_min", "grace_min": "grace_min", "free_min": "free_min", "tax_percent": "tax_percent",
    "blocks.cap.amount": "cap", "blocks.cap.per": "cap_per", "blocks.cap": "cap", "from": "starts", "to": "starts",
    "starts": "starts", "code": "code",
}  # fmt: skip


@dataclass(slots=True)
class RuleRow:
    """One price. `days` is any, weekdays, holiday or dates; `later` the days after which the window closes."""

    code: str = ""
    label: str = ""
    price: str = ""
    per: str = "block"
    days: str = "any"
    weekdays: list[str] = field(default_factory=list)
    dates: str = ""
    opens: str = ""
    closes: str = ""
    later: str = ""
    tier_from: str = ""
    tier_to: str = ""


@dataclass(slots=True)
class ClassRow:
    name: str = ""
    free_min: str = ""
    percent: str = ""


@dataclass(slots=True)
class Typed:
    """The form of one version, every field as text."""

    kind: str = "blocks"
    length_min: str = "60"
    grace_min: str = ""
    free_min: str = ""
    cap: str = ""
    cap_per: str = "calendar_day"
    tax_percent: str = ""
    holidays: str = ""
    rules: list[RuleRow] = field(default_factory=lambda: [RuleRow()])
    classes: list[ClassRow] = field(default_factory=list)


_LINES = [f.name for f in fields(Typed) if f.name not in ("holidays", "rules", "classes")]


def typed(post: QueryDict) -> Typed:
    made = Typed()
    for name in _LINES:
        setattr(made, name, post.get(name, "")[:_LONGEST].strip())
    made.kind = made.kind if made.kind in ("blocks", "entry") else "blocks"
    made.holidays = post.get("holidays", "")[:_LONGEST_DATES]
    made.rules = [_rule_row(post, f"rule-{i}-") for i in range(_count(post.get("rules", "")))]
    made.classes = [
        ClassRow(
            **{name: post.get(f"class-{i}-{name}", "")[:_LONGEST].strip() for name in ("name", "free_min", "percent")}
        )
        for i in range(_count(post.get("classes", "")))
    ]
    return made


def _count(text: str) -> int:
    return min(int(text), MOST_ROWS) if re.fullmatch(r"[0-9]{1,3}", text) and text.isascii() else 0


def _rule_row(post: QueryDict, before: str) -> RuleRow:
    plain = [f.name for f in fields(RuleRow) if f.name not in ("weekdays", "dates")]
    row = RuleRow()
    for name in plain:
        setattr(row, name, post.get(before + name, "")[:_LONGEST].strip())
    row.weekdays = [day for day in WEEKDAYS if day in post.getlist(f"{before}weekdays")]
    row.dates = post.get(f"{before}dates", "")[:_LONGEST_DATES]
    return row


def to_version(form: Typed, currency: str) -> dict[str, object]:
    """As `domain.tariff_json` writes a version; for a tariff that reads it to judge. Raises TariffError where the
    JSON could not say what was typed."""
    taken = {row.code for row in form.rules}
    for i, row in enumerate(form.rules, start=1):
        row.code = row.code or next(code for n in range(MOST_ROWS * 2) if (code := f"rule-{i + n}") not in taken)
        taken.add(row.code)
    named = [row.name for row in form.classes if row.name]
    for name in named:
        if named.count(name) > 1:
            raise TariffError("duplicate", f"classes.{name}", "name every vehicle class once")
    made: dict[str, object] = {
        "grace_min": _whole(form.grace_min),
        "free_min": _whole(form.free_min),
        "tax_percent": form.tax_percent.replace(",", ".") or None,
        "holidays": _dates(form.holidays),
        "classes": {row.name: _class_dict(row) for row in form.classes if row.name or row.free_min or row.percent},
    }
    if form.kind == "entry":
        rules = [_rule_dict(row, currency) for row in form.rules]
        kept = ("code", "label", "price", "days")
        made["entry"] = {"rules": [{name: rule[name] for name in kept if name in rule} for rule in rules]}
        return made
    blocks: dict[str, object] = {"length_min": _whole(form.length_min)}
    blocks["rules"] = [_rule_dict(row, currency) for row in form.rules]
    if form.cap:
        blocks["cap"] = {"amount": _amount(form.cap, currency), "per": form.cap_per}
    return made | {"blocks": blocks}


def _class_dict(row: ClassRow) -> dict[str, object]:
    return {"free_min": _whole(row.free_min), "percent": row.percent.replace(",", ".").replace("\u2212", "-") or None}


def _rule_dict(row: RuleRow, currency: str) -> dict[str, object]:
    made: dict[str, object] = {"code": row.code, "price": _amount(row.price, currency), "days": _days(row)}
    if row.label:
        made["label"] = row.label
    made["per"] = row.per or None
    if row.opens or row.closes:
        made["window"] = {"opens": row.opens, "closes": row.closes, "closes_days_later": _whole(row.later)}
    if row.tier_from or row.tier_to:
        made["tier"] = {"from_min": _whole(row.tier_from), "to_min": _whole(row.tier_to)}
    return made


def _days(row: RuleRow) -> object:
    match row.days:
        case "weekdays":
            return list(row.weekdays)
        case "dates":
            return _dates(row.dates)
        case other:
            return other or None


def _dates(text: str) -> list[str]:
    return re.split(r"[\s,;，；、]+", text.strip()) if text.strip() else []


def _whole(text: str) -> int | str | None:
    return int(text) if _WHOLE.fullmatch(text) else text or None


def _amount(text: str, currency: str) -> int | str | None:
    """Major units as people write them, 4.50 or 4,50, in minor units."""
    found = _AMOUNT.fullmatch(text.strip())
    places = exponent(currency)
    if not found or len(found[2] or "") > places:
        return text or None
    return int(found[1] + (found[2] or "").ljust(places, "0"))


def from_version(version: Mapping[str, object], currency: str) -> Typed:
    """The form of a version as `domain.tariff_json` writes it; it holds only what was checked."""
    held = _Reading(version)
    blocks, entry = held.part("blocks"), held.part("entry")
    pricing, cap = blocks or entry, blocks.part("cap") if blocks else None
    form = Typed(kind="blocks" if blocks else "entry")
    if blocks:
        form.length_min = blocks.text("length_min")
    form.grace_min, form.free_min = held.text("grace_min"), held.text("free_min")
    form.tax_percent = held.text("tax_percent")
    if cap:
        form.cap, form.cap_per = cap.money("amount", currency), cap.text("per")
    form.holidays = "\n".join(held.texts("holidays"))
    form.rules = [_row_of(rule, currency) for rule in pricing.parts("rules")] if pricing else [RuleRow()]
    classes = held.part("classes")
    if classes:
        form.classes = [
            ClassRow(name, rule.text("free_min"), rule.text("percent"))
            for name in classes.held
            if (rule := classes.part(name))
        ]
    return form


class _Reading:
    """A JSON object that was checked before, read as text."""

    def __init__(self, held: Mapping[str, object]) -> None:
        self.held = held

    def part(self, name: str) -> "_Reading | None":
        found = self.held.get(name)
        return _Reading(found) if isinstance(found, dict) else None

    def parts(self, name: str) -> list["_Reading"]:
        found = self.held.get(name)
        return [_Reading(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def text(self, name: str) -> str:
        found = self.held.get(name)
        return "" if found in (None, 0, "0") else str(found)

    def texts(self, name: str) -> list[str]:
        found = self.held.get(name)
        return [str(one) for one in found] if isinstance(found, list) else []

    def money(self, name: str, currency: str) -> str:
        found = self.held.get(name)
        return decimal_text(Money(found, currency)) if isinstance(found, int) else ""


def _row_of(rule: _Reading, currency: str) -> RuleRow:
    row = RuleRow(code=rule.text("code"), label=rule.text("label"), price=rule.money("price", currency))
    row.per = rule.text("per") or "block"
    days = rule.held.get("days")
    named = rule.texts("days")
    if isinstance(days, list):
        row.days = "weekdays" if set(named) <= set(WEEKDAYS) else "dates"
        row.weekdays, row.dates = (named, "") if row.days == "weekdays" else ([], "\n".join(named))
    else:
        row.days = str(days or "any")
    window, tier = rule.part("window"), rule.part("tier")
    if window:
        _put_window(row, window)
    if tier:
        row.tier_from, row.tier_to = tier.text("from_min"), tier.text("to_min")
    return row


def _put_window(row: RuleRow, window: _Reading) -> None:
    """A clock field knows no 24:00: that is 00:00 of the next date. Nothing is written for a whole date."""
    opens, closes = window.text("opens"), window.text("closes")
    later = window.held.get("closes_days_later")
    days = later if isinstance(later, int) else int(closes <= opens)
    if closes == "24:00":
        closes, days = "00:00", days + 1
    if (opens, closes, days) == ("00:00", "00:00", 1):
        return
    row.opens, row.closes = opens, closes
    row.later = "" if days == int(closes <= opens) else str(days)


def field_of(path: str, form: Typed) -> str:
    """The id of the field that a domain path such as versions[1].blocks.rules[0].price means; "" for the whole form."""
    inner = re.sub(r"^versions\[[0-9]+\]\.?", "", path)
    found = _ROW.fullmatch(inner)
    if found:
        place = int(found[1])
        if place >= len(form.rules):
            return ""
        if found[2].startswith("days"):
            return f"rule-{place}-{'dates' if form.rules[place].days == 'dates' else 'days'}"
        return f"rule-{place}-{_RULE_FIELDS[found[2]]}" if found[2] in _RULE_FIELDS else f"rule-{place}"
    if inner.startswith("holidays"):
        return "holidays"
    if inner.startswith("classes"):
        return _class_field(inner, form)
    return _TOP_FIELDS.get(inner, "rules-part" if "rules" in inner else "")


def _class_field(inner: str, form: Typed) -> str:
    _, _, rest = inner.partition(".")
    name, _, leaf = rest.partition(".")
    for i, row in enumerate(form.classes):
        if row.name == name or (name == "?" and not _CODE.fullmatch(row.name)):
            return f"class-{i}-{leaf if leaf in ('free_min', 'percent') else 'name'}"
    return "class-0-name" if form.classes else "classes-part"
