"""A plan of sessions and the marks of a register as JSON, and back to the facts of `domain`."""

from collections.abc import Sequence
from datetime import datetime, time

import msgspec

from gatehouse.domain.registers import Mark, Session, SessionPlan, Source, Status

# Every cell has at least this length, so that its size does not tell how much was said of a pupil. More is not written.
MARKS_BYTES = 2000


class SessionFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    start: time
    late_from: time
    absent_from: time
    leave_from: time
    end: time


class MarkFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """register.marks/1 is a list of these, in the order in which they were said."""

    session: str
    status: str
    by: str
    at: datetime
    reason: str = ""
    text: str = ""
    source: str = Source.TEACHER.value


_marks = msgspec.json.Decoder(list[MarkFacts])


def plan_to(plan: SessionPlan) -> list[dict[str, str]]:
    found: list[dict[str, str]] = msgspec.to_builtins(
        [SessionFacts(s.code, s.start, s.late_from, s.absent_from, s.leave_from, s.end) for s in plan.sessions]
    )
    return found


def plan_from(data: object) -> SessionPlan:
    """Raises msgspec.ValidationError, RegisterError."""
    facts = msgspec.convert(data, list[SessionFacts])
    return SessionPlan(tuple(Session(f.code, f.start, f.late_from, f.absent_from, f.leave_from, f.end) for f in facts))


def marks_to_bytes(marks: Sequence[Mark]) -> bytes | None:
    """What a cell holds; None where it would be larger than the others."""
    facts = []
    for mark in marks:
        if mark.at is None:
            raise ValueError("a mark that is kept has a time")
        facts.append(
            MarkFacts(
                mark.session, mark.status.value, mark.by, mark.at, mark.reason, mark.text.strip(), mark.source.value
            )
        )
    data = msgspec.json.encode(facts)
    return data.ljust(MARKS_BYTES) if len(data) <= MARKS_BYTES else None


def marks_from_bytes(data: bytes) -> tuple[Mark, ...]:
    """Raises msgspec.ValidationError for a cell of another format."""
    return tuple(
        Mark(f.session, Status(f.status), f.reason, f.text, Source(f.source), f.by, f.at) for f in _marks.decode(data)
    )
