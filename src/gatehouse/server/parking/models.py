"""Garages, stays and payments. A stay tells no time and no plate; what it cost is kept for the books."""

import secrets
import uuid

from django.db import models

from gatehouse.server.parking.merchant_models import GiftKind as GiftKind
from gatehouse.server.parking.merchant_models import Merchant as Merchant
from gatehouse.server.parking.merchant_models import MerchantDay as MerchantDay
from gatehouse.server.parking.merchant_models import MerchantMonth as MerchantMonth
from gatehouse.server.parking.merchant_models import Validation as Validation
from gatehouse.server.parking.receipt_models import InvoiceRequest as InvoiceRequest
from gatehouse.server.parking.receipt_models import InvoiceState as InvoiceState
from gatehouse.server.parking.receipt_models import Receipt as Receipt
from gatehouse.server.parking.receipt_models import ReceiptCount as ReceiptCount
from gatehouse.server.parking.rights_models import Booking as Booking
from gatehouse.server.parking.rights_models import BookingState as BookingState
from gatehouse.server.parking.rights_models import FreedBay as FreedBay
from gatehouse.server.parking.rights_models import ListEntry as ListEntry
from gatehouse.server.parking.rights_models import ListKind as ListKind
from gatehouse.server.parking.rights_models import Period as Period
from gatehouse.server.parking.rights_models import PermitPool as PermitPool
from gatehouse.server.parking.rights_models import PoolVehicle as PoolVehicle
from gatehouse.server.parking.room_models import GarageRoom as GarageRoom
from gatehouse.server.people.models import Site, Vehicle, Zone


def _pay_code() -> str:
    return secrets.token_urlsafe(9)


class Tariff(models.Model):
    """`versions` is the tariff's data, checked whole by `domain` when it is written and when it is read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="tariffs")
    code = models.SlugField(max_length=32)
    versions = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="tariff_code_once_per_site")]

    def __str__(self) -> str:
        return self.code


class Garage(models.Model):
    """The lanes of `zone` are its lanes. `pay_code` is in the address of its payment page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="garages")
    zone = models.OneToOneField(Zone, on_delete=models.PROTECT, related_name="garage")
    code = models.SlugField(max_length=32)
    name = models.CharField(max_length=80)
    pay_code = models.CharField(max_length=24, unique=True, default=_pay_code)
    currency = models.CharField(max_length=3)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="garages")
    leave_min = models.PositiveSmallIntegerField(default=15)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="garage_code_once_per_site")]

    def __str__(self) -> str:
        return self.code


class OpenState(models.TextChoices):
    OPEN = "open"
    QUOTED = "quoted"
    PAID = "paid"
    CLEARED = "cleared"


class OpenStay(models.Model):
    """A vehicle inside. No time in the clear; written anew in shuffled order at every change of the site's date.

    `folded` is the token of every plate that looks the same (empty where a row was written before there were any). The
    second plate is the one under which it leaves too: who was misread at one of the lanes, or changed plates inside.
    `vehicle_class` is what an operator said that it is; empty where nobody did.
    """

    id = models.UUIDField(primary_key=True)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="open_stays")
    token = models.BinaryField(max_length=32)
    plate_cell = models.BinaryField()
    entry_cell = models.BinaryField()
    folded = models.BinaryField(max_length=32, default=b"")
    second_token = models.BinaryField(max_length=32, null=True)
    second_cell = models.BinaryField(null=True)
    state = models.CharField(max_length=8, choices=OpenState.choices, default=OpenState.OPEN)
    paid_minor = models.BigIntegerField(default=0)
    vehicle_class = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["garage", "token"], name="one_open_stay_per_plate_and_garage"),
            models.UniqueConstraint(fields=["garage", "second_token"], name="one_open_stay_per_second_plate"),
        ]
        indexes = [models.Index(fields=["garage", "folded"], name="open_stay_by_looks")]

    def __str__(self) -> str:
        return str(self.pk)


class ClosedState(models.TextChoices):
    SETTLED = "settled"
    UNPAID = "unpaid"  # left while something was owed
    UNPRICED = "unpriced"  # no tariff was in force or the entry could not be read; what was paid stands
    EXIT_MISSED = "exit_missed"  # it left unseen: the same plate came in again, or an operator says so


class ClosedStay(models.Model):
    """A stay that is over; `cell` holds its times and price lines under the key of the year's books,
    `step_cell` roughly how long it lasted and the rate of tax, so that counting them opens no times."""

    id = models.UUIDField(primary_key=True)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="closed_stays")
    left_on = models.DateField()
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=ClosedState.choices)
    cell = models.BinaryField()
    step_cell = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class SpentKey(models.Model):
    """A closed stay whose own key the keeper has still to destroy."""

    stay = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.pk)


