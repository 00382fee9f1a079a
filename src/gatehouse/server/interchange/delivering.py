"""The job `hooks`: what waits is sent, signed, until its receiver took it or three days have passed.

A message may arrive twice, under the same id: between a receiver's answer and our mark the power may fail. After one
failure the rest for the same address waits as long, so that a slow receiver holds nothing else up.
"""

import random
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import structlog
from django.db import transaction
from django.db.models import F

from gatehouse.clock import monotonic_s
from gatehouse.crypto.webhooks import sign
from gatehouse.domain.periods import DAY
from gatehouse.domain.retries import is_given_up, pause_after
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.hooks import queries
from gatehouse.server.hooks.models import Delivery, DeliveryState, Event, EventKind, Hook
from gatehouse.server.interchange.addresses import NoAddress, resolved

log = structlog.get_logger()

HOOKS = By.job("hooks")
TIMEOUT_S = 5.0
SLICE_S = 2.0  # other jobs go on in between
LOOK_AT_MOST = 200
KEPT_DAYS = 30
MOST_BYTES = 64_000  # of a receiver's answer, which nobody reads
GONE = 410  # the receiver wants no more


def deliver_due(now: datetime) -> int:
    """Send what is due; how many were taken. Raises KeeperAway."""
    ends = monotonic_s() + SLICE_S
    waiting, taken = queries.due(now, LOOK_AT_MOST), 0
    secrets = _secrets([delivery.hook for delivery in waiting])
    resting: set[UUID] = set()
    for delivery in waiting:
        if delivery.hook_id in resting:
            continue
        secret = secrets.get(delivery.hook_id)
        said = _sent(delivery, secret, now) if secret else "no_secret"
        if _is_taken(said):
            taken += Delivery.objects.filter(pk=delivery.pk).update(
                state=DeliveryState.DELIVERED, tries=F("tries") + 1, said=said
            )
        else:
            resting.add(delivery.hook_id)
            _not_taken(delivery, said, now)
        if monotonic_s() >= ends:
            break
    return taken


def _secrets(hooks: list[Hook]) -> dict[UUID, bytes]:
    rows = list({hook.pk: hook for hook in hooks}.values())
    cells = [keeping.cell("hook.secret/1", hook.pk, hook.secret_cell) for hook in rows]
    data = keeping.reveal(cells, HOOKS.authority, "hooks")
    if isinstance(data, Refused):
        log.warning("hooks.no_secret", code=data.code)
        return {}
    return {hook.pk: secret for hook, secret in zip(rows, data, strict=True) if secret}


def body_of(event: Event) -> bytes:
    """What is sent: kind, moment and facts, and the site's code."""
    told = {"type": event.kind, "timestamp": event.at.isoformat(), "data": {"site": event.site.code} | event.facts}
    return msgspec.json.encode(told)


def message_id(event: Event) -> str:
    return f"msg_{event.pk.hex}"


def _sent(delivery: Delivery, secret: bytes, now: datetime) -> str:
    """The receiver's status, or a code of ours for what kept it from answering."""
    place = resolved(delivery.hook.url)
    if isinstance(place, NoAddress):
        return place.code
    body, at_s, called = body_of(delivery.event), int(now.timestamp()), message_id(delivery.event)
    headers = {
        "Host": place.header,
        "Content-Type": "application/json",
        "User-Agent": "Gatehouse",
        "webhook-id": called,
        "webhook-timestamp": str(at_s),
        "webhook-signature": sign(secret, called, at_s, body),
    }
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", place.url, content=body, headers=headers, extensions={"sni_hostname": place.host}
            ) as answer,
        ):
            _swallow(answer)
            return str(answer.status_code)
    except httpx.TimeoutException:
        return "timeout"
    except httpx.HTTPError:
        return "away"


def _swallow(answer: httpx.Response) -> None:
    size = 0
    for part in answer.iter_raw():
        size += len(part)
        if size > MOST_BYTES:
            return


def _is_taken(said: str) -> bool:
    return said.isdigit() and 200 <= int(said) < 300


def _not_taken(delivery: Delivery, said: str, now: datetime) -> None:
    """Later again; or dead, with an alarm, once for each address."""
    tries = delivery.tries + 1
    until = now + pause_after(tries, random.random())  # noqa: S311  a spread, no secret
    with transaction.atomic():
        own = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
        if said == str(GONE):
            own.update(state=DeliveryState.DEAD, tries=tries, said=said)
            _stop(delivery.hook, now)
        elif is_given_up(delivery.since, now):
            own.update(state=DeliveryState.DEAD, tries=tries, said=said)
            _alarm(delivery.hook, now)
        else:
            own.update(tries=tries, said=said, due_at=until)
        rest = Delivery.objects.filter(hook_id=delivery.hook_id, state=DeliveryState.WAITING, due_at__lt=until)
        rest.exclude(pk=delivery.pk).update(due_at=until)
    log.info("hook.not_taken", site=str(delivery.hook.site_id), code=said, count=tries)


def _stop(hook: Hook, now: datetime) -> None:
    if Hook.objects.filter(pk=hook.pk, active=True).update(active=False):
        record("hook.stopped", "hook", hook.pk, by=HOOKS, at=now)
        raise_alarm(hook.site_id, "", "hook_gone", at=now)


def _alarm(hook: Hook, now: datetime) -> None:
    """Once a day for an address, however many messages die."""
    died_before = Delivery.objects.filter(hook=hook, state=DeliveryState.DEAD, due_at__gt=now - timedelta(days=1))
    if died_before.count() <= 1:
        raise_alarm(hook.site_id, "", "hook_dead", at=now)


def sweep(now: datetime) -> int:
    """Old events go, and what tells the minute of a payment once its date is over, as with the payment itself."""
    over = Delivery.objects.filter(event__kind=EventKind.PAID, event__at__lt=now - DAY)
    for one in over.exclude(state=DeliveryState.WAITING).exclude(since=F("event__at")).select_related("event"):
        Delivery.objects.filter(pk=one.pk).update(since=one.event.at, due_at=one.event.at)
    gone, _ = Event.objects.filter(at__lt=now - KEPT_DAYS * DAY).delete()
    return gone
