"""Rights of vehicles: permits, shared bays, lists, bookings. Dates of rights, not of passages."""

import uuid

from django.db import models
from django.db.models import Q


class Period(models.TextChoices):
    """For how long a renewal is."""

    NONE = "none"  # ends for good
    MONTH = "month"
    SEASON = "season"  # three months
    YEAR = "year"


class Permit(models.Model):
    """A vehicle's right to be in a garage on the dates [starts, ends), and for `grace_days` more in which it may be
    renewed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey("people.Vehicle", on_delete=models.CASCADE, related_name="permits")
    garage = models.ForeignKey("parking.Garage", on_delete=models.PROTECT, related_name="permits")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.NONE)
    renews = models.BooleanField(default=False)
    grace_days = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)


class PermitPool(models.Model):
    """A contract for `bays` bays of a garage on the dates [starts, ends), shared by any number of vehicles. `code` is
    how the operators call it; whose it is stands in their files."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey("parking.Garage", on_delete=models.PROTECT, related_name="pools")
    code = models.SlugField(max_length=32)
    bays = models.PositiveSmallIntegerField()
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.MONTH)
    renews = models.BooleanField(default=False)
    grace_days = models.PositiveSmallIntegerField(default=0)
    price_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["garage", "code"], name="pool_code_once_per_garage"),
            models.CheckConstraint(condition=Q(bays__gte=1), name="pool_has_a_bay"),
        ]

    def __str__(self) -> str:
        return self.code


class PoolVehicle(models.Model):
    """A vehicle that may stand in one of a pool's bays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(PermitPool, on_delete=models.CASCADE, related_name="members")
    vehicle = models.ForeignKey("people.Vehicle", on_delete=models.CASCADE, related_name="pools")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "vehicle"], name="vehicle_once_per_pool")]

    def __str__(self) -> str:
        return str(self.pk)


class FreedBay(models.Model):
    """An operator's word that a vehicle has left its bay unseen. Edges are told for a few days. Which vehicle and when
    are sealed: the time is that of an entry in the log, where the vehicle stands under an alias."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class ListKind(models.TextChoices):
    BLOCKED = "blocked"
    WELCOME = "welcome"
    EMERGENCY = "emergency"


class ListEntry(models.Model):
    """A vehicle on a list until the end of the date before `ends`; everywhere at its site, or in one garage. Why is
    sealed. `batch` is the import that brought it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey("people.Vehicle", on_delete=models.CASCADE, related_name="listings")
    kind = models.CharField(max_length=9, choices=ListKind.choices)
    garage = models.ForeignKey("parking.Garage", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    ends = models.DateField(null=True, blank=True)
    batch = models.UUIDField(null=True, blank=True)
    reason_cell = models.BinaryField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class BookingState(models.TextChoices):
    EXPECTED = "expected"
    USED = "used"  # its stay is over
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Booking(models.Model):
    """A stay paid ahead on [starts, ends), entered once, up to `tolerance_min` early."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey("parking.Garage", on_delete=models.PROTECT, related_name="bookings")
    vehicle = models.ForeignKey("people.Vehicle", on_delete=models.CASCADE, related_name="bookings")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    tolerance_min = models.PositiveSmallIntegerField(default=30)
    prepaid_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=9, choices=BookingState.choices, default=BookingState.EXPECTED)

    def __str__(self) -> str:
        return str(self.pk)