class ProviderAccount(models.Model):
    """An account at a payment provider. Its keys are sealed and shown to nobody; `code` is in the address that the
    provider notifies. Without a garage it is for every one of the site."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="provider_accounts")
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts")
    provider = models.CharField(max_length=16)
    code = models.CharField(max_length=24, unique=True, default=_pay_code)
    active = models.BooleanField(default=True)
    keys_cell = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.provider} {self.code}"


class PaymentState(models.TextChoices):
    STARTED = "started"
    SETTLED = "settled"
    FAILED = "failed"
    LATE = "late"  # the money came when the stay was over; somebody must look


class Payment(models.Model):
    """Money for one stay. The provider knows only this id. `excess_minor` of a settled one was beyond what was owed:
    somebody must pay it back. `order_ref` is the provider's name of the order, `provider_ref` that of the money."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stay = models.UUIDField()
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="payments")
    amount_minor = models.BigIntegerField()
    excess_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=PaymentState.choices, default=PaymentState.STARTED)
    provider = models.CharField(max_length=16)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True, related_name="payments")
    order_ref = models.CharField(max_length=160, default="", blank=True)
    provider_ref = models.CharField(max_length=80, null=True, blank=True)
    refunded_minor = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_ref"], name="provider_event_takes_effect_once"),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__gte=0, refunded_minor__lte=models.F("amount_minor")),
                name="no_more_is_paid_back_than_was_paid",
            ),
        ]
        indexes = [models.Index(fields=["stay"], name="payment_by_stay")]

    def __str__(self) -> str:
        return str(self.pk)


class RefundState(models.TextChoices):
    REQUESTED = "requested"  # written down; the provider may not know of it yet
    SENT = "sent"  # the provider took it and has not paid it back yet
    DONE = "done"
    FAILED = "failed"  # the provider will never pay it back


class RefundReason(models.TextChoices):
    EXCESS = "excess"
    LATE = "late"
    WRONG_CAR = "wrong_car"
    COMPLAINT = "complaint"
    FAULT = "fault"


class Refund(models.Model):
    """Money that goes back. The provider pays back once per `id`, however often it is asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=RefundState.choices, default=RefundState.REQUESTED)
    reason = models.CharField(max_length=12, choices=RefundReason.choices)
    operator = models.CharField(max_length=64)
    provider_ref = models.CharField(max_length=80, default="", blank=True)
    code = models.CharField(max_length=64, default="", blank=True)
    day = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="a_refund_is_of_some_money")]

    def __str__(self) -> str:
        return str(self.pk)


class BuiltinEntry(models.Model):
    """What the built-in test provider took and paid back, as a real one would know: its own books, not ours."""

    id = models.UUIDField(primary_key=True)
    merchant = models.UUIDField()
    payment = models.UUIDField()
    kind = models.CharField(max_length=8)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    day = models.DateField()

    def __str__(self) -> str:
        return str(self.pk)


class Statement(models.Model):
    """A provider's statement of one date, compared with our books; `code` says why it could not be."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="statements")
    provider = models.CharField(max_length=16)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True, related_name="statements")
    day = models.DateField()
    code = models.CharField(max_length=32, default="", blank=True)
    rows = models.PositiveIntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "provider", "account", "day"],
                name="one_statement_per_account_and_day",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DifferenceKind(models.TextChoices):
    MISSING_HERE = "missing_here"  # the provider has it, we do not
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    DOUBLE = "double"  # the provider has it twice
    REFUND_MISSING_HERE = "refund_missing_here"
    REFUND_MISSING_THERE = "refund_missing_there"
    REFUND_AMOUNT = "refund_amount"
    REFUND_DOUBLE = "refund_double"


class DifferenceState(models.TextChoices):
    OPEN = "open"
    EXPLAINED = "explained"
    GONE = "gone"  # a later comparison found nothing any more


