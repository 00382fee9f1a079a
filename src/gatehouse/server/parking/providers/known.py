"""Which providers there are, what their keys look like, and how an account's keys make one speak."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from gatehouse.domain.money import Money
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Payment, ProviderAccount
from gatehouse.server.parking.providers import builtin
from gatehouse.server.parking.providers.alipay import Alipay, AlipayKeys
from gatehouse.server.parking.providers.protocol import Order, Provider, ProviderFault
from gatehouse.server.parking.providers.stripe_checkout import StripeCheckout, StripeKeys
from gatehouse.server.parking.providers.web import is_of
from gatehouse.server.parking.providers.wechat_pay import WechatKeys, WechatPay

PAYMENTS = By.job("payments")


class BadKeys(Exception):
    """Keys that can not be of this provider. `field` says which, "" when it is not one of them."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Kind:
    """A provider that one can have an account at. `currencies` is None where it takes many."""

    name: str
    keys: type[msgspec.Struct]
    speak: Callable[[Any], Provider]
    currencies: frozenset[str] | None = None
    auto_pay: bool = False
    hosts: tuple[str, ...] = ()  # where it answers


WECHAT_HOSTS = ("api.mch.weixin.qq.com", "api2.mch.weixin.qq.com", "apihk.mch.weixin.qq.com")
ALIPAY_HOSTS = ("openapi.alipay.com", "openapi-sandbox.dl.alipaydev.com")
ADDRESSES = ("base_url", "gateway")  # the keys that say so

KINDS = {
    kind.name: kind
    for kind in (
        Kind("stripe", StripeKeys, StripeCheckout, auto_pay=True, hosts=("api.stripe.com",)),
        Kind("wechat", WechatKeys, WechatPay, frozenset({"CNY"}), hosts=WECHAT_HOSTS),
        Kind("alipay", AlipayKeys, Alipay, frozenset({"CNY"}), hosts=ALIPAY_HOSTS),
    )
}


def checked_keys(provider: str, keys: dict[str, str]) -> bytes:
    """The keys as they are sealed. Raises BadKeys, ProviderFault for a provider that is none."""
    kind = KINDS.get(provider)
    if kind is None:
        raise ProviderFault("not_supported")
    given = {name: value.strip().replace("\r\n", "\n") for name, value in keys.items() if value.strip()}
    for field in msgspec.structs.fields(kind.keys):
        if field.required and field.name not in given:
            raise BadKeys(field.name)
        if field.name in ADDRESSES and not is_of(given.get(field.name, field.default), kind.hosts):
            raise BadKeys(field.name)
    try:
        made = msgspec.convert(given, kind.keys)
        kind.speak(made)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise BadKeys(str(fault)) from fault
    return msgspec.json.encode(made)


_speaking: dict[tuple[str, bytes], Provider] = {}  # of one process: keys are revealed once, not for every payment


def speak(account: ProviderAccount | None, site_id: UUID | None = None) -> Provider:
    """The provider of an account; without one the built-in one, whose merchant is the site. Raises KeeperAway,
    ProviderFault `bad_keys`."""
    if account is None:
        return builtin.Builtin(site_id)
    held = (str(account.pk), bytes(account.keys_cell))
    found = _speaking.get(held)
    if found is None:
        found = KINDS[account.provider].speak(_keys(account))
        if len(_speaking) > 256:
            _speaking.clear()
        _speaking[held] = found
    return found


def _keys(account: ProviderAccount) -> msgspec.Struct:
    cell = keeping.cell("provider.account/1", account.pk, account.keys_cell)
    opened = keeping.reveal([cell], PAYMENTS.authority, "payments")
    if not isinstance(opened, list) or opened[0] is None:
        raise ProviderFault("bad_keys", "sealed")
    return msgspec.json.decode(opened[0], type=KINDS[account.provider].keys)


def order_of(payment: Payment, payer_address: str = "") -> Order:
    """A payment as its provider knows it."""
    return Order(
        payment.pk,
        Money(payment.amount_minor, payment.currency),
        payment.garage.name,
        payment.order_ref,
        payment.provider_ref or "",
        payer_address,
    )


def forget() -> None:
    """Reveal every account's keys anew; for tests."""
    _speaking.clear()
