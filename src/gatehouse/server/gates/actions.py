"""Setting up gates, and opening one by hand. What edges report is written by `gates.records`."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from gatehouse.domain import policy
from gatehouse.server import bus, keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import (
    Device,
    DeviceKind,
    Edge,
    Gate,
    GateAlarm,
    GateMode,
    Opening,
    Rule,
    Schedule,
)
from gatehouse.server.gates.queries import opening_waits, schedule_fact
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import Group, Site, Zone

# About an address that takes no messages: telling it so would make the next one.
HOOK_ALARMS = frozenset({"hook_dead", "hook_gone"})


@transaction.atomic
def add_gate(
    site: Site,
    fact: policy.Gate,
    name: str,
    *,
    zone: Zone | None = None,
    counts_attendance: bool = False,
    by: By,
    at: datetime,
) -> Gate:
    fields = _columns(fact)
    gate = Gate.objects.create(site=site, zone=zone, name=name, counts_attendance=counts_attendance, **fields)
    record("gate.added", "gate", gate.pk, by=by, at=at)
    bump_roster(site.pk)
    return gate


def _columns(fact: policy.Gate) -> dict[str, Any]:
    """A gate's policy as its row holds it; where it stands is the row's own zone."""
    fields = asdict(fact) | {
        "means": sorted(fact.means),
        "server_away": fact.server_away.value,
        "camera_lost": fact.camera_lost.value,
        "liveness": fact.liveness.value,
    }
    # Where it leads and when it stands unlocked is set under Access, not with the rest.
    for name in ("stands_in", "outer", "interlock", "unlocks", "unlock_after", "held_s"):
        del fields[name]
    return fields


@transaction.atomic
def change_gate(gate: Gate, fact: policy.Gate, name: str, *, by: By, at: datetime) -> Gate:
    """Everything but the code, which letters already carry."""
    fields = _columns(fact) | {"code": gate.code, "name": name}
    Gate.objects.filter(pk=gate.pk).update(**fields)
    record("gate.changed", "gate", gate.pk, by=by, at=at)
    bump_roster(gate.site_id)
    gate.refresh_from_db()
    return gate


@transaction.atomic
def set_mode(gates: Iterable[Gate], mode: GateMode, *, by: By, at: datetime) -> None:
    """Lock down (closed), let everybody through (open) or go back to the rules (controlled)."""
    for gate in gates:
        Gate.objects.filter(pk=gate.pk).update(mode=mode)
        record(f"gate.{mode}", "gate", gate.pk, by=by, at=at)
        bump_roster(gate.site_id)


def add_device(
    gate: Gate, kind: DeviceKind, driver: str, address: str, *, secret: str = "", by: By, at: datetime
) -> Device:
    """A camera or relay. `address` must hold no password; that is `secret`. Raises KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one("device.secret/1", gate.site_id, new_id, secret.encode()) if secret else None
    with transaction.atomic():
        device = Device.objects.create(
            id=new_id, gate=gate, kind=kind, driver=driver, address=address, secret_cell=cell
        )
        record("device.added", "device", new_id, by=by, at=at)
        bump_roster(gate.site_id)
    return device


@transaction.atomic
def add_schedule(
    site: Site, name: str, windows: list[dict[str, object]], closed_on: list[str], *, by: By, at: datetime
) -> Schedule:
    """Raises ValueError, KeyError for windows that are none."""
    schedule = Schedule(site=site, name=name, windows=windows, closed_on=closed_on)
    schedule_fact(schedule)
    schedule.save(force_insert=True)
    record("schedule.added", "schedule", schedule.pk, by=by, at=at)
    bump_roster(site.pk)
    return schedule


@transaction.atomic
def add_rule(
    site: Site,
    groups: Iterable[Group],
    gates: Iterable[Gate],
    *,
    schedule: Schedule | None = None,
    deny: bool = False,
    starts: datetime | None = None,
    ends: datetime | None = None,
    by: By,
    at: datetime,
) -> Rule:
    rule = Rule.objects.create(site=site, schedule=schedule, deny=deny, starts=starts, ends=ends)
    rule.groups.set(groups)
    rule.gates.set(gates)
    record("rule.added", "rule", rule.pk, by=by, at=at)
    bump_roster(site.pk)
    return rule


