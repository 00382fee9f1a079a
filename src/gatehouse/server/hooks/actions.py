"""What is told to other programs: addresses, and the events that facts write beside themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from django.db import connection, transaction

from gatehouse.keeper.protocol import Bytes, Mint, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.hooks.models import Delivery, DeliveryState, Event, EventKind, Hook
from gatehouse.server.people.models import Site

_SPACE = UUID("5b0a5c7e-64a5-4c58-9b0e-0d3f5b2b7a11")
HOOKS_A_SITE = 20


@dataclass(frozen=True, slots=True)
class Happened:
    """An event before it is written. `own` names the fact, so that the same fact gives the same event; empty where its
    id must not stand beside the event."""

    kind: EventKind
    at: datetime
    facts: dict[str, str | int | bool]
    own: str = field(default="")


def tell(site_id: UUID, happened: Sequence[Happened], *, now: datetime) -> None:
    """Write what happened for every address that wants it. Must run inside the transaction of the fact; costs one look
    into a small table where nobody wants it."""
    assert connection.in_atomic_block, "an event belongs to the transaction of its fact"
    hooks = list(Hook.objects.filter(site_id=site_id, active=True).only("pk", "kinds")) if happened else []
    wanted = [one for one in happened if any(one.kind in hook.kinds for hook in hooks)]
    if not wanted:
        return
    events = [
        Event(
            id=uuid5(_SPACE, f"{one.kind}/{one.own}") if one.own else uuid4(),
            site_id=site_id,
            kind=one.kind,
            at=one.at,
            facts=one.facts,
        )
        for one in wanted
    ]
    Event.objects.bulk_create(events, ignore_conflicts=True, batch_size=500)
    sent = [
        Delivery(hook=hook, event=event, since=now, due_at=now)
        for event in events
        for hook in hooks
        if event.kind in hook.kinds
    ]
    Delivery.objects.bulk_create(sent, ignore_conflicts=True, batch_size=500)


def add_hook(site: Site, url: str, kinds: Iterable[EventKind], *, by: By, at: datetime) -> Hook | Refused:
    """The keeper makes the secret. `url` was looked at by the caller. Raises KeeperAway."""
    new_id = uuid4()
    made = keeping.ask(Mint(site=str(site.pk), row=str(new_id), by=by.authority), Bytes)
    if isinstance(made, Refused):
        return made
    with transaction.atomic():
        hook = Hook.objects.create(
            id=new_id, site=site, url=url, kinds=sorted(kind.value for kind in kinds), secret_cell=made.data
        )
        record("hook.added", "hook", hook.pk, by=by, at=at)
    return hook


@transaction.atomic
def change_hook(hook: Hook, kinds: Iterable[EventKind], *, by: By, at: datetime) -> None:
    Hook.objects.filter(pk=hook.pk).update(kinds=sorted(kind.value for kind in kinds))
    record("hook.changed", "hook", hook.pk, by=by, at=at)


@transaction.atomic
def stop_hook(hook: Hook, *, by: By, at: datetime) -> bool:
    """What waits for it waits on; False when it was stopped before."""
    if not Hook.objects.filter(pk=hook.pk, active=True).update(active=False):
        return False
    record("hook.stopped", "hook", hook.pk, by=by, at=at)
    return True


@transaction.atomic
def start_hook(hook: Hook, *, by: By, at: datetime) -> bool:
    if not Hook.objects.filter(pk=hook.pk, active=False).update(active=True):
        return False
    record("hook.started", "hook", hook.pk, by=by, at=at)
    return True


@transaction.atomic
def drop_hook(hook: Hook, *, by: By, at: datetime) -> None:
    record("hook.dropped", "hook", hook.pk, by=by, at=at)
    hook.delete()


@transaction.atomic
def send_again(delivery: Delivery, *, by: By, at: datetime) -> None:
    """Once more from the beginning, under the same message id: a receiver that had it passes it over."""
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.WAITING, since=at, due_at=at, tries=0)
    record("hook.sent_again", "hook", delivery.hook_id, by=by, at=at)
