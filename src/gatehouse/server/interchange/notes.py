"""Dates whose workdays an import changed: counted anew by whoever imports, as far back as the keeper tells whose
punches these are, and paid anew where they were paid."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from gatehouse.clock import monotonic_s
from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance.workdays import WorkdaysRefused, reckon_again
from gatehouse.server.audit.by import By
from gatehouse.server.interchange.models import Import
from gatehouse.server.payroll.inputs import mark_everybody_again

SLICE_S = 2.0
COUNTED_BACK = 40 * DAY  # the keeper tells nobody whose punches of older dates are


def note_days(task: Import, days: Sequence[date], *, until: date) -> None:
    """Dates before `until` that changed: to be counted anew, and paid anew where they were paid. Inside the caller's
    transaction."""
    past = [day for day in set(days) if until - COUNTED_BACK < day < until]
    if not past:
        return
    held = Import.objects.select_for_update().get(pk=task.pk)
    Import.objects.filter(pk=task.pk).update(days=sorted({*held.days, *(day.isoformat() for day in past)}))
    mark_everybody_again(task.site, past)


def count_days(task: Import, *, by: By, at: datetime) -> Refused | None:
    """Some of the dates that are left, for at most `SLICE_S`; a refusal where the keeper does not tell whose punches
    these are. Raises KeeperAway."""
    ends = monotonic_s() + SLICE_S
    for said in list(task.days):
        try:
            reckon_again(task.site, date.fromisoformat(said), by=by, at=at)
        except WorkdaysRefused as refused:
            return Refused(refused.code)
        with transaction.atomic():
            held = Import.objects.select_for_update().get(pk=task.pk)
            Import.objects.filter(pk=task.pk).update(days=[day for day in held.days if day != said])
        if monotonic_s() >= ends:
            break
    task.refresh_from_db()
    return None
