"""Merchants, what they give to stays, and what that comes to. A merchant's page is reached by a code and a PIN, of
which only keyed hashes lie here."""

import uuid

from django.db import models
from django.db.models import F, Q


class GiftKind(models.TextChoices):
    MINUTES = "minutes"
    AMOUNT = "amount"


class Merchant(models.Model):
    """A shop that pays for its customers. `gives` is what one validation gives, `most_per_stay` what all of its
    validations of one stay give together, `month_budget` all that it gives in a month: minutes or minor units."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey("parking.Garage", on_delete=models.PROTECT, related_name="merchants")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=GiftKind.choices)
    gives = models.PositiveIntegerField()
    most_per_stay = models.PositiveIntegerField()
    month_budget = models.PositiveBigIntegerField()
    active = models.BooleanField(default=True)
    link_hash = models.CharField(max_length=64, unique=True)
    pin_hash = models.CharField(max_length=64, blank=True, default="")
    wrong_pins = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(gives__gt=0, most_per_stay__gte=F("gives")), name="merchant_gives_within_its_most"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MerchantMonth(models.Model):
    """What of a month's budget is taken."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="months")
    month = models.DateField()
    taken = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "month"], name="one_budget_per_merchant_and_month")]

    def __str__(self) -> str:
        return str(self.pk)


class MerchantDay(models.Model):
    """What a merchant's validations came to, by the date on which the stays ended."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    stays = models.PositiveIntegerField(default=0)
    given = models.PositiveBigIntegerField(default=0)
    worth_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "date"], name="one_line_per_merchant_and_date")]

    def __str__(self) -> str:
        return str(self.pk)


class Validation(models.Model):
    """What a merchant gives to an open stay. While nobody has it, `stay` is the row's own id: a code that no driver has
    scanned yet, or a plate that was not there, which looks the same on purpose. The row goes when the stay ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="validations")
    stay = models.UUIDField()
    given = models.PositiveIntegerField()
    month = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["stay"], name="validation_by_stay")]

    def __str__(self) -> str:
        return str(self.pk)
