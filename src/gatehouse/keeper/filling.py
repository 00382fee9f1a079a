"""Files that leave: filled in inside the keeper and encrypted to a recipient whom an owner enrolled.

Two people are needed. One grants a job, which the keeper checks first; another has it filled. The grant is of the job's
digest, cells included, so neither of them nor the server can put anything else in. Bank accounts and names are never
shown to either, and no cap stands against it: the second person does.
"""

import hashlib
import re
from datetime import timedelta

import msgspec

from gatehouse.crypto.agefile import recipient_key, seal_file
from gatehouse.crypto.errors import Malformed
from gatehouse.domain.payment_rules import broken_rules
from gatehouse.keeper.cells import Foreign, Gone, Opened
from gatehouse.keeper.fillings import Filling, Unfillable, filled
from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import (
    Authority,
    Budget,
    Cell,
    Checked,
    Done,
    EnrolRecipient,
    Fill,
    Filled,
    FillFault,
    FillJob,
    Grant,
    Recipient,
    RecipientList,
    Recipients,
    Refused,
)
from gatehouse.keeper.vault import Asker, Vault

GRANT_LIVES = timedelta(hours=8)
ROW_LIMIT, FAULTS_SHOWN = 10_000, 100
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,32}")
_NAME = re.compile(r"[\w .,()/-]{1,64}")
# Of each template: the labels that every row has.
_ROWS = {
    "bank": ("payslip.run/1", "person.bank/1", "person.name/1"),
    "list": ("payslip.run/1", "person.brief/1", "person.name/1"),
    "journal": ("payslip.run/1",),
}
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def digest(job: FillJob) -> bytes:
    return hashlib.sha256(_encode(job)).digest()


# --- recipients ---


def enrol_recipient(vault: Vault, request: EnrolRecipient) -> Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.is_shell and not (asker.may("enrol_recipient") and asker.reaches(request.site)):
        return Refused("not_allowed")
    if not _NAME.fullmatch(request.name) or not request.site:
        return Refused("bad_request", {"field": "name"})
    if not request.key:
        vault.record("enrol_recipient", asker, purpose="taken away")
        vault.store.write("DELETE FROM recipients WHERE site=? AND name=?", (request.site, request.name))
        return Done()
    try:
        recipient_key(request.key)
    except Malformed:
        return Refused("bad_request", {"field": "key"})
    fingerprint = hashlib.sha256(request.key.encode()).hexdigest()[:16]
    vault.record("enrol_recipient", asker, purpose=f"{request.site}:{fingerprint}")
    vault.store.write("INSERT OR REPLACE INTO recipients VALUES (?, ?, ?)", (request.name, request.site, request.key))
    return Done()


def recipients(vault: Vault, request: Recipients) -> RecipientList | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may("recipients") or not asker.reaches(request.site):
        return Refused("not_allowed")
    rows = vault.store.rows("SELECT name, site, key FROM recipients WHERE site=? ORDER BY name", (request.site,))
    return RecipientList([Recipient(*row) for row in rows])


def _recipient(vault: Vault, job: FillJob) -> Recipient | None:
    rows = vault.store.rows("SELECT name, site, key FROM recipients WHERE site=? AND name=?", (job.site, job.recipient))
    return Recipient(*rows[0]) if rows else None


# --- the two words ---


def grant(vault: Vault, request: Grant) -> Checked | Refused:
    """Nothing leaves but how many rows there are and what is in the way: no amount, or a grant of one row would tell
    it."""
    asker = _asker(vault, "grant", request.job, request.by)
    if isinstance(asker, Refused):
        return asker
    opened = _opened(vault, request.job)
    if isinstance(opened, Refused):
        return opened
    tripped = vault.trip(asker, "grant", {row[0].subject for row in opened.rows if row})
    if tripped is not None:
        return tripped
    try:
        found = _written(vault, request.job, opened)
    except Unfillable as fault:
        return Checked(len(request.job.rows), [FillFault(*one) for one in fault.faults[:FAULTS_SHOWN]])
    vault.record("grant", asker, purpose=f"{request.job.template}:{digest(request.job).hex()[:16]}")
    ends = vault.now() + GRANT_LIVES
    assert asker.ticket is not None
    vault.store.write(
        "INSERT OR REPLACE INTO grants VALUES (?, ?, ?)", (digest(request.job), asker.actor, ends.isoformat())
    )
    return Checked(found.rows, [])


