"""Changing a site's policy: a draft that is written, checked against what is expected of it, and published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID, uuid4

import msgspec
from django.db import transaction

from gatehouse.domain import policy
from gatehouse.domain.expectations import Checked
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates import policies, queries
from gatehouse.server.gates.models import (
    Expectation,
    Gate,
    PlacesForgotten,
    PolicyVersion,
    Rule,
    Schedule,
    SiteAccess,
    ZoneRule,
)
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import Group, Person, Site, Zone

NO_NOTE = ""


@dataclass(frozen=True, slots=True)
class RuleFields:
    """A rule as somebody writes it; without a schedule it holds always."""

    groups: tuple[Group, ...]
    gates: tuple[Gate, ...]
    schedule: Schedule | None = None
    deny: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unkept:
    """The draft breaks these expectations; nothing was published."""

    broken: tuple[tuple[Expectation, Checked], ...]


@transaction.atomic
def begin_draft(site: Site, *, by: By, at: datetime) -> None:
    """Before the first change: what holds now becomes version 1, and stays in force until the next is published."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if policies.versions(site).exists():
        return
    _publish(site, policies.draft(site), NO_NOTE, by=by, at=at)


@transaction.atomic
def save_rule(site: Site, rule: Rule | None, fields: RuleFields, *, by: By, at: datetime) -> Rule:
    """A new rule, or this one changed, in the draft."""
    begin_draft(site, by=by, at=at)
    own = rule or Rule(site=site)
    own.schedule, own.deny, own.starts, own.ends = fields.schedule, fields.deny, fields.starts, fields.ends
    own.save()
    own.groups.set(fields.groups)
    own.gates.set(fields.gates)
    record("rule.changed" if rule else "rule.added", "rule", own.pk, by=by, at=at)
    return own


@transaction.atomic
def remove_rule(rule: Rule, *, by: By, at: datetime) -> None:
    """Out of the draft; what is in force keeps it until the next publication."""
    begin_draft(rule.site, by=by, at=at)
    record("rule.dropped", "rule", rule.pk, by=by, at=at)
    rule.delete()


@transaction.atomic
def save_schedule(
    site: Site,
    schedule: Schedule | None,
    name: str,
    windows: list[dict[str, object]],
    closed_on: Iterable[date],
    *,
    by: By,
    at: datetime,
) -> Schedule:
    begin_draft(site, by=by, at=at)
    own = schedule or Schedule(site=site)
    own.name, own.windows, own.closed_on = name, windows, [day.isoformat() for day in sorted(set(closed_on))]
    queries.schedule_fact(own)
    own.save()
    record("schedule.changed" if schedule else "schedule.added", "schedule", own.pk, by=by, at=at)
    return own


def is_used(schedule: Schedule) -> bool:
    """Whether a rule or a door of the draft goes by it."""
    return Rule.objects.filter(schedule=schedule).exists() or Gate.objects.filter(unlocks=schedule).exists()


@transaction.atomic
def remove_schedule(schedule: Schedule, *, by: By, at: datetime) -> bool:
    """False, and nothing changed, while something goes by it."""
    if is_used(schedule):
        return False
    begin_draft(schedule.site, by=by, at=at)
    record("schedule.dropped", "schedule", schedule.pk, by=by, at=at)
    schedule.delete()
    return True


@transaction.atomic
def save_zone_rule(rule: ZoneRule, *, by: By, at: datetime) -> None:
    begin_draft(rule.site, by=by, at=at)
    rule.save()
    record("zone_rule.changed", "zone_rule", rule.pk, by=by, at=at)


@transaction.atomic
def set_door(gate: Gate, zone: Zone | None, door: policies.Door, *, by: By, at: datetime) -> None:
    """Where a gate leads, its vestibule, and when it stands unlocked. The zone that it leads into holds at once."""
    begin_draft(gate.site, by=by, at=at)
    moved = gate.zone_id != (zone.pk if zone else None)
    Gate.objects.filter(pk=gate.pk).update(
        zone=zone,
        outer=door.outer or None,
        interlock=door.interlock,
        unlocks=door.unlocks,
        unlock_after=sorted(door.unlock_after),
        held_s=door.held_s,
    )
    record("gate.changed", "gate", gate.pk, by=by, at=at)
    if moved:
        bump_roster(gate.site_id)


@transaction.atomic
def expect(
    site: Site, of: Person | Group, gate: Gate, weekday: int, clock: time, answer: str, *, by: By, at: datetime
) -> Expectation:
    """From now on every publication must answer so."""
    who = {"person": of} if isinstance(of, Person) else {"group": of}
    made = Expectation.objects.create(site=site, gate=gate, weekday=weekday, clock=clock, answer=answer, **who)
    record("expectation.added", "gate", gate.pk, by=by, at=at)
    return made


@transaction.atomic
def expect_no_more(expectation: Expectation, *, by: By, at: datetime) -> None:
    record("expectation.dropped", "gate", expectation.gate_id, by=by, at=at)
    expectation.delete()


