"""Contracts, draft payslips, and pay runs with their payslips; every figure is sealed under the person's own key.

No row here tells a time: who did what when stands in the log, where a run has an id and a person the date's alias.
"""

import uuid

from django.db import models

from gatehouse.server.people.models import Person, Site


class PaySetup(models.Model):
    """How a site pays: its rulebook, the ledger accounts of its journal; who pays (name and account) lies in `cell`."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="pay_setup")
    rulebook = models.CharField(max_length=32, blank=True)
    accounts = models.JSONField(default=dict, blank=True)
    cell = models.BinaryField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class Contract(models.Model):
    """All terms of one person's pay: kinds, wages and dates lie in `cell`, which holds no two terms of one date;
    allowances, deductions of every month and declared special deductions in `extras_cell`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contracts")
    cell = models.BinaryField()
    extras_cell = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person"], name="contract_once_per_person")]

    def __str__(self) -> str:
        return str(self.pk)


class PayslipState(models.TextChoices):
    DRAFT = "draft"


class Payslip(models.Model):
    """A preview of one person's month, before a run has paid it; lines and their explanations lie in `cell`. `month` is
    its first date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="payslips")
    month = models.DateField()
    state = models.CharField(max_length=8, choices=PayslipState.choices, default=PayslipState.DRAFT)
    cell = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "month"], name="payslip_once_per_month")]

    def __str__(self) -> str:
        return str(self.pk)


class RunKind(models.TextChoices):
    REGULAR = "regular"
    FINAL = "final"
    OFF_CYCLE = "off_cycle"


class RunState(models.TextChoices):
    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    LOCKED = "locked"
    EXPORTED = "exported"


OPEN = (RunState.DRAFT, RunState.REVIEW, RunState.APPROVED)
CLOSED = (RunState.LOCKED, RunState.EXPORTED)
MONTHLY = (RunKind.REGULAR, RunKind.FINAL)


class PayInput(models.Model):
    """What is said by hand about one person's month, for its ordinary run or for one beside it: bonus, deduction,
    recovery, pieces, year-end bonus, leave left over. All in `cell`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="pay_inputs")
    month = models.DateField()
    kind = models.CharField(max_length=12, choices=RunKind.choices, default=RunKind.REGULAR)
    cell = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "month", "kind"], name="input_once_per_month_and_kind")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PayRun(models.Model):
    """One paying of a site: `number` counts within the month. `hands` are the operators who made, reckoned or sent it,
    none of whom may approve it. `turn` counts how often it was reckoned anew. Sums and whom to look at lie in
    `summary_cell`, which is there once everybody is reckoned."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="pay_runs")
    month = models.DateField()
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=RunKind.choices)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.DRAFT)
    turn = models.PositiveIntegerField(default=1)
    hands = models.JSONField(default=list)
    approved_by = models.CharField(max_length=64, blank=True)
    summary_cell = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "month", "number"], name="run_number_once_per_month"),
            models.UniqueConstraint(
                fields=["site"],
                condition=models.Q(state__in=["draft", "review", "approved"]),
                name="one_open_run_per_site",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "review"]) | ~models.Q(approved_by=""),
                name="no_lock_without_an_approver",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RunSlip(models.Model):
    """Somebody's place in a run. `cell` is empty until they are reckoned; then it holds their payslip or why there is
    none, and the two look alike."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(PayRun, on_delete=models.CASCADE, related_name="slips")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="run_slips")
    cell = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "person"], name="slip_once_per_run")]
        indexes = [  # else each batch would look through everybody who was reckoned before
            models.Index(fields=["run", "id"], condition=models.Q(cell__isnull=True), name="slips_that_wait")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PayAgain(models.Model):
    """A locked month of somebody that a correction touched: to be reckoned again for arrears. `taken_by` is the open
    run that has seen it; its lock deletes the row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="pay_again")
    month = models.DateField()
    taken_by = models.ForeignKey(PayRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "month"], name="again_once_per_month")]

    def __str__(self) -> str:
        return str(self.pk)


class ExportState(models.TextChoices):
    ASKED = "asked"
    GRANTED = "granted"
    TAKEN = "taken"


class PayExport(models.Model):
    """A file of a locked run for one recipient: asked for by one operator, granted by another, filled by the keeper.
    The keeper remembers what was granted and fills nothing else. The file itself is never kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(PayRun, on_delete=models.CASCADE, related_name="exports")
    template = models.CharField(max_length=24)
    part = models.PositiveSmallIntegerField(default=1)
    recipient = models.CharField(max_length=64)
    pay_on = models.DateField()
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.ASKED)
    asked_by = models.CharField(max_length=64)
    granted_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="asked") | ~models.Q(granted_by=models.F("asked_by")),
                name="nobody_grants_their_own_export",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
