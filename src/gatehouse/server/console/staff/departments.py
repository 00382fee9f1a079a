"""Departments: the tree of each site, who manages and who stands in. People are shown by number and initials."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gatehouse.domain import approvals
from gatehouse.domain.approvals import ApprovalError, Span
from gatehouse.domain.periods import DAY, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words, words_staff
from gatehouse.server.console.access import reader
from gatehouse.server.console.staff.forms import DelegateForm, DepartmentForm, SomebodyForm, StaffForm
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import departments as rows_of
from gatehouse.server.people import looks, queries
from gatehouse.server.people.departments import NotSet
from gatehouse.server.people.models import Department, Person, Site
from gatehouse.server.staffing import joining, managing
from gatehouse.server.staffing.joining import NotChanged

SHOWN = 100
PURPOSE = "people.list"


def departments(request: HttpRequest) -> HttpResponse:
    """GET shows the trees; POST adds a department to one."""
    who = reader(request)
    sites, wrong = queries.sites_visible_to(who), None
    if request.method == "POST":
        site = next((one for one in sites if str(one.pk) == request.POST.get("site", "")), None)
        if site is None:
            return _trees(request, sites, status=422)
        form = DepartmentForm(site, request.POST)
        if form.is_valid():
            name, parent = form.cleaned_data["name"].strip(), form.cleaned_data.get("parent")
            made = rows_of.add_department(site, name, parent, by=who.by, at=now())
            if isinstance(made, Department):
                return HttpResponseRedirect(reverse("department", args=[made.pk]))
            _say(form, made.code)
        wrong = form
    return _trees(request, sites, wrong, status=422 if wrong else 200)


def _trees(request: HttpRequest, sites: list[Site], wrong: StaffForm | None = None, *, status: int) -> HttpResponse:
    context = {"sites": [_tree(site, wrong) for site in sites]} | tabs(request, "departments")
    return render(request, "staff/departments.html", context, status=status)


def _tree(site: Site, wrong: StaffForm | None) -> dict[str, object]:
    rows = rows_of.departments(site)
    facts = {one.id: one for one in rows_of.facts_of(rows)}
    today = local_date(now(), ZoneInfo(site.zone))
    lines: list[dict[str, object]] = []

    def below(parent: UUID | None, depth: int) -> None:
        for row in rows:
            if row.parent_id == parent:
                lines.append(_line(row, facts[str(row.pk)], depth, today))
                below(row.pk, depth + 1)

    below(None, 0)
    mine = wrong is not None and wrong.site == site
    return {"site": site, "lines": lines, "form": wrong if mine else DepartmentForm(site, auto_id=f"{site.code}-%s"),
            "wrong": mine}  # fmt: skip


def _line(row: Department, fact: approvals.Department, depth: int, today: date) -> dict[str, object]:
    people = len({held.person for held in fact.members if held.span.holds(today)})
    managers = any(held.span.holds(today) for held in fact.managers)
    return {
        "pk": row.pk,
        "name": row.name,
        "indent": range(depth),
        "people": ngettext("%(count)d person", "%(count)d people", people) % {"count": people},
        "managed": managers,
    }


def _say(form: StaffForm, code: str) -> None:
    wording = words_staff.not_changed(code)
    form.add_error(None, f"{wording.what}. {wording.do}")


# --- one department ------------------------------------------------------------------------------------------------


def department(request: HttpRequest, department_id: UUID) -> HttpResponse:
    """GET shows it; POST does one thing and shows it again."""
    who = reader(request)
    row = rows_of.department(department_id, queries.sites_visible_to(who))
    if row is None:
        raise Http404
    do = request.POST.get("do", "")
    if request.method != "POST" or do == "open":
        return _page(request, row, opened=do == "open")
    act = _ACTS.get(do)
    if act is None:
        raise Http404
    form = act(request, row)
    if form is not None:
        return _page(request, row, wrong={do: form})
    gone = do == "drop" and not Department.objects.filter(pk=row.pk).exists()
    return HttpResponseRedirect(reverse("departments") if gone else reverse("department", args=[row.pk]))


def _place(request: HttpRequest, row: Department) -> StaffForm | None:
    form = DepartmentForm(row.site, request.POST)
    if not form.is_valid():
        return form
    name, parent = form.cleaned_data["name"].strip(), form.cleaned_data.get("parent")
    not_set = rows_of.place_department(row, name, parent, by=reader(request).by, at=now())
    if not_set is None:
        refused = rows_of.tell_keeper(row.site, by=reader(request).by, at=now())
        not_set = NotSet(refused.code) if refused else None
    return _done(request, form, not_set, _("Saved."))


def _manager(request: HttpRequest, row: Department) -> StaffForm | None:
    form = SomebodyForm(row.site, request.POST)
    return _with_somebody(
        request, form, lambda person, span: managing.name_manager(row, person, span, by=reader(request).by, at=now())
    )


def _delegate(request: HttpRequest, row: Department) -> StaffForm | None:
    form = DelegateForm(row.site, _managers(row, reader(request)), request.POST)
    return _with_somebody(
        request,
        form,
        lambda person, span: managing.name_delegate(
            row, form.cleaned_data["of"], person, span, by=reader(request).by, at=now()
        ),
    )


def _with_somebody(
    request: HttpRequest, form: StaffForm, act: Callable[[Person, Span], NotChanged | None]
) -> StaffForm | None:
    if not form.is_valid():
        return form
    who, last = reader(request), form.cleaned_data["last"]
    try:
        span = Span(form.cleaned_data["since"], last + DAY if last else None)
    except ApprovalError as fault:
        _say(form, fault.code)
        return form
    person = managing.somebody(form.site, form.cleaned_data["who"], who.by, who.token)
    if isinstance(person, NotChanged):
        wording = words_staff.not_changed(person.code)
        form.add_error("who", f"{wording.what}. {wording.do}")
        return form
    try:
        not_changed = act(person, span)
    except ApprovalError as fault:
        not_changed = NotChanged(fault.code)
    return _done(request, form, not_changed, _("Saved. They see what their people ask for, and nothing else."))


def _member(request: HttpRequest, row: Department) -> StaffForm | None:
    form = SomebodyForm(row.site, request.POST)
    return _with_somebody(
        request, form, lambda person, span: joining.put_into(person, row, span.since, by=reader(request).by, at=now())
    )


def _end(request: HttpRequest, row: Department) -> StaffForm | None:
    """A manager, or somebody who stands in, from today on no more."""
    by, at = reader(request).by, now()
    today = local_date(at, ZoneInfo(row.site.zone))
    of, to = request.POST.get("of", "")[:64], request.POST.get("to", "")[:64]
    not_changed = (
        managing.end_delegate(row, of, to, today, by=by, at=at)
        if to
        else managing.end_manager(row, of, today, by=by, at=at)
    )
    return _done(request, DepartmentForm(row.site, {"name": row.name}), not_changed, _("Ended."))


def _drop(request: HttpRequest, row: Department) -> StaffForm | None:
    not_set = rows_of.drop_department(row, by=reader(request).by, at=now())
    return _done(request, DepartmentForm(row.site, {"name": row.name}), not_set, _("Taken away."))


def _done(request: HttpRequest, form: StaffForm, why: NotSet | NotChanged | None, said: str) -> StaffForm | None:
    if why is None:
        messages.success(request, said, "yes")
        return None
    wording = words_staff.not_changed(why.code)
    messages.error(request, f"{wording.what}. {wording.do}", "warn")
    form.is_valid()
    return form


_ACTS: dict[str, Callable[[HttpRequest, Department], StaffForm | None]] = {
    "place": _place, "manager": _manager, "delegate": _delegate, "member": _member, "end": _end, "drop": _drop,
}  # fmt: skip


def _page(
    request: HttpRequest, row: Department, *, opened: bool = False, wrong: dict[str, StaffForm] | None = None
) -> HttpResponse:
    who, wrong = reader(request), wrong or {}
    (fact,) = rows_of.facts_of([row])
    today = local_date(now(), ZoneInfo(row.site.zone))
    members = sorted({held.person for held in fact.members if _counts(held.span, today)})
    shown = members[:SHOWN] if opened else []
    wanted = {held.person for held in fact.managers} | {each.to for each in fact.delegations} | set(shown)
    named = _named(wanted, row.site, who)
    start = {"since": today}
    managers = _managers(row, who, fact)
    context: dict[str, object] = {
        "row": row,
        "above": row.parent,
        "managers": [
            {"id": held.person, "span": held.span, "last": _last(held.span)} | named.get(held.person, {})
            for held in fact.managers
            if _counts(held.span, today)
        ],
        "delegations": [
            {"of": each.of, "to": each.to, "span": each.span, "last": _last(each.span),
             "of_named": named.get(each.of, {})} | named.get(each.to, {})
            for each in fact.delegations
            if _counts(each.span, today)
        ],
        "count": len(members),
        "people": ngettext("%(count)d person", "%(count)d people", len(members)) % {"count": len(members)},
        "members": [{"id": one} | named.get(one, {}) for one in shown],
        "opened": opened,
        "more": max(0, len(members) - SHOWN) if opened else 0,
        "place_form": wrong.get("place")
        or DepartmentForm(row.site, initial={"name": row.name, "parent": row.parent_id}, auto_id="place-%s"),
        "manager_form": wrong.get("manager") or SomebodyForm(row.site, initial=start, auto_id="manager-%s"),
        "member_form": wrong.get("member") or SomebodyForm(row.site, initial=start, auto_id="member-%s"),
        "delegate_form": wrong.get("delegate") or DelegateForm(
            row.site, managers, initial=start | {"last": today + timedelta(days=13)}, auto_id="delegate-%s"
        ),
        "can_delegate": bool(managers),
        "wrong": set(wrong),
    }  # fmt: skip
    return render(
        request, "staff/department.html", context | tabs(request, "departments"), status=422 if wrong else 200
    )


def _counts(span: Span, today: date) -> bool:
    return span.until is None or span.until > today


def _last(span: Span) -> date | None:
    return span.until - DAY if span.until else None


def _managers(row: Department, who: SignedIn, fact: approvals.Department | None = None) -> list[tuple[str, str]]:
    if fact is None:
        (fact,) = rows_of.facts_of([row])
    today = local_date(now(), ZoneInfo(row.site.zone))
    ids = {held.person for held in fact.managers if _counts(held.span, today)}
    named = _named(ids, row.site, who)
    return [(one, f"{named.get(one, {}).get('number', '')} {named.get(one, {}).get('initials', '')}") for one in ids]


def _named(ids: set[str], site: Site, who: SignedIn) -> dict[str, dict[str, str]]:
    people = list(queries.people_by_id(ids, [site]).values())
    named = looks.briefs(people, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return {one: {"number": str(words.refused(named.code).what), "initials": ""} for one in ids}
    return {str(one.person.pk): {"number": one.brief.number, "initials": one.brief.initials} for one in named}
