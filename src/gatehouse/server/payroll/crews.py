"""Wage reports of a construction site, read by somebody's authority: everybody's month with crew, work and pay.

Payslips come from where pay comes from: locked runs of the month (paid); else the run that is open (due); else the
preview (draft). Nothing is reckoned here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gatehouse.domain.crew_wages import Amounts, Line, Standing, amounts, terms_of, work_of
from gatehouse.domain.pay_facts import Contract as ContractFact
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payroll import Payslip as PayslipFact
from gatehouse.domain.reckoning import Workday
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.payroll import run_looks
from gatehouse.server.payroll.cells import contract_from_bytes, slip_from_bytes
from gatehouse.server.payroll.models import CLOSED, MONTHLY, Contract, Payslip, RunSlip
from gatehouse.server.payroll.run_cells import slip_in
from gatehouse.server.people import roster_looks, roster_queries
from gatehouse.server.people.models import Person, Site
from gatehouse.server.people.roster_cells import RosterFacts


@dataclass(frozen=True, slots=True)
class Report:
    """A site's month: a line for everybody with pay or work in it."""

    lines: tuple[Line, ...]
    people: dict[str, Person]


@dataclass(slots=True)
class _Pay:
    """One person's month: by currency what runs and previews give, the least sure of them, and why there is none."""

    amounts: dict[str, Amounts] = field(default_factory=dict)
    standing: Standing = Standing.NONE
    without: str = ""

    def add(self, slip: PayslipFact, standing: Standing) -> None:
        found = amounts([slip], standing)
        assert found is not None
        held = self.amounts.get(slip.currency)
        self.amounts[slip.currency] = held + found if held else found
        self.standing = max(self.standing, standing, key=_SURE.index)


_SURE = (Standing.NONE, Standing.PAID, Standing.DUE, Standing.DRAFT)  # the later ones stand for a mixture


def people_of(site: Site, month: Month) -> list[Person]:
    """Everybody who is in a run, has a preview, or was planned or at work in the month; leavers too."""
    ids = set(RunSlip.objects.filter(run__site=site, run__month=month.first).values_list("person_id", flat=True))
    ids |= set(Payslip.objects.filter(person__site=site, month=month.first).values_list("person_id", flat=True))
    ids |= work.people_in_span([site], month.first, month.until)
    return list(Person.objects.filter(pk__in=ids, site=site).select_related("site").order_by("id"))


def report(site: Site, month: Month, by: Authority, purpose: str) -> Report | Refused:
    """Counts as a look at the work of everybody in it."""
    people = people_of(site, month)
    crew = roster_looks.roster(people, by, purpose)
    pay = _pay(site, people, month, by, purpose)
    terms = _contracts(people, by, purpose)
    days = work_looks.workdays(list(work.workdays(people, month.first, month.until)), by, purpose)
    if isinstance(crew, Refused):
        return crew
    if isinstance(pay, Refused):
        return pay
    if isinstance(terms, Refused):
        return terms
    if isinstance(days, Refused):
        return days
    own_days: dict[UUID, list[Workday]] = {}
    for (pk, _), found in days.items():
        own_days.setdefault(pk, []).extend(found)
    owners = {str(team.pk): str(team.contractor_id) for team in roster_queries.teams([site])}
    lines = []
    for person in people:
        facts = crew.get(person.pk, RosterFacts())
        team = facts.team if facts.team in owners else ""
        held = pay.get(person.pk, _Pay())
        lines.append(
            Line(
                person=str(person.pk),
                contractor=owners.get(team, ""),
                team=team,
                trade=facts.trade,
                terms=terms_of(terms.get(person.pk), month),
                work=work_of(own_days.get(person.pk, [])),
                standing=held.standing,
                amounts=tuple(held.amounts[code] for code in sorted(held.amounts)),
                without=held.without,
            )
        )
    return Report(tuple(lines), {str(person.pk): person for person in people})


def _pay(site: Site, people: Sequence[Person], month: Month, by: Authority, purpose: str) -> dict[UUID, _Pay] | Refused:
    """An ordinary or final run stands for the month; a preview only where none has the person."""
    rows = list(
        RunSlip.objects.filter(run__site=site, run__month=month.first).select_related("run").order_by("run__number")
    )
    results = run_looks.results(rows, by, purpose)
    if isinstance(results, Refused):
        return results
    found: dict[UUID, _Pay] = {person.pk: _Pay() for person in people}
    in_run = set()
    for row in rows:
        own = found.setdefault(row.person_id, _Pay())
        if row.run.kind in MONTHLY:
            in_run.add(row.person_id)
        result = results.get(row.pk)
        slip = slip_in(result) if result else None
        if slip is not None:
            own.add(slip, Standing.PAID if row.run.state in CLOSED else Standing.DUE)
        elif result is not None and result.refused is not None:
            own.without = result.refused.reason
    drafts = _previews([person for person in people if person.pk not in in_run], month, by, purpose)
    if isinstance(drafts, Refused):
        return drafts
    for pk, slip in drafts.items():
        found[pk].add(slip, Standing.DRAFT)
    return found


def _previews(people: Sequence[Person], month: Month, by: Authority, purpose: str) -> dict[UUID, PayslipFact] | Refused:
    rows = list(Payslip.objects.filter(person__in=people, month=month.first))
    data = keeping.reveal([keeping.cell("payslip.lines/1", row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    return {row.person_id: slip_from_bytes(text) for row, text in zip(rows, data, strict=True) if text is not None}


def _contracts(people: Sequence[Person], by: Authority, purpose: str) -> dict[UUID, ContractFact] | Refused:
    rows = list(Contract.objects.filter(person__in=people))
    data = keeping.reveal([keeping.cell("contract.terms/1", row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    found = {}
    for row, text in zip(rows, data, strict=True):
        if text is not None:
            found[row.person_id] = contract_from_bytes(text)
    return found
