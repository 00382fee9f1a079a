"""Proving a line of the log to whoever it is about."""

import msgspec

from gatehouse.keeper.certificate import proof_of
from gatehouse.keeper.log import Entry
from gatehouse.keeper.looks import LOOK_KINDS
from gatehouse.keeper.protocol import Authority, Bytes, Prove, Refused, Role
from gatehouse.keeper.vault import Vault


def prove(vault: Vault, request: Prove) -> Bytes | Refused:
    """A worker is given the lines of looks at them, and no other."""
    asker = vault.asker(Authority(ticket=request.ticket))
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not 0 <= request.place < vault.log.head()[0]:
        return Refused("not_allowed")
    if not asker.may("prove") and not _is_theirs(vault, asker.ticket.subject, request.place, asker.role):
        return Refused("not_allowed")
    return Bytes(msgspec.json.format(msgspec.json.encode(proof_of(vault, request.place))))


def _is_theirs(vault: Vault, subject: str | None, place: int, role: str) -> bool:
    if role != Role.WORKER or subject is None:
        return False
    entry = msgspec.msgpack.decode(vault.log.payload(place), type=Entry)
    return entry.kind in LOOK_KINDS and vault.pseudonym(subject) in entry.subjects
