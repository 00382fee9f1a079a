"""A pay run from draft to export. Every step is a compare-and-set on its state: of two at once one happens.

draft (being reckoned) -> review -> approved, by somebody who had no hand in it -> locked -> exported. A run that is not
locked can go back to draft and be reckoned anew; a locked one stays, and what changes later comes as arrears.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from django.db import IntegrityError, transaction

from gatehouse.domain.pay_facts import Month
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.payroll import computing, queries, run_queries
from gatehouse.server.payroll.models import (
    CLOSED,
    MONTHLY,
    OPEN,
    PayAgain,
    PayInput,
    PayRun,
    Payslip,
    RunKind,
    RunSlip,
    RunState,
)
from gatehouse.server.people.models import Person, Site


class No(StrEnum):
    """Why a step was not taken."""

    OPEN_RUN = "open_run"
    LATER_RUN = "later_run"
    NOBODY = "nobody"
    NOT_RECKONED = "not_reckoned"
    NOT_NOW = "not_now"
    OWN_WORK = "own_work"


@dataclass(frozen=True, slots=True)
class NotDone:
    code: No


def open_run(site: Site, month: Month, kind: RunKind, *, by: By, at: datetime) -> PayRun | NotDone:
    """A draft with everybody whom it pays; the job `payslips` reckons it. One run of a site is open at a time, since
    each goes on from the year's totals of the one before. Raises KeeperAway."""
    people = whom(site, month, kind)
    if not people:
        return NotDone(No.NOBODY)
    if PayRun.objects.filter(site=site, month__gt=month.first, state__in=CLOSED).exists():
        return NotDone(No.LATER_RUN)
    try:
        with transaction.atomic():
            last = PayRun.objects.filter(site=site, month=month.first).order_by("-number").first()
            run = PayRun.objects.create(
                id=uuid4(),
                site=site,
                month=month.first,
                number=last.number + 1 if last else 1,
                kind=kind,
                hands=[by.actor],
            )
            RunSlip.objects.bulk_create([RunSlip(run=run, person=person) for person in people], batch_size=1000)
            record("payrun.opened", "payrun", run.pk, by=by, at=at)
    except IntegrityError:
        return NotDone(No.OPEN_RUN)
    return run


def whom(site: Site, month: Month, kind: RunKind) -> list[Person]:
    """Off the cycle those with an input for it; else everybody with a contract whom no ordinary run has paid this
    month, for a final run only those whose contract ends in it. Raises KeeperAway."""
    if kind is RunKind.OFF_CYCLE:
        return run_queries.people_with_input(site, month, kind)
    paid = RunSlip.objects.filter(run__site=site, run__month=month.first, run__state__in=CLOSED, run__kind__in=MONTHLY)
    had = set(paid.values_list("person_id", flat=True))
    people = [person for person in queries.people_with_contract(site) if person.pk not in had]
    return computing.employed(people, month, leaving=kind is RunKind.FINAL)


def send_to_review(run: PayRun, *, by: By, at: datetime) -> NotDone | None:
    """Once everybody is reckoned."""
    with transaction.atomic():
        ready = PayRun.objects.filter(pk=run.pk, state=RunState.DRAFT, summary_cell__isnull=False)
        if not ready.update(state=RunState.REVIEW, hands=sorted({*run.hands, by.actor})):
            drafts = PayRun.objects.filter(pk=run.pk, state=RunState.DRAFT).exists()
            return NotDone(No.NOT_RECKONED if drafts else No.NOT_NOW)
        record("payrun.sent", "payrun", run.pk, by=by, at=at)
    return None


def reckon_anew(run: PayRun, *, by: By, at: datetime) -> NotDone | None:
    """Back to draft, and everybody from the beginning, with the facts as they are now."""
    with transaction.atomic():
        held = PayRun.objects.select_for_update().filter(pk=run.pk, state__in=OPEN).first()
        if held is None:
            return NotDone(No.NOT_NOW)
        PayRun.objects.filter(pk=run.pk, turn=held.turn).update(
            state=RunState.DRAFT,
            turn=held.turn + 1,
            hands=sorted({*held.hands, by.actor}),
            approved_by="",
            summary_cell=None,
        )
        RunSlip.objects.filter(run=run).update(cell=None)
        record("payrun.reckoned_anew", "payrun", run.pk, by=by, at=at)
    return None


def approve(run: PayRun, *, by: By, at: datetime) -> NotDone | None:
    """By a second person: never by one who made it, had it reckoned, sent it, or changed what it is reckoned from."""
    with transaction.atomic():
        held = PayRun.objects.select_for_update().filter(pk=run.pk, state=RunState.REVIEW).first()
        if held is None:
            return NotDone(No.NOT_NOW)
        if by.actor in held.hands:
            return NotDone(No.OWN_WORK)
        same = PayRun.objects.filter(pk=run.pk, state=RunState.REVIEW, turn=held.turn, hands=held.hands)
        if not same.update(state=RunState.APPROVED, approved_by=by.actor):
            return NotDone(No.NOT_NOW)
        record("payrun.approved", "payrun", run.pk, by=by, at=at)
    return None


def lock(run: PayRun, *, by: By, at: datetime) -> NotDone | None:
    """From now on it stays as it is. Previews of what it pays go, and so do the marks whose arrears it pays; an input
    for a run off the cycle is spent by it."""
    with transaction.atomic():
        if not PayRun.objects.filter(pk=run.pk, state=RunState.APPROVED).update(state=RunState.LOCKED):
            return NotDone(No.NOT_NOW)
        people = RunSlip.objects.filter(run=run).values("person_id")
        if run.kind == RunKind.OFF_CYCLE:
            spent = PayInput.objects.filter(month=run.month, kind=RunKind.OFF_CYCLE, person_id__in=people)
            spent.delete()
        else:
            Payslip.objects.filter(month=run.month, person_id__in=people).delete()
            PayAgain.objects.filter(taken_by=run).delete()
        record("payrun.locked", "payrun", run.pk, by=by, at=at)
        told: dict[str, str | int | bool] = {"month": f"{run.month:%Y-%m}", "kind": str(run.kind), "number": run.number}
        tell(run.site_id, [Happened(EventKind.LOCKED, at, told, str(run.pk))], now=at)
    return None


def mark_exported(run: PayRun, *, by: By, at: datetime) -> None:
    """The first file of it has left. Inside the caller's transaction; once."""
    if PayRun.objects.filter(pk=run.pk, state=RunState.LOCKED).update(state=RunState.EXPORTED):
        record("payrun.exported", "payrun", run.pk, by=by, at=at)


def discard(run: PayRun, *, by: By, at: datetime) -> NotDone | None:
    """Gone, as long as it is not locked; nothing of it was booked."""
    with transaction.atomic():
        held = PayRun.objects.select_for_update().filter(pk=run.pk, state__in=OPEN).first()
        if held is None:
            return NotDone(No.NOT_NOW)
        record("payrun.discarded", "payrun", run.pk, by=by, at=at)
        held.delete()
    return None
