"""The set-up page: every step, what can be done now and where, what waits; and how a new site begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gatehouse.domain.setting_up import Line, Stand, Step, missing, next_of
from gatehouse.domain.site_types import KITS, OPTIONAL_PAGES
from gatehouse.server.console import words, words_setup
from gatehouse.server.console.access import reader
from gatehouse.server.console.setup import begin
from gatehouse.server.console.setup.facts import lines_for
from gatehouse.server.console.setup.forms import NewSiteForm, PagesForm, likely_zone
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import queries
from gatehouse.server.gates.models import Gate
from gatehouse.server.moment import now
from gatehouse.server.people.actions import hide_pages
from gatehouse.server.people.models import Site, SiteType
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.rights.queries import retention_of


@dataclass(frozen=True, slots=True)
class Shown:
    """One step on the page. `go` is what its link says, `href` where it leads, "" for a step that ticks itself off."""

    what: words.Text
    do: words.Text
    stand: str
    tone: str
    mark: str
    said: words.Text
    href: str
    go: words.Text
    is_next: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The steps that belong together, under the gate that they are about."""

    title: str
    href: str
    steps: list[Shown]
    key: str


@require_safe
def home(request: HttpRequest, site_id: UUID | None = None) -> HttpResponse:
    """The list of one site: the one that is named, else the first that the reader sees."""
    who = reader(request)
    sites = sites_visible_to(who)
    site = site_of(request, site_id) if site_id else next(iter(sites), None)
    lines = lines_for(site, who)
    context = {
        "site": site,
        "sites": sites,
        "parts": _parts(site, lines),
        "left": len(missing(lines)),
        "done": sum(line.stand is Stand.DONE for line in lines),
        "all": len(lines),
        "waits_for_edge": site is not None
        and any(line.step is Step.EDGE and line.stand is Stand.NOW for line in lines),
        "may_add": who.sees_every_site,
    }
    template = "setup/steps.html" if request.headers.get("HX-Request") == "true" else "setup/home.html"
    return render(request, template, context)


def _parts(site: Site | None, lines: Sequence[Line]) -> list[Part]:
    """The site's first steps, then each gate's, then what comes last."""
    gates = {gate.code: gate for gate in queries.gates([site])} if site else {}
    upcoming = next_of(lines)
    parts: list[Part] = []
    of_gates = (Step.EYES, Step.SEEN, Step.RELAY, Step.MOVED)
    for line in lines:
        key = (line.gate or "gate") if line.step in of_gates else ("first" if not parts else "last")
        if line.step in (Step.OWNER, Step.EDGE, Step.GATE):
            key = "first"
        if not parts or parts[-1].key != key:
            gate = gates.get(line.gate)
            href = reverse("setup-gate", args=[gate.pk]) if gate else ""
            parts.append(Part(gate.name if gate else "", href, [], key))
        parts[-1].steps.append(_shown(line, site, gates.get(line.gate), is_next=line is upcoming))
    return parts


def _shown(line: Line, site: Site | None, gate: Gate | None, *, is_next: bool) -> Shown:
    wording = words_setup.STEPS[line.step]
    if line.stand is Stand.DONE:
        tone, mark, said = "good", "yes", _("Done")
    elif line.stand is Stand.WAITS:
        after = words_setup.STEPS[line.waits_for].what if line.waits_for else ""
        tone, mark, said = "off", "clock", _("After: %(step)s") % {"step": after}
    else:
        tone, mark, said = ("warn", "info", _("Next step")) if is_next else ("off", "info", _("Not done yet"))
    href = _where(line.step, site, gate) if line.stand is not Stand.WAITS else ""
    again = _("More") if line.step in (Step.GATE, Step.PEOPLE, Step.RULE) else _("Change")
    go = again if line.stand is Stand.DONE else _("Do it")
    return Shown(wording.what, wording.do, line.stand, tone, mark, said, href, go, is_next)


def _where(step: Step, site: Site | None, gate: Gate | None) -> str:
    """Where a step is done."""
    if step is Step.OWNER:
        return reverse("account")
    if step is Step.SITE:
        return reverse("setup-pages", args=[site.pk]) if site else reverse("setup-site")
    if site is None or step in (Step.EDGE, Step.FIRST, Step.KEPT):
        return ""
    if step is Step.TARIFF:
        return reverse("admin:parking_garage_add") if site.tariffs.exists() else reverse("parking-tariffs")
    at_site = {Step.GATE: "setup-gate-new", Step.PEOPLE: "staff-join-at", Step.RULE: "setup-rule"}
    if step in at_site:
        return reverse(at_site[step], args=[site.pk])
    return reverse("setup-gate", args=[gate.pk]) if gate else reverse("setup-gate-new", args=[site.pk])


def new_site(request: HttpRequest) -> HttpResponse:
    """Three questions; the rest comes with the answers and is shown afterwards."""
    who = reader(request)
    if not who.sees_every_site:
        raise PermissionDenied
    initial = {"zone": likely_zone(), "kind": SiteType.WORKPLACE, "holidays": True}
    form = NewSiteForm(request.POST) if request.method == "POST" else NewSiteForm(initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        wish = begin.Beginning(
            data["name"], SiteType(data["kind"]), data["zone"], data["currency"], holidays=data["holidays"]
        )
        site = begin.begin(wish, by=who.by, at=now())
        messages.success(request, _("Your site is there, with what comes with it."), "yes")
        return HttpResponseRedirect(reverse("setup-pages", args=[site.pk]))
    context = {"form": form, "kinds": _kinds(), "first": not sites_visible_to(who)}
    return render(request, "setup/site.html", context, status=422 if form.is_bound else 200)


def _kinds() -> list[dict[str, object]]:
    """The types, each with what comes with it."""
    return [
        {
            "code": code,
            "wording": said,
            "groups": _listed(words_setup.GROUPS[one] for one in KITS[code].groups),
            "gates": _listed(words_setup.GATE_KITS[one.code].what for one in KITS[code].gates),
            "kept": KITS[code].retention,
        }
        for code, said in words_setup.SITE_TYPES.items()
    ]


def _listed(names: Iterable[words.Text]) -> str:
    return ", ".join(str(name) for name in names)


def pages(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """What came with the type, each with the page that changes it; and which pages are shown."""
    site, who = site_of(request, site_id), reader(request)
    shown = [code for code in OPTIONAL_PAGES if code not in site.hidden_pages]
    form = PagesForm(request.POST) if request.method == "POST" else PagesForm(initial={"shown": shown})
    if request.method == "POST" and form.is_valid():
        hidden = [code for code in OPTIONAL_PAGES if code not in form.cleaned_data["shown"]]
        hide_pages(site, hidden, by=who.by, at=now())
        messages.success(request, _("Saved."), "yes")
        return HttpResponseRedirect(reverse("setup-at", args=[site.pk]))
    context = {
        "site": site,
        "form": form,
        "wording": words_setup.SITE_TYPES[site.type],
        "groups": [group.name for group in site.groups.order_by("name")],
        "zones": [zone.name for zone in site.zones.order_by("name")],
        "hours": [schedule.name for schedule in queries.schedules(site)],
        "kept": retention_of(site),
        "country": begin.territory_of(site.zone),
    }
    return render(request, "setup/pages.html", context, status=422 if form.is_bound else 200)
