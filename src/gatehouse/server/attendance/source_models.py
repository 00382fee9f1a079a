"""Where punches came from that no gate of ours saw."""

from django.db import models

from gatehouse.server.people.models import Site


class PunchSource(models.Model):
    """An import's punches by their number. Voided ones stay as they are and count no more."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    voided = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="punch_source_once_per_site")]

    def __str__(self) -> str:
        return str(self.number)
