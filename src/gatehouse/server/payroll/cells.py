"""What the cells of payroll hold, and back to the facts of `domain`. Amounts are whole minor units."""

from datetime import date
from fractions import Fraction

import msgspec

from gatehouse.domain.earnings import Factor, PayLine, Section
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, Month, PayKind, Term
from gatehouse.domain.payroll import Payslip
from gatehouse.domain.withholding import YearToDate


class TermFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """contract.terms/1 is a list of these. `kind`: month, day, hour or piece."""

    kind: str
    rate_minor: int
    currency: str
    since: date
    until: date | None = None
    insured_minor: int | None = None


class FactorFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    over: int
    under: int


class LineFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    section: str
    minor: int
    because: list[FactorFacts]
    of_month: str | None = None
    week: date | None = None


class SlipFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """payslip.lines/1, and a part of payslip.run/1; the last five are the year's totals with this month in them."""

    month: str
    currency: str
    lines: list[LineFacts]
    year: int
    gross_minor: int
    contributions_minor: int
    withheld_minor: int
    year_end_bonus_minor: int | None = None


_terms = msgspec.json.Decoder(list[TermFacts])
_slip = msgspec.json.Decoder(SlipFacts)


def contract_to_bytes(contract: Contract) -> bytes:
    facts = [
        TermFacts(
            kind=term.kind.value,
            rate_minor=term.rate.minor,
            currency=term.rate.currency,
            since=term.since,
            until=term.until,
            insured_minor=term.insured_salary.minor if term.insured_salary else None,
        )
        for term in contract.terms
    ]
    return msgspec.json.encode(facts)


def contract_from_bytes(data: bytes) -> Contract:
    """Raises msgspec.ValidationError for a cell of another format."""
    return Contract(
        tuple(
            Term(
                kind=PayKind(facts.kind),
                rate=Money(facts.rate_minor, facts.currency),
                since=facts.since,
                until=facts.until,
                insured_salary=None if facts.insured_minor is None else Money(facts.insured_minor, facts.currency),
            )
            for facts in _terms.decode(data)
        )
    )


def month_from(text: str) -> Month:
    """The month of "2026-11". Raises ValueError."""
    return Month.of(date.fromisoformat(f"{text}-01"))


def line_to(line: PayLine) -> LineFacts:
    return LineFacts(
        code=line.code,
        section=line.section.value,
        minor=line.amount.minor,
        because=[FactorFacts(f.name, f.value.numerator, f.value.denominator) for f in line.because],
        of_month=str(line.of_month) if line.of_month else None,
        week=line.week,
    )


def line_from(line: LineFacts, currency: str) -> PayLine:
    return PayLine(
        code=line.code,
        section=Section(line.section),
        amount=Money(line.minor, currency),
        because=tuple(Factor(f.name, Fraction(f.over, f.under)) for f in line.because),
        of_month=month_from(line.of_month) if line.of_month else None,
        week=line.week,
    )


def slip_facts(slip: Payslip) -> SlipFacts:
    so_far = slip.to_date
    return SlipFacts(
        month=str(slip.month),
        currency=slip.currency,
        lines=[line_to(line) for line in slip.lines],
        year=so_far.year,
        gross_minor=so_far.gross.minor,
        contributions_minor=so_far.contributions.minor,
        withheld_minor=so_far.withheld.minor,
        year_end_bonus_minor=so_far.year_end_bonus.minor if so_far.year_end_bonus else None,
    )


def slip_from(facts: SlipFacts) -> Payslip:
    def money(minor: int) -> Money:
        return Money(minor, facts.currency)

    to_date = YearToDate(
        facts.year,
        money(facts.gross_minor),
        money(facts.contributions_minor),
        money(facts.withheld_minor),
        None if facts.year_end_bonus_minor is None else money(facts.year_end_bonus_minor),
    )
    lines = tuple(line_from(line, facts.currency) for line in facts.lines)
    return Payslip(month_from(facts.month), facts.currency, lines, to_date)


def slip_to_bytes(slip: Payslip) -> bytes:
    return msgspec.json.encode(slip_facts(slip))


def slip_from_bytes(data: bytes) -> Payslip:
    """Raises msgspec.ValidationError for a cell of another format."""
    return slip_from(_slip.decode(data))
