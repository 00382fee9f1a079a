"""Answering alerts, and who hears of them by mail."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from gatehouse.server import keeping
from gatehouse.server.alerts.models import Alert, Recipient
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By

ADDRESSES = "alerts"  # the owner of the key that recipients' addresses are sealed with


@transaction.atomic
def acknowledge(alert: Alert, *, by: By, at: datetime) -> bool:
    """False when somebody was faster."""
    open_one = Alert.objects.filter(pk=alert.pk, acknowledged_at=None)
    if open_one.update(acknowledged_at=at, acknowledged_by=by.actor) != 1:
        return False
    record("alert.acknowledged", "alert", alert.pk, by=by, at=at)
    return True


def add_recipient(address: str, sites: Sequence[str], *, by: By, at: datetime) -> Recipient:
    """Who hears of alerts at these sites; none for everywhere. Raises KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one("mail.address/1", ADDRESSES, new_id, address.encode())
    with transaction.atomic():
        made = Recipient.objects.create(id=new_id, sites=list(sites), address_cell=cell)
        record("alert.recipient_added", "alert", new_id, by=by, at=at)
    return made


@transaction.atomic
def drop_recipient(recipient: Recipient, *, by: By, at: datetime) -> None:
    record("alert.recipient_dropped", "alert", recipient.pk, by=by, at=at)
    recipient.delete()
