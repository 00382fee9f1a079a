"""Pay runs: the list, a new one, and each with its progress and its steps."""

from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words, words_payruns
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.moment import now
from gatehouse.server.payroll import run_looks, run_queries, runs
from gatehouse.server.payroll.cells import month_from
from gatehouse.server.payroll.models import CLOSED, PayRun, RunKind, RunState
from gatehouse.server.people import queries
from gatehouse.server.people.models import Site

SHOWN = 60
PURPOSE = "payrun.page"


@require_safe
def payruns(request: HttpRequest) -> HttpResponse:
    return _list(request)


def _list(request: HttpRequest, error: str = "") -> HttpResponse:
    who = reader(request)
    sites = queries.sites_visible_to(who)
    rows = [_row(run) for run in run_queries.runs(sites)[:SHOWN]]
    today = max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())
    context = {
        "rows": rows,
        "sites": sites,
        "month_code": str(month_before(Month.of(today))),
        "kinds": [(code, name, meaning) for code, (name, meaning) in words_payruns.KINDS.items()],
        "error": error,
    }
    return render(request, "payruns/list.html", context, status=422 if error else 200)


def _row(run: PayRun) -> dict[str, object]:
    said, tone, mark = words_payruns.STATES[run.state]
    done, of = run_queries.progress(run)
    return {
        "id": run.pk,
        "month": run.month,
        "kind": words_payruns.KINDS[run.kind][0],
        "site": run.site.name,
        "number": run.number,
        "state": said,
        "tone": tone,
        "mark": mark,
        "people": of,
        "done": done,
    }


@require_POST
def open_run(request: HttpRequest) -> HttpResponse:
    who = reader(request)
    site = _site(who, request.POST.get("site", ""))
    kind = request.POST.get("kind", "")
    try:
        month = month_from(request.POST.get("month", "")[:7])
    except ValueError:
        month = None
    if site is None or month is None or kind not in RunKind.values or not can_be_meant(month.first):
        return _list(request, _("Choose a site, a month and what is to be paid."))
    made = runs.open_run(site, month, RunKind(kind), by=who.by, at=now())
    if isinstance(made, runs.NotDone):
        return _said(request, made, reverse("payruns"))
    return HttpResponseRedirect(reverse("payruns-run", args=[made.pk]))


def _site(who: SignedIn, site_id: str) -> Site | None:
    return next((site for site in queries.sites_visible_to(who) if str(site.pk) == site_id), None)


def run_of(request: HttpRequest, run_id: UUID) -> PayRun:
    """Raises Http404."""
    run = run_queries.run(run_id, queries.sites_visible_to(reader(request)))
    if run is None:
        raise Http404
    return run


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    shown = run_of(request, run_id)
    who = reader(request)
    return render(request, "payruns/run.html", _state(shown, who) | _sums(shown, who))


@require_safe
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The bar alone, which asks again until everybody is reckoned."""
    shown = run_of(request, run_id)
    return render(request, "payruns/progress.html", _state(shown, reader(request)))


def _state(run: PayRun, who: SignedIn) -> dict[str, object]:
    row = _row(run)
    done, of = cast(int, row["done"]), cast(int, row["people"])
    ready = run.summary_cell is not None
    return {
        "run": row,
        "ready": ready,
        "reckoning": run.state == RunState.DRAFT and not ready,
        "percent": 100 * done // of if of else 100,
        "said": ngettext("%(done)d of %(count)d person reckoned", "%(done)d of %(count)d people reckoned", of)
        % {"done": done, "count": of},
        "closed": run.state in CLOSED,
        "code": run.state,
        "hands": [handle_of(actor) for actor in run.hands],
        "approver": handle_of(run.approved_by) if run.approved_by else "",
        "mine": who.by.actor in run.hands,
    }


def _sums(run: PayRun, who: SignedIn) -> dict[str, object]:
    found = run_looks.summary(run, who.by.authority, PURPOSE)
    if isinstance(found, Refused):
        return {"refused": words.refused(found.code)}
    if found is None:
        return {}
    sums = [
        {
            "currency": one.currency,
            "people": one.people,
            **{
                name: Money(getattr(one, f"{name}_minor"), one.currency)
                for name in ("gross", "contributions", "tax", "recoveries", "net", "before")
            },
            "change": Money(one.net_minor - one.before_minor, one.currency),
        }
        for one in found.sums
    ]
    marks = [(words_payruns.MARKS[mark], count) for mark, count in found.marks.items() if mark in words_payruns.MARKS]
    return {"sums": sums, "marks": marks}


@require_POST
def step(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One step on; who may take it is said by the action."""
    shown, who, here = run_of(request, run_id), reader(request), reverse("payruns-run", args=[run_id])
    steps = {
        "send": runs.send_to_review,
        "anew": runs.reckon_anew,
        "approve": runs.approve,
        "lock": runs.lock,
        "discard": runs.discard,
    }
    take = steps.get(request.POST.get("step", ""))
    if take is None:
        messages.error(request, _("There is no such step."), "warn")
        return HttpResponseRedirect(here)
    answer = take(shown, by=who.by, at=now())
    if answer is not None:
        return _said(request, answer, here)
    return HttpResponseRedirect(reverse("payruns") if take is runs.discard else here)


def _said(request: HttpRequest, answer: runs.NotDone, to: str) -> HttpResponse:
    wording = words_payruns.NOT_DONE[answer.code]
    messages.error(request, f"{wording.what}. {wording.do}", "warn")
    return HttpResponseRedirect(to)
