"""A payslip in words, for HR and for the person whose it is: paid by a run, or a draft of what a run will pay."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from gatehouse.domain import payroll
from gatehouse.domain.earnings import Section
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.pay_year import StatementError, statement
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.console import words_payruns
from gatehouse.server.console.words import Text
from gatehouse.server.console.words_pay import SlipLine, line_name, slip_line
from gatehouse.server.payroll import looks, queries, run_looks, run_queries
from gatehouse.server.payroll.models import RunSlip
from gatehouse.server.payroll.run_cells import refusal_of, slip_in
from gatehouse.server.people.models import Person


@dataclass(frozen=True, slots=True)
class Slip:
    """One month's pay: every line with the factors that make it. `draft` until a run has paid it; `without` says why
    there is none, and then `net` is what would have been."""

    lines: list[SlipLine]
    net: Money | None
    draft: bool = True
    without: Text = ""
    gross: Money | None = None


def slip_of(person: Person, of: Month, by: Authority, purpose: str) -> Slip | Refused | None:
    """The ordinary payslip of a month as it was paid; before that its draft. None when there is neither, or its key is
    gone."""
    paid = run_queries.slips_of(person).filter(run__month=of.first).exclude(run__kind="off_cycle").first()
    if paid is not None:
        return paid_slip(paid, by, purpose)
    found = looks.payslip(queries.payslip_of(person, of), by, purpose)
    if found is None or isinstance(found, Refused):
        return found
    return _worded(found, draft=True)


def paid_slip(row: RunSlip, by: Authority, purpose: str) -> Slip | Refused | None:
    """What a run gives somebody, or why it gives nothing."""
    found = run_looks.result(row, by, purpose)
    if found is None or isinstance(found, Refused):
        return found
    slip = slip_in(found)
    if slip is not None:
        return _worded(slip, draft=False)
    reason = found.refused.reason if found.refused else ""
    refusal = refusal_of(found.refused) if found.refused else None
    lines = [slip_line(line) for line in refusal.lines] if refusal else []
    return Slip(lines, refusal.would_be if refusal else None, False, words_payruns.without(reason))


def year_slip(person: Person, year: int, by: Authority, purpose: str) -> Slip | Refused | None:
    """A year's statement, as a payslip of its sums; None where nothing was paid in it, or in two currencies."""
    rows = [
        row for row in run_queries.slips_of(person).order_by("run__month", "run__number") if row.run.month.year == year
    ]
    found = run_looks.results(rows, by, purpose)
    if isinstance(found, Refused):
        return found
    slips = [slip for row in rows if row.pk in found and (slip := slip_in(found[row.pk])) is not None]
    try:
        of = statement(slips)
    except StatementError:
        return None
    lines = [SlipLine(line_name(line.code), _months(line.months), line.amount) for line in of.lines]
    return Slip(lines, of.net, False, gross=of.of(Section.EARNING))


def _months(count: int) -> str:
    return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}


def _worded(slip: payroll.Payslip, *, draft: bool) -> Slip:
    gross = payroll.section_total(slip.lines, Section.EARNING, slip.currency)
    return Slip([slip_line(line) for line in slip.lines], slip.net, draft, gross=gross)
