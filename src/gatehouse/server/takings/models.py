"""What garages took on a date, the owners of garages and what they are paid, disputes and corrections.

No row here has a time of day: dates only, as closed stays have. Payments and stays are named by their random ids.
"""

import uuid

from django.db import models
from django.db.models import Q

from gatehouse.server.parking.models import Garage


class DayTakings(models.Model):
    """One garage's date, counted the night after, and anew whenever later reports change it.

    `hours` are the 24 hours of the site's clock: [came, left, car seconds, seconds, peak]. `taken` are sums of
    payments: [provider, tax percent or null, minor], negative for what went back. `stays` counts what the sealed
    `cell` tells of: how many of the stays that ended lasted how long.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="days")
    on = models.DateField()
    stays = models.PositiveIntegerField()
    inside = models.PositiveIntegerField()
    hours = models.JSONField()
    taken = models.JSONField()
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["garage", "on"], name="one_count_per_garage_and_date")]

    def __str__(self) -> str:
        return str(self.pk)


class Proprietor(models.Model):
    """Whom a garage belongs to: a company, as a rule. The account that it is paid to is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    bank_cell = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class Holding(models.Model):
    """`parts` of a garage that belong to a proprietor on the dates [starts, ends); what the operator keeps of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proprietor = models.ForeignKey(Proprietor, on_delete=models.PROTECT, related_name="holdings")
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="holdings")
    parts = models.PositiveSmallIntegerField(default=1)
    commission_percent = models.CharField(max_length=10, default="0")
    fixed_fee_minor = models.BigIntegerField(default=0)
    vat_percent = models.CharField(max_length=10, default="0")
    provider_percents = models.JSONField(default=dict)
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class PayoutState(models.TextChoices):
    DRAFT = "draft"
    APPROVED = "approved"
    PAID = "paid"


class PayoutStatement(models.Model):
    """What a proprietor is paid for a month in one currency. `lines` are [garage id, kind, params, minor]; from its
    approval on nothing here but the state changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proprietor = models.ForeignKey(Proprietor, on_delete=models.PROTECT, related_name="statements")
    month = models.CharField(max_length=7)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=PayoutState.choices, default=PayoutState.DRAFT)
    lines = models.JSONField()
    payout_minor = models.BigIntegerField()
    prepared_by = models.CharField(max_length=36)
    approved_by = models.CharField(max_length=36, blank=True)
    paid_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proprietor", "month", "currency"], name="one_statement_per_proprietor_and_month"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | (~Q(approved_by="") & ~Q(approved_by=models.F("prepared_by"))),
                name="statement_is_approved_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DisputeState(models.TextChoices):
    OPEN = "open"
    ANSWERED = "answered"  # a question went back to who opened it
    UPHELD = "upheld"
    REJECTED = "rejected"


class Dispute(models.Model):
    """Somebody contests a payment or what their stay cost. What they wrote is sealed, and so is every answer. The
    refund of an upheld one has the same id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="disputes")
    payment = models.UUIDField(unique=True)
    stay = models.UUIDField()
    opened_on = models.DateField()
    state = models.CharField(max_length=8, choices=DisputeState.choices, default=DisputeState.OPEN)
    refund_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return str(self.pk)


class Side(models.TextChoices):
    CLAIMANT = "claimant"
    OPERATOR = "operator"


class Message(models.Model):
    """One message of a dispute, in order of `place`. Of the claimant's own words only a ticket opens the cell; an
    operator's answer is shown to whoever holds the receipt's address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="messages")
    place = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=8, choices=Side.choices)
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute", "place"], name="one_message_per_place")]

    def __str__(self) -> str:
        return str(self.pk)


class Correction(models.Model):
    """Laid over the books of a stay, which are never edited: what it cost changes by `amount_minor` (below 0)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="corrections")
    dispute = models.OneToOneField(Dispute, on_delete=models.PROTECT, related_name="correction")
    on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return str(self.pk)
