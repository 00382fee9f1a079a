"""What every policy of a site must answer, and whether the draft does."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.expectations import Checked
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.forms import ANSWERS, ExpectationForm
from gatehouse.server.console.rules.numbers import person_of
from gatehouse.server.console.rules.saying import verdict
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.staff.forms import WEEKDAYS
from gatehouse.server.gates import policies, policy_actions
from gatehouse.server.gates.models import Expectation
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.models import Site

PURPOSE = "access.expect"


def expected(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """GET lists them with what the draft answers; POST adds one."""
    site, who = site_of(request, site_id), reader(request)
    form = ExpectationForm(site, request.POST or None)
    if request.method == "POST" and form.is_valid() and _add(site, form, who):
        return HttpResponseRedirect(reverse("access-expected", args=[site.pk]))
    checked = policies.checked(site, policies.draft(site), now())
    context = {"lines": lines_of(checked, who), "form": form, **frame(request, site, "access-expected")}
    return render(request, "access/expected.html", context, status=422 if form.errors else 200)


def _add(site: Site, form: ExpectationForm, who: SignedIn) -> bool:
    data = form.cleaned_data
    of = data["group"] or person_of(data["number"], site, who, PURPOSE)
    if isinstance(of, Refused):
        refused = words.refused(of.code)
        form.add_error("number", f"{refused.what}. {refused.do}")
    elif of is None:
        form.add_error("number", _("Nobody here has this staff number."))
    else:
        policy_actions.expect(
            site, of, data["gate"], data["weekday"], data["clock"], data["answer"], by=who.by, at=now()
        )
    return form.is_valid()


def lines_of(checked: list[tuple[Expectation, Checked]], who: SignedIn) -> list[dict[str, object]]:
    """Expectations for a page; people by their staff number, where the reader may see it."""
    people = list({row.person_id: row.person for row, _one in checked if row.person}.values())
    named = looks.briefs(people, who.by.authority, PURPOSE) if people else []
    numbers = {} if isinstance(named, Refused) else {one.person.pk: one.brief.number for one in named}
    return [_line(row, one, numbers) for row, one in checked]


def _line(row: Expectation, one: Checked, numbers: dict[UUID, str]) -> dict[str, object]:
    of = _("anybody of %(group)s") % {"group": row.group.name} if row.group else numbers.get(row.person_id or row.pk)
    return {
        "pk": row.pk,
        "who": of or _("somebody"),
        "gate": row.gate.name,
        "weekday": dict(WEEKDAYS)[row.weekday],
        "clock": row.clock,
        "answer": dict(ANSWERS).get(row.answer, row.answer),
        "on": one.expected.at,
        "holds": one.holds,
        "found": verdict(one.found) if one.found is not None else None,
    }


@require_POST
def remove(request: HttpRequest, site_id: UUID, row_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    row = policies.expectations(site).filter(pk=row_id).first()
    if row is None:
        raise Http404
    policy_actions.expect_no_more(row, by=reader(request).by, at=now())
    messages.success(request, _("It is not expected any more."), "yes")
    return HttpResponseRedirect(reverse("access-expected", args=[site.pk]))
