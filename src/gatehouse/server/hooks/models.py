"""Addresses that are told of events, and what waits to be told. No row here says anything about a person.

An event is written in the transaction of its fact, so it is told if and only if the fact holds; a message that arrived
twice has the same id.
"""

import uuid

from django.db import models

from gatehouse.server.people.models import Site


class EventKind(models.TextChoices):
    ANSWERED = "gate.answered"
    PASSED = "gate.passed"
    PAID = "payment.settled"
    LOCKED = "payrun.locked"
    ALARM = "alarm.raised"
    COUNTED = "workdays.counted"
    VISITED = "visit.arrived"
    ALERTED = "alert.raised"


class Hook(models.Model):
    """An address of another program, with the secret that its messages are signed with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="hooks")
    url = models.CharField(max_length=500)
    kinds = models.JSONField()
    active = models.BooleanField(default=True)
    secret_cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class Event(models.Model):
    """Something that happened. Of money `at` is the beginning of the date: a payment's minute is known for a day."""

    id = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24, choices=EventKind.choices)
    at = models.DateTimeField()
    facts = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["site", "at"], name="event_by_site_and_time")]

    def __str__(self) -> str:
        return str(self.pk)


class DeliveryState(models.TextChoices):
    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class Delivery(models.Model):
    """One event on its way to one address. `said` is the receiver's last answer: a status, or a code of ours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    said = models.CharField(max_length=24, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hook", "event"], name="event_once_per_hook")]
        indexes = [models.Index(fields=["state", "due_at"], name="delivery_by_state_and_due")]

    def __str__(self) -> str:
        return str(self.pk)
