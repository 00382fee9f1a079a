"""Person: the list of people by staff number and initials, the search, and one person's page.

A name is shown only on a click, which the keeper logs and counts before it answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import register_queries
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import (
    ConsentState,
    Credential,
    CredentialKind,
    CredentialState,
    Person,
    PersonState,
)

PAGE = 25
FOUND_LIMIT = 25
DAYS_BACK = 7
# The keeper's word for a way in is its means; a credential's kind differs for a pass only.
MEANS_OF = {"face": "face", "qr": "pass", "card": "card", "pin": "pin"}
LENT = CredentialKind.DAY_CARD  # shown with the card that it stands in for
ENROLLERS = frozenset({Role.OWNER, Role.SECURITY, Role.HR})
WITHDRAWERS = frozenset({Role.OWNER, Role.HR})  # whom the keeper lets destroy keys


@dataclass(frozen=True, slots=True)
class Line:
    """One person in a list, without a name."""

    id: UUID
    number: str
    initials: str
    groups: list[str]
    ways: list[str]
    state: words.Text
    tone: str
    mark: str
    site: str


@dataclass(frozen=True, slots=True)
class Way:
    """A way in, enrolled or not."""

    kind: str
    credential: str
    on: bool
    state: str
    tone: str
    mark: str
    detail: str


def people(request: HttpRequest, number: int = 1) -> HttpResponse:
    """GET lists a page; POST searches."""
    who = reader(request)
    q = request.POST.get("q", "").strip()[:60] if request.method == "POST" else ""
    return _found(request, who, q) if q else _listed(request, who, number)


def _listed(request: HttpRequest, who: SignedIn, number: int) -> HttpResponse:
    everybody = queries.people(queries.sites_visible_to(who))
    shown, pager = paged(everybody, number, PAGE, lambda page: reverse("people-page", args=[page]))
    context: dict[str, object] = {
        "pager": pager,
        "summary": ngettext("%(count)d person", "%(count)d people", pager.count) % {"count": pager.count},
        "caption": _("Staff numbers and initials; a name is shown on a person's page."),
    }
    return _page(request, _lines(shown, who), context)


def _found(request: HttpRequest, who: SignedIn, q: str) -> HttpResponse:
    sites = queries.sites_visible_to(who)
    among = None if who.sees_every_site else queries.findable(sites)
    hits = keeping.find(q, who.token, FOUND_LIMIT, among)
    if isinstance(hits, Refused):
        return _page(request, hits, {"q": q})
    ids = [UUID(hit) for hit in hits]
    owners = [v.owner_id for v in queries.vehicles(sites).filter(pk__in=ids) if v.owner_id]
    found = queries.people_by_id([*ids, *owners], sites)
    lines = _lines(list(found.values()), who)
    count = len(found)
    caption = ngettext("%(count)d person found", "%(count)d people found", count) % {"count": count}
    return _page(request, lines, {"q": q, "caption": caption})


def _page(request: HttpRequest, lines: list[Line] | Refused, context: dict[str, object]) -> HttpResponse:
    if isinstance(lines, Refused):
        context |= {"refused": words.refused(lines.code), "people": []}
    else:
        context["people"] = lines
    context["may_add"] = reader(request).role in {Role.OWNER, Role.HR}
    context |= tabs(request, "people")
    return render(request, "console/people.html", context)


def _lines(rows: list[Person], who: SignedIn) -> list[Line] | Refused:
    named = looks.briefs(rows, who.by.authority, "people.list")
    if isinstance(named, Refused):
        return named
    return sorted((_line(one) for one in named), key=lambda line: line.number)


def _line(named: looks.Named) -> Line:
    person = named.person
    here = person.state == PersonState.ACTIVE
    kinds = {c.kind for c in queries.credentials_of(person) if c.state == CredentialState.ACTIVE}
    return Line(
        id=person.pk,
        number=named.brief.number or _("(keys destroyed)"),
        initials=named.brief.initials,
        groups=[group.name for group in queries.groups_of(person)],
        ways=[MEANS_OF[kind] for kind in MEANS_OF if kind in kinds],
        state=_("Active") if here else _("Has left"),
        tone="good" if here else "off",
        mark="yes" if here else "out",
        site=person.site.name,
    )


# --- one person --------------------------------------------------------------------------------------------------


def visible(request: HttpRequest, person_id: UUID) -> Person:
    """The person on a page of theirs, with the site's clock made the page's. Raises Http404."""
    found = queries.person(person_id, queries.sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    timezone.activate(ZoneInfo(found.site.zone))
    return found


@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    return show(request, visible(request, person_id))


def show(
    request: HttpRequest,
    of: Person,
    *,
    errors: Iterable[str] = (),
    more: dict[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one person; `errors` are about an enrolment that did not work, `more` is a day that was asked for."""
    who = reader(request)
    lines = _lines([of], who)
    if isinstance(lines, Refused):
        return _page(request, lines, {})
    active = of.state == PersonState.ACTIVE
    today = local_date(now(), ZoneInfo(of.site.zone))
    context = {
        "person": lines[0],
        "ways": _ways(of),
        "consents": [_consent(c.state) for c in queries.consents_of(of)],
        "facts": _facts(of, lines[0]),
        "days": [today - timedelta(days=back) for back in range(DAYS_BACK)],
        "spans": [(1, _("one day")), (7, _("one week")), (30, _("30 days")), (365, _("one year"))],
        "may_name": True,
        "pupil": register_queries.is_pupil(of),
        "may_invite": active and who.role in WITHDRAWERS,
        "may_enrol": active and who.role in ENROLLERS,
        "may_withdraw": who.role in WITHDRAWERS,
        "errors": list(errors),
        "lent": any(c.kind == LENT and c.state == CredentialState.ACTIVE for c in queries.credentials_of(of)),
    }
    return render(request, "console/person.html", context | (more or {}), status=status)


