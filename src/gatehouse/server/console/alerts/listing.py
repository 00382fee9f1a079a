"""Alerts: what the keeper saw, in plain words, what to do now, and who has taken it in hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.alerts import HONEY, LOUD, OVER_BUDGET
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.queries import handles
from gatehouse.server.alerts import actions, queries
from gatehouse.server.alerts.models import Alert
from gatehouse.server.console import words
from gatehouse.server.console import words_alerts as said
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.console.trust import BUDGETS
from gatehouse.server.moment import now

PAGE = 25
SEVERAL = 2  # more of them are answered by one press
ON_OWN_PAGE = frozenset({"worker", "manager"})


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as it is read. `locked` while the operator whom it is about has not been let in anew."""

    id: UUID
    what: str
    do: words.Text
    explained: words.Text
    command: str
    kind: words.Text
    at: datetime
    last_at: datetime
    count: int
    loud: bool
    by: str
    by_role: str
    answered_at: datetime | None
    answered_by: str
    locked: bool
    invited_at: datetime | None
    invited_by: str
    invite: str
    asks_who: bool


@require_safe
def alerts(request: HttpRequest, number: int = 1) -> HttpResponse:
    who = reader(request)
    rows, pager = paged(queries.alerts(who), number, PAGE, lambda page: reverse("alerts-page", args=[page]))
    names = handles([row.actor for row in rows] + [row.acknowledged_by for row in rows])
    shown = [_shown(row, names) for row in rows]
    waiting = [one for one in shown if one.answered_at is None]
    calm = [one for one in waiting if not one.loud]
    context = tabs(request, "alerts") | {
        "open_ones": waiting,
        "calm_ones": calm if len(calm) > SEVERAL else [],
        "answered": [one for one in shown if one.answered_at is not None],
        "pager": pager,
        "may_answer": who.role == Role.OWNER,
        "hears_nobody": who.role == Role.OWNER and not queries.recipients(who),
        "own": str(who.operator.pk) if who.operator else "",
    }
    return render(request, "alerts/list.html", context)


def _shown(row: Alert, names: Mapping[str, str]) -> Shown:
    kind = _kind_of(row)
    wording = said.HAPPENED.get((row.kind, kind)) or said.HAPPENED.get((row.kind, "")) or said.HAPPENED[HONEY, "nobody"]
    invited = queries.invited_since(row) if (row.kind, kind) == (HONEY, "operator") else None
    locked = (row.kind, kind) == (HONEY, "operator") and invited is None
    by = _name(row, kind, names)
    return Shown(
        id=row.pk,
        what=str(wording.what) % {"who": by},
        do=wording.do,
        explained=said.EXPLAINED.get(row.kind, ""),
        command=said.COMMANDS.get(row.kind, ""),
        kind=BUDGETS.get(row.of, "") if row.kind == OVER_BUDGET else "",
        at=row.at,
        last_at=row.last_at,
        count=row.count,
        loud=row.kind in LOUD,
        by=by,
        by_role=row.role if row.role in words.ROLES else "",
        answered_at=row.acknowledged_at,
        answered_by=names.get(row.acknowledged_by, _("somebody who has left")) if row.acknowledged_by else "",
        locked=locked,
        invited_at=invited.at if invited else None,
        invited_by=next(iter(handles([invited.actor]).values()), "") if invited else "",
        invite=reverse("invite-operator", args=[row.actor]) if locked and row.actor in names else "",
        asks_who=kind == "worker",
    )


def _kind_of(row: Alert) -> str:
    if row.role in ON_OWN_PAGE:
        return "worker"
    if row.role == "job":
        return "job"
    if not row.actor:
        return "nobody"
    return row.role if row.role in said.WHO else "operator"


def _name(row: Alert, kind: str, names: Mapping[str, str]) -> str:
    if kind == "operator":
        return names.get(row.actor, _("An operator who is not here any more"))
    if kind == "job":
        return str(words.JOBS.get(row.actor.removeprefix("job:"), words.ANY_JOB))
    return str(said.WHO[kind])


def _alert(request: HttpRequest, alert_id: UUID) -> Alert:
    """Raises Http404."""
    found = queries.alert(alert_id, reader(request))
    if found is None:
        raise Http404
    return found


@require_POST
def acknowledge(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    _answer(request, [_alert(request, alert_id)])
    return HttpResponseRedirect(reverse("alerts"))


@require_POST
def acknowledge_all(request: HttpRequest) -> HttpResponse:
    """Those that were on the page and are not loud; what is loud is answered one by one."""
    wanted = set(request.POST.getlist("alert"))
    if not wanted:
        raise Http404
    _answer(request, [one for one in queries.unanswered(reader(request)) if str(one.pk) in wanted])
    return HttpResponseRedirect(reverse("alerts"))


def _answer(request: HttpRequest, rows: Sequence[Alert]) -> None:
    done = [row for row in rows if actions.acknowledge(row, by=reader(request).by, at=now())]
    if done:
        messages.success(request, _("Acknowledged, with your name and the time."), "yes")
    else:
        messages.info(request, _("Somebody else was faster."), "info")


@require_safe
def who(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """To the page of the worker behind the alias that stands in the alert."""
    row = _alert(request, alert_id)
    found = queries.person_behind(row) if row.role in ON_OWN_PAGE else None
    if found is None:
        messages.info(request, _("This person is not here any more."), "info")
        return HttpResponseRedirect(reverse("alerts"))
    return HttpResponseRedirect(reverse("person", args=[found]))
