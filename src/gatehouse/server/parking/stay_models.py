"""Stays, open and over. A stay tells no time and no plate; what it cost is kept for the books."""

from django.db import models

from gatehouse.server.parking.garage_models import Garage


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


class ExitClearance(models.Model):
    """A stay that may leave until `ends`."""

    stay = models.OneToOneField(OpenStay, on_delete=models.CASCADE, primary_key=True, related_name="clearance")
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="+")
    ends = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
