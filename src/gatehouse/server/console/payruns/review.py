"""A run's people, with what changed since the payslip before and why; those to look at first come first."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gatehouse.domain.money import Money
from gatehouse.domain.pay_changes import changes
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.console import words, words_payruns
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.payruns.runs import run_of
from gatehouse.server.console.slips import paid_slip
from gatehouse.server.payroll import run_looks, run_queries
from gatehouse.server.payroll.models import MONTHLY, PayRun, RunSlip
from gatehouse.server.payroll.run_cells import Result, slip_in
from gatehouse.server.people import looks

PAGE = 25
PURPOSE = "payrun.review"


def people(request: HttpRequest, run_id: UUID, number: int = 1) -> HttpResponse:
    """GET lists; POST opens the payslips of everybody on the page."""
    run, by = run_of(request, run_id), reader(request).by.authority
    first = run_looks.summary(run, by, PURPOSE)
    order = [] if first is None or isinstance(first, Refused) else first.look_at
    shown, pager = paged(
        _ordered(run, order), number, PAGE, lambda page: reverse("payruns-people-page", args=[run_id, page])
    )
    found = run_queries.slips(run).in_bulk([row.pk for row in shown])
    rows = [found[row.pk] for row in shown if row.pk in found]
    context: dict[str, object] = {"run_id": run.pk, "month": run.month, "pager": pager}
    named = looks.briefs([row.person for row in rows], by, PURPOSE)
    if isinstance(named, Refused):
        return render(request, "payruns/review.html", context | {"refused": words.refused(named.code)})
    lines: list[dict[str, object]] = [
        {"slip": row.pk, "person": row.person_id, "number": one.brief.number, "initials": one.brief.initials}
        for row, one in zip(rows, named, strict=True)
    ]
    if request.method == "POST":
        answer = _opened(run, rows, lines, by)
        context |= {"refused": words.refused(answer.code)} if answer is not None else {"opened": True}
    return render(request, "payruns/review.html", context | {"lines": lines})


def _ordered(run: PayRun, look_at: list[str]) -> list[RunSlip]:
    """Rows without their cells, which are read a page at a time."""
    place = {row: n for n, row in enumerate(look_at)}
    rows = run_queries.slips(run).select_related(None).only("id")
    return sorted(rows, key=lambda row: (place.get(str(row.pk), len(place)), str(row.pk)))


def _opened(run: PayRun, rows: list[RunSlip], lines: list[dict[str, object]], by: Authority) -> Refused | None:
    """Fills the lines in; the refusal where the keeper says no."""
    found = run_looks.results(rows, by, PURPOSE)
    before = _before(run, rows, by)
    for answer in (found, before):
        if isinstance(answer, Refused):
            return answer
    assert not isinstance(found, Refused)
    assert not isinstance(before, Refused)
    for row, line in zip(rows, lines, strict=True):
        result = found.get(row.pk)
        if result is not None:
            line |= _said(result, before.get(row.person_id))
    return None


def _before(run: PayRun, rows: list[RunSlip], by: Authority) -> dict[UUID, Result] | Refused:
    """The last ordinary payslip of each before this run; for a run off the cycle none, since it is beside them."""
    if run.kind not in MONTHLY:
        return {}
    since = run.month.replace(year=run.month.year - 1)
    paid = [row for row in run_queries.paid_slips((r.person_id for r in rows), since, run) if row.run.kind in MONTHLY]
    last = {row.person_id: row for row in paid}
    found = run_looks.results(list(last.values()), by, PURPOSE)
    if isinstance(found, Refused):
        return found
    return {person: found[row.pk] for person, row in last.items() if row.pk in found}


def _said(result: Result, before: Result | None) -> dict[str, object]:
    marks = [words_payruns.MARKS[mark] for mark in result.marks if mark in words_payruns.MARKS]
    slip = slip_in(result)
    if slip is None:
        refused = result.refused
        would_be = None
        if refused is not None and refused.would_be_minor is not None:
            would_be = Money(refused.would_be_minor, refused.currency)
        return {"without": words_payruns.without(refused.reason if refused else ""), "would_be": would_be}
    change = changes(slip_in(before) if before else None, slip)
    return {
        "net": slip.net,
        "before": change.net_before if before else None,
        "difference": change.difference,
        "changes": [words_payruns.change(line) for line in change.lines] if before else [],
        "marks": marks,
    }


@require_POST
def slip(request: HttpRequest, run_id: UUID, slip_id: UUID) -> HttpResponse:
    """One payslip, line by line."""
    run, by = run_of(request, run_id), reader(request).by.authority
    row = run_queries.slips(run).filter(pk=slip_id).first()
    if row is None:
        raise Http404
    named = looks.briefs([row.person], by, PURPOSE)
    found = paid_slip(row, by, PURPOSE)
    context: dict[str, object] = {"run_id": run.pk, "slip_id": row.pk, "month": run.month}
    if isinstance(named, Refused) or isinstance(found, Refused):
        code = named.code if isinstance(named, Refused) else found.code if isinstance(found, Refused) else ""
        context["refused"] = words.refused(code)
    else:
        context |= {"number": named[0].brief.number, "initials": named[0].brief.initials, "payslip": found}
    return render(request, "payruns/slip.html", context)
