"""Contracts and draft payslips; every figure is sealed under the person's own key."""

import uuid

from django.db import models

from gatehouse.server.people.models import Person


class Contract(models.Model):
    """All terms of one person's pay: kinds, wages and dates lie in `cell`, which holds no two terms of one date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contracts")
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person"], name="contract_once_per_person")]

    def __str__(self) -> str:
        return str(self.pk)


class PayslipState(models.TextChoices):
    DRAFT = "draft"


class Payslip(models.Model):
    """One person's month; lines and their explanations lie in `cell`. `month` is its first date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="payslips")
    month = models.DateField()
    state = models.CharField(max_length=8, choices=PayslipState.choices, default=PayslipState.DRAFT)
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "month"], name="payslip_once_per_month")]

    def __str__(self) -> str:
        return str(self.pk)
