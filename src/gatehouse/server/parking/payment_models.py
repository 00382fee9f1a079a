"""Money for stays: the accounts that it comes to, payments, what goes back, and drivers' consent to be charged."""

import uuid

from django.db import models

from gatehouse.server.parking.garage_models import Garage, _pay_code
from gatehouse.server.people.models import Site, Vehicle


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
