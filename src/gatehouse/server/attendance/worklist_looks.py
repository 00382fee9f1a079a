"""Looks at what waits for an answer, by somebody's authority: findings are worked out here, from cells, every time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from gatehouse.domain.findings import Answer, Beside, Finding, findings, standing
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.work_limits import span_looked_at
from gatehouse.keeper.protocol import Authority, Cell, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import worklist_queries as queries
from gatehouse.server.attendance.models import Workday as WorkdayRow
from gatehouse.server.attendance.patterns import workdays_from_bytes
from gatehouse.server.attendance.worklist_cells import (
    ListedPerson,
    beside_from_bytes,
    book_from_bytes,
    list_from_bytes,
)
from gatehouse.server.attendance.worklist_models import AnswerBook, Worklist
from gatehouse.server.people.models import Person, Site

T = TypeVar("T")
CELLS_AT_ONCE = 3000
DAY = timedelta(days=1)


@dataclass(slots=True)
class Found:
    """One person's dates: what was found, what of it waits, what was answered; workdays by date."""

    days: dict[date, list[Workday]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    every: tuple[Finding, ...] = ()
    waiting: tuple[Finding, ...] = ()


def found(
    people: Sequence[Person], since: date, until: date, by: Authority, purpose: str
) -> dict[UUID, Found] | Refused:
    """By person, of the dates [since, until). A cell whose key is gone is left out, one of another format too. Raises
    KeeperAway."""
    answers: dict[UUID, Found] = {}
    by_site: dict[UUID, list[Person]] = defaultdict(list)
    for person in people:
        by_site[person.site_id].append(person)
    for group in by_site.values():
        some = _of_site(group[0].site, [person.pk for person in group], since, until, by, purpose)
        if isinstance(some, Refused):
            return some
        answers |= some
    return answers


def _of_site(
    site: Site, people: list[UUID], since: date, until: date, by: Authority, purpose: str
) -> dict[UUID, Found] | Refused:
    held = queries.site_limits(site)
    begin, end = span_looked_at(held.limits, since, until)
    begin = min(begin, since - DAY)
    rows = list(queries.workdays_of(people, begin, end))
    books = list(queries.books(people, since, until))
    cells = [keeping.cell("workday.facts/1", row.pk, row.cell) for row in rows]
    sides = [row for row in rows if row.beside_cell is not None and since <= row.date < until]
    cells += [keeping.cell("workday.beside/1", row.pk, row.beside_cell or b"") for row in sides]
    cells += [keeping.cell("work.answers/1", row.pk, row.cell) for row in books]
    texts = opened(cells, by, purpose)
    if isinstance(texts, Refused):
        return texts
    days, further = texts[: len(rows)], texts[len(rows) :]
    every = {person: Found() for person in people}
    beside: dict[UUID, dict[date, Beside]] = defaultdict(dict)
    for row, text in zip(rows, days, strict=True):
        every[row.person_id].days[row.date] = _read(text, partial(workdays_from_bytes, row.date)) or []
    for row, text in zip(sides, further[: len(sides)], strict=True):
        beside[row.person_id][row.date] = _read(text, beside_from_bytes) or Beside()
    for book, text in zip(books, further[len(sides) :], strict=True):
        every[book.person_id].answers += _read(text, book_from_bytes) or []
    for person, one in every.items():
        flat = [workday for day in sorted(one.days) for workday in one.days[day]]
        all_of = findings(flat, beside[person], held, ZoneInfo(site.zone))
        one.every = tuple(finding for finding in all_of if since <= finding.date < until)
        one.waiting = standing(one.every, one.answers)
    return every


def opened(cells: Sequence[Cell], by: Authority, purpose: str) -> list[bytes | None] | Refused:
    """Plaintexts in order, in portions that fit a frame. Raises KeeperAway."""
    texts: list[bytes | None] = []
    for start in range(0, len(cells), CELLS_AT_ONCE):
        some = keeping.reveal(cells[start : start + CELLS_AT_ONCE], by, purpose)
        if isinstance(some, Refused):
            return some
        texts += some
    return texts


def _read(data: bytes | None, into: Callable[[bytes], T]) -> T | None:
    try:
        return None if data is None else into(data)
    except (msgspec.MsgspecError, KeyError, ValueError):
        return None


def answers(rows: Iterable[AnswerBook], by: Authority, purpose: str) -> dict[UUID, list[Answer]] | Refused:
    """By the book's id; a book whose key is gone is left out. Raises KeeperAway."""
    books = list(rows)
    texts = opened([keeping.cell("work.answers/1", row.pk, row.cell) for row in books], by, purpose)
    if isinstance(texts, Refused):
        return texts
    return {row.pk: book_from_bytes(text) for row, text in zip(books, texts, strict=True) if text is not None}


def listed(rows: Iterable[Worklist], by: Authority, purpose: str) -> dict[UUID, list[ListedPerson]] | Refused:
    """By the list's id. Raises KeeperAway."""
    lists = list(rows)
    texts = opened([keeping.cell("worklist.open/1", row.pk, row.cell) for row in lists], by, purpose)
    if isinstance(texts, Refused):
        return texts
    return {row.pk: _read(text, list_from_bytes) or [] for row, text in zip(lists, texts, strict=True)}


def texts_of(rows: Sequence[WorkdayRow], by: Authority, purpose: str) -> list[tuple[bytes, bytes]] | Refused:
    """Both cells of each row as they are, for sealing them anew; empty where a key is gone. Raises KeeperAway."""
    cells = [keeping.cell("workday.facts/1", row.pk, row.cell) for row in rows]
    sides = [row for row in rows if row.beside_cell is not None]
    cells += [keeping.cell("workday.beside/1", row.pk, row.beside_cell or b"") for row in sides]
    texts = opened(cells, by, purpose)
    if isinstance(texts, Refused):
        return texts
    beside = {row.pk: text or b"" for row, text in zip(sides, texts[len(rows) :], strict=True)}
    return [(text or b"", beside.get(row.pk, b"")) for row, text in zip(rows, texts, strict=False)]
