"""Looks at workdays and notes, by somebody's authority."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from gatehouse.domain import reckoning
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance.models import Workday, WorkNote
from gatehouse.server.attendance.notes import Note, from_bytes
from gatehouse.server.attendance.patterns import workdays_from_bytes


def workdays(
    rows: Sequence[Workday], by: Authority, purpose: str
) -> dict[tuple[UUID, date], list[reckoning.Workday]] | Refused:
    """By person and date; a date whose key is gone is left out."""
    cells = [keeping.cell("workday.facts/1", row.pk, row.cell) for row in rows]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    return {
        (row.person_id, row.date): workdays_from_bytes(row.date, text)
        for row, text in zip(rows, data, strict=True)
        if text is not None
    }


def notes(rows: Sequence[WorkNote], by: Authority, purpose: str) -> dict[UUID, Note] | Refused:
    """By the note's id."""
    data = keeping.reveal([keeping.cell("work.note/1", row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    return {row.pk: from_bytes(text) for row, text in zip(rows, data, strict=True) if text is not None}
