"""Mail on its way, and the server that takes it. No row says in the clear who gets a message or whom it is about.

A message is written in the transaction of its fact, so it is sent if and only if the fact holds; its id is made from
the fact and the recipient, so a fact that is told twice is one message."""

import uuid

from django.db import models


class MessageState(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


class Message(models.Model):
    """One mail to one address. `to_cell` is the envelope (mail/cells.py): not even the row that the address belongs
    to stands here beside a time. `facts` are counts, codes and dates for the words of `kind` (mail/letters.py). `said`
    is the mail server's last answer: a status, or a code of ours."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=32)
    facts = models.JSONField()
    link = models.CharField(max_length=80, default="", blank=True)
    language = models.CharField(max_length=8, default="", blank=True)
    to_cell = models.BinaryField()
    state = models.CharField(max_length=12, choices=MessageState.choices, default=MessageState.WAITING)
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    said = models.CharField(max_length=24, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="mail_by_state_and_due")]

    def __str__(self) -> str:
        return str(self.pk)


class MailServer(models.Model):
    """Where mail is handed in; host, user, password and sender are sealed (mail/cells.py: ServerFacts). At most one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
