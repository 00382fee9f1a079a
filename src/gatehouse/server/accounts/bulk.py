"""Asking the keeper for more people than the caps allow, and a second person's answer, each with its entry of the log.

The wish itself lies at the keeper, its reason too; the database holds neither. What the keeper refuses is not written.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from gatehouse.keeper.protocol import AnswerBulk, AskBulk, Budget, Done, EndBulk, Refused, Text
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By

ABOUT = "bulk"


@transaction.atomic
def ask_for_more(kind: Budget, people: int, until: datetime, reason: str, *, by: By, at: datetime) -> str | Refused:
    """The wish's id. Raises KeeperAway: then it may or may not have been asked."""
    reply = keeping.ask(AskBulk(kind, people, until, reason, by.authority), Text)
    if isinstance(reply, Refused):
        return reply
    record("bulk.asked", ABOUT, reply.text, by=by, at=at)
    return reply.text


@transaction.atomic
def answer_wish(wish: UUID, *, allow: bool, by: By, at: datetime) -> Refused | None:
    """None when done. Raises KeeperAway."""
    reply = keeping.ask(AnswerBulk(str(wish), allow, by.authority), Done)
    if isinstance(reply, Refused):
        return reply
    record("bulk.allowed" if allow else "bulk.refused", ABOUT, wish, by=by, at=at)
    return None


@transaction.atomic
def end_grant(wish: UUID, *, by: By, at: datetime) -> Refused | None:
    """What was allowed ends now; None when done. Raises KeeperAway."""
    reply = keeping.ask(EndBulk(str(wish), by.authority), Done)
    if isinstance(reply, Refused):
        return reply
    record("bulk.ended", ABOUT, wish, by=by, at=at)
    return None
