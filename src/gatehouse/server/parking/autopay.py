"""Auto-pay: a registered vehicle's stays are charged through a provider, only as long as its driver's consent stands.

The provider gets the token that it gave itself and an opaque payment id. A charge that does not work leaves everything
as it was: the driver pays as everybody does.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import structlog
from django.db import connections, transaction

from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.facts import UNPRICED, entries
from gatehouse.server.parking.models import Mandate, MandateState, OpenStay, Payment, ProviderAccount
from gatehouse.server.parking.payments import NothingDue, fail_payment, name_order, settle_payment, start_payment
from gatehouse.server.parking.providers.known import PAYMENTS, order_of, speak
from gatehouse.server.parking.providers.protocol import Declined, Paid, ProviderFault, Unpaid
from gatehouse.server.people.models import Vehicle

log = structlog.get_logger()

AUTO_PAY = By.job("auto_pay")
AGAIN_AFTER = timedelta(minutes=10)  # a car that stands at the exit is seen many times, its card is tried once


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mandate.consent/1: what the driver read and agreed to, and when."""

    words: str
    language: str
    at: datetime


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mandate.token/1: how the provider calls the agreement, and what it is charged by once it stands."""

    ref: str
    token: str = ""


class NotFound(Exception):
    """Nothing that can be charged: withdrawn, or its key is gone."""


@transaction.atomic
def offer(vehicle: Vehicle, provider: str, account: ProviderAccount | None, *, by: By, at: datetime) -> Mandate:
    """A page for the driver to read and agree on. Offers that nobody answered are replaced."""
    Mandate.objects.filter(vehicle=vehicle, state__in=[MandateState.OFFERED, MandateState.ASKED]).delete()
    mandate = Mandate.objects.create(id=uuid4(), vehicle=vehicle, provider=provider, account=account)
    record("mandate.offered", "vehicle", vehicle.pk, by=by, at=at)
    return mandate


def mandate(mandate_id: UUID) -> Mandate | None:
    return Mandate.objects.select_related("vehicle__site", "account").filter(pk=mandate_id).first()


def agree(of: Mandate, words: str, language: str, *, return_url: str, at: datetime) -> str:
    """The driver has read `words` and agrees; answers where to send them. Raises ProviderFault, KeeperAway,
    NotFound."""
    if of.state not in (MandateState.OFFERED, MandateState.ASKED):
        raise NotFound
    consent = msgspec.msgpack.encode(Consent(words, language, at))
    asked = speak(of.account, of.vehicle.site_id).ask_mandate(of.pk, return_url=return_url, at=at)
    plain = keeping.plain("mandate.token/1", of.vehicle_id, of.pk, msgspec.msgpack.encode(Token(asked.ref)))
    sealed = keeping.seal_many([keeping.plain("mandate.consent/1", of.vehicle_id, of.pk, consent), plain])
    with transaction.atomic():
        held = Mandate.objects.filter(pk=of.pk, state__in=[MandateState.OFFERED, MandateState.ASKED])
        if not held.update(state=MandateState.ASKED, consent_cell=sealed[0], token_cell=sealed[1]):
            raise NotFound
        record("mandate.agreed", "vehicle", of.vehicle_id, by=AUTO_PAY, at=at)
    return asked.url


def confirm(of: Mandate, at: datetime) -> Mandate:
    """Whether the provider has the driver's agreement by now; then it replaces every earlier one of the vehicle.
    Raises ProviderFault, KeeperAway, NotFound."""
    if of.state != MandateState.ASKED:
        return of
    ref = _token(of).ref
    token = speak(of.account, of.vehicle.site_id).mandate_token(ref, at)
    if token is None:
        return of
    data = msgspec.msgpack.encode(Token(ref, token))
    cell = keeping.seal_one("mandate.token/1", of.vehicle_id, of.pk, data)
    for earlier in Mandate.objects.filter(vehicle=of.vehicle_id, state=MandateState.ACTIVE).exclude(pk=of.pk):
        withdraw(earlier, by=AUTO_PAY, at=at)
    with transaction.atomic():
        if Mandate.objects.filter(pk=of.pk, state=MandateState.ASKED).update(
            state=MandateState.ACTIVE, token_cell=cell
        ):
            record("mandate.active", "vehicle", of.vehicle_id, by=AUTO_PAY, at=at)
    of.refresh_from_db()
    return of


def withdraw(of: Mandate, *, by: By, at: datetime) -> None:
    """At once, whoever is away: nothing is charged by it any more. The provider is told to forget it too."""
    try:
        token = _token(of).token if of.state == MandateState.ACTIVE else ""
    except (NotFound, keeping.KeeperAway):
        token = ""
    with transaction.atomic():
        held = Mandate.objects.filter(pk=of.pk).exclude(state=MandateState.WITHDRAWN)
        if held.update(state=MandateState.WITHDRAWN, token_cell=b""):
            record("mandate.withdrawn", "vehicle", of.vehicle_id, by=by, at=at)
    if token:
        try:
            speak(of.account, of.vehicle.site_id).drop_mandate(token, at)
        except (ProviderFault, keeping.KeeperAway) as fault:
            log.warning("mandate.not_dropped", code=getattr(fault, "code", "keeper"))


def _token(of: Mandate) -> Token:
    """Raises NotFound, KeeperAway."""
    if not of.token_cell:
        raise NotFound
    cell = keeping.cell("mandate.token/1", of.pk, of.token_cell)
    opened = keeping.reveal([cell], PAYMENTS.authority, "auto_pay")
    if not isinstance(opened, list) or opened[0] is None:
        raise NotFound
    return msgspec.msgpack.decode(opened[0], type=Token)


# --- charging --------------------------------------------------------------------------------------------------------

_lock = threading.Lock()
_tried: dict[UUID, datetime] = {}  # stays whose mandate was tried lately; in memory only
_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="auto-pay")


def charge_soon(stay: OpenStay, at: datetime) -> None:
    """For a car that is held at an exit: charge its mandate, if it has one, while the lane goes on."""
    if not Mandate.objects.filter(vehicle__site=stay.garage.site_id, state=MandateState.ACTIVE).exists():
        return
    with _lock:
        before = _tried.get(stay.pk)
        if before is not None and at < before + AGAIN_AFTER:
            return
        for old in [one for one, then in _tried.items() if then + AGAIN_AFTER < at]:
            del _tried[old]
        _tried[stay.pk] = at
    transaction.on_commit(lambda: _workers.submit(_in_background, stay.pk, at))


def _in_background(stay_id: UUID, at: datetime) -> None:
    try:
        charge(stay_id, at)
    except (ProviderFault, keeping.KeeperAway, NotFound, *UNPRICED) as fault:
        log.warning("auto_pay.failed", fault=type(fault).__name__, code=getattr(fault, "code", ""))
    finally:
        connections.close_all()


def charge(stay_id: UUID, at: datetime) -> Payment | None:
    """Charge what the stay owes to its vehicle's mandate; None when it has none, or has left, or owes nothing. Asked
    again it is the same charge. Raises ProviderFault, KeeperAway, NotFound and as `quote`: nothing is known then, and
    the provider is asked about it as about every payment."""
    stay = queries.open_stay(stay_id)
    entry = entries({stay.pk: bytes(stay.entry_cell)}).get(stay.pk) if stay else None
    if stay is None or entry is None or entry.vehicle is None:
        return None
    active = Mandate.objects.select_related("account", "vehicle")
    own = active.filter(vehicle=UUID(entry.vehicle), vehicle__site=stay.garage.site_id)
    of = own.filter(state=MandateState.ACTIVE).first()
    if of is None:
        return None
    token = _token(of).token
    started = start_payment(stay, of.provider, at, of.account)
    if started is None or isinstance(started, NothingDue):
        return None
    payment = started[0]
    if not own.filter(pk=of.pk, state=MandateState.ACTIVE).exists():  # withdrawn this moment
        fail_payment(payment.pk, by=AUTO_PAY, at=at)
        return None
    charged = speak(of.account, stay.garage.site_id).charge(order_of(payment), token, at)
    match charged:
        case Paid(ref=ref, amount=amount):
            settle_payment(payment.pk, ref, amount, by=AUTO_PAY, at=at)
        case Declined(code=code):
            log.info("auto_pay.declined", code=code)
            fail_payment(payment.pk, by=AUTO_PAY, at=at)
        case Unpaid(order_ref=ref):
            if ref:
                name_order(payment, ref)
    return queries.payment(payment.pk)


def forget() -> None:
    """Try every stay anew; for tests."""
    with _lock:
        _tried.clear()
