"""Salary payments as a bank takes them: an ISO 20022 customer credit transfer, pain.001.001.09.

Pure: an order in, the bytes of one document out, or every reason why not, by payment. `payment_rules` reads the
document back by the schema's own rules; nothing leaves that it does not let through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from xml.etree.ElementTree import Element, SubElement, tostring

from gatehouse.domain.bank_accounts import compact, is_bic, is_iban, is_other_account, looks_like_iban
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, decimal_text, total

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# EPC217-08 (SEPA requirements for an extended character set), section 6.1: what every bank takes.
_SEPA = re.compile(r"[A-Za-z0-9/?:().,'+ -]*")
_SPELT = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
                        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "&": "+", "_": "-"})  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9/?:().,'+-][A-Za-z0-9/?:().,'+ -]{0,34}")
NAME_LIMIT, TEXT_LIMIT, SEPA_NAME_LIMIT = 140, 140, 70


class Charset(StrEnum):
    """What the bank reads: the Latin letters of SEPA, into which accents are folded, or any letter."""

    SEPA = "sepa"
    ANY = "any"


class PaymentError(DomainError):
    """An order with faults was to be written; `facts["faults"]` names them."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays or is paid. `account` is an IBAN, or another number where the country has none; `bic` may be empty."""

    name: str = field(repr=False)
    account: str = field(repr=False)
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One transfer; `reference` is its end-to-end id, unique in the file and no name."""

    reference: str
    to: Party
    amount: Money
    text: str


@dataclass(frozen=True, slots=True)
class Order:
    """One file: `id` is unique for the payer, `made_at` aware, `pay_on` the date of execution."""

    id: str
    made_at: datetime
    pay_on: date
    payer: Party
    payments: tuple[Payment, ...]
    charset: Charset = Charset.SEPA


@dataclass(frozen=True, slots=True)
class PaymentFault:
    """What is wrong, and with which payment: "" for the order itself. Codes: `bad_id`, `no_payments`, `no_name`,
    `charset`, `bad_iban`, `bad_account`, `bad_bic`, `not_above_nought`, `currencies`, `too_large`, `same_reference`."""

    reference: str
    code: str


def faults(order: Order) -> tuple[PaymentFault, ...]:
    """Everything that keeps the order from being written, all at once."""
    return tuple(_faults(order))


def _faults(order: Order) -> Iterator[PaymentFault]:
    if not _ID.fullmatch(order.id) or "//" in order.id:
        yield PaymentFault("", "bad_id")
    if not order.payments:
        yield PaymentFault("", "no_payments")
    yield from _party("", order.payer, order.charset)
    if len({payment.amount.currency for payment in order.payments}) > 1:
        yield PaymentFault("", "currencies")
    seen: set[str] = set()
    for payment in order.payments:
        if not _ID.fullmatch(payment.reference):
            yield PaymentFault(payment.reference, "bad_id")
        if payment.reference in seen:
            yield PaymentFault(payment.reference, "same_reference")
        seen.add(payment.reference)
        yield from _party(payment.reference, payment.to, order.charset)
        if payment.amount.minor <= 0:
            yield PaymentFault(payment.reference, "not_above_nought")
        if len(str(payment.amount.minor)) > 11:
            yield PaymentFault(payment.reference, "too_large")
        if not fold(payment.text, order.charset):
            yield PaymentFault(payment.reference, "charset")


def _party(reference: str, party: Party, charset: Charset) -> Iterator[PaymentFault]:
    if not party.name.strip():
        yield PaymentFault(reference, "no_name")
    elif not fold(party.name, charset):
        yield PaymentFault(reference, "charset")
    if looks_like_iban(party.account):
        if not is_iban(party.account):
            yield PaymentFault(reference, "bad_iban")
    elif charset is Charset.SEPA or not is_other_account(party.account):
        yield PaymentFault(reference, "bad_account")
    if party.bic and not is_bic(compact(party.bic)):
        yield PaymentFault(reference, "bad_bic")


def fold(text: str, charset: Charset) -> str:
    """The text in the bank's letters; "" when some of it has no form in them. White space is one space."""
    text = " ".join(text.split())
    if charset is Charset.ANY:
        return text if text.isprintable() else ""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELT))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain if _SEPA.fullmatch(plain) else ""


def pain001(order: Order) -> bytes:
    """The document. Raises PaymentError when `faults` finds any."""
    found = faults(order)
    if found:
        raise PaymentError("faulty_order", f"{len(found)} faults; see facts", faults=found)
    currency = order.payments[0].amount.currency
    count, added = str(len(order.payments)), decimal_text(total((p.amount for p in order.payments), currency))
    document = Element("Document", xmlns=NAMESPACE)
    message = SubElement(document, "CstmrCdtTrfInitn")
    head = SubElement(message, "GrpHdr")
    _texts(head, MsgId=order.id, CreDtTm=order.made_at.isoformat(timespec="seconds"), NbOfTxs=count, CtrlSum=added)
    SubElement(SubElement(head, "InitgPty"), "Nm").text = _name(order.payer, order.charset)
    block = SubElement(message, "PmtInf")
    _texts(block, PmtInfId=order.id, PmtMtd="TRF", NbOfTxs=count, CtrlSum=added)
    kind = SubElement(block, "PmtTpInf")
    if currency == "EUR" and order.charset is Charset.SEPA:
        _texts(SubElement(kind, "SvcLvl"), Cd="SEPA")
    _texts(SubElement(kind, "CtgyPurp"), Cd="SALA")
    _texts(SubElement(block, "ReqdExctnDt"), Dt=order.pay_on.isoformat())
    _texts(SubElement(block, "Dbtr"), Nm=_name(order.payer, order.charset))
    _account(SubElement(block, "DbtrAcct"), order.payer)
    _bank(SubElement(block, "DbtrAgt"), order.payer)
    if currency == "EUR" and order.charset is Charset.SEPA:
        _texts(block, ChrgBr="SLEV")
    for payment in order.payments:
        _payment(SubElement(block, "CdtTrfTxInf"), payment, order.charset)
    text: bytes = tostring(document, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text


def _payment(into: Element, payment: Payment, charset: Charset) -> None:
    _texts(SubElement(into, "PmtId"), InstrId=payment.reference, EndToEndId=payment.reference)
    amount = SubElement(SubElement(into, "Amt"), "InstdAmt", Ccy=payment.amount.currency)
    amount.text = decimal_text(payment.amount)
    if payment.to.bic:
        _bank(SubElement(into, "CdtrAgt"), payment.to)
    _texts(SubElement(into, "Cdtr"), Nm=_name(payment.to, charset))
    _account(SubElement(into, "CdtrAcct"), payment.to)
    _texts(SubElement(into, "Purp"), Cd="SALA")
    _texts(SubElement(into, "RmtInf"), Ustrd=fold(payment.text, charset)[:TEXT_LIMIT])


def _name(party: Party, charset: Charset) -> str:
    limit = SEPA_NAME_LIMIT if charset is Charset.SEPA else NAME_LIMIT
    return fold(party.name, charset)[:limit].strip()


def _account(into: Element, party: Party) -> None:
    number = SubElement(into, "Id")
    if looks_like_iban(party.account):
        _texts(number, IBAN=compact(party.account))
    else:
        _texts(SubElement(number, "Othr"), Id=party.account.strip())


def _bank(into: Element, party: Party) -> None:
    bank = SubElement(into, "FinInstnId")
    if party.bic:
        _texts(bank, BICFI=compact(party.bic))
    else:
        _texts(SubElement(bank, "Othr"), Id="NOTPROVIDED")


def _texts(into: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(into, name).text = text
