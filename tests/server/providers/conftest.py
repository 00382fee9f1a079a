"""The four providers, each with its stand-in, in front of the world of the server's tests and its own web server."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import httpx
import pytest
from django.urls import reverse
from tests.server.providers.alipay_standin import AlipayStandIn
from tests.server.providers.builtin_standin import BuiltinStandIn
from tests.server.providers.standin import StandIn
from tests.server.providers.stripe_standin import StripeStandIn
from tests.server.providers.wechat_standin import WechatStandIn
from tests.server.test_stays import enter
from tests.server.world import SETUP, World

from gatehouse.domain.money import Money
from gatehouse.server.parking import accounts, orders, payments, queries, refunds
from gatehouse.server.parking.models import (
    Difference,
    ExitClearance,
    LaneException,
    OpenStay,
    Payment,
    ProviderAccount,
    Refund,
)
from gatehouse.server.parking.providers import known
from gatehouse.server.parking.providers.protocol import Begun, QrCode, Redirect

STAND_INS: dict[str, type[StandIn]] = {
    "test": BuiltinStandIn,
    "stripe": StripeStandIn,
    "wechat": WechatStandIn,
    "alipay": AlipayStandIn,
}
PLATES = iter(f"京T{number:05}" for number in range(10_000))


@dataclass
class Desk:
    """One provider's account of the garage, as the server uses it, and the provider on the other side."""

    world: World
    there: StandIn
    account: ProviderAccount | None
    url: str

    def now(self) -> datetime:
        return self.world.now()

    @property
    def site(self):
        return self.world.site

    def begin(self, *, minutes: int = 61, plate: str | None = None) -> Payment:
        """A car that stayed, and its driver who has opened the provider's page."""
        stay = enter(self.world, minutes=minutes, plate=plate or next(PLATES))
        payment, _ = payments.start_payment(stay, self.there.name, self.now(), self.account)
        self.open(payment)
        return queries.payment(payment.pk)

    def ask_to_pay(self, payment: Payment) -> Begun:
        back = f"{self.url}/pay/{self.world.garage.pay_code}/paid/{payment.pk}/"
        row = queries.payment(payment.pk)
        return orders.begin(row, return_url=back, notify_url=self.notify_url, payer_address="192.0.2.7", at=self.now())

    def open(self, payment: Payment) -> None:
        begun = self.ask_to_pay(payment)
        assert isinstance(begun, Redirect | QrCode), begun
        if isinstance(begun, Redirect) and begun.url.startswith("http") and self.there.name == "alipay":
            assert httpx.get(begun.url).status_code == 200  # a trade comes to be when the cashier is opened

    @property
    def notify_url(self) -> str:
        code = self.account.code if self.account else "builtin"
        return self.url + reverse("pay-notice", args=[self.there.name, code])

    def pay(self, payment: Payment, times: int = 1) -> None:
        """The driver pays and the provider tells us, so many times."""
        self.there.pay(payment.pk)
        for _ in range(times):
            assert self.there.notice(payment.pk).deliver() in (200, 204)

    def paid(self, **how) -> Payment:
        payment = self.begin(**how)
        self.pay(payment)
        return queries.payment(payment.pk)

    def refund(self, payment: Payment, minor: int, refund_id: UUID | None = None) -> Refund:
        made = refunds.pay_back(
            queries.payment(payment.pk), Money(minor, "CNY"), "complaint", refund_id=refund_id or uuid4(), by=SETUP,
            at=self.now(),
        )  # fmt: skip
        return Refund.objects.get(pk=made.pk)

    def written(self) -> list[object]:
        """Everything that a notice could have changed."""
        rows = [model.objects.order_by("pk").values() for model in (Payment, OpenStay, LaneException, Difference)]
        return [[list(some) for some in rows], list(ExitClearance.objects.order_by("pk").values())]

    def our_money(self) -> tuple[int, int]:
        """What we wrote down as paid, and as paid back."""
        taken = Payment.objects.filter(state__in=("settled", "late"))
        back = Refund.objects.filter(state="done")
        return sum(one.amount_minor for one in taken), sum(one.amount_minor for one in back)

    def their_money(self) -> tuple[int, int]:
        return self.there.taken(), self.there.returned()


@pytest.fixture(params=STAND_INS)
def desk(request, committed_world, live_server, settings) -> Iterator[Desk]:
    yield from _desk(request.param, committed_world, live_server, settings)


@pytest.fixture(params=[name for name, one in STAND_INS.items() if one.over_the_line])
def line(request, committed_world, live_server, settings) -> Iterator[Desk]:
    """Only the providers that are somewhere else."""
    yield from _desk(request.param, committed_world, live_server, settings)


@pytest.fixture
def stripe_desk(committed_world, live_server, settings) -> Iterator[Desk]:
    yield from _desk("stripe", committed_world, live_server, settings)


@pytest.fixture
def builtin_desk(committed_world, live_server, settings) -> Iterator[Desk]:
    yield from _desk("test", committed_world, live_server, settings)


def _desk(name: str, world: World, live_server, settings) -> Iterator[Desk]:
    settings.TEST_PROVIDER = True
    for module in (known, orders, refunds):
        module.forget()
    there = STAND_INS[name](world.now)
    with ExitStack() as stack:
        account = None
        if there.over_the_line:
            stack.enter_context(there.running())
            account = accounts.add_account(world.site, name, there.keys(), by=SETUP, at=world.now())
        else:
            there.site = world.site.pk
        made = Desk(world, there, account, live_server.url)
        there.notify_url = made.notify_url
        yield made