def fill(vault: Vault, request: Fill) -> Filled | Refused:
    """Logged as one line about everybody in it, durable before the file leaves."""
    asker = _asker(vault, "fill", request.job, request.by)
    if isinstance(asker, Refused):
        return asker
    granted = vault.store.rows("SELECT actor, ends FROM grants WHERE digest=?", (digest(request.job),))
    standing = [actor for actor, ends in granted if ends > vault.now().isoformat()]
    if not standing:
        return Refused("not_granted")
    if not any(actor != asker.actor for actor in standing):
        return Refused("own_grant")
    opened = _opened(vault, request.job)
    if isinstance(opened, Refused):
        return opened
    try:
        found = _written(vault, request.job, opened)
    except Unfillable as fault:
        return Refused("unfillable", {"faults": len(fault.faults)})
    recipient = _recipient(vault, request.job)
    if recipient is None:
        return Refused("unknown_recipient")
    data = seal_file(found.data, recipient_key(recipient.key))
    tripped = vault.trip(asker, "fill", {row[0].subject for row in opened.rows if row})
    if tripped is not None:
        return tripped
    people = sorted({vault.pseudonym(row[0].subject) for row in opened.rows if row})
    vault.log.append(
        Entry(at=vault.now(), kind="fill", actor=asker.actor, role=asker.role, purpose=f"fill.{request.job.template}",
              budget=Budget.SENSITIVE, subjects=people, count=len(people))
    )  # fmt: skip
    return Filled(data, found.rows)


def sweep_grants(vault: Vault) -> None:
    vault.store.write("DELETE FROM grants WHERE ends <= ?", (vault.now().isoformat(),))


def _asker(vault: Vault, verb: str, job: FillJob, by: Authority) -> Asker | Refused:
    asker = vault.asker(by)
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may(verb) or not asker.reaches(job.site):
        return Refused("not_allowed")
    if _recipient(vault, job) is None:
        return Refused("unknown_recipient")
    if not 0 < len(job.rows) <= ROW_LIMIT:
        return Refused("bad_request", {"field": "rows"})
    return asker


# --- what is in it ---


class _Job:
    """The opened cells of a job: of each row in the order of its template's labels, none where a key is gone."""

    def __init__(self, payer: bytes | None, rows: list[list[Opened]]) -> None:
        self.payer, self.rows = payer, rows


def _opened(vault: Vault, job: FillJob) -> _Job | Refused:
    """All cells of a row are one person's, of the labels of the template; the payer is the site's own."""
    rows: list[list[Opened]] = []
    seen: set[str] = set()
    for place, row in enumerate(job.rows):
        labels = tuple(sorted(cell.label for cell in row.cells))
        if labels != _ROWS[job.template] or not _REFERENCE.fullmatch(row.reference):
            return Refused("bad_request", {"row": place})
        found = [vault.cells.open(cell) for cell in sorted(row.cells, key=lambda cell: cell.label)]
        if any(isinstance(one, Foreign) for one in found):
            return Refused("bad_request", {"row": place})
        here = [one for one in found if isinstance(one, Opened)]
        if len({one.subject for one in here}) > 1:
            return Refused("bad_request", {"row": place})
        if here and here[0].subject in seen:
            return Refused("bad_request", {"row": place})
        seen |= {one.subject for one in here}
        rows.append([] if any(isinstance(one, Gone) for one in found) else here)
    payer = _payer(vault, job.payer, job.site)
    return payer if isinstance(payer, Refused) else _Job(payer, rows)


def _payer(vault: Vault, cell: Cell | None, site: str) -> bytes | Refused | None:
    if cell is None:
        return None
    found = vault.cells.open(cell)
    if cell.label != "pay.setup/1" or not isinstance(found, Opened) or found.site != site:
        return Refused("bad_request", {"field": "payer"})
    return found.data


def _written(vault: Vault, job: FillJob, opened: _Job) -> Filling:
    """Raises Unfillable, also where the bank's file would break a rule of its schema."""
    gone = [(row.reference, "keys_gone") for row, cells in zip(job.rows, opened.rows, strict=True) if not cells]
    if gone:
        raise Unfillable(gone)
    rows = [
        (row.reference, {cell.label.name: cell.data for cell in cells})
        for row, cells in zip(job.rows, opened.rows, strict=True)
    ]
    found = filled(job, opened.payer, rows, vault.now())
    if job.template == "bank" and broken_rules(found.data):
        raise Unfillable([("", "schema")])
    return found