@require_POST
def name(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The name, after the keeper has logged and counted the look."""
    of, who = visible(request, person_id), reader(request)
    named = looks.names([of], who.by.authority, "person.page")
    context: dict[str, object] = {"person": {"number": "", "initials": ""}}
    if isinstance(named, Refused):
        context["refused"] = words.refused(named.code)
    else:
        brief = named[0].brief
        context |= {"person": {"number": brief.number, "initials": brief.initials}, "name": named[0].name}
    return render(request, "console/name.html", context)


def _facts(of: Person, line: Line) -> list[tuple[str, str]]:
    vehicles = queries.vehicles_of(of).count()
    return [
        (_("Site"), of.site.name),
        (_("Groups"), ", ".join(line.groups) or _("none: no rule lets this person in anywhere")),
        (_("Vehicles"), str(vehicles) if vehicles else _("none")),
    ]


def _ways(of: Person) -> list[Way]:
    held = [c for c in queries.credentials_of(of) if c.state == CredentialState.ACTIVE]
    ways = [_way(kind, [c for c in held if c.kind == kind]) for kind in MEANS_OF]
    if any(c.kind == LENT for c in held):
        said = _("A card is lent for today; their own works again tomorrow.")
        ways = [replace(way, detail=said) if way.kind == "card" else way for way in ways]
    return ways


def _way(kind: str, held: list[Credential]) -> Way:
    on = bool(held)
    state = _("works") if on else _("not set up")
    if kind == CredentialKind.QR and len(held) > 1:
        state = _("%(count)d passes") % {"count": len(held)}
    details = {
        CredentialKind.FACE: "" if on else _("Only with consent. Every other way in works the same."),
        CredentialKind.QR: _("A code on paper or on a phone, for a span of days."),
        CredentialKind.CARD: "" if on else _("A number that a reader reads."),
        CredentialKind.PIN: "" if on else _("The person types it; nobody can look at it later."),
    }
    return Way(
        MEANS_OF[kind],
        kind,
        on,
        state,
        "good" if on else "off",
        "yes" if on else "closed",
        details[CredentialKind(kind)],
    )


def _consent(state: str) -> dict[str, object]:
    given = state == ConsentState.GIVEN
    return {
        "purpose": _("Face, to open gates"),
        "state": _("given") if given else _("withdrawn; the face was destroyed"),
        "tone": "good" if given else "off",
        "mark": "yes" if given else "no",
    }
