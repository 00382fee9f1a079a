"""How much room a garage has."""

import secrets

from django.db import models
from django.db.models import Q


def _sign_code() -> str:
    return secrets.token_urlsafe(9)


class GarageRoom(models.Model):
    """`capacity` None: the garage is never full. `correction` is what was counted beyond the open stays. Once full, it
    is open again when `reopen_free` bays are free. `emergency_forms`: plates of emergency vehicles pass its lanes."""

    garage = models.OneToOneField("parking.Garage", on_delete=models.CASCADE, primary_key=True, related_name="room")
    capacity = models.PositiveIntegerField(null=True, blank=True)
    reopen_free = models.PositiveSmallIntegerField(default=2)
    correction = models.IntegerField(default=0)
    is_full = models.BooleanField(default=False)
    overstay_days = models.PositiveSmallIntegerField(default=3)
    emergency_forms = models.BooleanField(default=True)
    sign_code = models.CharField(max_length=24, unique=True, default=_sign_code)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(reopen_free__gte=1), name="room_reopens_with_a_free_bay")]

    def __str__(self) -> str:
        return str(self.pk)
