"""The rules of a site: all of them, one to write or change, and what waits to be published."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.policy import Rule as RuleFact
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.forms import RuleForm
from gatehouse.server.console.rules.saying import Names
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import policies, policy_actions, queries
from gatehouse.server.gates.models import Rule
from gatehouse.server.gates.policy_actions import RuleFields
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first site's rules; a word where there is no site yet."""
    first = next(iter(sites_visible_to(reader(request))), None)
    if first is None:
        return render(request, "access/no_site.html")
    return HttpResponseRedirect(reverse("access-rules", args=[first.pk]))


@require_safe
def rules(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    number, held = policies.in_force(site)
    draft, names = policies.draft(site), Names.of(site)
    before = {rule.id: rule for rule in held.rules} if number else {rule.id: rule for rule in draft.rules}
    lines = [_line(rule, names, before.pop(rule.id, None)) for rule in draft.rules]
    gone = [_line(rule, names, rule) for rule in before.values()]
    ready = {"groups": site.groups.exists(), "gates": queries.gates([site]).exists()}
    context = {"lines": lines, "gone": gone, "ready": ready, **frame(request, site, "access-rules")}
    return render(request, "access/rules.html", context)


def _line(rule: RuleFact, names: Names, before: RuleFact | None) -> dict[str, object]:
    at = now()
    return {
        "id": rule.id,
        "deny": rule.deny,
        "who": names.who(rule),
        "where": names.where(rule),
        "when": names.when(rule),
        "span": names.span(rule),
        "over": rule.ends is not None and rule.ends <= at,
        "new": before is None,
        "changed": before is not None and before != rule,
    }


def _rule(site: Site, rule_id: UUID | None) -> Rule | None:
    if rule_id is None:
        return None
    found = queries.rules(site).filter(pk=rule_id).first()
    if found is None:
        raise Http404
    return found


def edit(request: HttpRequest, site_id: UUID, rule_id: UUID | None = None) -> HttpResponse:
    """GET shows a rule's form, empty for a new one; POST writes it into the draft."""
    site = site_of(request, site_id)
    rule = _rule(site, rule_id)
    form = RuleForm(site, request.POST) if request.method == "POST" else RuleForm(site, initial=_initial(site, rule))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = RuleFields(
            groups=tuple(data["groups"]),
            gates=tuple(data["gates"]),
            schedule=data["schedule"],
            deny=data["deny"] == "deny",
            starts=data["starts"],
            ends=data["ends"],
        )
        policy_actions.save_rule(site, rule, fields, by=reader(request).by, at=now())
        messages.success(request, _("Written into the draft. Publish it to put it in force."), "yes")
        return HttpResponseRedirect(reverse("access-rules", args=[site.pk]))
    title = _("Change a rule") if rule else _("A new rule")
    context = {"form": form, "rule": rule, "title": title, **frame(request, site, "access-rules")}
    return render(request, "access/edit.html", context, status=422 if form.is_bound else 200)


def _initial(site: Site, rule: Rule | None) -> dict[str, object]:
    if rule is None:
        return {}
    zone = ZoneInfo(site.zone)
    return {
        "groups": list(rule.groups.all()),
        "gates": list(rule.gates.all()),
        "schedule": rule.schedule,
        "deny": "deny" if rule.deny else "",
        "starts": rule.starts.astimezone(zone).replace(tzinfo=None) if rule.starts else None,
        "ends": rule.ends.astimezone(zone).replace(tzinfo=None) if rule.ends else None,
    }


@require_POST
def remove(request: HttpRequest, site_id: UUID, rule_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    rule = _rule(site, rule_id)
    if rule is not None:
        policy_actions.remove_rule(rule, by=reader(request).by, at=now())
        messages.success(request, _("Taken out of the draft. It stays in force until you publish."), "yes")
    return HttpResponseRedirect(reverse("access-rules", args=[site.pk]))