@transaction.atomic
def drop_rule(rule: Rule, *, by: By, at: datetime) -> None:
    record("rule.dropped", "rule", rule.pk, by=by, at=at)
    bump_roster(rule.site_id)
    rule.delete()


@transaction.atomic
def add_edge(edge_id: str, site: Site, sign_key: bytes, *, by: By, at: datetime) -> Edge:
    """Let an edge speak to this server. Its keys count only once an owner has enrolled them at the keeper as well.
    With another key it is an edge installed anew, which numbers its letters from 1."""
    Edge.objects.filter(pk=edge_id).exclude(sign_key=sign_key).update(last_seq=0)
    edge, _ = Edge.objects.update_or_create(pk=edge_id, defaults={"site": site, "sign_key": sign_key, "active": True})
    record("edge.added", "edge", edge_id, by=by, at=at)
    return edge


@transaction.atomic
def stop_edge(edge: Edge, *, by: By, at: datetime) -> None:
    Edge.objects.filter(pk=edge.pk).update(active=False)
    record("edge.stopped", "edge", edge.pk, by=by, at=at)


def open_by_hand(gate: Gate, reason: str, *, by: By, at: datetime) -> Opening:
    """Order one opening. The edge acts while it is fresh, and acknowledges with an attempt of the same id.
    Raises KeeperAway."""
    new_id, cell = sealed_reason(gate, reason)
    return order_opening(gate, new_id, cell, by=by, at=at)


@transaction.atomic
def open_once(gate: Gate, since: datetime, *, by: By, at: datetime) -> Opening | None:
    """As `open_by_hand`, without a reason; None while an order from `since` on is not carried out. Of two who ask in
    the same moment one is let in."""
    Gate.objects.select_for_update(no_key=True).get(pk=gate.pk)
    return None if opening_waits(gate, since) else order_opening(gate, uuid4(), None, by=by, at=at)


def sealed_reason(gate: Gate, reason: str) -> tuple[UUID, bytes | None]:
    """An id for a new opening of the gate, and its reason sealed for it. Raises KeeperAway."""
    new_id = uuid4()
    return new_id, keeping.seal_one("site.text/1", gate.site_id, new_id, reason.encode()) if reason else None


@transaction.atomic
def order_opening(gate: Gate, new_id: UUID, reason_cell: bytes | None, *, by: By, at: datetime) -> Opening:
    """As `open_by_hand`, with a reason that was sealed before."""
    return _ordered(Opening(id=new_id, gate=gate, at=at, operator=by.actor, reason_cell=reason_cell), by=by)


@transaction.atomic
def order_numbered(gate: Gate, new_id: UUID, reason_cell: bytes | None, *, by: By, at: datetime) -> Opening:
    """As `order_opening`, for a vehicle that nobody read: it comes in under a virtual plate."""
    opening = Opening(id=new_id, gate=gate, at=at, operator=by.actor, reason_cell=reason_cell, numbered=True)
    return _ordered(opening, by=by)


def _ordered(opening: Opening, *, by: By) -> Opening:
    gate, at = opening.gate, opening.at
    opening.save(force_insert=True)
    record("gate.opened_by_hand", "gate", gate.pk, by=by, at=at)
    transaction.on_commit(lambda: bus.publish(bus.FeedChanged(str(gate.site_id))))
    return opening


@transaction.atomic
def see_alarm(alarm: GateAlarm, *, by: By, at: datetime) -> None:
    if GateAlarm.objects.filter(pk=alarm.pk, seen=False).update(seen=True):
        record("alarm.seen", "alarm", alarm.pk, by=by, at=at)


def raise_alarm(site_id: UUID, gate: str, kind: str, *, at: datetime, own: UUID | None = None) -> GateAlarm:
    """`own` is the alarm's id where it was born with it. Must run inside a transaction; screens are told after it."""
    alarm = GateAlarm.objects.create(id=own or uuid4(), site_id=site_id, gate=gate, at=at, kind=kind)
    told: dict[str, str | int | bool] = {"gate": gate, "kind": kind}
    if kind not in HOOK_ALARMS:
        tell(site_id, [Happened(EventKind.ALARM, at, told, str(alarm.pk))], now=at)
    transaction.on_commit(lambda: bus.publish(bus.AlarmRaised(str(site_id), gate, str(alarm.pk))))
    return alarm
