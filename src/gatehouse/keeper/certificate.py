"""The certificate of an erasure, and of one line of the log: signed or proved, and checked by anybody with the file.

certificate(vault, ...) -> bytes                JSON: facts, and the keeper's signature over them
proof_of(vault, place) -> LogProof              one line of the log with its path to a signed head
check_certificate(data) -> Certified            raises NotProved with what is wrong
check_proof(data) -> Proved                     likewise
"""

import base64
import binascii
import hashlib
from datetime import date, datetime
from typing import TypeVar

import msgspec

from gatehouse.crypto.errors import CryptoError
from gatehouse.crypto.merkle import (
    leaf_hash,
    read_checkpoint,
    sign_checkpoint,
    verify_inclusion,
)
from gatehouse.crypto.signing import public_sign_key, sign, verify
from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import KeyClass
from gatehouse.keeper.vault import Asker, Vault

FORMAT = "gatehouse erasure certificate/1"
PROOF_FORMAT = "gatehouse log proof/1"
_CONTEXT = FORMAT.encode() + b"\n"
_encode = msgspec.json.Encoder(order="sorted").encode
T = TypeVar("T")


class NotProved(ValueError):
    """What does not hold, in plain words."""


class LogProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the log, and the way from it to a head that the keeper signed."""

    place: int
    entry: str  # base64 of the line as it lies in the log
    path: list[str]  # hexadecimal
    checkpoint: str
    verify_key: str  # hexadecimal; compare it with the one that you were given
    format: str = PROOF_FORMAT


class Destroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: KeyClass
    keys: int  # how many there were; 0 when they were gone already


class Stays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: KeyClass
    why: str
    reference: str
    until: date
    laid_by: str


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked for and done. `stays` is destroyed by itself when the last hold on it is over."""

    origin: str
    subject: str
    at: datetime
    asked_by: str
    role: str
    destroyed: list[Destroyed]
    stays: list[Stays]
    log: LogProof
    format: str = FORMAT


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    facts: Facts
    signature: str


def proof_of(vault: Vault, place: int) -> LogProof:
    """Raises IndexError for a line that the log does not have."""
    proof = vault.log.prove(place)
    return LogProof(
        place=place,
        entry=base64.b64encode(proof.payload).decode(),
        path=[step.hex() for step in proof.path],
        checkpoint=sign_checkpoint(vault.origin, proof.size, proof.root, vault.sign_key),
        verify_key=public_sign_key(vault.sign_key).hex(),
    )


def certificate(
    vault: Vault, asker: Asker, subject: str, destroyed: dict[KeyClass, int], stays: list[Stays], place: int
) -> bytes:
    facts = Facts(
        origin=vault.origin,
        subject=subject,
        at=vault.now(),
        asked_by=asker.actor,
        role=asker.role,
        destroyed=[Destroyed(cls, count) for cls, count in sorted(destroyed.items())],
        stays=stays,
        log=proof_of(vault, place),
    )
    return msgspec.json.format(_encode(Certificate(facts, sign(vault.sign_key, _CONTEXT + _encode(facts)).hex())))


def origin_of(verify_key: bytes) -> str:
    """The name of the log whose heads this key signs."""
    return f"gatehouse/{verify_key.hex()[:16]}"


def check_proof(data: bytes) -> tuple[LogProof, Entry]:
    """The proof and the line that it proves. Raises NotProved."""
    proof = _read(data, LogProof)
    return proof, _proved(proof)


def check_certificate(data: bytes) -> Facts:
    """What the certificate says, when all of it holds. Raises NotProved."""
    made = _read(data, Certificate)
    facts = made.facts
    key = _hex(facts.log.verify_key)
    if facts.format != FORMAT:
        raise NotProved("this is no certificate of an erasure")
    if facts.origin != origin_of(key):
        raise NotProved("the key is not the one of the log that the certificate names")
    if not verify(key, _CONTEXT + _encode(facts), _hex(made.signature)):
        raise NotProved("the signature does not fit: the certificate was changed, or another keeper signed it")
    entry = _proved(facts.log)
    if facts.destroyed:
        said = ",".join(sorted(one.key for one in facts.destroyed))
        if (entry.kind, entry.purpose) != ("tombstone", said):
            raise NotProved("the line of the log is about something else")
    elif entry.kind != "withheld":
        raise NotProved("the line of the log is about something else")
    if (entry.actor, len(entry.subjects)) != (facts.asked_by, 1):
        raise NotProved("the line of the log is about somebody else")
    return facts


def _proved(proof: LogProof) -> Entry:
    key, payload = _hex(proof.verify_key), _base64(proof.entry)
    try:
        head = read_checkpoint(proof.checkpoint, origin_of(key), key)
    except CryptoError as fault:
        raise NotProved("the head of the log is not signed by this key") from fault
    path = [_hex(step) for step in proof.path]
    if not verify_inclusion(leaf_hash(payload), proof.place, head.size, path, head.root):
        raise NotProved("the line is not in the log that the head was signed for")
    try:
        return msgspec.msgpack.decode(payload, type=Entry)
    except msgspec.MsgspecError as fault:
        raise NotProved("the line of the log cannot be read") from fault


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise NotProved("this file is not what this command checks") from fault


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as fault:
        raise NotProved("a number in the file is damaged") from fault


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise NotProved("a line in the file is damaged") from fault


def fingerprint(data: bytes) -> str:
    """What a printed certificate carries, so that paper and file can be compared."""
    return hashlib.sha256(data).hexdigest()[:16]
