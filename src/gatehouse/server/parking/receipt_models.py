"""Receipts and requests for invoices. A receipt's number lies sealed: beside the payment it would tell in which order a
date's drivers paid, and so which refused attempt was whose."""

import uuid

from django.db import models


class ReceiptCount(models.Model):
    """How many receipts a garage has given in a year: the last number, since numbers have no gaps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey("parking.Garage", on_delete=models.PROTECT, related_name="receipt_counts")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["garage", "year"], name="one_receipt_count_per_garage_and_year")]

    def __str__(self) -> str:
        return str(self.pk)


class Receipt(models.Model):
    """What was paid and why, as it was when the money came: number, times and price lines under the year's books."""

    payment = models.OneToOneField(
        "parking.Payment", on_delete=models.PROTECT, primary_key=True, related_name="receipt"
    )
    garage = models.ForeignKey("parking.Garage", on_delete=models.PROTECT, related_name="receipts")
    year = models.PositiveSmallIntegerField()
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class InvoiceState(models.TextChoices):
    ASKED = "asked"
    ISSUED = "issued"


class InvoiceRequest(models.Model):
    """A driver asks for an invoice (fapiao) of one receipt; to whom lies in the cell."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="invoice")
    state = models.CharField(max_length=8, choices=InvoiceState.choices, default=InvoiceState.ASKED)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
