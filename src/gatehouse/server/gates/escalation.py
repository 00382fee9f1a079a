"""Alarms that nobody has looked at: after a while they are told again, louder."""

from datetime import datetime, timedelta
from uuid import uuid5

from django.db import transaction

from gatehouse.server import bus
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind

# What somebody may be in danger by waits less.
URGENT = frozenset({"duress", "forced", "tamper", "left_alone"})
URGENT_AFTER, AFTER = timedelta(minutes=2), timedelta(minutes=10)
TOLD_FOR = timedelta(days=1)  # older ones belong to a server that was off
EVERY = timedelta(seconds=15)


def escalate_unseen(now: datetime) -> int:
    """Once for each alarm: on Watch, and to other programs; how many."""
    found = GateAlarm.objects.filter(seen=False, escalated=False, at__gt=now - TOLD_FOR, at__lte=now - URGENT_AFTER)
    due = [alarm for alarm in found if alarm.kind in URGENT or now - alarm.at >= AFTER]
    return sum(_escalate(alarm, now) for alarm in due)


@transaction.atomic
def _escalate(alarm: GateAlarm, now: datetime) -> int:
    if not GateAlarm.objects.filter(pk=alarm.pk, seen=False, escalated=False).update(escalated=True):
        return 0
    told: dict[str, str | int | bool] = {"gate": alarm.gate, "kind": alarm.kind, "unanswered": True}
    tell(alarm.site_id, [Happened(EventKind.ALARM, now, told, str(uuid5(alarm.pk, "unanswered")))], now=now)
    transaction.on_commit(lambda: bus.publish(bus.AlarmRaised(str(alarm.site_id), alarm.gate, str(alarm.pk))))
    return 1
