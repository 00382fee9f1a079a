"""Corrections, leave and overtime approvals: what their cells hold, and as the facts of `domain`."""

from datetime import date, datetime
from typing import Literal

import msgspec

from gatehouse.domain.attendance import Approval, Settlement
from gatehouse.domain.punches import AddPunch, Correction, Direction, Punch, VoidPunch
from gatehouse.domain.shifts import Leave, LeavePart


class CorrectionNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="correction"):
    """A punch that holds as if made (`void` None), or one that does not hold (`void` its id)."""

    date: date
    reason: str
    at: datetime | None = None
    direction: Literal["in", "out"] | None = None
    void: str | None = None


class LeaveNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="leave"):
    date: date
    part: Literal["whole", "morning", "afternoon"]
    reason: str


class ApprovalNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="approval"):
    date: date
    minutes: int
    banked: bool
    reason: str


Note = CorrectionNote | LeaveNote | ApprovalNote
_decoder = msgspec.json.Decoder(Note)


def to_bytes(note: Note) -> bytes:
    return msgspec.json.encode(note)


def from_bytes(data: bytes) -> Note:
    """Raises msgspec.ValidationError."""
    note: Note = _decoder.decode(data)
    return note


def as_fact(note_id: str, note: Note) -> Correction | Leave | Approval:
    match note:
        case CorrectionNote(void=str() as punch_id):
            return VoidPunch(note_id, punch_id)
        case CorrectionNote(at=datetime() as at, direction=str() as direction):
            return AddPunch(note_id, Punch(f"{note_id}/punch", at, Direction(direction)))
        case LeaveNote():
            return Leave(note_id, note.date, LeavePart[note.part.upper()])
        case ApprovalNote():
            settled = Settlement.TIME_OFF if note.banked else Settlement.PAID
            return Approval(note.date, note.minutes, settled)
    raise ValueError("a correction adds a punch (at, direction) or voids one (void)")
