"""Files of a locked run: asked for by one operator, granted by another, filled by the keeper for a named recipient.

The server hands over cells and gets an encrypted file; it never sees a bank account or a name on the way.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from gatehouse.domain.pay_journal import DEFAULT_ACCOUNTS
from gatehouse.keeper.protocol import (
    Authority,
    Cell,
    Checked,
    Done,
    EnrolRecipient,
    Fill,
    Filled,
    FillFault,
    FillJob,
    FillRow,
    Grant,
    Recipient,
    RecipientList,
    Recipients,
    Refused,
)
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.payroll import run_queries, runs
from gatehouse.server.payroll.models import CLOSED, ExportState, PayExport, PayRun, RunSlip
from gatehouse.server.people.models import Site

TEMPLATES = ("bank", "list", "list-xlsx", "journal", "journal-xlsx")
ROWS_A_FILE = 10_000


@dataclass(frozen=True, slots=True)
class NotReady:
    """What keeps a file from being granted: opaque references and codes."""

    faults: tuple[FillFault, ...]


def recipients(site: Site, by: Authority) -> list[Recipient] | Refused:
    """Who may get this site's files. Raises KeeperAway."""
    answer = keeping.ask(Recipients(site=str(site.pk), by=by), RecipientList)
    return answer if isinstance(answer, Refused) else answer.recipients


def enrol_recipient(site: Site, name: str, key: str, *, by: By, at: datetime) -> Refused | None:
    """Admit somebody outside by their age key; an empty one takes them away. Raises KeeperAway."""
    answer = keeping.ask(EnrolRecipient(name=name, site=str(site.pk), key=key, by=by.authority), Done)
    if isinstance(answer, Refused):
        return answer
    with transaction.atomic():
        record("pay.recipient_set", "site", site.pk, by=by, at=at)
    return None


def ask_export(
    run: PayRun, template: str, recipient: str, pay_on: date, *, by: By, at: datetime
) -> list[PayExport] | None:
    """One file for every 10,000 people; None where the run is not locked."""
    with transaction.atomic():
        held = PayRun.objects.select_for_update().filter(pk=run.pk, state__in=CLOSED).first()
        if held is None:
            return None
        count = RunSlip.objects.filter(run=run).count()
        made = [
            PayExport.objects.create(
                run=run, template=template, recipient=recipient, pay_on=pay_on, part=part, asked_by=by.actor
            )
            for part in range(1, -(-count // ROWS_A_FILE) + 1)
        ]
        record("payexport.asked", "payrun", run.pk, by=by, at=at)
    return made


def grant_export(export: PayExport, *, by: By, at: datetime) -> NotReady | Refused | None:
    """By somebody else than who asked; None when granted. Raises KeeperAway."""
    if by.actor == export.asked_by:
        return Refused("own_grant")
    answer = keeping.ask(Grant(job=job_of(export), by=by.authority), Checked)
    if isinstance(answer, Refused):
        return answer
    if answer.faults:
        return NotReady(tuple(answer.faults))
    with transaction.atomic():
        PayExport.objects.filter(pk=export.pk).update(state=ExportState.GRANTED, granted_by=by.actor)
        record("payexport.granted", "payrun", export.run_id, by=by, at=at)
    return None


def take_export(export: PayExport, *, by: By, at: datetime) -> bytes | Refused:
    """The file, encrypted to its recipient; the run has then been exported. Raises KeeperAway."""
    answer = keeping.ask(Fill(job=job_of(export), by=by.authority), Filled)
    if isinstance(answer, Refused):
        if answer.code == "not_granted" and export.state != ExportState.ASKED:
            # Something in it was sealed anew, or the grant has ended: it wants to be granted again.
            PayExport.objects.filter(pk=export.pk).update(state=ExportState.ASKED, granted_by="")
        return answer
    with transaction.atomic():
        PayExport.objects.filter(pk=export.pk, state=ExportState.GRANTED).update(state=ExportState.TAKEN)
        record("payexport.taken", "payrun", export.run_id, by=by, at=at)
        runs.mark_exported(export.run, by=by, at=at)
    return answer.data


def drop_export(export: PayExport, *, by: By, at: datetime) -> None:
    with transaction.atomic():
        record("payexport.dropped", "payrun", export.run_id, by=by, at=at)
        export.delete()


def file_id(export: PayExport) -> str:
    """At most 35 characters, unique for the payer, the same however often it is filled: so a bank sees a file that
    comes twice."""
    run = export.run
    return f"GH{run.month:%Y%m}-{run.number}-{run.pk.hex[:10]}-{export.template[0].upper()}{export.part}"


def ending(export: PayExport) -> str:
    """Of the file's name, before it is encrypted."""
    return "xml" if export.template == "bank" else "xlsx" if export.template.endswith("-xlsx") else "csv"


def job_of(export: PayExport) -> FillJob:
    """What is granted and filled: the same each time, as long as no cell in it was sealed anew."""
    run = export.run
    setup = run_queries.setup_of(run.site)
    start = (export.part - 1) * ROWS_A_FILE
    slips = list(run_queries.slips(run)[start : start + ROWS_A_FILE])
    template = export.template.removesuffix("-xlsx")
    payer = None
    if template == "bank" and setup is not None and setup.cell is not None:
        payer = keeping.cell("pay.setup/1", setup.pk, setup.cell)
    return FillJob(
        site=str(run.site_id),
        template="bank" if template == "bank" else "list" if template == "list" else "journal",
        written_as="xlsx" if export.template != template else "csv",
        recipient=export.recipient,
        id=file_id(export),
        pay_on=export.pay_on,
        payer=payer,
        accounts={**DEFAULT_ACCOUNTS, **(setup.accounts if setup else {})} if template == "journal" else {},
        rows=[FillRow(slip.pk.hex, _cells(slip, template)) for slip in slips],
    )


def _cells(slip: RunSlip, template: str) -> list[Cell]:
    person = slip.person
    cells = [keeping.cell("payslip.run/1", slip.pk, slip.cell or b"")]
    if template == "bank":
        cells.append(keeping.cell("person.bank/1", person.pk, person.bank_cell or b""))
    if template == "list":
        cells.append(keeping.cell("person.brief/1", person.pk, person.brief_cell))
    if template in ("bank", "list"):
        cells.append(keeping.cell("person.name/1", person.pk, person.name_cell))
    return cells
