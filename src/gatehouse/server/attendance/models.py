"""Time at work: punches by token, plans in the clear, and what follows from both under the person's own key."""

import uuid

from django.db import models

from gatehouse.server.attendance.answer_models import NoteAnswer as NoteAnswer
from gatehouse.server.attendance.source_models import PunchSource as PunchSource
from gatehouse.server.attendance.worklist_models import AnswerBook as AnswerBook
from gatehouse.server.attendance.worklist_models import WorkLimits as WorkLimits
from gatehouse.server.attendance.worklist_models import Worklist as Worklist
from gatehouse.server.people.models import Person, Site


class Punch(models.Model):
    """A passage that counts; the id is the passage's. Whose it is, only the keeper can tell. `source` is 0, or the
    number of the import that it came by (`PunchSource`)."""

    id = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    gate = models.CharField(max_length=32)
    at = models.DateTimeField()
    direction = models.CharField(max_length=4)
    token = models.BinaryField(max_length=32)
    source = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["site", "at"], name="punch_by_site_and_time")]

    def __str__(self) -> str:
        return str(self.pk)


class ShiftPattern(models.Model):
    """A shift's wall times and rules as numbers (`rules`, see `attendance.patterns`): those of its first day; what was
    changed since is a `PatternVersion`. The code "open" is the pattern of dates without a shift."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="patterns")
    code = models.SlugField(max_length=32)
    name = models.CharField(max_length=80)
    rules = models.JSONField()
    retired = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="pattern_code_once_per_site")]

    def __str__(self) -> str:
        return self.code


class PlannedShift(models.Model):
    """Who is to work which shift; a plan, which does not tell who came."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="plan")
    date = models.DateField()
    pattern = models.ForeignKey(ShiftPattern, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "date", "pattern"], name="shift_planned_once_per_date")
        ]
        indexes = [models.Index(fields=["date"], name="plan_by_date")]

    def __str__(self) -> str:
        return str(self.pk)


class CalendarDay(models.Model):
    """A date that is not what its weekday says: holiday, day off, make-up working day."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="calendar")
    date = models.DateField()
    day_class = models.CharField(max_length=8)
    name = models.CharField(max_length=80, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "date"], name="date_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)


class NoteKind(models.TextChoices):
    CORRECTION = "correction"
    LEAVE = "leave"
    APPROVAL = "approval"


class NoteState(models.TextChoices):
    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by who asked, before an answer
    CANCELLED = "cancelled"  # leave that was approved and does not hold any more


class WorkNote(models.Model):
    """A correction, leave or overtime approval: all but its kind and state is sealed, the date included."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=12, choices=NoteKind.choices)
    state = models.CharField(max_length=12, choices=NoteState.choices, default=NoteState.ASKED)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class Workday(models.Model):
    """One person's date, whether or not they came: written for everybody who has a plan around it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="workdays")
    date = models.DateField()
    cell = models.BinaryField()
    beside_cell = models.BinaryField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "date"], name="workday_once_per_person")]

    def __str__(self) -> str:
        return str(self.pk)


from gatehouse.server.attendance.leave_models import LeaveBook as LeaveBook  # noqa: E402
from gatehouse.server.attendance.leave_models import LeaveKind as LeaveKind  # noqa: E402
from gatehouse.server.attendance.register_models import RegisterEntry as RegisterEntry  # noqa: E402
from gatehouse.server.attendance.register_models import SchoolClass as SchoolClass  # noqa: E402
from gatehouse.server.attendance.register_models import SchoolPlan as SchoolPlan  # noqa: E402
from gatehouse.server.attendance.roster_models import (  # noqa: E402  they point at the tables above
    CalendarUndo,
    DraftDay,
    PatternVersion,
    PlanChange,
    RosterUndo,
    RosterWeek,
    Rotation,
)

__all__ = [
    "CalendarDay",
    "CalendarUndo",
    "DraftDay",
    "NoteKind",
    "NoteState",
    "PatternVersion",
    "PlanChange",
    "PlannedShift",
    "Punch",
    "RosterUndo",
    "RosterWeek",
    "Rotation",
    "ShiftPattern",
    "WorkNote",
    "Workday",
]
