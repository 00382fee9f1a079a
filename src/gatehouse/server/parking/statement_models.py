"""What a provider says that it took, and where our books do not agree."""

import uuid

from django.db import models

from gatehouse.server.parking.payment_models import ProviderAccount
from gatehouse.server.people.models import Site


class Statement(models.Model):
    """A provider's statement of one date, compared with our books; `code` says why it could not be."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="statements")
    provider = models.CharField(max_length=16)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, null=True, related_name="statements")
    day = models.DateField()
    code = models.CharField(max_length=32, default="", blank=True)
    rows = models.PositiveIntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "provider", "account", "day"],
                name="one_statement_per_account_and_day",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DifferenceKind(models.TextChoices):
    MISSING_HERE = "missing_here"  # the provider has it, we do not
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    DOUBLE = "double"  # the provider has it twice
    REFUND_MISSING_HERE = "refund_missing_here"
    REFUND_MISSING_THERE = "refund_missing_there"
    REFUND_AMOUNT = "refund_amount"
    REFUND_DOUBLE = "refund_double"


class DifferenceState(models.TextChoices):
    OPEN = "open"
    EXPLAINED = "explained"
    GONE = "gone"  # a later comparison found nothing any more


class Difference(models.Model):
    """One thing on which a statement and our books do not agree. `subject` is our id or the provider's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=20, choices=DifferenceKind.choices)
    subject = models.CharField(max_length=80)
    ours_minor = models.BigIntegerField(null=True)
    theirs_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=DifferenceState.choices, default=DifferenceState.OPEN)
    explanation = models.CharField(max_length=16, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind", "subject"], name="a_difference_is_listed_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)
