"""Looks at contracts and payslips, by somebody's authority. None where there is none, or its key is gone."""

from gatehouse.domain import pay_facts, payroll
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.payroll.cells import contract_from_bytes, slip_from_bytes
from gatehouse.server.payroll.models import Contract, Payslip


def contract(row: Contract | None, by: Authority, purpose: str) -> pay_facts.Contract | Refused | None:
    if row is None:
        return None
    data = keeping.reveal([keeping.cell("contract.terms/1", row.pk, row.cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return contract_from_bytes(data[0]) if data[0] else None


def payslip(row: Payslip | None, by: Authority, purpose: str) -> payroll.Payslip | Refused | None:
    if row is None:
        return None
    data = keeping.reveal([keeping.cell("payslip.lines/1", row.pk, row.cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return slip_from_bytes(data[0]) if data[0] else None
