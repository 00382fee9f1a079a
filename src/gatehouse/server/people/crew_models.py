"""Contractors and teams of a construction site, and whether training comes before entry. Who belongs to a team lies in
the sealed roster entries, not here."""

import uuid

from django.db import models


class Contractor(models.Model):
    """A company that works on the site."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="contractors")
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="contractor_name_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)


class Team(models.Model):
    """A crew of one contractor."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contractor = models.ForeignKey(Contractor, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contractor", "name"], name="team_name_once_per_contractor")]

    def __str__(self) -> str:
        return str(self.pk)


class RosterEntry(models.Model):
    """A part of somebody's personnel file: trade, team, training before entry. All of it lies in `cell`."""

    person = models.OneToOneField(
        "people.Person", on_delete=models.CASCADE, primary_key=True, related_name="roster_entry"
    )
    cell = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class EntryRule(models.Model):
    """What a site asks for at its gates besides its rules: `training_first` keeps out who is not in the roster, or
    whose training is missing or has run out."""

    site = models.OneToOneField("people.Site", on_delete=models.CASCADE, primary_key=True, related_name="entry_rule")
    training_first = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.pk)


class CertificateKind(models.Model):
    """A certificate that people of the site may hold, such as for working at height; `asked` of everybody who comes
    in. Who holds one until when lies in the sealed roster entries."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey("people.Site", on_delete=models.CASCADE, related_name="certificate_kinds")
    name = models.CharField(max_length=60)
    asked = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="certificate_name_once_per_site")]

    def __str__(self) -> str:
        return str(self.pk)
