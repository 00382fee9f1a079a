"""What a site's policy is made of besides rules and schedules, its published versions, and what it must answer."""

import uuid

from django.db import models

from gatehouse.domain import policy
from gatehouse.server.people.models import Group, Person, Site, Zone

PASSBACK = [(kind.value, kind.value) for kind in policy.Passback]
ALERTS = [(alert.value, alert.value) for alert in policy.Alert]


class ZoneRule(models.Model):
    """What a zone asks of those who come in: the fields of `domain.policy.ZoneRules`. Without a zone: the whole site.
    Groups are lists of their ids."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="zone_rules")
    zone = models.OneToOneField(Zone, on_delete=models.CASCADE, null=True, blank=True, related_name="rule")
    passback = models.CharField(max_length=8, choices=PASSBACK, default=policy.Passback.SITE.value)
    passback_s = models.FloatField(default=300.0)
    soft_when_away = models.BooleanField(default=False)
    limit = models.PositiveIntegerField(null=True, blank=True)
    two_person = models.BooleanField(default=False)
    first_in = models.JSONField(default=list)
    escorted = models.JSONField(default=list)
    escorts = models.JSONField(default=list)
    together_s = models.FloatField(default=30.0)
    lasts_s = models.FloatField(default=57_600.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site"], condition=models.Q(zone=None), name="one_zone_rule_for_the_site")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PolicyVersion(models.Model):
    """A policy as it was published: rules, schedules, zones and doors as `gates.policies.Document`. The newest is in
    force; each is kept, so that an attempt can be gone through with the policy of its day. About groups, never people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="policy_versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    operator = models.CharField(max_length=36)
    note = models.CharField(max_length=120, blank=True)
    document = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="policy_number_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)


class Expectation(models.Model):
    """What every published policy must answer: somebody, or anybody of a group, at a gate, on a weekday at a time.
    `answer` is "granted", "refused", or the code of a refusal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="expectations")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    gate = models.ForeignKey("gates.Gate", on_delete=models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    clock = models.TimeField()
    answer = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person=None, group__isnull=False) | models.Q(person__isnull=False, group=None),
                name="expectation_of_one_person_or_group",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SiteAccess(models.Model):
    """What a whole site was told: an alert, and whether PINs have a form that tells of a threat."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="access")
    alert = models.CharField(max_length=12, choices=ALERTS, blank=True, default="")
    since = models.DateTimeField(null=True, blank=True)
    duress = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.site_id)


class PlacesForgotten(models.Model):
    """Somebody said that nobody's place in a zone, or without one on the site, counts any more from before `at`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    zone = models.OneToOneField(Zone, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site"], condition=models.Q(zone=None), name="one_forgetting_for_the_site")
        ]

    def __str__(self) -> str:
        return str(self.pk)
