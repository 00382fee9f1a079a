"""Reading gates, rules and what happened at them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import Q, QuerySet

from gatehouse.domain import offline, policy
from gatehouse.domain.liveness import Liveness
from gatehouse.domain.periods import Period
from gatehouse.domain.schedules import Schedule as ScheduleFact
from gatehouse.domain.schedules import TimeWindow
from gatehouse.domain.sightings import Means
from gatehouse.server.gates.models import (
    Attempt,
    Device,
    DeviceKind,
    Edge,
    Gate,
    GateAlarm,
    Opening,
    Passage,
    Quarantine,
    Rule,
    Schedule,
)
from gatehouse.server.people.models import Site
from gatehouse.wire import Letter, encode


def edge(edge_id: str) -> Edge | None:
    """An edge that may speak to this server."""
    return Edge.objects.select_related("site").filter(pk=edge_id, active=True).first()


def edges(sites: Iterable[Site]) -> QuerySet[Edge]:
    return Edge.objects.filter(site__in=list(sites)).order_by("id")


def last_seq(edge_id: str) -> int | None:
    return Edge.objects.filter(pk=edge_id).values_list("last_seq", flat=True).first()


def is_restored(edge_id: str) -> bool:
    """Whether the database is older than what this edge has told."""
    return Edge.objects.filter(pk=edge_id, restored=True).exists()


def passages_held(ids: Iterable[UUID]) -> set[UUID]:
    """Those of these passages that are recorded."""
    wanted = list(ids)
    return set(Passage.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def facts_held(ids: Iterable[UUID]) -> set[UUID]:
    """Those of these attempts, passages and alarms that are recorded."""
    wanted = list(ids)
    rows = (model.objects.filter(pk__in=wanted).values_list("pk", flat=True) for model in (Attempt, Passage, GateAlarm))
    return {pk for found in rows for pk in found} if wanted else set()


def is_in_quarantine(letter: Letter) -> bool:
    """Whether this very letter is; an edge that was restored from a copy may have given its number twice."""
    held = Quarantine.objects.filter(edge=letter.edge, seq=letter.seq).values_list("letter", flat=True)
    return encode(letter) in map(bytes, held)


def gates(sites: Iterable[Site]) -> QuerySet[Gate]:
    return Gate.objects.filter(site__in=list(sites)).select_related("site", "zone").order_by("site", "code")


def gate(gate_id: UUID | str, sites: Iterable[Site]) -> Gate | None:
    return gates(sites).filter(pk=gate_id).first()


def gates_by_code(site_id: UUID) -> dict[str, Gate]:
    return {gate.code: gate for gate in Gate.objects.filter(site_id=site_id)}


def devices(site: Site) -> QuerySet[Device]:
    return Device.objects.filter(gate__site=site).select_related("gate").order_by("gate__code", "id")


def terminals(sites: Iterable[Site]) -> QuerySet[Device]:
    standing = Device.objects.filter(kind=DeviceKind.TERMINAL, gate__site__in=list(sites))
    return standing.select_related("gate", "gate__site").order_by("gate__code", "id")


def rules(site: Site) -> QuerySet[Rule]:
    return Rule.objects.filter(site=site).prefetch_related("groups", "gates").order_by("id")


def schedules(site: Site) -> QuerySet[Schedule]:
    return Schedule.objects.filter(site=site).order_by("name")


# --- as the facts of domain.policy -------------------------------------------------------------------------------


def gate_fact(gate: Gate) -> policy.Gate:
    return policy.Gate(
        code=gate.code,
        kind=policy.GateKind(gate.kind),
        direction=policy.Direction(gate.direction),
        means=frozenset(Means(means) for means in gate.means),
        open_s=gate.open_s,
        confirm_s=gate.confirm_s,
        freshness_s=gate.freshness_s,
        admits_unknown=gate.admits_unknown,
        collects=gate.collects,
        has_sensor=gate.has_sensor,
        mode=gate.mode,
        stands_in=str(gate.zone_id or ""),
        server_away=offline.ServerAway(gate.server_away),
        server_away_s=gate.server_away_s,
        camera_lost=offline.CameraLost(gate.camera_lost),
        outer=str(gate.outer_id or ""),
        interlock=gate.interlock,
        unlocks=str(gate.unlocks_id) if gate.unlocks_id else None,
        unlock_after=frozenset(gate.unlock_after),
        held_s=gate.held_s,
        liveness=Liveness(gate.liveness),
    )


def schedule_fact(schedule: Schedule) -> ScheduleFact:
    windows = tuple(
        TimeWindow(
            weekdays=frozenset(window["weekdays"]),
            start=time.fromisoformat(window["start"]),
            end=time.fromisoformat(window["end"]),
            dates=frozenset(date.fromisoformat(day) for day in window.get("dates", ())),
        )
        for window in schedule.windows
    )
    closed = frozenset(date.fromisoformat(day) for day in schedule.closed_on)
    return ScheduleFact(str(schedule.pk), windows, closed)


def rule_fact(rule: Rule) -> policy.Rule:
    return policy.Rule(
        id=str(rule.pk),
        groups=frozenset(str(group.pk) for group in rule.groups.all()),
        gates=frozenset(gate.code for gate in rule.gates.all()),
        schedule=str(rule.schedule_id) if rule.schedule_id else None,
        deny=rule.deny,
        starts=rule.starts,
        ends=rule.ends,
    )


# --- what happened -----------------------------------------------------------------------------------------------


def attempts(spans: Mapping[UUID, Period]) -> QuerySet[Attempt]:
    """Those of each site in its own span, newest first."""
    within = Q(pk__in=())
    for site, span in spans.items():
        within |= Q(site=site, at__gte=span.start, at__lt=span.end)
    return Attempt.objects.filter(within).select_related("site").order_by("-at", "-pk")


def passages(sites: Iterable[Site], span: Period, limit: int = 200) -> Sequence[Passage]:
    found = Passage.objects.filter(site__in=list(sites), at__gte=span.start, at__lt=span.end)
    return list(found.select_related("site").order_by("-at")[:limit])


def passages_of(site: Site, span: Period) -> QuerySet[Passage]:
    """All of them, in order."""
    return Passage.objects.filter(site=site, at__gte=span.start, at__lt=span.end).order_by("at")


def attempts_with_tokens(tokens: Iterable[bytes], limit: int = 50) -> Sequence[Attempt]:
    """Attempts that carry one of these day tokens, newest first; the keeper gives tokens to those who may ask."""
    return list(Attempt.objects.filter(token__in=list(tokens)).select_related("site").order_by("-at")[:limit])


def passages_with_tokens(tokens: Iterable[bytes], limit: int = 50) -> Sequence[Passage]:
    return list(Passage.objects.filter(token__in=list(tokens)).select_related("site").order_by("-at")[:limit])


def attempt(attempt_id: UUID | str, sites: Iterable[Site]) -> Attempt | None:
    return Attempt.objects.filter(pk=attempt_id, site__in=list(sites)).select_related("site").first()


def latest_attempt(gate: Gate) -> Attempt | None:
    return Attempt.objects.filter(site=gate.site, gate=gate.code).order_by("-at").first()


def unseen_alarms(sites: Iterable[Site]) -> QuerySet[GateAlarm]:
    return GateAlarm.objects.filter(site__in=list(sites), seen=False).select_related("site").order_by("-at")


def is_alarm(alarm_id: UUID) -> bool:
    return GateAlarm.objects.filter(pk=alarm_id).exists()


def openings(site: Site) -> QuerySet[Opening]:
    return Opening.objects.filter(gate__site=site)


def waiting_openings(site: Site) -> QuerySet[Opening]:
    return Opening.objects.filter(gate__site=site, acknowledged=False).select_related("gate").order_by("at")


def opening(opening_id: UUID) -> Opening | None:
    return Opening.objects.select_related("gate").filter(pk=opening_id).first()


def opening_waits(gate: Gate, since: datetime) -> bool:
    """Whether an order for this gate from `since` on is not carried out yet."""
    return Opening.objects.filter(gate=gate, acknowledged=False, at__gte=since).exists()


def quarantine(limit: int = 100) -> Sequence[Quarantine]:
    return list(Quarantine.objects.order_by("-pk")[:limit])


def passages_since(site: Site, since: datetime) -> int:
    return Passage.objects.filter(site=site, at__gte=since).count()


def gate_by_codes(site: str, code: str) -> Gate | None:
    """A gate by the codes in the address of its display."""
    return Gate.objects.select_related("site", "zone").filter(site__code=site, code=code).first()