@transaction.atomic
def publish(site: Site, note: str, *, by: By, at: datetime) -> PolicyVersion | Unkept:
    """Put the draft in force, if it keeps every expectation."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    document = policies.draft(site)
    broken = tuple((row, one) for row, one in policies.checked(site, document, at) if not one.holds)
    return Unkept(broken) if broken else _publish(site, document, note, by=by, at=at)


def _publish(site: Site, document: policies.Document, note: str, *, by: By, at: datetime) -> PolicyVersion:
    newest = policies.versions(site).values_list("number", flat=True).first() or 0
    made = PolicyVersion.objects.create(
        site=site,
        number=newest + 1,
        at=at,
        operator=by.actor,
        note=note,
        document=msgspec.to_builtins(document, order="sorted"),
    )
    record("policy.published", "policy", made.pk, by=by, at=at)
    bump_roster(site.pk)
    return made


@transaction.atomic
def put_back(site: Site, document: policies.Document, *, by: By, at: datetime) -> None:
    """Make the draft what this document says: what is in force, to undo; an older version, to publish it again."""
    Rule.objects.filter(site=site).delete()
    kept = {UUID(one.id) for one in document.schedules}
    names = dict(Schedule.objects.filter(site=site).values_list("pk", "name"))
    for one in document.schedules:
        own = UUID(one.id)
        windows = [_window(window) for window in one.windows]
        closed = [day.isoformat() for day in sorted(one.closed_on)]
        fields = {"site": site, "name": names.get(own, one.id[:8]), "windows": windows, "closed_on": closed}
        Schedule.objects.update_or_create(pk=own, defaults=fields)
    Schedule.objects.filter(site=site).exclude(pk__in=kept).delete()
    gates = queries.gates_by_code(site.pk)
    for fact in document.rules:
        schedule = UUID(fact.schedule) if fact.schedule else None
        rule = Rule.objects.create(
            pk=UUID(fact.id), site=site, schedule_id=schedule, deny=fact.deny, starts=fact.starts, ends=fact.ends
        )
        rule.groups.set(Group.objects.filter(site=site, pk__in=fact.groups))
        rule.gates.set([gates[code] for code in fact.gates if code in gates])
    _put_back_zones(site, document.zones)
    for gate in gates.values():
        door = document.doors.get(gate.code, policies.Door())
        outer = Zone.objects.filter(site=site, pk=door.outer).first() if door.outer else None
        Gate.objects.filter(pk=gate.pk).update(
            outer=outer,
            interlock=door.interlock,
            unlocks=door.unlocks if door.unlocks and UUID(door.unlocks) in kept else None,
            unlock_after=sorted(door.unlock_after),
            held_s=door.held_s,
        )
    record("policy.draft_put_back", "site", site.pk, by=by, at=at)


def _window(window: object) -> dict[str, object]:
    plain = msgspec.to_builtins(window, order="sorted")
    return {name: plain[name] for name in ("weekdays", "start", "end", "dates")}


def _put_back_zones(site: Site, zones: Iterable[policy.ZoneRules]) -> None:
    rows = {policies.zone_fact(row).id: row for row in policies.zone_rules(site)}
    for fact in zones:
        row = rows.pop(fact.id, None) or ZoneRule(id=uuid4(), site=site)
        if row.zone_id is None and fact.id != "*":
            row.zone = Zone.objects.filter(site=site, pk=fact.id).first()
            if row.zone is None:
                continue
        for name in ("passback_s", "soft_when_away", "limit", "two_person", "together_s", "lasts_s"):
            setattr(row, name, getattr(fact, name))
        row.passback = fact.passback.value
        row.first_in, row.escorted, row.escorts = sorted(fact.first_in), sorted(fact.escorted), sorted(fact.escorts)
        row.save()
    ZoneRule.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()


# --- told at once, without a publication --------------------------------------------------------------------------


@transaction.atomic
def set_alert(site: Site, alert: policy.Alert, *, by: By, at: datetime) -> None:
    """Lock the whole site down, let everybody out, or go back: each gate then stands as it did before."""
    fields = {"alert": alert.value, "since": at if alert is not policy.Alert.NONE else None}
    SiteAccess.objects.update_or_create(site=site, defaults=fields)
    record(f"site.{alert.value or 'alert_over'}", "site", site.pk, by=by, at=at)
    bump_roster(site.pk)


@transaction.atomic
def set_duress(site: Site, *, on: bool, by: By, at: datetime) -> None:
    """Whether a PIN with its last digit one higher opens and tells of a threat."""
    SiteAccess.objects.update_or_create(site=site, defaults={"duress": on})
    record("site.duress_on" if on else "site.duress_off", "site", site.pk, by=by, at=at)
    bump_roster(site.pk)


@transaction.atomic
def forget_places(site: Site, zone: Zone | None, *, by: By, at: datetime) -> None:
    """Nobody counts as being in this zone, or anywhere on the site, until they are seen again."""
    PlacesForgotten.objects.update_or_create(site=site, zone=zone, defaults={"at": at})
    record("places.forgotten", "zone" if zone else "site", zone.pk if zone else site.pk, by=by, at=at)
    bump_roster(site.pk)
