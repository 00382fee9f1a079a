"""The built-in provider plays itself: its books are the server's, its key the keeper's. Nothing of it is on a line."""

from typing import Any
from uuid import UUID, uuid4

from tests.server.providers.standin import StandIn, Told

from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date
from gatehouse.server.parking.models import BuiltinEntry, Payment
from gatehouse.server.parking.providers import builtin


class BuiltinStandIn(StandIn):
    name = "test"
    over_the_line = False
    auto_pay = True
    site: UUID

    def key(self, ours: UUID) -> str:
        return str(ours)

    def taken(self) -> int:
        return sum(row.amount_minor for row in BuiltinEntry.objects.filter(kind="payment"))

    def returned(self) -> int:
        return sum(row.amount_minor for row in BuiltinEntry.objects.filter(kind="refund"))

    def pay(self, payment: UUID) -> None:
        row = Payment.objects.get(pk=payment)
        builtin.Builtin(self.site).take(payment, Money(row.amount_minor, row.currency), self.now())

    def notice(self, payment: UUID, **odd: Any) -> Told:
        row = Payment.objects.get(pk=payment)
        amount = Money(int(odd.get("minor", row.amount_minor)), str(odd.get("currency", row.currency)))
        named = odd.get("id", payment)
        body, signature = builtin.message(named if isinstance(named, UUID) else UUID(int=1), amount)
        if "key" in odd:
            signature = "0" * len(signature)
        return Told(self.notify_url, {builtin.SIGNATURE_HEADER: signature}, body)

    # What is planted is planted in its books.

    def plant(self) -> None:
        for name in self.hidden:
            BuiltinEntry.objects.filter(pk=name).update(day="2020-01-01")
        for name, minor in self.changed.items():
            BuiltinEntry.objects.filter(pk=name).update(amount_minor=minor)
        from zoneinfo import ZoneInfo

        day = local_date(self.now(), ZoneInfo("Asia/Shanghai"))
        for kind, _name, minor in self.strange:
            facts = {"merchant": self.site, "payment": uuid4(), "kind": kind, "amount_minor": minor}
            BuiltinEntry.objects.create(id=uuid4(), currency="CNY", day=day, **facts)
