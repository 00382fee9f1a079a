"""My visitors: a worker invites by name and time, hands the link over, and sees who has come. By the worker's own
ticket: the keeper opens the cells of visits that name them as host, and of no other."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.visits import Standing, destroyed_on
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.visits import desk, forms, links
from gatehouse.server.console.visits.showing import line
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person
from gatehouse.server.portal.worker import worker_of
from gatehouse.server.visits import actions, looks, queries
from gatehouse.server.visits.cells import VisitFacts
from gatehouse.server.visits.models import Visit, VisitState

PURPOSE = "me.visitors"
NOT_THE_DESKS = ("cancel", "restore", "link")  # who has come and left is for the desk to say


def visits(request: HttpRequest) -> HttpResponse:
    """GET shows whom I expect; POST invites."""
    who, person = worker_of(request)
    form, status = _form(request, person), 200
    if request.method == "POST":
        made = _invite(request, form, person, who)
        if isinstance(made, Visit):
            return HttpResponseRedirect(reverse("me-visitor", args=[made.pk]))
        status = 422
    rows = list(queries.visits_of(person))
    said = looks.listed(rows, who.by.authority, PURPOSE)
    context: dict[str, object] = {"form": form, "wrong": status != 200}
    if isinstance(said, Refused):
        context["refused"] = words.refused(said.code)
    else:
        lines = [line(row, said[row.pk], now()) for row in rows if row.pk in said]
        context["lines"] = sorted(lines, key=lambda one: one.starts)
    return render(request, "portal/visits.html", context, status=status)


def _form(request: HttpRequest, person: Person) -> forms.InviteForm:
    own = {"sends_mail": settings.SENDS_MAIL, "own": True}
    if request.method == "POST":
        return forms.InviteForm(person.site, request.POST, **own)
    initial = forms.usual_times(now(), ZoneInfo(person.site.zone)) | {"form_id": forms.new_form_id()}
    return forms.InviteForm(person.site, initial=initial, **own)


def _invite(request: HttpRequest, form: forms.InviteForm, person: Person, who: SignedIn) -> Visit | None:
    if not form.is_valid():
        return None
    of = form.invited()
    made = actions.invite(person, of, new_id=form.cleaned_data["form_id"], by=who.by, at=now())
    if isinstance(made, Visit):
        desk.mail(request, made, of, form.cleaned_data.get("language") or "en")
        return made
    desk.say(form, made)
    return None


def _mine(request: HttpRequest, visit_id: UUID) -> tuple[SignedIn, Visit]:
    who, person = worker_of(request)
    visit = queries.visits_of(person).filter(pk=visit_id).first()
    if visit is None:
        raise Http404
    return who, visit


@require_safe
def visit(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    who, of = _mine(request, visit_id)
    said = looks.listed([of], who.by.authority, PURPOSE)
    facts = looks.facts(of, who.by.authority, PURPOSE)
    if isinstance(said, Refused) or isinstance(facts, Refused):
        code = next(one.code for one in (said, facts) if isinstance(one, Refused))
        return render(request, "portal/my_visit.html", {"refused": words.refused(code)}, status=403)
    if of.pk not in said or facts is None:
        raise Http404
    link = links.address_of(request, of)
    context = {
        "visit": of,
        "line": line(of, said[of.pk], now()),
        "facts": facts if isinstance(facts, VisitFacts) else None,
        "link": link,
        "qr": qr_svg(link, _("QR code of the visitor's link")),
        "bound": of.device is not None,
        "destroyed_on": destroyed_on(of.last_on, queries.keep_days(of.site)),
    }
    return render(request, "portal/my_visit.html", context)


@require_POST
def change(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    who, of = _mine(request, visit_id)
    do, by, at = request.POST.get("do", ""), who.by, now()
    if do not in NOT_THE_DESKS:
        raise Http404
    already = _("Nothing to do: somebody did so already. This is how it stands.")
    if do == "link":
        actions.new_link(of, by=by, at=at)
        messages.success(request, _("A new link. The one before opens nothing any more."), "yes")
    elif do == "cancel":
        done = actions.cancel(of, by=by, at=at)
        said = _("Taken back. Until tonight this can be undone.")
        messages.success(request, said, "yes") if done else messages.error(request, already, "warn")
    else:
        done = actions.restore(of, by=by, at=at)
        messages.success(request, _("Expected again."), "yes") if done else messages.error(request, already, "warn")
    return HttpResponseRedirect(reverse("me-visitor", args=[of.pk]))


def visitors_here(who: SignedIn, person: Person) -> str:
    """For the head of my page: who of mine is here; nothing where nobody is."""
    rows = list(queries.visits_of(person).filter(state=VisitState.ARRIVED))
    if not rows:
        return ""
    said = looks.listed(rows, who.by.authority, PURPOSE)
    if isinstance(said, Refused):
        return ""
    at = now()
    lines = [line(row, said[row.pk], at) for row in rows if row.pk in said]
    here = [one for one in lines if one.standing in (Standing.HERE, Standing.OVERDUE)]
    if not here:
        return ""
    count = ngettext("%(count)d visitor of yours is here", "%(count)d visitors of yours are here", len(here))
    return f"{count % {'count': len(here)}}: {', '.join(one.initials for one in here)}"
