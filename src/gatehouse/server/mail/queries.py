"""Reading mail that waits or was sent."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from gatehouse.server.mail.models import MailServer, Message, MessageState


def server() -> MailServer | None:
    return MailServer.objects.order_by("id").first()


def due(now: datetime, limit: int) -> list[Message]:
    """What waits, oldest first."""
    waiting = Message.objects.filter(state=MessageState.WAITING, due_at__lte=now)
    return list(waiting.order_by("due_at", "since", "id")[:limit])


def messages() -> QuerySet[Message]:
    """Newest first."""
    return Message.objects.order_by("-since", "id")


def message(message_id: UUID) -> Message | None:
    return Message.objects.filter(pk=message_id).first()


def counts() -> dict[str, int]:
    """How many messages are in each state."""
    return dict(Message.objects.order_by().values_list("state").annotate(count=Count("pk")))
