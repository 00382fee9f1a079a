"""Contests: a person says that a day or a figure of theirs is wrong, and person and operator write in turn.

A contest is never deleted, and stands beside the figure wherever that is shown. Granting one lays a correction over the
day (`attendance.actions.add_note`), approved by whoever grants it; the punches stay as they are.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import queries as work_queries
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.notes import CorrectionNote
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person
from gatehouse.server.performance import looks, queries
from gatehouse.server.performance.actions import today, writer
from gatehouse.server.performance.cells import About, AboutDay, AboutFigure, Outcome, Words, to_bytes
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.models import Contest, ContestState, ContestWord, Side
from gatehouse.server.performance.texts import checked

PURPOSE = "me.page"
MOST_WAITING = 10  # contests of one person that are not withdrawn and wait for an answer
MOST_CONTESTS = 200
MOST_WORDS = 30
CONTESTABLE = timedelta(days=400)  # as corrections: pay can be mended so far back


def open_contest(person: Person, about: About, text: str, *, by: By, at: datetime) -> Contest | Refused:
    """Raises PerformanceError, KeeperAway."""
    _check_about(person, about, at)
    held = list(queries.contests_of(person))
    if len(held) >= MOST_CONTESTS or sum(one.state == ContestState.OPEN for one in held) >= MOST_WAITING:
        raise PerformanceError("too_many", f"{MOST_WAITING} contests may wait at a time", most=MOST_WAITING)
    alive = [one for one in held if one.state != ContestState.WITHDRAWN]
    known = looks.abouts(alive, by.authority, PURPOSE)
    if isinstance(known, Refused):
        return known
    if about in known.values():
        raise PerformanceError("there", "this is contested already: write in that thread")
    row = Contest(id=uuid4(), person=person, state=ContestState.OPEN, cell=b"")
    row.cell = keeping.seal_one(looks.ABOUT, person.pk, row.pk, to_bytes(about))
    word = _sealed(row, 1, Side.PERSON, Words(today(person, at), checked(text)))
    with transaction.atomic():
        row.save(force_insert=True)
        word.save(force_insert=True)
        record("contest.opened", "person", person.pk, by=by, at=at)
    return row


def say_more(row: Contest, text: str, *, by: By, at: datetime) -> None:
    """The person writes again, after an answer. Raises PerformanceError, KeeperAway."""
    words = Words(today(row.person, at), checked(text))
    word = _sealed(row, _next(row), Side.PERSON, words)
    _turn(row, ContestState.ANSWERED, ContestState.OPEN, word, "contest.said", by=by, at=at)


def answer(row: Contest, text: str, outcome: Outcome, *, by: By, at: datetime) -> None:
    """An operator answers. Raises PerformanceError, KeeperAway."""
    if outcome not in ("", "stands"):
        raise PerformanceError("bad_state", "granting takes a correction")
    _answer(row, text, outcome, (), by=by, at=at)


def grant(row: Contest, text: str, corrections: Sequence[CorrectionNote], *, by: By, at: datetime) -> None:
    """An operator says that the person is right, with the correction that follows from it; the day is to be reckoned
    anew afterwards. Raises PerformanceError, KeeperAway, ValueError."""
    if not corrections:
        raise PerformanceError("no_correction", "say which punch is to hold")
    _answer(row, text, "granted", corrections, by=by, at=at)


def withdraw(row: Contest, *, by: By, at: datetime) -> bool:
    """The person takes a contest back: it stays, as withdrawn. False when it was withdrawn before."""
    with transaction.atomic():
        waiting = Contest.objects.filter(pk=row.pk, state__in=[ContestState.OPEN, ContestState.ANSWERED])
        if not waiting.update(state=ContestState.WITHDRAWN):
            return False
        record("contest.withdrawn", "person", row.person_id, by=by, at=at)
    return True


def _check_about(person: Person, about: About, at: datetime) -> None:
    on = today(person, at)
    match about:
        case AboutDay(date=day):
            if not on - CONTESTABLE <= day < on or not work_queries.workdays([person], day, day + DAY).exists():
                raise PerformanceError("no_such_day", "no day of this person's that is counted")
        case AboutFigure(month=month):
            inside = month.first <= on and month.until > on - CONTESTABLE
            if not inside or not work_queries.workdays([person], month.first, month.until).exists():
                raise PerformanceError("no_such_month", "no month of this person's that is counted")


def _answer(
    row: Contest, text: str, outcome: Outcome, corrections: Sequence[CorrectionNote], *, by: By, at: datetime
) -> None:
    words = Words(today(row.person, at), checked(text), writer(by), outcome)
    word = _sealed(row, _next(row), Side.OPERATOR, words)
    with transaction.atomic():
        _turn(row, ContestState.OPEN, ContestState.ANSWERED, word, "contest.answered", by=by, at=at)
        for note in corrections:
            work.add_note(row.person, note, state=NoteState.APPROVED, by=by, at=at)


@transaction.atomic
def _turn(
    row: Contest, before: ContestState, after: ContestState, word: ContestWord, verb: str, *, by: By, at: datetime
) -> None:
    if not Contest.objects.filter(pk=row.pk, state=before).update(state=after):
        state = Contest.objects.values_list("state", flat=True).get(pk=row.pk)
        over = state == ContestState.WITHDRAWN
        raise PerformanceError("over" if over else "not_your_turn", f"the contest is {state}")
    word.save(force_insert=True)
    record(verb, "person", row.person_id, by=by, at=at)
    row.state = after


def _next(row: Contest) -> int:
    place = ContestWord.objects.filter(contest=row).count() + 1
    if place > MOST_WORDS:
        raise PerformanceError("too_many", f"a thread has at most {MOST_WORDS} messages", most=MOST_WORDS)
    return place


def _sealed(row: Contest, place: int, side: Side, words: Words) -> ContestWord:
    word = ContestWord(id=uuid4(), contest=row, place=place, side=side, cell=b"")
    word.cell = keeping.seal_one(looks.WORDS, row.person_id, word.pk, to_bytes(words))
    return word
