"""The processing register and the draft of an impact assessment, out of how the installation is set up now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gatehouse.domain.retention import Kept
from gatehouse.server.console import words, words_rights
from gatehouse.server.console.access import reader
from gatehouse.server.console.people import MEANS_OF
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.console.trust import NOT_PROTECTED
from gatehouse.server.moment import now
from gatehouse.server.people import queries as people
from gatehouse.server.rights import register as facts


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    return _page(request, "register")


@require_safe
def assessment(request: HttpRequest) -> HttpResponse:
    return _page(request, "assessment")


def _page(request: HttpRequest, name: str) -> HttpResponse:
    who = reader(request)
    sites = facts.register(people.sites_visible_to(who), who.by)
    faces = facts.faces()
    context: dict[str, object] = tabs(request, name) | {
        "at": now(),
        "sites": [_site(one) for one in sites],
        "faces": faces,
        "filing": words_rights.FILING[faces.state],
        "cameras": sum(one.cameras for one in sites),
        "with_face": any("face" in one.means for one in sites),
        "not_protected": NOT_PROTECTED,
    }
    return render(request, f"rights/{name}.html", context)


def _site(one: facts.SiteFacts) -> dict[str, object]:
    ways = {MEANS_OF[kind]: count for kind, count in sorted(one.means.items())}
    return {
        "site": one.site,
        "setup": [
            (_("People who are known"), str(one.people)),
            (_("People who left and are not erased"), str(one.left)),
            (_("Gates"), str(one.gates)),
            (_("Cameras"), str(one.cameras)),
            (_("Ways in"), ", ".join(f"{words.MEANS[way]} {count}" for way, count in ways.items()) or _("none")),
            (_("Consents to the use of a face"), str(one.consents)),
            (_("Registered vehicles"), str(one.vehicles)),
            (_("Garages"), str(one.garages)),
        ],
        "activities": _activities(one),
        "recipients": [
            *(_("%(name)s, who gets encrypted files") % {"name": who.name} for who in one.recipients),
            *(_("%(url)s, which is told of events without names") % {"url": url} for url in one.hooks),
            *(_("%(name)s, which takes payments and sees no plate") % {"name": name} for name in one.providers),
        ],
        "last": one.last_destroyed,
    }


def _activities(one: facts.SiteFacts) -> list[dict[str, object]]:
    """What is processed for what, of whom, on which ground, for how long: only what is set up here."""
    days = _("%(days)d days")
    rows: list[dict[str, object]] = [
        {
            "purpose": _("Opening gates to people who may pass"),
            "data": _("name, staff number, groups, ways in, passages"),
            "ground": _("the contract of work, or the house right of the site"),
            "kept": days % {"days": one.kept.staff},
        },
        {
            "purpose": _("Refusing and recording strangers at gates"),
            "data": _("time, gate and outcome; no picture"),
            "ground": _("the safety of the site"),
            "kept": days % {"days": one.kept.others},
        },
    ]
    if one.means.get("face") or one.consents:
        rows.append(
            {
                "purpose": _("Recognising a face at a gate"),
                "data": _("a face template, sealed; the picture is not kept"),
                "ground": _("separate consent, withdrawn at any time; every other way in does the same"),
                "kept": _("until it is withdrawn, or the last day"),
            }
        )
    rows.append(
        {
            "purpose": _("Counting time and paying it") if one.pays else _("Counting time"),
            "data": _("punches, workdays, leave, contract, payslips, bank account"),
            "ground": _("the contract of work and labour law"),
            "kept": _("%(years)d years after the last day") % {"years": one.kept.of(Kept.WORK)},
        }
    )
    if one.garages:
        rows.append(
            {
                "purpose": _("Parking and its payment"),
                "data": _("plate, times, what was paid"),
                "ground": _("the contract of parking and tax law"),
                "kept": _("plate until the stay ends, passages %(days)d days, books %(years)d years")
                % {"days": one.kept.others, "years": one.kept.books},
            }
        )
    return rows
