"""The templates of `filling`: plaintexts in, the bytes of one file out, or every reason why not. Pure."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO

import msgspec

from gatehouse.domain.earnings import PayLine, Section
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, decimal_text
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.pay_journal import Accounts, JournalError, balance, journal
from gatehouse.domain.payment_file import Charset, Order, Party, Payment, faults, pain001
from gatehouse.domain.payroll import Payslip, section_total
from gatehouse.domain.withholding import YearToDate
from gatehouse.domain.workbook import Value, workbook
from gatehouse.keeper.protocol import FillJob

Rows = Sequence[tuple[str, dict[str, bytes]]]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Unfillable(Exception):
    """`faults` are (reference, code), never a value."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class Filling:
    data: bytes
    rows: int


# What these templates need of the cells; whatever else a cell holds is passed over.


class _Line(msgspec.Struct, frozen=True):
    code: str
    section: str
    minor: int


class _Slip(msgspec.Struct, frozen=True):
    month: str
    currency: str
    lines: list[_Line]


class _Result(msgspec.Struct, frozen=True):
    slip: _Slip | None = None


class _Bank(msgspec.Struct, frozen=True):
    account: str = ""
    holder: str = ""
    bank: str = ""


class _Payer(msgspec.Struct, frozen=True):
    name: str = ""
    account: str = ""
    bic: str = ""
    charset: str = "sepa"


@dataclass(frozen=True, slots=True)
class _Row:
    """One person with a payslip; people without one are not written."""

    reference: str
    slip: Payslip
    texts: dict[str, bytes]


_result, _bank = msgspec.json.Decoder(_Result), msgspec.json.Decoder(_Bank)
_payer = msgspec.json.Decoder(_Payer)


def filled(job: FillJob, payer: bytes | None, rows: Rows, now: datetime) -> Filling:
    """Raises Unfillable."""
    paid = _paid(rows)
    if not paid:
        raise Unfillable([("", "no_payments")])
    if len({row.slip.currency for row in paid}) > 1:
        raise Unfillable([("", "currencies")])
    match job.template:
        case "bank":
            return _bank_file(job, payer, paid, now)
        case "list":
            return _list(job, paid)
        case "journal":
            return _journal(job, paid)


def _paid(rows: Rows) -> list[_Row]:
    found, wrong = [], []
    for reference, texts in rows:
        try:
            slip = _slip(texts["payslip.run/1"])
        except (msgspec.MsgspecError, DomainError, ValueError):
            wrong.append((reference, "unreadable"))
        else:
            if slip is not None:
                found.append(_Row(reference, slip, texts))
    if wrong:
        raise Unfillable(wrong)
    return found


def _slip(data: bytes) -> Payslip | None:
    facts = _result.decode(data).slip
    if facts is None:
        return None
    month = Month(int(facts.month[:4]), int(facts.month[5:7]))
    lines = tuple(
        PayLine(line.code, Section(line.section), Money(line.minor, facts.currency), ()) for line in facts.lines
    )
    return Payslip(month, facts.currency, lines, YearToDate.start(month.year, facts.currency))


def _bank_file(job: FillJob, payer: bytes | None, rows: list[_Row], now: datetime) -> Filling:
    """Who gets nothing is not paid; a holder's name goes before the person's own."""
    try:
        who = _payer.decode(payer or b"{}")
        charset = Charset(who.charset)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Unfillable([("", "payer")]) from fault
    payments, wrong = [], []
    for row in rows:
        try:
            bank = _bank.decode(row.texts["person.bank/1"])
            name = bank.holder or row.texts["person.name/1"].decode()
        except (msgspec.MsgspecError, ValueError):
            wrong.append((row.reference, "unreadable"))
            continue
        if row.slip.net.minor:
            to = Party(name, bank.account, bank.bank if _is_bic(bank.bank) else "")
            payments.append(Payment(row.reference, to, row.slip.net, f"Salary {row.slip.month}"))
    if wrong:
        raise Unfillable(wrong)
    order = Order(job.id, now, job.pay_on, Party(who.name, who.account, who.bic), tuple(payments), charset)
    found = faults(order)
    if found:
        raise Unfillable([(fault.reference, fault.code) for fault in found])
    return Filling(pain001(order), len(payments))


def _is_bic(text: str) -> bool:
    """The field holds a BIC or a bank's name; a name is for people."""
    return len(text) in (8, 11) and text.isascii() and text.isalnum() and text.isupper()


def _list(job: FillJob, rows: list[_Row]) -> Filling:
    """A row for each payslip, and its lines in columns, in the order in which they first occur."""
    codes = list(dict.fromkeys(line.code for row in rows for line in row.slip.lines))
    sections = [Section.EARNING, Section.CONTRIBUTION, Section.TAX, Section.RECOVERY]
    table: list[list[Value]] = [["number", "name", "month", "currency", *sections, "net", *codes]]
    for row in rows:
        slip = row.slip
        number = row.texts["person.brief/1"].decode(errors="replace").partition(" ")[0]
        name = row.texts["person.name/1"].decode(errors="replace")
        sums = [_figure(section_total(slip.lines, section, slip.currency)) for section in sections]
        amounts: dict[str, int] = {}
        for line in slip.lines:
            amounts[line.code] = amounts.get(line.code, 0) + line.amount.minor
        cells = [_figure(Money(amounts[code], slip.currency)) if code in amounts else None for code in codes]
        table.append([number, name, str(slip.month), slip.currency, *sums, _figure(slip.net), *cells])
    return Filling(_table(job, table), len(rows))


def _figure(money: Money) -> Decimal:
    return Decimal(decimal_text(money))


def _table(job: FillJob, rows: list[list[Value]]) -> bytes:
    """In the format that the job asks for; a text is a text in both."""
    if job.written_as == "xlsx":
        return workbook(rows, name=job.id)
    into = StringIO()
    writer = csv.writer(into, lineterminator="\r\n")
    writer.writerows([_plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + into.getvalue().encode()


def _plain(text: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _journal(job: FillJob, rows: list[_Row]) -> Filling:
    """Raises Unfillable; the sums of debit and credit are the last row, and equal."""
    try:
        postings = journal((row.slip for row in rows), Accounts(job.accounts))
    except JournalError as fault:
        raise Unfillable([("", fault.code)]) from fault
    currency = rows[0].slip.currency
    debit, credit = balance(postings, currency)
    if debit != credit:
        raise Unfillable([("", "unbalanced")])
    table: list[list[Value]] = [["document", "date", "account", "debit", "credit", "currency"]]
    for account, left, right in [*((p.account, p.debit, p.credit) for p in postings), ("", debit, credit)]:
        table.append([job.id, job.pay_on.isoformat(), account, _figure(left), _figure(right), currency])
    return Filling(_table(job, table), len(postings))
