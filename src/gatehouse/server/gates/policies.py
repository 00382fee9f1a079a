"""The policy of a site as facts: the draft that its rows are, and the published version that its gates go by.

Until a site publishes for the first time its rows are in force as they are. From then on they are the draft.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import QuerySet

from gatehouse.domain import policy
from gatehouse.domain.expectations import Checked, Expected, check, next_on
from gatehouse.domain.periods import local_date
from gatehouse.domain.schedules import Schedule as ScheduleFact
from gatehouse.domain.whereabouts import INSIDE, OUTSIDE
from gatehouse.server.gates import queries
from gatehouse.server.gates.models import (
    Expectation,
    Gate,
    PlacesForgotten,
    PolicyVersion,
    SiteAccess,
    ZoneRule,
)
from gatehouse.server.people.models import Membership, Site, Zone


class Door(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy says of one gate: the zone on its other side, its vestibule, and when it stands unlocked."""

    outer: str = ""
    interlock: str = ""
    unlocks: str | None = None
    unlock_after: frozenset[str] = frozenset()
    held_s: float = 30.0


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy that can be published. Equal documents answer alike."""

    schedules: list[ScheduleFact]
    rules: list[policy.Rule]
    zones: list[policy.ZoneRules]
    doors: dict[str, Door]


@dataclass(frozen=True, slots=True)
class SiteState:
    """What a site was told besides its policy."""

    alert: policy.Alert
    since: datetime | None
    duress: bool
    forgotten: dict[str, datetime]


def zone_rules(site: Site) -> QuerySet[ZoneRule]:
    return ZoneRule.objects.filter(site=site).select_related("zone").order_by("zone__code")


def zone_rule(site: Site, zone: Zone | None) -> ZoneRule:
    """The rule of this zone, or of the site; a new one that asks for nothing where there is none."""
    return ZoneRule.objects.filter(site=site, zone=zone).first() or ZoneRule(site=site, zone=zone)


def zone_fact(row: ZoneRule) -> policy.ZoneRules:
    return policy.ZoneRules(
        id=str(row.zone_id) if row.zone_id else INSIDE,
        passback=policy.Passback(row.passback),
        passback_s=row.passback_s,
        soft_when_away=row.soft_when_away,
        limit=row.limit,
        two_person=row.two_person,
        first_in=frozenset(row.first_in),
        escorted=frozenset(row.escorted),
        escorts=frozenset(row.escorts),
        together_s=row.together_s,
        lasts_s=row.lasts_s,
    )


def draft(site: Site) -> Document:
    """The rows as they are now."""
    facts = {gate.code: queries.gate_fact(gate) for gate in queries.gates([site])}
    doors = {
        code: Door(gate.outer, gate.interlock, gate.unlocks, gate.unlock_after, gate.held_s)
        for code, gate in facts.items()
    }
    return Document(
        schedules=sorted((queries.schedule_fact(row) for row in queries.schedules(site)), key=lambda one: one.id),
        rules=[queries.rule_fact(row) for row in queries.rules(site)],
        zones=sorted((zone_fact(row) for row in zone_rules(site)), key=lambda one: one.id),
        doors={code: door for code, door in doors.items() if door != Door()},
    )


def versions(site: Site) -> QuerySet[PolicyVersion]:
    """Newest first."""
    return PolicyVersion.objects.filter(site=site).order_by("-number")


def version(site: Site, number: int) -> PolicyVersion | None:
    return PolicyVersion.objects.filter(site=site, number=number).first()


def document_of(row: PolicyVersion) -> Document:
    return msgspec.convert(row.document, Document)


def in_force(site: Site) -> tuple[int, Document]:
    """The newest version and its number; 0 and the rows where nothing was published yet."""
    newest = versions(site).first()
    return (0, draft(site)) if newest is None else (newest.number, document_of(newest))


def gates_under(site: Site, document: Document) -> list[policy.Gate]:
    """The site's gates as this document has them stand."""
    return [_under(gate, document.doors.get(gate.code, Door())) for gate in queries.gates([site])]


def _under(gate: Gate, door: Door) -> policy.Gate:
    return replace(
        queries.gate_fact(gate),
        outer=door.outer,
        interlock=door.interlock,
        unlocks=door.unlocks,
        unlock_after=door.unlock_after,
        held_s=door.held_s,
    )


def policy_of(site: Site, document: Document, number: int = 0) -> policy.Policy:
    """The document as a policy that decides; it knows nobody by itself."""
    return policy.Policy(
        zone=site.zone,
        gates={gate.code: gate for gate in gates_under(site, document)},
        schedules={schedule.id: schedule for schedule in document.schedules},
        rules=tuple(document.rules),
        zones={rules.id: rules for rules in document.zones},
        number=number,
    )


def state_of(site: Site) -> SiteState:
    row = SiteAccess.objects.filter(site=site).first() or SiteAccess(site=site)
    forgotten: dict[str, datetime] = {}
    for told in PlacesForgotten.objects.filter(site=site):
        codes = [told.zone_id] if told.zone_id else [INSIDE, OUTSIDE, *site.zones.values_list("pk", flat=True)]
        for code in map(str, codes):
            forgotten[code] = max(told.at, forgotten.get(code, told.at))
    return SiteState(policy.Alert(row.alert), row.since, row.duress, forgotten)


def alert_of(site_id: UUID) -> str:
    """What the whole site was told to do; empty for nothing."""
    return SiteAccess.objects.filter(site=site_id).values_list("alert", flat=True).first() or ""


# --- expectations ------------------------------------------------------------------------------------------------


def expectations(site: Site) -> QuerySet[Expectation]:
    found = Expectation.objects.filter(site=site).select_related("gate", "group", "person")
    return found.order_by("gate__code", "weekday", "clock", "id")


def groups_of(people: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    found: dict[UUID, set[str]] = {}
    for person, group in Membership.objects.filter(person__in=list(people)).values_list("person_id", "group_id"):
        found.setdefault(person, set()).add(str(group))
    return {person: frozenset(groups) for person, groups in found.items()}


def checked(site: Site, document: Document, now: datetime) -> list[tuple[Expectation, Checked]]:
    """Every expectation held against this document, for the next such weekday."""
    rows, zone = list(expectations(site)), ZoneInfo(site.zone)
    ruled = policy_of(site, document)
    groups = groups_of(row.person_id for row in rows if row.person_id)
    today = local_date(now, zone)
    return [(row, check(ruled, _expected(row, groups, next_on(row.weekday, row.clock, today, zone)))) for row in rows]


def _expected(row: Expectation, groups: dict[UUID, frozenset[str]], at: datetime) -> Expected:
    of = groups.get(row.person_id, frozenset()) if row.person_id else frozenset({str(row.group_id)})
    return Expected(str(row.pk), of, row.gate.code, at, row.answer)
