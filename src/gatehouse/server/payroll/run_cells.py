"""What the cells of pay runs hold: what goes with a contract, what is said of a month, results and sums. Shapes with
amounts in whole minor units; a component is one of three kinds, and nothing in it is ever executed."""

from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import (
    Component,
    FixedPay,
    PayPerDay,
    Recovery,
    Recurring,
    ShareOfBasic,
    SpecialDeduction,
)
from gatehouse.domain.payroll import Payslip, Reason, Refusal
from gatehouse.server.payroll.cells import LineFacts, SlipFacts, line_from, line_to, slip_from


class ComponentFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`minor` an amount for the month (`fixed`) or the day (`day`); `over`/`under` a share of basic pay (`share`)."""

    kind: Literal["fixed", "day", "share"]
    code: str
    minor: int = 0
    over: int = 0
    under: int = 1


class RecurringFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    component: ComponentFacts
    since: date
    until: date | None = None


class SpecialFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    minor: int
    since: date
    until: date | None = None


class Extras(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """contract.extras/1. `leave_days_a_year` above 0 holds for a leaver in place of their balance of leave."""

    currency: str
    recurring: list[RecurringFacts] = []
    special: list[SpecialFacts] = []
    leave_days_a_year: int = 0


class RecoveryFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    minor: int


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was paid this year before the first run here."""

    gross_minor: int
    contributions_minor: int
    withheld_minor: int


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """pay.input/1. `leave_taken_halves` are half days of annual leave taken this year, for a leaver."""

    currency: str
    components: list[ComponentFacts] = []
    recoveries: list[RecoveryFacts] = []
    pieces: int = 0
    year_end_bonus_minor: int = 0
    leave_taken_halves: int = 0
    opening: Opening | None = None


class RefusedFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`reason`: a payroll.Reason in lower case, a fault's code, or `unreadable`."""

    reason: str
    currency: str = ""
    would_be_minor: int | None = None
    lines: list[LineFacts] = []


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """payslip.run/1: a payslip, or why there is none. `before` is the net of the ordinary payslip before, `marks` why a
    reviewer should look: refused, first, terms, large, arrears."""

    slip: SlipFacts | None = None
    refused: RefusedFacts | None = None
    before_minor: int | None = None
    marks: list[str] = []


class Sums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One currency's totals of a run."""

    currency: str
    people: int
    gross_minor: int
    contributions_minor: int
    tax_minor: int
    recoveries_minor: int
    net_minor: int
    before_minor: int


class Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """payrun.summary/1: the totals, how many have which mark, and whom to look at first (random ids of their slips)."""

    sums: list[Sums]
    marks: dict[str, int]
    look_at: list[str]


class Payer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """pay.setup/1: who pays, from which account; `charset` is what the bank reads, sepa or any."""

    name: str
    account: str
    bic: str = ""
    charset: str = "sepa"


_extras, _input = msgspec.json.Decoder(Extras), msgspec.json.Decoder(Input)
_result, _summary = msgspec.json.Decoder(Result), msgspec.json.Decoder(Summary)
_payer = msgspec.json.Decoder(Payer)
to_bytes = msgspec.json.Encoder().encode


def extras_from(data: bytes) -> Extras:
    """Raises msgspec.ValidationError for a cell of another format, as all of these."""
    return _extras.decode(data)


def input_from(data: bytes) -> Input:
    return _input.decode(data)


def result_from(data: bytes) -> Result:
    return _result.decode(data)


def summary_from(data: bytes) -> Summary:
    return _summary.decode(data)


def payer_from(data: bytes) -> Payer:
    return _payer.decode(data)


def component(facts: ComponentFacts, currency: str) -> FixedPay | PayPerDay | ShareOfBasic:
    """Raises ValueError for a share of nothing."""
    if facts.kind == "fixed":
        return FixedPay(facts.code, Money(facts.minor, currency))
    if facts.kind == "day":
        return PayPerDay(facts.code, Money(facts.minor, currency))
    if facts.under <= 0:
        raise ValueError("a share needs a denominator above 0")
    return ShareOfBasic(facts.code, Fraction(facts.over, facts.under))


def components(given: Input) -> tuple[Component, ...]:
    return tuple(component(one, given.currency) for one in given.components)


def recurring(extras: Extras) -> tuple[Recurring, ...]:
    return tuple(Recurring(component(one.component, extras.currency), one.since, one.until) for one in extras.recurring)


def special(extras: Extras) -> tuple[SpecialDeduction, ...]:
    return tuple(SpecialDeduction(Money(one.minor, extras.currency), one.since, one.until) for one in extras.special)


def recoveries(given: Input) -> tuple[Recovery, ...]:
    return tuple(Recovery(one.code, Money(one.minor, given.currency)) for one in given.recoveries)


def refused_facts(refusal: Refusal) -> RefusedFacts:
    currency = refusal.would_be.currency if refusal.would_be else ""
    would_be = refusal.would_be.minor if refusal.would_be else None
    return RefusedFacts(refusal.reason.name.lower(), currency, would_be, [line_to(line) for line in refusal.lines])


def refusal_of(facts: RefusedFacts) -> Refusal | None:
    """The domain's refusal; None for a reason that is not the domain's."""
    if facts.reason.upper() not in Reason.__members__:
        return None
    would_be = None if facts.would_be_minor is None else Money(facts.would_be_minor, facts.currency)
    return Refusal(Reason[facts.reason.upper()], would_be, tuple(line_from(one, facts.currency) for one in facts.lines))


def slip_in(result: Result) -> Payslip | None:
    return slip_from(result.slip) if result.slip else None
