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
    """A vehicle inside. No time in the clear; written anew in shuffled order at every change of the site's date.

    `folded` is the token of every plate that looks the same (empty where a row was written before there were any). The
    second plate is the one under which it leaves too: who was misread at one of the lanes, or changed plates inside.
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
    Deleted with that passage, and within the hour in any case."""

    opening = models.UUIDField(primary_key=True)
    stay = models.UUIDField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
