"""Move and leave: from a date on, and undone before it. What waits is sealed, so it is opened on a click."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.console import saying, words, words_payruns, words_staff
from gatehouse.server.console.access import reader
from gatehouse.server.console.people import visible
from gatehouse.server.console.staff.forms import LeaveForm, MoveForm, StaffForm
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.cells import Change
from gatehouse.server.people.models import Department, Group, Person, PersonState, StaffChange
from gatehouse.server.staffing import changes
from gatehouse.server.staffing.joining import NotChanged

PURPOSE = "staff.change"


def change(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """GET shows both forms and whether something waits; POST opens what waits."""
    of = visible(request, person_id)
    return _page(request, of, opened=request.method == "POST")


@require_POST
def move(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by, at = visible(request, person_id), reader(request).by, now()
    form = MoveForm(of.site, request.POST)
    if not form.is_valid():
        return _page(request, of, moving=form)
    data = form.cleaned_data
    groups = list(data.get("groups") or []) if data["regroup"] else None
    try:
        made = changes.move(
            of, data["on"], department=data["department"], groups=groups, terms=form.wish(), by=by, at=at
        )
    except DomainError as fault:
        form.add_error(None, _("That cannot be: %(why)s") % {"why": words_payruns.without(fault.code)})
        return _page(request, of, moving=form)
    except keeping.KeeperAway:
        return _cut_off(request, of, form, "move")
    if isinstance(made, NotChanged):
        return _refused(request, of, form, made, "move")
    if data["on"] > _today(of):
        messages.success(request, _("Written down: it comes into force on %(day)s.") % {"day": saying.day(data["on"])},
                         "clock")  # fmt: skip
    else:
        messages.success(request, _("Moved. It is in force now."), "yes")
    return HttpResponseRedirect(reverse("person-change", args=[of.pk]))


@require_POST
def leave(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by, at = visible(request, person_id), reader(request).by, now()
    form = LeaveForm(of.site, request.POST)
    if form.is_valid() and form.cleaned_data["when"] == "now" and form.cleaned_data["last_day"] != _today(of):
        form.add_error("when", _("Access ends at once only if the last day is today."))
    if not form.is_valid():
        return _page(request, of, leaving=form)
    last_day = form.cleaned_data["last_day"]
    try:
        made = changes.leave(of, last_day, by=by, at=at)
        if isinstance(made, StaffChange) and form.cleaned_data["when"] == "now":
            made = changes.leave_now(made, by=by, at=at) or made
    except keeping.KeeperAway:
        return _cut_off(request, of, form, "leave")
    if isinstance(made, NotChanged):
        return _refused(request, of, form, made, "leave")
    if form.cleaned_data["when"] == "now":
        messages.success(request, _("Every way in is dead. Now the final pay, below."), "yes")
    else:
        said = _(
            "Written down: the last day is %(day)s. Every way in is dead at its end. Next is the final pay, below."
        )
        messages.success(request, said % {"day": saying.day(last_day)}, "clock")
    return HttpResponseRedirect(reverse("person-change", args=[of.pk]))


@require_POST
def undo(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of, by = visible(request, person_id), reader(request).by
    for row in changes.waiting([of]):
        not_undone = changes.undo(row, by=by, at=now())
        if not_undone is None:
            messages.success(request, _("Undone: all is as it was."), "yes")
        else:
            wording = words_staff.not_changed(not_undone.code)
            messages.error(request, f"{wording.what}. {wording.do}", "warn")
    return HttpResponseRedirect(reverse("person-change", args=[of.pk]))


def _refused(request: HttpRequest, of: Person, form: StaffForm, why: NotChanged, part: str) -> HttpResponse:
    wording = words_staff.not_changed(why.code)
    form.add_error(None, f"{wording.what}. {wording.do}")
    return _page(request, of, moving=form if part == "move" else None, leaving=form if part == "leave" else None)


def _cut_off(request: HttpRequest, of: Person, form: StaffForm, part: str) -> HttpResponse:
    """The keeper went away in the middle. What was written down already comes into force on its date all the same."""
    waits = bool(changes.waiting([of]))
    form.add_error(
        None,
        _("The keeper stopped answering. The change is written down and comes into force on its date.")
        if waits
        else _("The keeper does not answer. Nothing was written: press again in a moment."),
    )
    moving, leaving = (form, None) if part == "move" else (None, form)
    return _page(request, of, moving=moving, leaving=leaving, status=503)


def _page(
    request: HttpRequest,
    of: Person,
    *,
    opened: bool = False,
    moving: StaffForm | None = None,
    leaving: StaffForm | None = None,
    status: int = 0,
) -> HttpResponse:
    who, today = reader(request), _today(of)
    rows = changes.waiting([of])
    here = of.state == PersonState.ACTIVE
    groups = list(queries.groups_of(of).values_list("pk", flat=True))
    context: dict[str, object] = {
        "person_id": of.pk,
        "active": here,
        "waits": bool(rows),
        "move_form": moving or MoveForm(of.site, initial={"on": today, "groups": groups, "currency": of.site.currency}),
        "leave_form": leaving or LeaveForm(of.site, initial={"last_day": today}),
        "moving": moving is not None,
        "leaving": leaving is not None,
    }
    context |= _brief(of, who.by.authority)
    if opened and rows:
        found = changes.read(rows, who.by)
        if isinstance(found, Refused):
            context["refused"] = words.refused(found.code)
        else:
            context |= {"opened": True, "changes": [_said(of, one) for one in found if one is not None]}
    wrong = any(form is not None and not form.is_valid() for form in (moving, leaving))
    return render(request, "staff/change.html", context, status=status or (422 if wrong else 200))


def _brief(of: Person, authority: Authority) -> dict[str, object]:
    named = looks.briefs([of], authority, PURPOSE)
    if isinstance(named, Refused):
        return {"refused": words.refused(named.code)}
    return {"number": named[0].brief.number, "initials": named[0].brief.initials}


def _said(of: Person, one: Change) -> dict[str, object]:
    """What waits, line by line."""
    lines = []
    if one.department is not None:
        name = Department.objects.filter(pk=one.department).values_list("name", flat=True).first()
        lines.append((_("Department"), name or "–"))
    if one.groups is not None:
        names = Group.objects.filter(pk__in=one.groups).order_by("name").values_list("name", flat=True)
        lines.append((_("Groups"), ", ".join(names) or "–"))
    if one.terms is not None:
        lines.append((_("Wage"), _("new terms of pay")))
    if one.plan:
        lines.append((_("Taken out of the plan"), str(len(one.plan))))
    return {"leave": one.kind == "leave", "on": one.on, "lines": lines}


def _today(of: Person) -> date:
    return local_date(now(), ZoneInfo(of.site.zone))
