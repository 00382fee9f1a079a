"""The lines of a price in words that a driver can check."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from gatehouse.domain.money import Money
from gatehouse.domain.parking_lines import Line, LineKind
from gatehouse.server.console.saying import length, money


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What the line is for, how it was reckoned, and the amount."""

    what: str
    note: str
    amount: Money


def price_line(line: Line) -> PriceLine:
    return PriceLine(what=_what(line), note=_note(line), amount=line.amount)


def _what(line: Line) -> str:
    match line.kind:
        case LineKind.ZERO_LENGTH:
            return _("No time parked")
        case LineKind.GRACE:
            return _("Short stay, free of charge")
        case LineKind.FREE_MINUTES | LineKind.CLASS_FREE_MINUTES:
            return _("Free minutes")
        case LineKind.VALIDATED_MINUTES:
            return _given_by(line, _("Minutes given by a shop"))
        case LineKind.BLOCKS | LineKind.FLAT_WINDOW | LineKind.FLAT_ENTRY:
            return str(line.params.get("name", _("Parking")))
        case LineKind.CAP:
            return _("No more than the daily maximum")
        case LineKind.CLASS_PERCENTAGE:
            return _("Change for this kind of vehicle")
        case LineKind.VALIDATED_AMOUNT:
            return _given_by(line, _("Paid by a shop"))


def _given_by(line: Line, unnamed: str) -> str:
    """Whom a driver has to thank for it."""
    name = str(line.params.get("by", ""))
    return _("Validated by %(name)s") % {"name": name} if name else unnamed


def _note(line: Line) -> str:
    said = []
    params = line.params
    if line.covered:
        said.append(length(line.covered))
    if line.kind is LineKind.BLOCKS:
        price = Money(int(params["price"]), line.amount.currency)
        said.append(_("%(blocks)s × %(price)s") % {"blocks": params["blocks"], "price": money(price)})
    if line.kind is LineKind.CAP:
        cap = Money(int(params["cap"]), line.amount.currency)
        said.append(_("at most %(cap)s") % {"cap": money(cap)})
    if line.kind is LineKind.CLASS_PERCENTAGE:
        said.append(f"{params['change_percent']} %")
    if line.kind is LineKind.GRACE:
        said.append(_("the first %(minutes)s minutes cost nothing") % {"minutes": params["grace_minutes"]})
    return " · ".join(said)
