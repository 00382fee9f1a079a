"""Looks at goals, reviews, contests and sheets, by somebody's authority. What has lost its key is left out, but for a
contest's messages, whose places stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gatehouse.domain.performance_groups import GroupSheet
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.performance.cells import (
    About,
    GoalFacts,
    ReviewReply,
    ReviewText,
    Words,
    about_from,
    from_bytes,
    sheet_from_bytes,
)
from gatehouse.server.performance.models import Contest, ContestWord, FiguresSheet, Goal, Review

GOAL, TEXT, REPLY, ABOUT, WORDS, SHEET = (
    "goal.facts/1", "review.text/1", "review.reply/1", "contest.about/1", "contest.words/1", "figures.sheet/1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review, and the person's reply where there is one."""

    row: Review
    text: ReviewText
    reply: ReviewReply | None


@dataclass(frozen=True, slots=True)
class Said:
    """A message; `words` None where its key is gone."""

    side: str
    words: Words | None


def goals(rows: Sequence[Goal], by: Authority, purpose: str) -> list[tuple[Goal, GoalFacts]] | Refused:
    """What is still open first, then by date."""
    data = keeping.reveal([keeping.cell(GOAL, row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    found = [(row, from_bytes(text, GoalFacts)) for row, text in zip(rows, data, strict=True) if text is not None]
    return sorted(found, key=lambda one: (one[1].state != "open", one[1].until, str(one[0].pk)))


def reviews(rows: Sequence[Review], by: Authority, purpose: str) -> list[Reviewed] | Refused:
    """The latest first."""
    replied = [row for row in rows if row.reply_cell is not None]
    cells = [keeping.cell(TEXT, row.pk, row.cell) for row in rows]
    cells += [keeping.cell(REPLY, row.pk, row.reply_cell) for row in replied if row.reply_cell is not None]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    replies = {row.pk: text for row, text in zip(replied, data[len(rows) :], strict=True)}
    found = []
    for row, text in zip(rows, data[: len(rows)], strict=True):
        reply = replies.get(row.pk)
        if text is not None:
            found.append(Reviewed(row, from_bytes(text, ReviewText), from_bytes(reply, ReviewReply) if reply else None))
    return sorted(found, key=lambda one: (one.text.until, one.text.on, str(one.row.pk)), reverse=True)


def abouts(rows: Sequence[Contest], by: Authority, purpose: str) -> dict[UUID, About] | Refused:
    """What is contested, by the contest's id."""
    data = keeping.reveal([keeping.cell(ABOUT, row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    return {row.pk: about_from(text) for row, text in zip(rows, data, strict=True) if text is not None}


def threads(rows: Sequence[ContestWord], by: Authority, purpose: str) -> dict[UUID, list[Said]] | Refused:
    """Messages in order, by the contest's id."""
    data = keeping.reveal([keeping.cell(WORDS, row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    found: dict[UUID, list[Said]] = {}
    for row, text in zip(rows, data, strict=True):
        found.setdefault(row.contest_id, []).append(Said(row.side, from_bytes(text, Words) if text else None))
    return found


def sheets(
    rows: Sequence[FiguresSheet], by: Authority, purpose: str
) -> list[tuple[FiguresSheet, GroupSheet]] | Refused:
    data = keeping.reveal([keeping.cell(SHEET, row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    return [(row, sheet_from_bytes(text)) for row, text in zip(rows, data, strict=True) if text is not None]
