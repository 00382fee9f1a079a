"""Writing mail that waits, and the server that takes it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.mail.cells import OUTBOX, Address, ServerFacts, pack
from gatehouse.server.mail.letters import LETTERS, is_sayable
from gatehouse.server.mail.models import MailServer, Message, MessageState


def send(
    kind: str,
    to: Address,
    facts: Mapping[str, str | int],
    *,
    own: str,
    now: datetime,
    language: str = "",
    link: str = "",
) -> UUID:
    """One mail of this kind about the fact `own` to this address, however often it is asked for; its id. `link` is a
    path of ours. Must run inside the transaction of the fact. Raises KeeperAway."""
    assert connection.in_atomic_block, "a mail belongs to the transaction of its fact"
    assert is_sayable(LETTERS[kind], facts), f"{kind} says other facts than {sorted(facts)}"
    own_id = _id_of(kind, own, to)
    message = Message(
        id=own_id,
        kind=kind,
        facts=dict(facts),
        link=link,
        language=language,
        to_cell=keeping.seal_one("mail.envelope/1", OUTBOX, own_id, pack(to)),
        since=now,
        due_at=now,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return own_id


def _id_of(kind: str, own: str, to: Address) -> UUID:
    """Keyed, or whoever guesses fact and recipient could try the guess on a copy."""
    said = salted_hmac("gatehouse.mail", "\x1f".join((kind, own, to.label, to.row)), algorithm="sha256")
    return UUID(bytes=said.digest()[:16], version=4)


@transaction.atomic
def send_again(message: Message, *, by: By, at: datetime) -> None:
    """Once more from the beginning, as the same message: a mail server that had it may pass it over."""
    Message.objects.filter(pk=message.pk).update(state=MessageState.WAITING, since=at, due_at=at, tries=0, said="")
    record("mail.sent_again", "mail", message.pk, by=by, at=at)


def set_server(facts: ServerFacts, *, by: By, at: datetime) -> MailServer:
    """In place of the one before. Raises KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one("mail.server/1", new_id, new_id, pack(facts))
    with transaction.atomic():
        MailServer.objects.all().delete()
        server = MailServer.objects.create(id=new_id, cell=cell)
        Message.objects.filter(state=MessageState.WAITING).update(due_at=at)
        record("mail.server_set", "mail", new_id, by=by, at=at)
    return server


@transaction.atomic
def drop_server(*, by: By, at: datetime) -> None:
    """Mail that waits waits on."""
    for server in MailServer.objects.all():
        record("mail.server_dropped", "mail", server.pk, by=by, at=at)
        server.delete()
