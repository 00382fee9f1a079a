"""A site's types of leave: list, begin with those of a country, make, change, put away."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import local_date
from gatehouse.server.attendance import leave_actions
from gatehouse.server.attendance.leave_actions import LeaveRefused
from gatehouse.server.attendance.leave_kinds import USUAL, Kind, KindRules, country_of, kind_of, kind_row, kinds
from gatehouse.server.attendance.leave_models import LeaveKind
from gatehouse.server.console import words_leave
from gatehouse.server.console.access import reader
from gatehouse.server.console.saying import number
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.words import Text
from gatehouse.server.console.work import leave_form
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to


@require_safe
def types(request: HttpRequest) -> HttpResponse:
    sites = [_site_shown(site) for site in sites_visible_to(reader(request))]
    return render(request, "work/leave_types.html", tabs(request, "leave-types") | {"sites": sites})


def _site_shown(site: Site) -> dict[str, object]:
    every = [_shown(kind) for kind in kinds(site)]
    likely = country_of(site)
    return {
        "site": site,
        "types": [one for one in every if not one["retired"]],
        "retired": [one for one in every if one["retired"]],
        "countries": [(code, words_leave.COUNTRIES[code], code == likely) for code in USUAL],
    }


def _shown(kind: Kind) -> dict[str, object]:
    return {"row": kind.row, "retired": kind.row.retired, "facts": facts_of(kind), "source": kind.rules.source}


def facts_of(kind: Kind) -> list[str]:
    """A type in a few words."""
    rules, fact = kind.rules, kind.fact
    said = [words_leave.pay(fact.pay_share)]
    if fact.by_service:
        said += [
            ngettext(
                "%(days)s a year after %(years)s year of work", "%(days)s a year after %(years)s years of work", years
            )
            % {"days": number(days), "years": years}
            for years, days in fact.by_service
        ]
    elif fact.days_a_year is not None:
        said.append(_("%(days)s days a year") % {"days": number(fact.days_a_year)})
    elif fact.from_overtime:
        said.append(_("from overtime that is given back as time off"))
    else:
        said.append(_("no balance: each request is decided by itself"))
    if fact.carried_at_most and fact.has_balance:
        said.append(_("up to %(days)s carried over") % {"days": number(fact.carried_at_most)})
    said.append(_("half days") if fact.halves else _("whole days"))
    said.append(_("needs a yes") if rules.approval else _("holds at once"))
    if rules.paid_out:
        said.append(_("what is left is paid to a leaver"))
    return said


@require_POST
def begin(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    country = request.POST.get("country", "")
    if country not in USUAL:
        messages.error(request, _("Choose one of these countries."), "warn")
        return HttpResponseRedirect(reverse("leave-types"))
    names = {code: str(said) for code, said in words_leave.NAMES.items()}
    made = leave_actions.begin_with(site, country, names, _today(site), by=reader(request).by, at=now())
    if made:
        messages.success(request, _("Made. Look each one through: a contract may give more than the law."), "yes")
    else:
        messages.success(request, _("All of these are there already."), "info")
    return HttpResponseRedirect(reverse("leave-types"))


def _today(site: Site) -> date:
    return local_date(now(), ZoneInfo(site.zone))


def new(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """GET shows the form, POST makes the type."""
    site = site_of(request, site_id)
    usual = KindRules(days="20", begins=_today(site).year)
    if request.method != "POST":
        return _form(request, {"site": site, "new": True}, leave_form.filled("", "", usual), {})
    typed = leave_form.read(request.POST, usual)
    wrong: dict[str, Text] = dict(typed.wrong)
    if not wrong:
        try:
            leave_actions.add_kind(site, typed.code, typed.name, typed.rules, by=reader(request).by, at=now())
        except LeaveRefused as refused:
            wrong["code"] = words_leave.FAULTS[refused.code]
        except (DomainError, ValueError):
            wrong["days"] = words_leave.FAULTS["days"]
        else:
            messages.success(request, _("Made. It can be asked for now."), "yes")
            return HttpResponseRedirect(reverse("leave-types"))
    return _form(request, {"site": site, "new": True}, leave_form.shown(request.POST), wrong)


def change(request: HttpRequest, kind_id: UUID) -> HttpResponse:
    """GET shows a type, POST changes it."""
    row = _row(request, kind_id)
    kind = kind_of(row)
    context: dict[str, object] = {"site": row.site, "row": row, "facts": facts_of(kind)}
    if request.method != "POST":
        return _form(request, context, leave_form.filled(row.code, row.name, kind.rules), {})
    typed = leave_form.read(request.POST, kind.rules, code=row.code)
    wrong: dict[str, Text] = dict(typed.wrong)
    if not wrong:
        try:
            leave_actions.change_kind(row, typed.name, typed.rules, by=reader(request).by, at=now())
        except (DomainError, ValueError):
            wrong["days"] = words_leave.FAULTS["days"]
        else:
            messages.success(request, _("Saved. Balances follow from it at once."), "yes")
            return HttpResponseRedirect(reverse("leave-types"))
    return _form(request, context, leave_form.shown(request.POST), wrong)


@require_POST
def put_away(request: HttpRequest, kind_id: UUID) -> HttpResponse:
    """Put a type away, or offer it again."""
    row, by = _row(request, kind_id), reader(request).by
    if request.POST.get("do") == "offer":
        leave_actions.offer_again(row, by=by, at=now())
        messages.success(request, _("Offered again."), "yes")
    else:
        leave_actions.put_away(row, by=by, at=now())
        messages.success(request, _("Put away. What was asked for stays."), "yes")
    return HttpResponseRedirect(reverse("leave-types"))


def _row(request: HttpRequest, kind_id: UUID) -> LeaveKind:
    """Raises Http404."""
    found = kind_row(kind_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def _form(
    request: HttpRequest, context: dict[str, object], values: dict[str, str], wrong: dict[str, Text]
) -> HttpResponse:
    context |= {"v": values, "wrong": wrong, "most_days": 366} | leave_form.choices()
    return render(request, "work/leave_type.html", tabs(request, "leave-types") | context, status=422 if wrong else 200)
