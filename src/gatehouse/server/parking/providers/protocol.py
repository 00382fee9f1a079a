"""What every payment provider can do for us, whoever it is.

A provider learns our payment's random id, an amount and the garage's name: never a plate, a stay or a person. Every
verb may be repeated with the same id after a break: it takes effect once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from gatehouse.domain.money import Money

ORDER_HOLDS = timedelta(minutes=30)  # how long a driver has to pay what was begun; Stripe allows no shorter span
FRESH_FOR = timedelta(minutes=5)  # a notice that was signed longer ago, or later than now, is a replay


class ProviderFault(Exception):
    """The provider did not do what was asked, or did not say so: it may or may not have been carried out.

    Codes: `away` (no answer), `bad_keys` (it does not know us), `odd_answer` (an answer that is not understood or not
    signed by it), `not_ready` (it has no statement of that date yet), `not_supported`.
    """

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.said = said  # the provider's own code of the error, for an operator


@dataclass(frozen=True, slots=True)
class Order:
    """A payment as its provider knows it. `about` is the garage's name. `order_ref` and `ref` are the provider's names
    of order and money, "" while there are none."""

    payment: UUID
    amount: Money
    about: str
    order_ref: str = ""
    ref: str = ""
    payer_address: str = ""  # of the driver's own browser; only where a provider insists on it


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the driver's browser there."""

    url: str
    order_ref: str = ""


@dataclass(frozen=True, slots=True)
class QrCode:
    """Show this text as a QR code for the provider's own app."""

    text: str
    order_ref: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider said no, and nothing was or will be done. `code` is its own."""

    code: str


@dataclass(frozen=True, slots=True)
class Paid:
    """The money is there. `ref` is the provider's name of it, the same in a notice, an answer and a statement."""

    ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Not yet; it may still come. `order_ref` where the provider named the order only now."""

    order_ref: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """It will never come."""


@dataclass(frozen=True, slots=True)
class PaidNotice:
    payment: UUID
    paid: Paid


@dataclass(frozen=True, slots=True)
class RefundNotice:
    refund: UUID
    answer: "Refunded | Pending | Declined"


@dataclass(frozen=True, slots=True)
class Ignored:
    """Genuine, and about nothing that is done here."""


@dataclass(frozen=True, slots=True)
class Refunded:
    ref: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider has it and is at it, or says to ask again with the same id. `code` says why, where it tells."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a statement: money that came (`payment`) or went back (`refund`). `id` is ours where it is one of
    ours, else the provider's."""

    kind: str
    id: str
    ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class MandateAsked:
    """Send the driver there to agree; the mandate is asked for by `ref` afterwards."""

    url: str
    ref: str


Begun = Redirect | QrCode | Declined
Asked = Paid | Unpaid | Closed
Notice = PaidNotice | RefundNotice | Ignored
Refunding = Refunded | Pending | Declined
Charged = Paid | Unpaid | Declined


class Provider(Protocol):
    """One account at a provider. Every method but `read_notice` talks to it and raises ProviderFault."""

    def begin(self, order: Order, *, return_url: str, notify_url: str, at: datetime) -> Begun:
        """Ask for the money; again with the same payment it is the same order."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice | None:
        """What a message says; None unless it is signed by the provider, for this account, and fresh."""
        ...

    def ask(self, order: Order, at: datetime) -> Asked:
        """Where the payment stands: notices get lost."""
        ...

    def refund(self, order: Order, refund: UUID, amount: Money, at: datetime) -> Refunding:
        """Pay back once per `refund`, however often it is asked."""
        ...

    def statement(self, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
        """What came and went on a date: the provider's own, or `zone`'s where it tells instants."""
        ...

    def check(self, at: datetime) -> None:
        """Talk to it once, changing nothing."""
        ...

    def ask_mandate(self, mandate: UUID, *, return_url: str, at: datetime) -> MandateAsked:
        """Begin a driver's agreement to be charged. `not_supported` where there is no such thing."""
        ...

    def mandate_token(self, ref: str, at: datetime) -> str | None:
        """What to charge by, once the driver agreed; None until then."""
        ...

    def charge(self, order: Order, token: str, at: datetime) -> Charged:
        """Take the money without the driver, once per payment."""
        ...

    def drop_mandate(self, token: str, at: datetime) -> None:
        """The provider forgets the token; one that is gone already is no fault."""
        ...


def our_id(text: object) -> UUID | None:
    """One of our random ids as a provider writes it back; None for anything else."""
    if not isinstance(text, str) or len(text) not in (32, 36):
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if text in (str(found), found.hex) else None


def is_fresh(signed_at_s: object, at: datetime) -> bool:
    """Whether a message was signed within FRESH_FOR of `at`; `signed_at_s` is as it came."""
    text = str(signed_at_s)
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return False
    return abs(at.timestamp() - int(text)) <= FRESH_FOR.total_seconds()


REF_LIMIT = 80


def is_ref(text: object) -> bool:
    """Whether the table can hold it as a provider's name of money."""
    return isinstance(text, str) and 0 < len(text) <= REF_LIMIT and text.isascii() and text.isprintable()
