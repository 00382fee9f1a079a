"""Reading pay runs: rows only; what their cells hold is a look."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.pay_facts import Month
from gatehouse.server.payroll.models import (
    CLOSED,
    MONTHLY,
    OPEN,
    PayAgain,
    PayExport,
    PayInput,
    PayRun,
    PaySetup,
    RunKind,
    RunSlip,
    RunState,
)
from gatehouse.server.people.models import Person, Site


def setup_of(site: Site) -> PaySetup | None:
    return PaySetup.objects.filter(pk=site.pk).first()


def runs(sites: Iterable[Site]) -> QuerySet[PayRun]:
    """The newest month first."""
    found = PayRun.objects.filter(site__in=list(sites)).select_related("site")
    return found.order_by("-month", "-number", "site__code")


def run(run_id: UUID | str, sites: Iterable[Site]) -> PayRun | None:
    return runs(sites).filter(pk=run_id).first()


def open_run(site: Site) -> PayRun | None:
    return PayRun.objects.filter(site=site, state__in=OPEN).first()


def runs_to_reckon() -> Sequence[PayRun]:
    """Drafts with somebody still to reckon, or without their sums."""
    found = PayRun.objects.filter(state=RunState.DRAFT, summary_cell__isnull=True)
    return list(found.select_related("site").order_by("id"))


def progress(run: PayRun) -> tuple[int, int]:
    """How many are reckoned, of how many."""
    slips = RunSlip.objects.filter(run=run)
    return slips.filter(cell__isnull=False).count(), slips.count()


def waiting(run: PayRun, limit: int) -> list[RunSlip]:
    found = RunSlip.objects.filter(run=run, cell__isnull=True).select_related("person")
    return list(found.order_by("id")[:limit])


def slips(run: PayRun) -> QuerySet[RunSlip]:
    return RunSlip.objects.filter(run=run).select_related("person__site", "run").order_by("id")


def closed_month(person: Person, month: Month) -> bool:
    """Whether an ordinary run has paid this person this month."""
    found = RunSlip.objects.filter(person=person, run__month=month.first, run__state__in=CLOSED)
    return found.filter(run__kind__in=MONTHLY).exists()


def closed_months(person: Person, since: date) -> list[date]:
    found = RunSlip.objects.filter(person=person, run__state__in=CLOSED, run__kind__in=MONTHLY, run__month__gte=since)
    return sorted(set(found.values_list("run__month", flat=True)))


def paid_slips(people: Iterable[UUID], since: date, before: PayRun | None = None) -> list[RunSlip]:
    """Closed runs' slips of these people, from the month `since` on, in order; only those before the run `before`."""
    found = RunSlip.objects.filter(person__in=list(people), run__state__in=CLOSED, run__month__gte=since)
    rows = found.select_related("run").order_by("run__month", "run__number", "id")
    if before is None:
        return list(rows)
    return [row for row in rows if (row.run.month, row.run.number) < (before.month, before.number)]


def slips_of(person: Person) -> QuerySet[RunSlip]:
    """What was paid to one person, the newest first."""
    found = RunSlip.objects.filter(person=person, run__state__in=CLOSED).select_related("run__site", "person__site")
    return found.order_by("-run__month", "-run__number")


def inputs(people: Iterable[UUID], months: Iterable[date], kinds: Iterable[RunKind]) -> list[PayInput]:
    found = PayInput.objects.filter(person__in=list(people), month__in=list(months), kind__in=list(kinds))
    return list(found.order_by("id"))


def input_of(person: Person, month: Month, kind: RunKind) -> PayInput | None:
    return PayInput.objects.filter(person=person, month=month.first, kind=kind).first()


def people_with_input(site: Site, month: Month, kind: RunKind) -> list[Person]:
    found = Person.objects.filter(site=site, pay_inputs__month=month.first, pay_inputs__kind=kind)
    return list(found.distinct().order_by("id"))


def again(people: Iterable[UUID]) -> QuerySet[PayAgain]:
    return PayAgain.objects.filter(person__in=list(people))


def exports(run: PayRun) -> QuerySet[PayExport]:
    return PayExport.objects.filter(run=run).order_by("template", "id")


def export(export_id: UUID | str, sites: Iterable[Site]) -> PayExport | None:
    found = PayExport.objects.filter(pk=export_id, run__site__in=list(sites))
    return found.select_related("run__site").first()
