"""Some people's date reckoned anew after an answer, or as if it were given.

Their punches are found by their own day tokens, by whose authority asks: the keeper counts these people and nobody
else. Everybody's cells of the date are sealed anew all the same, so that a copy does not tell whose day was touched.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain import punches
from gatehouse.domain.attendance import Result
from gatehouse.domain.findings import Answer, Beside, FarPair
from gatehouse.domain.periods import Period, local_date
from gatehouse.domain.shifts import Leave
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import queries, worklist_looks
from gatehouse.server.attendance import worklist_queries as book_rows
from gatehouse.server.attendance.models import Punch, Workday
from gatehouse.server.attendance.patterns import workdays_to_bytes
from gatehouse.server.attendance.workdays import (
    AROUND,
    JOB,
    WorkdaysRefused,
    _answers_by_person,
    _notes_by_person,
    loose_of,
    result_of,
    rules_of,
)
from gatehouse.server.attendance.worklist_cells import beside_from_bytes, beside_to_bytes
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Site

TRIES = 5


def as_if(
    site: Site, day: date, given: Mapping[UUID, tuple[Sequence[Answer], Sequence[Leave]]], *, by: By
) -> dict[UUID, tuple[Result, Result]]:
    """Each person's date without and with these answers and leaves; nothing is written. Raises KeeperAway,
    WorkdaysRefused."""
    people = sorted(given)
    made = punches_of(site, day, people, by)
    rules, plans = rules_of(site, day), queries.plans(site, day - AROUND, day + 2 * AROUND)
    notes, held = _notes_by_person(people, by), _answers_by_person(people, day, by)
    found = {}
    for person in people:
        answers, leaves = given[person]
        own = (made.get(person, ()), plans.get(person, ()))
        noted, answered = notes.get(person, []), held.get(person, [])
        found[person] = (
            result_of(*own, noted, answered, rules, day),
            result_of(*own, [*noted, *leaves], [*answered, *answers], rules, day),
        )
    return found


def recount(site: Site, day: date, people: Sequence[UUID], *, by: By, at: datetime) -> bool:
    """These people's date anew and everybody's cells of it sealed anew; False for a date that is not over, which the
    night reckons. Raises KeeperAway, WorkdaysRefused."""
    if day >= local_date(at, ZoneInfo(site.zone)):
        return False
    made = punches_of(site, day, people, by)
    for _ in range(TRIES):
        before = _stand(people, day)
        results = as_of(site, day, people, made, by)
        others = list(Workday.objects.filter(person__site=site, date=day).order_by("id"))
        texts = worklist_looks.texts_of(others, JOB.authority, "workdays")
        if isinstance(texts, Refused):
            raise WorkdaysRefused(texts)
        if _written(site, day, people, results, others, texts, before, by=by, at=at):
            return True
    raise WorkdaysRefused(Refused("busy"))


def as_of(
    site: Site, day: date, people: Sequence[UUID], made: Mapping[UUID, Sequence[punches.Punch]], by: By
) -> dict[UUID, Result]:
    rules, plans = rules_of(site, day), queries.plans(site, day - AROUND, day + 2 * AROUND)
    notes, held = _notes_by_person(people, by), _answers_by_person(people, day, by)
    return {
        person: result_of(
            made.get(person, ()), plans.get(person, ()), notes.get(person, ()), held.get(person, ()), rules, day
        )
        for person in people
    }


def _stand(people: Sequence[UUID], day: date) -> tuple[list[tuple[UUID, bytes]], list[UUID]]:
    """What the reckoning stands on that an answer changes: books and approved notes."""
    books = book_rows.books(people, day - AROUND, day + 2 * AROUND).values_list("id", "cell")
    return (
        [(pk, bytes(cell)) for pk, cell in books],
        list(queries.approved_notes(people).values_list("id", flat=True)),
    )


def _written(
    site: Site,
    day: date,
    people: Sequence[UUID],
    results: Mapping[UUID, Result],
    others: Sequence[Workday],
    texts: Sequence[tuple[bytes, bytes]],
    before: object,
    *,
    by: By,
    at: datetime,
) -> bool:
    """False when an answer came in between: then it is all reckoned again. Cells that somebody else wrote meanwhile are
    left as they are, unless they are of these people."""
    ids = {row.person_id: row.pk for row in others}
    plains, targets = [], []
    for row, (facts, side) in zip(others, texts, strict=True):
        result = results.get(row.person_id)
        if result is not None:
            facts = workdays_to_bytes(list(result.workdays))
            side = beside_to_bytes(Beside(loose_of(result), _far_in(side)))
        if facts:
            targets.append((row.pk, row.person_id, bytes(row.cell)))
            plains.append(keeping.plain("workday.facts/1", row.person_id, row.pk, facts))
            plains.append(keeping.plain("workday.beside/1", row.person_id, row.pk, side or beside_to_bytes(Beside())))
    for person in people:
        if person not in ids:
            new = uuid4()
            targets.append((new, person, b""))
            plains.append(
                keeping.plain("workday.facts/1", person, new, workdays_to_bytes(list(results[person].workdays)))
            )
            plains.append(
                keeping.plain("workday.beside/1", person, new, beside_to_bytes(Beside(loose_of(results[person]))))
            )
    cells = keeping.seal_many(plains)
    with transaction.atomic():
        if _stand(people, day) != before:
            return False
        now = {
            row.pk: bytes(row.cell)
            for row in Workday.objects.select_for_update().filter(pk__in=[pk for pk, _, _ in targets])
        }
        rows = [
            Workday(id=pk, person_id=person, date=day, cell=cells[2 * n], beside_cell=cells[2 * n + 1])
            for n, (pk, person, old) in enumerate(targets)
            if person in results or now.get(pk) == old
        ]
        Workday.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["person", "date"], update_fields=["cell", "beside_cell"]
        )
        record("workdays.recounted", "site", site.pk, by=by, at=at)
    return True


def _far_in(side: bytes) -> tuple[FarPair, ...]:
    return beside_from_bytes(side).far if side else ()


def punches_of(site: Site, day: date, people: Sequence[UUID], by: By) -> dict[UUID, list[punches.Punch]]:
    """These people's punches around the date, by their day tokens. A date whose key is destroyed refuses: without its
    punches everybody would seem absent. Raises KeeperAway, WorkdaysRefused."""
    zone = ZoneInfo(site.zone)
    found: dict[UUID, list[punches.Punch]] = {}
    for token_day in (day - AROUND, day, day + AROUND):
        span = Period.local_day(token_day, zone)
        if not queries.punches(site, span):
            continue
        tokens = keeping.tokens(site.pk, token_day, people, by.authority)
        if isinstance(tokens, Refused):
            raise WorkdaysRefused(tokens)
        whose = {token: person for token, person in zip(tokens, people, strict=True) if token}
        for row in Punch.objects.filter(site=site, at__gte=span.start, at__lt=span.end, token__in=list(whose)):
            fact = punches.Punch(str(row.pk), row.at, punches.Direction(row.direction))
            found.setdefault(whose[bytes(row.token)], []).append(fact)
    return found
