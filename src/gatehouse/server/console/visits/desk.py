"""The desk: who is expected, here, should have left, has left; who comes without an invitation; and one visit.

Lists show initials and times, which count as seen in brief. A name is shown on a click, which the keeper logs and
counts.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import DAY, local, local_date
from gatehouse.domain.visits import destroyed_on
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.console.visits import forms, links
from gatehouse.server.console.visits.badge import Badge, badge_pdf
from gatehouse.server.console.visits.showing import Line, line
from gatehouse.server.console.words_visits import SECTIONS, not_invited
from gatehouse.server.moment import now
from gatehouse.server.people import looks as people_looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.cells import Brief
from gatehouse.server.people.models import Person, Site
from gatehouse.server.staffing import managing
from gatehouse.server.staffing.joining import NotChanged
from gatehouse.server.visits import actions, looks, passes, queries
from gatehouse.server.visits.actions import Invited, NotInvited
from gatehouse.server.visits.cells import VisitFacts, VisitSpan
from gatehouse.server.visits.models import Visit

PURPOSE = "visit.desk"
AHEAD = 7 * DAY  # whom the list shows as expected


@require_safe
def visitors(request: HttpRequest) -> HttpResponse:
    who = reader(request)
    sites = people.sites_visible_to(who)
    at = now()
    rows = [
        row
        for site in sites
        for row in queries.visits([site]).filter(last_on__lte=local_date(at, ZoneInfo(site.zone)) + AHEAD)
    ]
    context: dict[str, object] = tabs(request, "visitors") | {
        "places": [{"site": site, "ready": _is_ready(site)} for site in sites],
        "several": len(sites) > 1,
    }
    said = looks.listed(rows, who.by.authority, PURPOSE)
    hosts = _hosts(request, [row.host for row in rows])
    if isinstance(said, Refused) or isinstance(hosts, Refused):
        refused = said if isinstance(said, Refused) else hosts
        assert isinstance(refused, Refused)
        return render(request, "visits/desk.html", context | {"refused": words.refused(refused.code)})
    lines = sorted((line(row, said[row.pk], at) for row in rows if row.pk in said), key=lambda one: one.starts)
    context["sections"] = [
        {"standing": standing.value, "title": title, "lines": shown, "count": len(shown)}
        for standing, title in SECTIONS
        if (shown := _with_hosts(lines, standing.value, hosts))
    ]
    return render(request, "visits/desk.html", context)


def _is_ready(site: Site) -> bool:
    setup = queries.setup_of(site)
    return setup is not None and setup.group_id is not None


def _hosts(request: HttpRequest, hosts: list[Person]) -> dict[UUID, Brief] | Refused:
    named = people_looks.briefs(list({host.pk: host for host in hosts}.values()), reader(request).by.authority, PURPOSE)
    return named if isinstance(named, Refused) else {one.person.pk: one.brief for one in named}


def _with_hosts(lines: list[Line], standing: str, hosts: dict[UUID, Brief]) -> list[dict[str, object]]:
    return [{"of": one, "host": hosts.get(one.host)} for one in lines if one.standing.value == standing]


# --- inviting ----------------------------------------------------------------------------------------------------


def invite(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    timezone.activate(ZoneInfo(site.zone))
    mails = settings.SENDS_MAIL
    if request.method != "POST":
        initial = forms.usual_times(now(), ZoneInfo(site.zone)) | {"form_id": forms.new_form_id()}
        form = forms.InviteForm(site, initial=initial, sends_mail=mails, own=False)
        return render(request, "visits/invite.html", {"form": form, "site": site})
    form = forms.InviteForm(site, request.POST, sends_mail=mails, own=False)
    if form.is_valid():
        host = _host(request, site, form.cleaned_data["who"])
        if isinstance(host, NotInvited):
            form.add_error("who", str(not_invited(host.code).what))
        else:
            of, by = form.invited(), reader(request).by
            made = actions.invite(host, of, new_id=form.cleaned_data["form_id"], by=by, at=now())
            if isinstance(made, Visit):
                mail(request, made, of, form.cleaned_data.get("language") or "en")
                return HttpResponseRedirect(reverse("visitors-one", args=[made.pk]))
            say(form, made)
    return render(request, "visits/invite.html", {"form": form, "site": site}, status=422)


def walk_in(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    zone = ZoneInfo(site.zone)
    timezone.activate(zone)
    if request.method != "POST":
        ends = local(now() + timedelta(hours=2), zone)
        form = forms.WalkInForm(site, initial={"form_id": forms.new_form_id(), "ends": f"{ends:%H:%M}"})
        return render(request, "visits/walk_in.html", {"form": form, "site": site})
    form = forms.WalkInForm(site, request.POST)
    if form.is_valid():
        host = _host(request, site, form.cleaned_data["who"])
        if isinstance(host, NotInvited):
            form.add_error("who", str(not_invited(host.code).what))
        else:
            at, by = now(), reader(request).by
            made = actions.walk_in(host, form.invited(at), new_id=form.cleaned_data["form_id"], by=by, at=at)
            if isinstance(made, Visit):
                messages.success(request, _("Here from now on. Their host is told. Print the badge."), "yes")
                return HttpResponseRedirect(reverse("visitors-one", args=[made.pk]))
            say(form, made)
    return render(request, "visits/walk_in.html", {"form": form, "site": site}, status=422)


def _host(request: HttpRequest, site: Site, text: str) -> Person | NotInvited:
    who = reader(request)
    found = managing.somebody(site, text, who.by, who.token)
    return NotInvited(found.code) if isinstance(found, NotChanged) else found


def say(form: "forms.InviteForm | forms.WalkInForm", why: NotInvited) -> None:
    """What stands against it, at the field that it is about."""
    field = {"no_plate": "plate", "no_end": "ends", "too_long": "ends", "over": "ends", "no_name": "name"}.get(why.code)
    wording = not_invited(why.code)
    form.add_error(field if field in form.fields else None, f"{wording.what}. {wording.do}".strip())


def mail(request: HttpRequest, visit: Visit, of: Invited, language: str) -> None:
    if not of.mail:
        return
    letter = links.Letter(visit.site, of, links.address_of(request, visit), language)
    if links.send(letter):
        messages.success(request, _("Invited. The link is on its way by mail."), "yes")
    else:
        messages.error(request, _("Invited, but the mail was not taken. Hand the link over."), "warn")


# --- one visit ---------------------------------------------------------------------------------------------------


def one(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """GET shows initials and times; POST shows the name, which is logged and counted."""
    visit = _visible(request, visit_id)
    return _page(request, visit, opened=request.method == "POST")


def _visible(request: HttpRequest, visit_id: UUID) -> Visit:
    visit = queries.visit(visit_id, people.sites_visible_to(reader(request)))
    if visit is None:
        raise Http404
    timezone.activate(ZoneInfo(visit.site.zone))
    return visit


def _page(request: HttpRequest, visit: Visit, *, opened: bool = False, status: int = 200) -> HttpResponse:
    by = reader(request).by.authority
    context: dict[str, object] = {"visit": visit}
    said = looks.listed([visit], by, PURPOSE)
    hosts = _hosts(request, [visit.host])
    facts = looks.facts(visit, by, PURPOSE) if opened else None
    refused = next((one for one in (said, hosts, facts) if isinstance(one, Refused)), None)
    if refused is not None:
        return _refused(request, visit, refused)
    assert isinstance(said, dict)
    assert isinstance(hosts, dict)
    if visit.pk not in said:
        raise Http404
    kept = queries.keep_days(visit.site)
    link = links.address_of(request, visit)
    context |= {
        "line": line(visit, said[visit.pk], now()),
        "host": hosts.get(visit.host_id),
        "facts": facts if isinstance(facts, VisitFacts) else None,
        "destroyed_on": destroyed_on(visit.last_on, kept),
        "link": link,
        "qr": qr_svg(link, _("QR code of the visitor's link")),
        "longer": forms.LongerForm(initial=_end_of(said[visit.pk].said, visit), label_suffix=""),
        "bound": visit.device is not None,
    }
    return render(request, "visits/one.html", context, status=status)


def _refused(request: HttpRequest, visit: Visit, why: Refused) -> HttpResponse:
    return render(request, "visits/one.html", {"visit": visit, "refused": words.refused(why.code)}, status=403)


def _end_of(said: VisitSpan, visit: Visit) -> dict[str, str]:
    ends = local(said.ends, ZoneInfo(visit.site.zone))
    return {"on": f"{ends:%Y-%m-%d}", "ends": f"{ends:%H:%M}"}


@require_POST
def change(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    visit = _visible(request, visit_id)
    who, at, do = reader(request), now(), request.POST.get("do", "")
    said = looks.spans([visit], who.by.authority, PURPOSE)
    if isinstance(said, Refused):
        return _refused(request, visit, said)
    if visit.pk not in said:
        raise Http404
    done = _do(request, do, visit, said[visit.pk], at)
    if done is None:
        raise Http404
    ok, text = done
    (messages.success if ok else messages.error)(request, text, "yes" if ok else "warn")
    return HttpResponseRedirect(reverse("visitors-one", args=[visit.pk]))


def _do(request: HttpRequest, do: str, visit: Visit, said: VisitSpan, at: datetime) -> tuple[bool, str] | None:
    by = reader(request).by
    already = _("Nothing to do: somebody did so already. This is how it stands.")
    match do:
        case "arrived":
            return (
                (True, _("Here. Their host is told."))
                if actions.arrive(visit, said, by=by, at=at)
                else (False, already)
            )
        case "left":
            gone = actions.end(visit, said, by=by, at=at)
            return (True, _("Has left. The pass opens nothing any more.")) if gone else (False, already)
        case "cancel":
            back = actions.cancel(visit, by=by, at=at)
            return (True, _("Taken back. Until tonight this can be undone.")) if back else (False, already)
        case "restore":
            again = actions.restore(visit, by=by, at=at)
            return (True, _("Expected again.")) if again else (False, already)
        case "link":
            actions.new_link(visit, by=by, at=at)
            return True, _("A new link. The one before opens nothing any more.")
        case "longer":
            return longer(request, visit, said, at)
    return None


def longer(request: HttpRequest, visit: Visit, said: VisitSpan, at: datetime) -> tuple[bool, str]:
    form = forms.LongerForm(request.POST)
    if not form.is_valid():
        return False, _("Write a day and a time.")
    until = form.until(ZoneInfo(visit.site.zone))
    wrong = actions.prolong(visit, said, until, by=reader(request).by, at=at)
    if wrong is None:
        return True, _("Written down.")
    wording = not_invited(wrong.code)
    return False, f"{wording.what}. {wording.do}"


@require_POST
def badge(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Printed by the reader's own ticket, which signs the pass on it: from now on until the end of the visit."""
    visit = _visible(request, visit_id)
    by, at = reader(request).by.authority, now()
    said = looks.spans([visit], by, PURPOSE)
    facts = looks.facts(visit, by, PURPOSE)
    hosts = _hosts(request, [visit.host])
    for found in (said, facts, hosts):
        if isinstance(found, Refused):
            return render(
                request, "visits/one.html", {"visit": visit, "refused": words.refused(found.code)}, status=403
            )
    assert isinstance(said, dict)
    assert isinstance(hosts, dict)
    if visit.pk not in said or not isinstance(facts, VisitFacts):
        raise Http404
    ends = said[visit.pk].ends
    if ends <= at:
        messages.error(request, _("This visit is over. Let it last longer first."), "warn")
        return HttpResponseRedirect(reverse("visitors-one", args=[visit.pk]))
    text = passes.badge_pass(visit, said[visit.pk], at, by)
    if isinstance(text, Refused):
        return _refused(request, visit, text)
    host = hosts.get(visit.host_id, Brief("", ""))
    made = badge_pdf(Badge(facts.name, visit.site.name, f"{host.number} {host.initials}".strip(), ends, text))
    answer = HttpResponse(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="badge.pdf"'
    return answer
