"""What did not add up at a lane, what an operator did about it, and what leaves with an opening by hand."""

import uuid

from django.db import models

from gatehouse.server.parking.garage_models import Garage


class ExceptionKind(models.TextChoices):
    HELD_WITHOUT_STAY = "held_without_stay"  # a car stands at the exit, and no open stay is certainly its own
    TWO_ALIKE = "two_alike"  # as before, and more than one looks like it
    UNREAD = "unread"  # a vehicle stands at a lane and its plate is not read
    HELP = "help"  # a driver asks for somebody
    OVERSTAYED = "overstayed"  # paid, but the time to leave ran out before the exit
    EXIT_WITHOUT_STAY = "exit_without_stay"  # a car has left, and no open stay is certainly its own
    TAILGATE = "tailgate"  # something passed a lane that nobody had let through
    REVERSED = "reversed"  # let out, but nobody passed
    ENTERED_TWICE = "entered_twice"
    LATE_PAYMENT = "late_payment"
    EXCESS_PAYMENT = "excess_payment"  # more money came than was owed
    UNPRICED_PAYMENT = "unpriced_payment"  # money came for a stay that could not be priced, so nothing let it out
    STAY_UNREADABLE = "stay_unreadable"  # the key of an open stay is gone: no exit would have found it


class LaneException(models.Model):
    """Something at a lane that did not add up; kept until a person has looked.

    One that comes from a fact (an attempt, a passage, an event of a gate) has that fact's id, so that a letter that
    comes again raises nothing new. `fact`, `token` and `cell` are those of the row at the gate that shows what was
    read; they are copied, because the gate's rows are dropped by the month. No stay stands here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="exceptions")
    kind = models.CharField(max_length=24, choices=ExceptionKind.choices)
    at = models.DateTimeField()
    gate = models.CharField(max_length=32, blank=True)
    fact = models.UUIDField(null=True)
    passed = models.BooleanField(default=False)  # whether the fact is a passage
    token = models.BinaryField(max_length=32, null=True)
    cell = models.BinaryField(null=True)
    taken_by = models.CharField(max_length=36, blank=True)
    done = models.BooleanField(default=False)
    answer = models.CharField(max_length=24, blank=True)
    reason = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["at"], condition=models.Q(done=False), name="exceptions_that_wait"),
            models.Index(fields=["garage", "gate"], condition=models.Q(done=False), name="exceptions_at_a_lane"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Act(models.TextChoices):
    FREE_PASS = "free_pass"  # noqa: S105 -- a stay was let out without paying what it owed
    OPENED = "opened"  # a lane was opened by hand
    LEFT_UNSEEN = "left_unseen"  # a stay was closed that nobody saw leave
    CLOSED_UNPAID = "closed_unpaid"  # a stay was closed that left without paying
    SAME_CAR = "same_car"  # a read was taken for that of a stay of another plate
    CLASS_SET = "class_set"  # a stay was said to be a motorcycle, say, and is priced so


class LaneAct(models.Model):
    """What an operator did for or against a garage's money, for its owner to look through. Its date, never its time:
    the amount says how long a car stood."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    garage = models.ForeignKey(Garage, on_delete=models.PROTECT, related_name="acts")
    operator = models.CharField(max_length=36)
    act = models.CharField(max_length=16, choices=Act.choices)
    reason = models.CharField(max_length=24)
    on = models.DateField()
    waived_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["garage", "on"], name="act_by_garage_and_date")]

    def __str__(self) -> str:
        return str(self.pk)


class TakenAlong(models.Model):
    """The stay that leaves with the passage of an opening by hand, None where its operator said that there is none.
    Deleted with that passage, with the next such opening after an hour, or with the date."""

    opening = models.UUIDField(primary_key=True)
    stay = models.UUIDField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
