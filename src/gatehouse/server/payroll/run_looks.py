"""Looks at pay runs, by somebody's authority: results, sums, inputs, who pays. None where there is none, or its key is
gone."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from gatehouse.domain.errors import DomainError
from gatehouse.keeper.protocol import Authority, Cell, Refused
from gatehouse.server import keeping
from gatehouse.server.payroll.models import Contract, PayInput, PayRun, PaySetup, RunSlip
from gatehouse.server.payroll.run_cells import (
    Extras,
    Input,
    Payer,
    RefusedFacts,
    Result,
    Summary,
    extras_from,
    input_from,
    payer_from,
    result_from,
    summary_from,
)

T = TypeVar("T")


def results(rows: Sequence[RunSlip], by: Authority, purpose: str) -> dict[UUID, Result] | Refused:
    """By the slip's id; those not reckoned yet, and whose key is gone, are left out."""
    reckoned = [row for row in rows if row.cell is not None]
    data = keeping.reveal([_slip_cell(row) for row in reckoned], by, purpose)
    if isinstance(data, Refused):
        return data
    found = {}
    for row, text in zip(reckoned, data, strict=True):
        if text is not None:
            found[row.pk] = _read(text, result_from) or Result(refused=RefusedFacts("unreadable"))
    return found


def _slip_cell(row: RunSlip) -> Cell:
    return keeping.cell("payslip.run/1", row.pk, row.cell or b"")


def result(row: RunSlip | None, by: Authority, purpose: str) -> Result | Refused | None:
    if row is None:
        return None
    found = results([row], by, purpose)
    return found if isinstance(found, Refused) else found.get(row.pk)


def summary(run: PayRun, by: Authority, purpose: str) -> Summary | Refused | None:
    return _one("payrun.summary/1", run.pk, run.summary_cell, summary_from, by, purpose)


def payer(setup: PaySetup | None, by: Authority, purpose: str) -> Payer | Refused | None:
    return None if setup is None else _one("pay.setup/1", setup.pk, setup.cell, payer_from, by, purpose)


def extras(row: Contract | None, by: Authority, purpose: str) -> Extras | Refused | None:
    return None if row is None else _one("contract.extras/1", row.pk, row.extras_cell, extras_from, by, purpose)


def month_input(row: PayInput | None, by: Authority, purpose: str) -> Input | Refused | None:
    return None if row is None else _one("pay.input/1", row.pk, row.cell, input_from, by, purpose)


def _one(
    label: str, row: UUID, cell: bytes | memoryview | None, into: Callable[[bytes], T], by: Authority, purpose: str
) -> T | Refused | None:
    if cell is None:
        return None
    data = keeping.reveal([keeping.cell(label, row, cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return _read(data[0], into) if data[0] is not None else None


def _read(data: bytes, into: Callable[[bytes], T]) -> T | None:
    try:
        return into(data)
    except (msgspec.MsgspecError, DomainError, ValueError):
        return None
