"""The rules of the schema pain.001.001.09, for the part of it that salary payments use, read back from the bytes.

Written from the published schema and the implementation guidelines (EPC132-08): which element stands in which, in
which order and how often, and what its text may be; then what no schema says: counts, control sums, ids that occur
twice, IBAN check digits. It knows nothing of how the document was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError, fromstring

from gatehouse.domain.bank_accounts import is_iban

_NS = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
_MANY = 10**9


@dataclass(frozen=True, slots=True)
class _Child:
    """An element in its parent's sequence."""

    name: str
    type: str
    least: int = 1
    most: int = 1


def _sequence(*said: str) -> tuple[_Child, ...]:
    """From "Name:Type", with ? for at most one, * for any number, + for at least one."""
    found = []
    for one in said:
        name, _, kind = one.partition(":")
        marks = {"?": (0, 1), "*": (0, _MANY), "+": (1, _MANY)}
        least, most = marks.get(kind[-1], (1, 1))
        found.append(_Child(name, kind.rstrip("?*+"), least, most))
    return tuple(found)


_SEQUENCES = {
    "Document": _sequence("CstmrCdtTrfInitn:Initiation"),
    "Initiation": _sequence("GrpHdr:GroupHeader85", "PmtInf:PaymentInstruction30+"),
    "GroupHeader85": _sequence(
        "MsgId:Max35Text", "CreDtTm:ISODateTime", "NbOfTxs:Max15Numeric", "CtrlSum:Decimal?", "InitgPty:Party"
    ),
    "PaymentInstruction30": _sequence(
        "PmtInfId:Max35Text", "PmtMtd:Method", "BtchBookg:Boolean?", "NbOfTxs:Max15Numeric?", "CtrlSum:Decimal?",
        "PmtTpInf:PaymentType?", "ReqdExctnDt:DateChoice", "Dbtr:Party", "DbtrAcct:Account", "DbtrAgt:Agent",
        "ChrgBr:Bearer?", "CdtTrfTxInf:CreditTransferTransaction34+",
    ),
    "PaymentType": _sequence("InstrPrty:Priority?", "SvcLvl:Code?", "CtgyPurp:Code?"),
    "CreditTransferTransaction34": _sequence(
        "PmtId:PaymentId", "Amt:Amount", "CdtrAgt:Agent?", "Cdtr:Party?", "CdtrAcct:Account?", "Purp:Code?",
        "RmtInf:Remittance?",
    ),
    "PaymentId": _sequence("InstrId:Max35Text?", "EndToEndId:Max35Text"),
    "Amount": _sequence("InstdAmt:Instructed"),
    "Party": _sequence("Nm:Max140Text?"),
    "Account": _sequence("Id:AccountId"),
    "Agent": _sequence("FinInstnId:Institution"),
    "Institution": _sequence("BICFI:Bic?", "Othr:Other?"),
    "Other": _sequence("Id:Max35Text"),
    "OtherAccount": _sequence("Id:Max34Text"),
    "Remittance": _sequence("Ustrd:Max140Text?"),
}  # fmt: skip
# Exactly one of these.
_CHOICES = {
    "AccountId": _sequence("IBAN:Iban", "Othr:OtherAccount"),
    "DateChoice": _sequence("Dt:ISODate", "DtTm:ISODateTime"),
    "Code": _sequence("Cd:Max4Text", "Prtry:Max35Text"),
}
_TEXTS = {
    "Max4Text": r".{1,4}",
    "Max34Text": r".{1,34}",
    "Max35Text": r".{1,35}",
    "Max140Text": r".{1,140}",
    "Max15Numeric": r"[0-9]{1,15}",
    "Decimal": r"[0-9]{1,16}(\.[0-9]{1,2})?",
    "Instructed": r"[0-9]{1,13}(\.[0-9]{1,5})?",
    "ISODate": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "ISODateTime": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    "Method": r"TRF",
    "Boolean": r"true|false",
    "Priority": r"NORM|HIGH",
    "Bearer": r"SLEV|SHAR|DEBT|CRED",
    "Iban": r"[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}",
    "Bic": r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _TEXTS.items()}


def broken_rules(document: bytes) -> tuple[str, ...]:
    """Every broken rule as "path: what is wrong"; none for a document that a bank's reader takes."""
    try:
        # Only what `payment_file` wrote comes here, never a stranger's document.
        root = fromstring(document)  # noqa: S314
    except ParseError:
        return ("Document: no XML",)
    if root.tag != f"{_NS}Document":
        return ("Document: not of this schema",)
    return (*_element(root, "Document", "Document"), *_sums(root))


def _element(element: Element, kind: str, path: str) -> Iterator[str]:
    if kind in _SEQUENCES:
        yield from _in_order(element, _SEQUENCES[kind], path)
    elif kind in _CHOICES:
        yield from _one_of(element, _CHOICES[kind], path)
    else:
        yield from _text(element, kind, path)


def _in_order(element: Element, sequence: tuple[_Child, ...], path: str) -> Iterator[str]:
    left = list(element)
    for child in sequence:
        count = 0
        while left and left[0].tag == _NS + child.name:
            yield from _element(left.pop(0), child.type, f"{path}/{child.name}")
            count += 1
        if not child.least <= count <= child.most:
            yield f"{path}/{child.name}: {count} times, not {child.least} to {child.most}"
    if left:
        yield f"{path}: {left[0].tag.removeprefix(_NS)} is not allowed here"


def _one_of(element: Element, choices: tuple[_Child, ...], path: str) -> Iterator[str]:
    found = list(element)
    kinds = {_NS + choice.name: choice for choice in choices}
    if len(found) != 1 or found[0].tag not in kinds:
        yield f"{path}: exactly one of {', '.join(choice.name for choice in choices)}"
    else:
        choice = kinds[found[0].tag]
        yield from _element(found[0], choice.type, f"{path}/{choice.name}")


def _text(element: Element, kind: str, path: str) -> Iterator[str]:
    if len(element):
        yield f"{path}: holds no elements"
    if not _PATTERNS[kind].fullmatch(element.text or ""):
        yield f"{path}: is no {kind}"
    if kind == "Iban" and not is_iban(element.text or ""):
        yield f"{path}: check digits"
    known = {"Ccy"} if kind == "Instructed" else set()
    if set(element.attrib) != known or not re.fullmatch(r"([A-Z]{3})?", element.get("Ccy", "")):
        yield f"{path}: attributes"


def _sums(root: Element) -> Iterator[str]:
    amounts = [_number(one.text) for one in root.iter(f"{_NS}InstdAmt")]
    for one in root.iter(f"{_NS}NbOfTxs"):
        if one.text != str(len(amounts)):
            yield f"NbOfTxs: {one.text}, but there are {len(amounts)}"
    for one in root.iter(f"{_NS}CtrlSum"):
        if _number(one.text) != sum(amounts):
            yield "CtrlSum: not the sum of the amounts"
    if any(amount <= 0 for amount in amounts):
        yield "InstdAmt: above 0"
    ids = [one.text for one in root.iter(f"{_NS}EndToEndId")]
    if len(set(ids)) != len(ids):
        yield "EndToEndId: twice"


def _number(text: str | None) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
