"""A draft payslip in words, for HR and for the person whose it is."""

from dataclasses import dataclass

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.console.words_pay import SlipLine, slip_line
from gatehouse.server.payroll import looks, queries
from gatehouse.server.people.models import Person


@dataclass(frozen=True, slots=True)
class Slip:
    """The draft of one month: every line with the factors that make it."""

    lines: list[SlipLine]
    net: Money


def slip_of(person: Person, of: Month, by: Authority, purpose: str) -> Slip | Refused | None:
    """None when there is no draft, or its key is gone."""
    found = looks.payslip(queries.payslip_of(person, of), by, purpose)
    if found is None or isinstance(found, Refused):
        return found
    return Slip(lines=[slip_line(line) for line in found.lines], net=found.net)
