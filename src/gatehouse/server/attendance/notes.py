"""Corrections, leave and overtime approvals: what their cells hold, and as the facts of `domain`."""

from datetime import date, datetime
from fractions import Fraction
from typing import Literal

import msgspec

from gatehouse.domain.attendance import Approval, Settlement
from gatehouse.domain.leave_requests import Request
from gatehouse.domain.punches import AddPunch, Correction, Direction, Punch, VoidPunch
from gatehouse.domain.shifts import Leave

Day = date  # for structs with a field of that name


class CorrectionNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="correction"):
    """A punch that holds as if made (`void` None), or one that does not hold (`void` its id)."""

    date: date
    reason: str
    at: datetime | None = None
    direction: Literal["in", "out"] | None = None
    void: str | None = None


class LeaveNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="leave", omit_defaults=True):
    """Leave from `date` to `until` (None: one date), both included; of one date a `part`. `kind` is the code of its
    type, `name` and `pay` what the type was called and paid when it was asked for. `counted` days were told to
    whoever asked, and what was `left` after them."""

    date: date
    part: Literal["whole", "morning", "afternoon"]
    reason: str
    until: Day | None = None
    from_noon: bool = False
    until_noon: bool = False
    kind: str = ""
    name: str = ""
    pay: str = "1"
    counted: str = ""
    left: str = ""

    @property
    def last(self) -> Day:
        return self.until or self.date

    @property
    def request(self) -> Request:
        from_noon, until_noon = self.part == "afternoon" or self.from_noon, self.part == "morning" or self.until_noon
        return Request(self.date, self.last, from_noon, until_noon)


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


def last_date(note: Note) -> date:
    """Up to which date a note is about; it begins on its `date`."""
    return note.last if isinstance(note, LeaveNote) else note.date


def leaves_of(note_id: str, note: LeaveNote) -> tuple[Leave, ...]:
    """The leave of each date of its span. Raises ValueError for a share of pay that is none."""
    return note.request.leaves(note_id, note.kind, Fraction(note.pay))


def as_facts(note_id: str, note: Note) -> tuple[Correction | Leave | Approval, ...]:
    """What a note comes to: one fact, or a leave for each of its dates. Raises ValueError."""
    return leaves_of(note_id, note) if isinstance(note, LeaveNote) else (_as_fact(note_id, note),)


def _as_fact(note_id: str, note: CorrectionNote | ApprovalNote) -> Correction | Approval:
    match note:
        case CorrectionNote(void=str() as punch_id):
            return VoidPunch(note_id, punch_id)
        case CorrectionNote(at=datetime() as at, direction=str() as direction):
            return AddPunch(note_id, Punch(f"{note_id}/punch", at, Direction(direction)))
        case ApprovalNote():
            settled = Settlement.TIME_OFF if note.banked else Settlement.PAID
            return Approval(note.date, note.minutes, settled)
    raise ValueError("a correction adds a punch (at, direction) or voids one (void)")
