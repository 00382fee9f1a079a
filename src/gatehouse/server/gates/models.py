"""Gates and what happened at them.

Attempts and passages carry a day token and a sealed cell. Nothing points from them to a person, vehicle, credential,
rule or permit, and nothing points into them: a month of them can be dropped whole.
"""

import uuid

from django.db import models

from gatehouse.domain import liveness, offline, policy
from gatehouse.domain.sightings import Means
from gatehouse.server.people.models import Group, Site, Zone

GATE_KINDS = [(kind.value, kind.value) for kind in policy.GateKind]
DIRECTIONS = [(direction.value, direction.value) for direction in policy.Direction]
MEANS = [means.value for means in Means]


SERVER_AWAY = [(choice.value, choice.value) for choice in offline.ServerAway]
CAMERA_LOST = [(choice.value, choice.value) for choice in offline.CameraLost]
LIVENESS = [(choice.value, choice.value) for choice in liveness.Liveness]


class GateMode(models.TextChoices):
    CONTROLLED = "controlled"
    CLOSED = "closed"
    OPEN = "open"
    UNLOCKED = "unlocked"


class Gate(models.Model):
    """One door, turnstile or lane; the fields are those of `domain.policy.Gate`.

    `counts_attendance` makes its passages punches. A lane of a garage stands in the garage's zone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="gates")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, null=True, blank=True, related_name="gates")
    code = models.SlugField(max_length=32)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=GATE_KINDS)
    direction = models.CharField(max_length=4, choices=DIRECTIONS)
    means = models.JSONField()
    open_s = models.FloatField(default=3.0)
    confirm_s = models.FloatField(default=15.0)
    freshness_s = models.FloatField(default=10.0)
    admits_unknown = models.BooleanField(default=False)
    collects = models.BooleanField(default=False)
    has_sensor = models.BooleanField(default=False)
    counts_attendance = models.BooleanField(default=False)
    mode = models.CharField(max_length=12, choices=GateMode.choices, default=GateMode.CONTROLLED)
    server_away = models.CharField(max_length=12, choices=SERVER_AWAY, default=offline.ServerAway.BY_LANE.value)
    server_away_s = models.FloatField(default=120.0)
    camera_lost = models.CharField(max_length=12, choices=CAMERA_LOST, default=offline.CameraLost.BY_LANE.value)
    outer = models.ForeignKey(Zone, on_delete=models.PROTECT, null=True, blank=True, related_name="inner_gates")
    interlock = models.CharField(max_length=32, blank=True, default="")
    unlocks = models.ForeignKey("Schedule", on_delete=models.SET_NULL, null=True, blank=True, related_name="unlocked")
    unlock_after = models.JSONField(default=list)
    held_s = models.FloatField(default=30.0)
    liveness = models.CharField(max_length=12, choices=LIVENESS, default=liveness.Liveness.NONE.value)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="gate_code_once_per_site")]

    def __str__(self) -> str:
        return self.code


class DeviceKind(models.TextChoices):
    CAMERA = "camera"
    RELAY = "relay"
    READER = "reader"
    TERMINAL = "terminal"


class DeviceState(models.TextChoices):
    """Of a terminal; other devices have none."""

    WAITING = "waiting"
    PAIRED = "paired"


class Device(models.Model):
    """What stands at a gate and where the edge reaches it. The address holds no password; `secret_cell` does. A
    terminal has no address: its secret is the code that pairs it. `region` is the part of a camera's picture that is
    looked at (`domain.regions`), [] for the whole; `tried`: somebody saw its picture, or saw it open the gate."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=8, choices=DeviceKind.choices)
    driver = models.CharField(max_length=16)
    address = models.CharField(max_length=200)
    secret_cell = models.BinaryField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=DeviceState.choices, default="", blank=True)
    region = models.JSONField(default=list, blank=True)
    tried = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.pk)


class Schedule(models.Model):
    """`windows`: list of {weekdays, start, end, dates}; `closed_on`: list of dates; see `gates.queries`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=80)
    windows = models.JSONField(default=list)
    closed_on = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    """Who (groups) may pass where (gates) and when; `deny` beats every grant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="rules")
    groups = models.ManyToManyField(Group, related_name="rules")
    gates = models.ManyToManyField(Gate, related_name="rules")
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, null=True, blank=True)
    deny = models.BooleanField(default=False)
    starts = models.DateTimeField(null=True, blank=True)
    ends = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class Edge(models.Model):
    """An edge that an owner enrolled at the keeper. `last_seq` is the last of its letters that the database holds. The
    database came out of a backup: `restored` until the edge's next letter, which may have any later number."""

    id = models.CharField(max_length=36, primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="edges")
    sign_key = models.BinaryField(max_length=32)
    last_seq = models.BigIntegerField(default=0)
    active = models.BooleanField(default=True)
    restored = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.id


class Outcome(models.TextChoices):
    GRANTED = "granted"
    REFUSED = "refused"


class Attempt(models.Model):
    """Somebody or something stood at a gate and was answered. The id is the edge's UUIDv7."""

    id = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    gate = models.CharField(max_length=32)
    at = models.DateTimeField()
    direction = models.CharField(max_length=4)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    token = models.BinaryField(max_length=32, null=True)
    cell = models.BinaryField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["token"], name="attempt_by_token"),
            models.Index(fields=["site", "at"], name="attempt_by_site_and_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Passage(models.Model):
    """Somebody passed after a granted attempt; `sensed` is false where no sensor confirmed it."""

    id = models.UUIDField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    gate = models.CharField(max_length=32)
    at = models.DateTimeField()
    direction = models.CharField(max_length=4)
    sensed = models.BooleanField()
    token = models.BinaryField(max_length=32, null=True)
    cell = models.BinaryField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["token"], name="passage_by_token"),
            models.Index(fields=["site", "at"], name="passage_by_site_and_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class GateAlarm(models.Model):
    """Something about a gate or its edge that somebody should see. `gate` is empty for the edge itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    gate = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    seen = models.BooleanField(default=False)
    escalated = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["site", "at"], name="alarm_by_site_and_time")]

    def __str__(self) -> str:
        return str(self.pk)


class Quarantine(models.Model):
    """A letter that the keeper refused for good, as received; sealed to the keeper, so nobody here reads it. An edge
    that was restored from a copy may have given one number to two letters."""

    edge = models.CharField(max_length=36)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    code = models.CharField(max_length=24)
    letter = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["edge", "seq"], name="quarantine_by_letter")]

    def __str__(self) -> str:
        return str(self.pk)


class Opening(models.Model):
    """An operator's order to open one gate once. Acknowledged by the attempt that carries its id. `numbered` is for a
    vehicle that nobody read: it comes in under a virtual plate (`gates.virtual`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    operator = models.CharField(max_length=36)
    reason_cell = models.BinaryField(null=True)
    numbered = models.BooleanField(default=False)
    acknowledged = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["gate"], condition=models.Q(acknowledged=False), name="openings_that_wait")]

    def __str__(self) -> str:
        return str(self.pk)


from gatehouse.server.gates.policy_models import Expectation as Expectation  # noqa: E402
from gatehouse.server.gates.policy_models import PlacesForgotten as PlacesForgotten  # noqa: E402
from gatehouse.server.gates.policy_models import PolicyVersion as PolicyVersion  # noqa: E402
from gatehouse.server.gates.policy_models import SiteAccess as SiteAccess  # noqa: E402
from gatehouse.server.gates.policy_models import ZoneRule as ZoneRule  # noqa: E402
