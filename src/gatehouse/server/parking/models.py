"""Garages, stays and payments. A stay tells no time and no plate; what it cost is kept for the books."""

import secrets
import uuid

from django.db import models

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
    """A vehicle inside. No time in the clear; written anew in shuffled order at every change of the site's date."""

    id = models.UUIDField(primary_key=True)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="open_stays")
    token = models.BinaryField(max_length=32)
    plate_cell = models.BinaryField()
    entry_cell = models.BinaryField()
    state = models.CharField(max_length=8, choices=OpenState.choices, default=OpenState.OPEN)
    paid_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["garage", "token"], name="one_open_stay_per_plate_and_garage")]

    def __str__(self) -> str:
        return str(self.pk)


class ClosedState(models.TextChoices):
    SETTLED = "settled"
    UNPAID = "unpaid"  # left while something was owed
    UNPRICED = "unpriced"  # no tariff was in force or the entry could not be read; what was paid stands
    EXIT_MISSED = "exit_missed"  # the same plate came in again, so it must have left unseen


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


class PaymentState(models.TextChoices):
    STARTED = "started"
    SETTLED = "settled"
    FAILED = "failed"
    LATE = "late"  # the money came when the stay was over; somebody must look


class Payment(models.Model):
    """Money for one stay. The provider knows only this id. `excess_minor` of a settled one was beyond what was owed:
    somebody must pay it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stay = models.UUIDField()
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="payments")
    amount_minor = models.BigIntegerField()
    excess_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=PaymentState.choices, default=PaymentState.STARTED)
    provider = models.CharField(max_length=16)
    provider_ref = models.CharField(max_length=80, null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_ref"], name="provider_event_takes_effect_once")
        ]
        indexes = [models.Index(fields=["stay"], name="payment_by_stay")]

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
    """A vehicle's right to be in a garage on the dates [starts, ends)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.CASCADE, related_name="permits")
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="permits")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class ExceptionKind(models.TextChoices):
    EXIT_WITHOUT_STAY = "exit_without_stay"
    ENTERED_TWICE = "entered_twice"
    LATE_PAYMENT = "late_payment"
    EXCESS_PAYMENT = "excess_payment"  # more money came than was owed
    UNPRICED_PAYMENT = "unpriced_payment"  # money came for a stay that could not be priced, so nothing let it out
    STAY_UNREADABLE = "stay_unreadable"  # the key of an open stay is gone: no exit would have found it


class LaneException(models.Model):
    """Something at a lane that did not add up; kept until a person has looked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="exceptions")
    kind = models.CharField(max_length=24, choices=ExceptionKind.choices)
    at = models.DateTimeField()
    done = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.pk)
