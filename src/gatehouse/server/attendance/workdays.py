"""The job `workdays`: a site's date becomes one sealed cell per person with a plan, whether or not they came.

Only the keeper can tell whose tokens the punches carry, and it tells a named job for the last few days. Reckoned anew
it gives the same, so the job may run twice, and after a correction. A portion of people is written at a time: a night
that was broken off is simply reckoned again, and a large site needs no more memory for its cells than a small one.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain import attendance, punches
from gatehouse.domain.attendance import Approval, Facts, Result, SiteRules
from gatehouse.domain.findings import Answer, Beside, FarPair, LoosePunch, approvals, corrections, far_pairs
from gatehouse.domain.periods import Period, local_date
from gatehouse.domain.punches import AddPunch, Reversal, VoidPunch
from gatehouse.domain.reckoning import Workday as WorkdayFact
from gatehouse.domain.shifts import Leave, PlannedShift
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks, queries, worklist_looks, worklist_queries
from gatehouse.server.attendance.models import Punch, Workday
from gatehouse.server.attendance.notes import as_facts
from gatehouse.server.attendance.patterns import workdays_to_bytes
from gatehouse.server.attendance.worklist_cells import beside_to_bytes
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.people.models import Site

JOB = By.job("workdays")
DUPLICATE_WITHIN_MIN = 2
WORKDAYS_ASK_DAYS = 2  # the keeper tells the job whose tokens these are for so many days and the one before
PORTION = 500  # people written in one transaction, and sealed in one request
TOKENS_AT_ONCE = 20_000  # as many as fit a frame of the keeper's
AROUND = timedelta(days=1)  # a punch at 00:20 may belong to the night shift of the date before


class WorkdaysRefused(Exception):
    """The keeper would not say whose punches these are; `code` is its reason (such as not_allowed for an old date)."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.code = refused.code


def compute_workdays(site: Site, day: date, *, at: datetime, by: By = JOB) -> int:
    """Write the date's workdays; how many. The date's shifts must have ended. Raises KeeperAway, WorkdaysRefused."""
    people = queries.people_with_plan_near(site, day)
    if not people:
        return 0
    rules = rules_of(site, day)
    plans = queries.plans(site, day - AROUND, day + 2 * AROUND)
    made = _punches_by_person(site, day, rules.zone, by)
    far = _far_by_person(site, day, rules.zone, made, by)
    for start in range(0, len(people), PORTION):
        results = _reckoned(day, people[start : start + PORTION], made, plans, rules, by)
        write_days(
            day,
            {person: list(result.workdays) for person, result in results.items()},
            beside={person: Beside(loose_of(result), far.get(person, ())) for person, result in results.items()},
        )
    with transaction.atomic():
        record("workdays.reckoned", "site", site.pk, by=by, at=at)
        if by == JOB:
            tell(site.pk, [Happened(EventKind.COUNTED, at, {"date": day.isoformat(), "people": len(people)})], now=at)
    return len(people)


def rules_of(site: Site, day: date) -> SiteRules:
    return SiteRules(
        zone=ZoneInfo(site.zone),
        calendar=queries.calendar(site),
        open_pattern=queries.open_pattern(site, day),
        duplicate_within_min=DUPLICATE_WITHIN_MIN,
    )


def _reckoned(
    day: date,
    people: Sequence[UUID],
    made: Mapping[UUID, Sequence[punches.Punch]],
    plans: Mapping[UUID, Sequence[PlannedShift]],
    rules: SiteRules,
    by: By,
) -> dict[UUID, Result]:
    """The date of these people from their punches, their plan, approved notes and standing answers. Raises KeeperAway,
    WorkdaysRefused."""
    notes = _notes_by_person(people, by)
    answers = _answers_by_person(people, day, by)
    return {
        person: result_of(
            made.get(person, ()), plans.get(person, ()), notes.get(person, ()), answers.get(person, ()), rules, day
        )
        for person in people
    }


def reckoner(site: Site, day: date, by: By, *, at: datetime) -> By:
    """By whose authority somebody has this date reckoned: the job's for the last days, for which the keeper tells it
    whose punches these are; their own further back, for there it wants to hear who asks."""
    ago = local_date(at, ZoneInfo(site.zone)) - day
    return By(by.actor, JOB.authority) if ago <= timedelta(days=WORKDAYS_ASK_DAYS) else by


def reckon_again(site: Site, day: date, *, by: By, at: datetime) -> bool:
    """The date's workdays anew, after an answer changed what counts; False for a date that is not over yet, which the
    job reckons in its night. Raises KeeperAway, WorkdaysRefused."""
    if day >= local_date(at, ZoneInfo(site.zone)):
        return False
    compute_workdays(site, day, at=at, by=reckoner(site, day, by, at=at))
    return True


def result_of(
    made: Sequence[punches.Punch],
    plan: Sequence[PlannedShift],
    notes: Sequence[punches.Correction | Leave | Approval],
    answers: Sequence[Answer],
    rules: SiteRules,
    day: date,
) -> Result:
    """One person's date."""
    laid = [note for note in notes if isinstance(note, AddPunch | VoidPunch | Reversal)]
    approved = [note for note in notes if isinstance(note, Approval) and note.date == day]
    facts = Facts(
        punches=made,
        plan=plan,
        corrections=[*laid, *corrections(answers)],
        leaves=[note for note in notes if isinstance(note, Leave)],
        approvals=[*approved, *approvals(answers, day)],
    )
    return attendance.workdays(facts, rules, day, day + timedelta(days=1))