class Difference(models.Model):
    """One thing on which a statement and our books do not agree. `subject` is our id or the provider's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=20, choices=DifferenceKind.choices)
    subject = models.CharField(max_length=80)
    ours_minor = models.BigIntegerField(null=True)
    theirs_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=DifferenceState.choices, default=DifferenceState.OPEN)
    explanation = models.CharField(max_length=16, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind", "subject"], name="a_difference_is_listed_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MandateState(models.TextChoices):
    OFFERED = "offered"  # its driver was given the way to the words, and has not answered
    ASKED = "asked"  # consented here; the provider has not confirmed yet
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class Mandate(models.Model):
    """A driver's consent that a provider is charged for a vehicle's stays. Token and words are sealed under the
    vehicle's key; a withdrawn one has no token any more. The id opens its page, so it is known to the driver alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="mandates")
    provider = models.CharField(max_length=16)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True, related_name="mandates")
    state = models.CharField(max_length=9, choices=MandateState.choices, default=MandateState.OFFERED)
    token_cell = models.BinaryField(default=b"")
    consent_cell = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=models.Q(state="active"), name="one_active_mandate_per_vehicle"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ExitClearance(models.Model):
    """A stay that may leave until `ends`."""

    stay = models.OneToOneField(OpenStay, on_delete=models.CASCADE, primary_key=True, related_name="clearance")
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="+")
    ends = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class Permit(models.Model):
    """A vehicle's right to be in a garage on the dates [starts, ends), and for `grace_days` more in which it may be
    renewed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="permits")
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="permits")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.NONE)
    renews = models.BooleanField(default=False)
    grace_days = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)


class ExceptionKind(models.TextChoices):
    HELD_WITHOUT_STAY = "held_without_stay"  # a car stands at the exit, and no open stay is certainly its own
    TWO_ALIKE = "two_alike"  # as before, and more than one looks like it
    UNREAD = "unread"  # a vehicle stands at a lane and its plate is not read
    HELP = "help"  # a driver asks for somebody
    OVERSTAYED = "overstayed"  # paid, but the time to leave ran out before the exit
    EXIT_WITHOUT_STAY = "exit_without_stay"  # a car has left, and no open stay is certainly its own
    TAILGATE = "tailgate"  # something passed a lane that nobody had let through
    REVERSED = "reversed"  # let out, but nobody passed
    ENTERED_TWICE = "entered_twice"
    LATE_PAYMENT = "late_payment"
    EXCESS_PAYMENT = "excess_payment"  # more money came than was owed
    UNPRICED_PAYMENT = "unpriced_payment"  # money came for a stay that could not be priced, so nothing let it out
    STAY_UNREADABLE = "stay_unreadable"  # the key of an open stay is gone: no exit would have found it


class LaneException(models.Model):
    """Something at a lane that did not add up; kept until a person has looked.

    One that comes from a fact (an attempt, a passage, an event of a gate) has that fact's id, so that a letter that
    comes again raises nothing new. `fact`, `token` and `cell` are those of the row at the gate that shows what was
    read; they are copied, because the gate's rows are dropped by the month. No stay stands here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="exceptions")
    kind = models.CharField(max_length=24, choices=ExceptionKind.choices)
    at = models.DateTimeField()
    gate = models.CharField(max_length=32, blank=True)
    fact = models.UUIDField(null=True)
    passed = models.BooleanField(default=False)  # whether the fact is a passage
    token = models.BinaryField(max_length=32, null=True)
    cell = models.BinaryField(null=True)
    taken_by = models.CharField(max_length=36, blank=True)
    done = models.BooleanField(default=False)
    answer = models.CharField(max_length=24, blank=True)
    reason = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["at"], condition=models.Q(done=False), name="exceptions_that_wait"),
            models.Index(fields=["garage", "gate"], condition=models.Q(done=False), name="exceptions_at_a_lane"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Act(models.TextChoices):
    FREE_PASS = "free_pass"  # noqa: S105 -- a stay was let out without paying what it owed
    OPENED = "opened"  # a lane was opened by hand
    LEFT_UNSEEN = "left_unseen"  # a stay was closed that nobody saw leave
    CLOSED_UNPAID = "closed_unpaid"  # a stay was closed that left without paying
    SAME_CAR = "same_car"  # a read was taken for that of a stay of another plate
    CLASS_SET = "class_set"  # a stay was said to be a motorcycle, say, and is priced so


class LaneAct(models.Model):
    """What an operator did for or against a garage's money, for its owner to look through. Its date, never its time:
    the amount says how long a car stood."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="acts")
    operator = models.CharField(max_length=36)
    act = models.CharField(max_length=16, choices=Act.choices)
    reason = models.CharField(max_length=24)
    on = models.DateField()
    waived_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["garage", "on"], name="act_by_garage_and_date")]

    def __str__(self) -> str:
        return str(self.pk)


class TakenAlong(models.Model):
    """The stay that leaves with the passage of an opening by hand, None where its operator said that there is none.
    Deleted with that passage, with the next such opening after an hour, or with the date."""

    opening = models.UUIDField(primary_key=True)
    stay = models.UUIDField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
