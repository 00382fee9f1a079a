"""Reading visits: rows only. What a cell says is a look (visits/looks.py)."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.policy import GateKind
from gatehouse.server.gates.models import Gate
from gatehouse.server.people.models import Person, Site
from gatehouse.server.visits.models import Visit, VisitSetup, VisitState


def visits(sites: Iterable[Site]) -> QuerySet[Visit]:
    return Visit.objects.filter(site__in=list(sites)).select_related("site", "host").order_by("id")


def visit(visit_id: UUID | str, sites: Iterable[Site]) -> Visit | None:
    return visits(sites).filter(pk=visit_id).first()


def by_id(visit_id: UUID) -> Visit | None:
    """For whoever holds its link."""
    return Visit.objects.filter(pk=visit_id).select_related("site").first()


def visits_of(host: Person) -> QuerySet[Visit]:
    return Visit.objects.filter(host=host).select_related("site").order_by("id")


def living(site: Site, today: date) -> list[Visit]:
    """Those that gates may have to know: not taken back, and not over before today."""
    rows = Visit.objects.filter(site=site, last_on__gte=today).exclude(state=VisitState.CANCELLED)
    return list(rows.order_by("id"))


def setup_of(site: Site) -> VisitSetup | None:
    return VisitSetup.objects.filter(site=site).select_related("group", "rule").first()


def keep_days(site: Site) -> int:
    found = setup_of(site)
    return (found or VisitSetup(site=site)).keep_days


def gates_of(setup: VisitSetup | None) -> list[Gate]:
    """The gates that the setup page's rule lets visitors pass."""
    return list(setup.rule.gates.order_by("code")) if setup is not None and setup.rule is not None else []


def lanes_of(setup: VisitSetup | None) -> frozenset[str]:
    return frozenset(gate.code for gate in gates_of(setup) if gate.kind == GateKind.LANE)