def loose_of(result: Result) -> tuple[LoosePunch, ...]:
    """The punches of a date that belong to no shift."""
    return tuple(LoosePunch(one.minute, one.direction) for one in result.unassigned)


def _far_by_person(
    site: Site, day: date, zone: ZoneInfo, made: Mapping[UUID, Sequence[punches.Punch]], by: By
) -> dict[UUID, tuple[FarPair, ...]]:
    """Whom gates of two sites saw on the date, one too soon after the other. Other sites are asked only where there is
    one with punches."""
    travel_min = worklist_queries.limits_row(site).travel_min
    span = Period.local_day(day, zone)
    found: dict[UUID, list[tuple[datetime, str]]] = {
        person: [(one.minute, site.code) for one in some if span.start <= one.at < span.end]
        for person, some in made.items()
    }
    for other in queries.other_sites(site) if travel_min else ():
        rows = queries.punches(other, span)
        by_day: dict[date, list[Punch]] = {}
        for row in rows:
            by_day.setdefault(local_date(row.at, ZoneInfo(other.zone)), []).append(row)
        for token_day, some in by_day.items():
            ids = keeping.who(other.pk, token_day, [bytes(row.token) for row in some], by.authority)
            if isinstance(ids, Refused):
                continue  # whoever has this date reckoned may not look there: then nothing is said about two sites
            for row, person in zip(some, ids, strict=True):
                if person and UUID(person) in found:
                    found[UUID(person)].append((row.at.replace(second=0, microsecond=0), other.code))
    pairs = {person: far_pairs(some, travel_min) for person, some in found.items()}
    return {person: some for person, some in pairs.items() if some}


def _punches_by_person(site: Site, day: date, zone: ZoneInfo, by: By) -> dict[UUID, list[punches.Punch]]:
    """Whose punches these were, asked per date of the tokens. A date whose key is destroyed has nobody."""
    found: dict[UUID, list[punches.Punch]] = {}
    for token_day in (day - AROUND, day, day + AROUND):
        rows = queries.punch_rows(site, Period.local_day(token_day, zone))
        whose = _whose(site, token_day, {token for _, _, _, token in rows}, by)
        for punch, at, direction, token in rows:
            person = whose.get(token)
            if person is not None:
                fact = punches.Punch(str(punch), at, punches.Direction(direction))
                found.setdefault(person, []).append(fact)
    return found


def _whose(site: Site, day: date, tokens: set[bytes], by: By) -> dict[bytes, UUID]:
    """Of the tokens of a date, those that somebody has. Raises KeeperAway, WorkdaysRefused."""
    found: dict[bytes, UUID] = {}
    asked = sorted(tokens)
    for start in range(0, len(asked), TOKENS_AT_ONCE):
        some = asked[start : start + TOKENS_AT_ONCE]
        ids = keeping.who(site.pk, day, some, by.authority)
        if isinstance(ids, Refused):
            if ids.code == "day_destroyed":
                return {}
            raise WorkdaysRefused(ids)
        found |= {token: UUID(person) for token, person in zip(some, ids, strict=True) if person}
    return found


def _notes_by_person(people: Sequence[UUID], by: By) -> dict[UUID, list[punches.Correction | Leave | Approval]]:
    rows = list(queries.approved_notes(people))
    notes = looks.notes(rows, by.authority, "workdays")
    if isinstance(notes, Refused):
        raise WorkdaysRefused(notes)
    found: dict[UUID, list[punches.Correction | Leave | Approval]] = {}
    for row in rows:
        if row.pk in notes:
            found.setdefault(row.person_id, []).extend(as_facts(str(row.pk), notes[row.pk]))
    return found


def _answers_by_person(people: Sequence[UUID], day: date, by: By) -> dict[UUID, list[Answer]]:
    rows = list(worklist_queries.books(people, day - AROUND, day + 2 * AROUND))
    found = worklist_looks.answers(rows, by.authority, "workdays")
    if isinstance(found, Refused):
        raise WorkdaysRefused(found)
    given: dict[UUID, list[Answer]] = {}
    for row in rows:
        given.setdefault(row.person_id, []).extend(found.get(row.pk, ()))
    return given


def write_days(
    day: date, found: Mapping[UUID, list[WorkdayFact]], *, beside: Mapping[UUID, Beside] | None = None
) -> None:
    """All cells anew, also unchanged ones: which of them a correction touched cannot be told."""
    held = dict(Workday.objects.filter(person_id__in=list(found), date=day).values_list("person_id", "id"))
    ids = {person: held.get(person) or uuid4() for person in found}
    more = beside or {}
    plains = [
        keeping.plain("workday.facts/1", person, ids[person], workdays_to_bytes(days)) for person, days in found.items()
    ]
    plains += [
        keeping.plain("workday.beside/1", person, ids[person], beside_to_bytes(more.get(person, Beside())))
        for person in found
    ]
    cells = keeping.seal_many(plains)
    rows = [
        Workday(id=ids[person], person_id=person, date=day, cell=cell, beside_cell=side)
        for person, cell, side in zip(found, cells[: len(found)], cells[len(found) :], strict=True)
    ]
    with transaction.atomic():
        Workday.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["person", "date"], update_fields=["cell", "beside_cell"]
        )
