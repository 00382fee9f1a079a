"""Requests for invoices (fapiao): asked by whoever holds a receipt, issued by the operators outside of here."""

from datetime import datetime
from typing import Literal
from uuid import uuid4

import msgspec
from django.db import transaction

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import InvoiceRequest, InvoiceState, Receipt
from gatehouse.server.parking.receipts import RECEIPTS

LABEL = "invoice.request/1"


class Invoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """invoice.request/1: for whom, and where it is sent. A person has no tax number."""

    kind: Literal["company", "person"]
    title: str
    tax_number: str
    mail: str
    asked_at: datetime


def ask_invoice(receipt: Receipt, invoice: Invoice, *, at: datetime) -> InvoiceRequest:
    """One request for each receipt: the first stands, whatever is asked later. Raises KeeperAway."""
    held = InvoiceRequest.objects.filter(receipt=receipt).first()
    if held is not None:
        return held
    new_id = uuid4()
    data = msgspec.json.encode(invoice)
    cell = keeping.seal_one(LABEL, receipt.garage.site_id, new_id, data, year=receipt.year)
    with transaction.atomic():
        request, made = InvoiceRequest.objects.get_or_create(receipt=receipt, defaults={"id": new_id, "cell": cell})
        if made:
            record("invoice.asked", "payment", receipt.pk, by=RECEIPTS, at=at)
    return request


@transaction.atomic
def mark_issued(request: InvoiceRequest, *, by: By, at: datetime) -> bool:
    """False when it was marked before."""
    waiting = InvoiceRequest.objects.filter(pk=request.pk, state=InvoiceState.ASKED)
    if not waiting.update(state=InvoiceState.ISSUED):
        return False
    record("invoice.issued", "invoice", request.pk, by=by, at=at)
    return True


def read_invoices(requests: list[InvoiceRequest], by: Authority) -> list[Invoice | None] | Refused:
    """In order; each counts as a look. Raises KeeperAway."""
    cells = [keeping.cell(LABEL, request.pk, request.cell) for request in requests]
    data = keeping.reveal(cells, by, "invoices")
    if isinstance(data, Refused):
        return data
    return [None if text is None else msgspec.json.decode(text, type=Invoice) for text in data]
