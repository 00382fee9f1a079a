"""The first rule: in force at once while nobody has published a policy, a part of the draft after that."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.domain.site_types import KITS
from gatehouse.server.audit.by import By
from gatehouse.server.console import words_setup
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.saying import Names
from gatehouse.server.console.setup.facts import ready_groups
from gatehouse.server.console.setup.forms import FirstRuleForm
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import actions, policies, policy_actions, queries
from gatehouse.server.gates.models import Gate
from gatehouse.server.gates.policy_actions import RuleFields
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site


@transaction.atomic
def write_rule(site: Site, fields: RuleFields, *, by: By, at: datetime) -> bool:
    """True when it is in force; False when it waits in the draft, where the site publishes its policy: what others
    wrote there is theirs to publish."""
    if policies.versions(site).exists():
        policy_actions.save_rule(site, None, fields, by=by, at=at)
        return False
    actions.add_rule(
        site,
        fields.groups,
        fields.gates,
        schedule=fields.schedule,
        deny=fields.deny,
        starts=fields.starts,
        ends=fields.ends,
        by=by,
        at=at,
    )
    return True


@transaction.atomic
def add_to_rules(gate: Gate, like: Gate, *, by: By, at: datetime) -> None:
    """Every rule that names the other gate names this one, too: those that keep out as well as those that let in."""
    site = gate.site
    for rule in queries.rules(site).filter(gates=like):
        fields = RuleFields(
            groups=tuple(rule.groups.all()),
            gates=(gate,),
            schedule=rule.schedule,
            deny=rule.deny,
            starts=rule.starts,
            ends=rule.ends,
        )
        write_rule(site, fields, by=by, at=at)


def first_rule(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site, who = site_of(request, site_id), reader(request)
    form = (
        FirstRuleForm(site, request.POST) if request.method == "POST" else FirstRuleForm(site, initial=_initial(site))
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = RuleFields(tuple(data["groups"]), tuple(data["gates"]), data["schedule"])
        if write_rule(site, fields, by=who.by, at=now()):
            messages.success(request, _("The rule is in force. Gates know it within seconds."), "yes")
            return HttpResponseRedirect(reverse("setup-at", args=[site.pk]))
        messages.success(request, _("Written into the draft. Publish it to put it in force."), "yes")
        return HttpResponseRedirect(reverse("access-rules", args=[site.pk]))
    _number, held = policies.in_force(site)
    names = Names.of(site)
    said = [
        {"who": names.who(rule), "where": names.where(rule), "when": names.when(rule), "deny": rule.deny}
        for rule in held.rules
    ]
    ready = {"groups": site.groups.exists(), "gates": queries.gates([site]).exists()}
    context = {"site": site, "form": form, "said": said, "ready": ready}
    return render(request, "setup/rule.html", context, status=422 if form.is_bound else 200)


def _initial(site: Site) -> dict[str, object]:
    """Whoever has a way in already, else the group that the type of site begins with; at every gate that asks."""
    ready = [group.pk for group in site.groups.all() if str(group.pk) in ready_groups(site)]
    first = words_setup.GROUPS.get(KITS[site.type].first_group, "")
    groups = ready or [group.pk for group in site.groups.filter(name=str(first))]
    gates = [gate.pk for gate in queries.gates([site]) if not (gate.admits_unknown or gate.collects)]
    return {"groups": groups, "gates": gates}
