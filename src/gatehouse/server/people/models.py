"""Sites and the people, credentials and vehicles that belong to them. What identifies anybody lies in cells.

No row here has a time of its making or changing, and ids are random: neither tells when somebody came.
"""

import secrets
import uuid

from django.db import models

from gatehouse.server.people.known import Known, OfKnownPeople
from gatehouse.server.people.staff_models import ChangeState as ChangeState
from gatehouse.server.people.staff_models import StaffChange as StaffChange


class SiteType(models.TextChoices):
    WORKPLACE = "workplace"
    SCHOOL = "school"
    CONSTRUCTION = "construction"
    GARAGE = "garage"


class Site(models.Model):
    """One place with its own clock. `stay_day` is the local date whose tokens its open stays carry. `hidden_pages` are
    those of the navigation that its people do without (`domain.site_types.OPTIONAL_PAGES`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    type = models.CharField(max_length=16, choices=SiteType.choices)
    zone = models.CharField(max_length=48)
    currency = models.CharField(max_length=3)
    stay_day = models.DateField()
    hidden_pages = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return self.code


class FeedVersion(models.Model):
    """What an edge compares with its own copy; raised by every action that changes what edges must know."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="feed")
    roster = models.BigIntegerField(default=1)
    clearances = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.site_id)


class Zone(models.Model):
    """An area within a site, such as one garage or one floor."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="zones")
    code = models.SlugField(max_length=32)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="zone_code_once_per_site")]

    def __str__(self) -> str:
        return self.code


class Department(models.Model):
    """A part of a site, under another or at the top. Who is in it, who manages it and who stands in for whom is told
    by `cell` (people/cells.py: DepartmentStaff), not here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="departments")
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="below")
    cell = models.BinaryField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class Group(models.Model):
    """People whom access rules name together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class PersonState(models.TextChoices):
    ACTIVE = "active"
    LEFT = "left"


class Person(models.Model):
    """Somebody known at a site. Cells: people/cells.py says what each holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="people")
    state = models.CharField(max_length=8, choices=PersonState.choices, default=PersonState.ACTIVE)
    brief_cell = models.BinaryField()
    name_cell = models.BinaryField()
    contact_cell = models.BinaryField(null=True, blank=True)
    identity_cell = models.BinaryField(null=True, blank=True)
    bank_cell = models.BinaryField(null=True, blank=True)
    file_cell = models.BinaryField()

    objects = Known["Person"]()

    def __str__(self) -> str:
        return str(self.pk)


def random_number() -> int:
    """For a row whose number tells nothing, in particular not which rows were written together."""
    return secrets.randbits(62)


class Membership(models.Model):
    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")

    objects = OfKnownPeople["Membership"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "group"], name="member_once_per_group")]

    def __str__(self) -> str:
        return str(self.pk)


class Purpose(models.TextChoices):
    FACE = "face"


class ConsentState(models.TextChoices):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Consent(models.Model):
    """A person's word on one purpose; who took it, when and in which words is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    state = models.CharField(max_length=12, choices=ConsentState.choices)
    cell = models.BinaryField()

    objects = OfKnownPeople["Consent"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose"],
                condition=models.Q(state="given"),
                name="one_consent_in_force_per_purpose",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class CredentialKind(models.TextChoices):
    FACE = "face"
    QR = "qr"
    CARD = "card"
    PIN = "pin"
    DAY_CARD = "day_card"  # lent for one date, in place of the card


class CredentialState(models.TextChoices):
    ACTIVE = "active"
    DEAD = "dead"


class Credential(models.Model):
    """A way in. `cell` is emptied when it dies; a face's key is destroyed as well. Of a face `model` is what made its
    template, and `quality_cell` how good the picture was."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=8, choices=CredentialKind.choices)
    state = models.CharField(max_length=8, choices=CredentialState.choices, default=CredentialState.ACTIVE)
    cell = models.BinaryField(null=True, blank=True)
    model = models.CharField(max_length=32, default="", blank=True)
    quality_cell = models.BinaryField(null=True, blank=True)

    objects = OfKnownPeople["Credential"]()

    def __str__(self) -> str:
        return str(self.pk)


class PairState(models.TextChoices):
    OPEN = "open"
    ONE = "one"  # one person: a record was closed
    TWO = "two"  # two people who look alike: each uses something besides the face


class FacePair(models.Model):
    """Two people whose faces an edge could not tell apart; who they are lies in the cell, which the keeper wrote."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=PairState.choices, default=PairState.OPEN)
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class VehicleState(models.TextChoices):
    ACTIVE = "active"
    BLOCKED = "blocked"
    GONE = "gone"


class Vehicle(models.Model):
    """A registered vehicle; its plate is sealed. `vehicle_class` is what tariffs call it, empty where a plate says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="vehicles")
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="vehicles")
    state = models.CharField(max_length=8, choices=VehicleState.choices, default=VehicleState.ACTIVE)
    plate_cell = models.BinaryField()
    vehicle_class = models.CharField(max_length=64, default="", blank=True)

    objects = Known["Vehicle"]()

    def __str__(self) -> str:
        return str(self.pk)


from gatehouse.server.people.crew_models import CertificateKind as CertificateKind  # noqa: E402
from gatehouse.server.people.crew_models import Contractor as Contractor  # noqa: E402
from gatehouse.server.people.crew_models import EntryRule as EntryRule  # noqa: E402
from gatehouse.server.people.crew_models import RosterEntry as RosterEntry  # noqa: E402
from gatehouse.server.people.crew_models import Team as Team  # noqa: E402
