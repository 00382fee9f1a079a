"""Garages and their tariffs."""

import secrets
import uuid

from django.db import models

from gatehouse.server.people.models import Site, Zone


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


def _pay_code() -> str:
    return secrets.token_urlsafe(9)


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
