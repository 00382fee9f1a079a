"""What was written and by whom; and the jobs that are due."""

from django.db import models


class Entry(models.Model):
    """One write. `hash` chains it to the entry before; the keeper takes the hashes into its own log.

    `actor` is an operator's id or a job's name. An entry about a passage, an attempt or an open stay names a gate, an
    edge or a garage, never the row: its time would link two days of one person. People, vehicles and permits stand here
    under an alias of the entry's date (`audit.actions.name_in_log`).
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    verb = models.CharField(max_length=48)
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return str(self.pk)


class Head(models.Model):
    """The one row that holds the end of the chain, and up to which entry the keeper has been told."""

    hash = models.BinaryField(max_length=32)
    noted = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return "head"


class DueJob(models.Model):
    """When a job runs next; `scope` is a site's id, or empty for a job of the whole server."""

    name = models.CharField(max_length=32)
    scope = models.CharField(max_length=36, blank=True)
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "scope"], name="one_due_time_per_job_and_scope")]

    def __str__(self) -> str:
        return f"{self.name} {self.scope}".strip()
