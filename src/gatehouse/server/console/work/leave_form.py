"""The form of a type of leave: what is typed into it, and what it shows."""

import re
from dataclasses import dataclass
from fractions import Fraction

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.server.attendance.leave_kinds import KindRules
from gatehouse.server.console.words import Text
from gatehouse.server.console.work.typed import Fields

GROWS: dict[str, Text] = {
    "up_front": gettext_lazy("all at the beginning of the year"),
    "monthly": gettext_lazy("a share at the end of each month"),
}
COUNTED: dict[str, Text] = {
    "workdays": gettext_lazy("days on which a shift is owed"),
    "calendar": gettext_lazy("every day from the first to the last"),
}
BALANCE: dict[str, Text] = {
    "year": gettext_lazy("so many days a year"),
    "service": gettext_lazy("days a year by years of work"),
    "overtime": gettext_lazy("overtime that is given back as time off"),
    "none": gettext_lazy("no balance: each request is decided by itself"),
}
STEPS: dict[str, Text] = {"1": gettext_lazy("whole days"), "1/2": gettext_lazy("half days")}
_DAYS = re.compile(r"-?\d{1,3}([.,]\d{1,2})?", re.ASCII)
_STEP = re.compile(r"\s*(\d{1,2})\s*[:=]\s*(\d{1,3}(?:[.,]\d{1,2})?)\s*", re.ASCII)
_UNTIL = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)
_CHECKS = ("halves", "approval", "paid_out")


@dataclass(frozen=True, slots=True)
class Typed:
    code: str
    name: str
    rules: KindRules
    wrong: dict[str, Text]


def choices() -> dict[str, object]:
    return {"grows": GROWS.items(), "counted": COUNTED.items(), "balances": BALANCE.items(), "steps": STEPS.items()}


def days_typed(said: str) -> Fraction | None:
    """Days as people write them: 2, 0.5, -1; None for anything else."""
    said = said.strip().replace("\N{MINUS SIGN}", "-")
    return Fraction(said.replace(",", ".")) if _DAYS.fullmatch(said) else None


def read(form: QueryDict, usual: KindRules, code: str = "") -> Typed:
    """What is not asked for on the form stays as `usual` has it."""
    fields = Fields(form)
    code = code or fields.code("code").lower()
    name = fields.text("name")
    pay = fields.number("pay", 0, 100)
    balance = fields.choice("balance", BALANCE, "year")
    rules = msgspec.structs.replace(
        usual,
        pay=str(Fraction(pay, 100)),
        days=_days(fields, form, "days") if balance == "year" else None,
        by_service=_by_service(fields, form) if balance == "service" else [],
        from_overtime=balance == "overtime",
        day_min=fields.number("day_min", 60, 1440) if balance == "overtime" else usual.day_min,
        grows=fields.choice("grows", GROWS, "up_front"),
        counted=fields.choice("counted", COUNTED, "workdays"),
        step=fields.choice("step", STEPS, "1/2"),
        carried=_days(fields, form, "carried"),
        carried_until=_until(fields, form),
        in_advance=_days(fields, form, "in_advance"),
        source=form.get("source", "").strip()[:200],
        **{box: form.get(box) == "on" for box in _CHECKS},
    )
    return Typed(code, name, rules, fields.wrong)


def _days(fields: Fields, form: QueryDict, name: str) -> str:
    found = days_typed(form.get(name, "").strip() or "0")
    if found is None or not 0 <= found <= 366:
        fields.wrong[name] = _("Write days as a number such as 20 or 2.5, from 0 to 366.")
        return "0"
    return str(found)


def _by_service(fields: Fields, form: QueryDict) -> list[tuple[int, str]]:
    """Steps such as 1: 5, 10: 10, 20: 15, one a line or with semicolons."""
    parts = [part for part in re.split(r"[;\n]", form.get("service", "")) if part.strip()]
    found = [_STEP.fullmatch(part) for part in parts]
    if not found or len(found) > 20 or not all(found):
        fields.wrong["service"] = _("Write a line for each step: years of work, a colon, days. Such as 10: 10.")
        return []
    return sorted((int(one[1]), str(Fraction(one[2].replace(",", ".")))) for one in found if one)


def _until(fields: Fields, form: QueryDict) -> tuple[int, int] | None:
    said = form.get("carried_until", "").strip()
    if not said:
        return None
    match = _UNTIL.fullmatch(said)
    if not match or not 1 <= int(match[1]) <= 12 or not 1 <= int(match[2]) <= 28 + 3 * (int(match[1]) != 2):
        fields.wrong["carried_until"] = _("Write month and day, such as 03-31; or nothing when it stays.")
        return None
    return int(match[1]), int(match[2])


def filled(code: str, name: str, rules: KindRules) -> dict[str, str]:
    """The fields as a type has them."""
    balance = "overtime" if rules.from_overtime else "service" if rules.by_service else "year"
    if rules.days is None and balance == "year":
        balance = "none"
    return {
        "code": code,
        "name": name,
        "pay": str(int(Fraction(rules.pay) * 100)),
        "balance": balance,
        "days": _said(rules.days or "0"),
        "service": "\n".join(f"{years}: {_said(days)}" for years, days in rules.by_service),
        "day_min": str(rules.day_min),
        "grows": rules.grows,
        "counted": rules.counted,
        "step": rules.step,
        "carried": _said(rules.carried),
        "carried_until": "{:02d}-{:02d}".format(*rules.carried_until) if rules.carried_until else "",
        "in_advance": _said(rules.in_advance),
        "source": rules.source,
        **{box: "on" if getattr(rules, box) else "" for box in _CHECKS},
    }


def _said(days: str) -> str:
    return f"{float(Fraction(days)):g}"


def shown(form: QueryDict) -> dict[str, str]:
    """The fields as they were typed."""
    names = ("code", "name", "pay", "balance", "days", "service", "day_min", "grows", "counted", "step", "carried",
             "carried_until", "in_advance", "source", *_CHECKS)  # fmt: skip
    return {name: form.get(name, "")[:2000] for name in names}
