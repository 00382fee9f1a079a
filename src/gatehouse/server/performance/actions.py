"""Goals, reviews, what a person has seen, and for how long their figures are theirs alone. Contests are in
`performance.contests`, a month's sheet in `performance.sheets`."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.domain.seen_first import MOST_DAYS_FIRST
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person, Site
from gatehouse.server.performance import looks
from gatehouse.server.performance.cells import GoalFacts, GoalState, GoalStep, ReviewReply, ReviewText, to_bytes
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.models import FiguresSetup, Goal, MonthSeen, Review
from gatehouse.server.performance.texts import REVIEW_LIMIT, checked

PURPOSE = "performance.page"
MOST_GOALS = 50  # of one person
MOST_REVIEWS = 200
STATES: Sequence[GoalState] = ("open", "met", "not_met", "dropped")


@transaction.atomic
def set_days_first(site: Site, days: int, *, by: By, at: datetime) -> None:
    """For how many days a month's figures are the person's alone. Raises PerformanceError."""
    if not 0 <= days <= MOST_DAYS_FIRST:
        raise PerformanceError("bad_days", f"0 to {MOST_DAYS_FIRST} days", most=MOST_DAYS_FIRST)
    FiguresSetup.objects.update_or_create(site=site, defaults={"days_first": days})
    record("figures.set_up", "site", site.pk, by=by, at=at)


@transaction.atomic
def say_seen(person: Person, month: Month, *, by: By, at: datetime) -> bool:
    """The person has seen the month, so that others may; False when they had said so. Only the person says it: `by` is
    their own right. Raises PerformanceError for a month that has not begun."""
    if month.first > today(person, at):
        raise PerformanceError("no_such_month", "the month has not begun")
    _row, new = MonthSeen.objects.get_or_create(person=person, month=month.first)
    if new:
        record("figures.seen", "person", person.pk, by=by, at=at)
    return new


def add_goal(person: Person, what: str, until: date, *, by: By, at: datetime) -> Goal:
    """Written by an operator, or by the person. Raises PerformanceError, KeeperAway."""
    on = today(person, at)
    if not can_be_meant(until) or until < on:
        raise PerformanceError("bad_date", "a goal ends today or later")
    if Goal.objects.filter(person=person).count() >= MOST_GOALS:
        raise PerformanceError("too_many", f"a person has at most {MOST_GOALS} goals", most=MOST_GOALS)
    new_id = uuid4()
    facts = GoalFacts(checked(what), until, [GoalStep(on, "open", writer(by))])
    cell = keeping.seal_one(looks.GOAL, person.pk, new_id, to_bytes(facts))
    with transaction.atomic():
        row = Goal.objects.create(id=new_id, person=person, cell=cell)
        record("goal.added", "person", person.pk, by=by, at=at)
    return row


def set_goal_state(row: Goal, state: str, *, by: By, at: datetime) -> Refused | None:
    """How a goal went, by somebody's word, which stays beside the words before; None when done. Raises
    PerformanceError, KeeperAway."""
    wanted = next((one for one in STATES if one == state), None)
    if wanted is None:
        raise PerformanceError("bad_state", "no state of a goal")
    found = looks.goals([row], by.authority, PURPOSE)
    if isinstance(found, Refused):
        return found
    if not found or found[0][1].state == wanted:
        return None
    facts = found[0][1]
    steps = [*facts.steps, GoalStep(today(row.person, at), wanted, writer(by))]
    if len(steps) > MOST_GOALS:
        raise PerformanceError("too_many", "this goal has changed often enough")
    changed = GoalFacts(facts.what, facts.until, steps)
    cell = keeping.seal_one(looks.GOAL, row.person_id, row.pk, to_bytes(changed))
    with transaction.atomic():
        if not Goal.objects.filter(pk=row.pk, cell=bytes(row.cell)).update(cell=cell):
            raise PerformanceError("over", "somebody else has changed this goal meanwhile")
        record("goal.changed", "person", row.person_id, by=by, at=at)
    return None


def add_review(person: Person, text: str, since: date, until: date, *, by: By, at: datetime) -> Review:
    """An operator's words about the dates `since` to `until`, both included; they stay as they are. Raises
    PerformanceError, KeeperAway."""
    on = today(person, at)
    if not (can_be_meant(since) and can_be_meant(until)) or not since <= until <= on:
        raise PerformanceError("bad_date", "a review is about dates that are over, in order")
    if Review.objects.filter(person=person).count() >= MOST_REVIEWS:
        raise PerformanceError("too_many", f"a person has at most {MOST_REVIEWS} reviews", most=MOST_REVIEWS)
    new_id = uuid4()
    facts = ReviewText(on, writer(by), since, until, checked(text, REVIEW_LIMIT))
    cell = keeping.seal_one(looks.TEXT, person.pk, new_id, to_bytes(facts))
    with transaction.atomic():
        row = Review.objects.create(id=new_id, person=person, cell=cell)
        record("review.added", "person", person.pk, by=by, at=at)
    return row


def reply_to_review(row: Review, text: str, *, by: By, at: datetime) -> None:
    """The person's own words to a review, once. Raises PerformanceError, KeeperAway."""
    reply = ReviewReply(today(row.person, at), checked(text))
    cell = keeping.seal_one(looks.REPLY, row.person_id, row.pk, to_bytes(reply))
    with transaction.atomic():
        if not Review.objects.filter(pk=row.pk, reply_cell=None).update(reply_cell=cell):
            raise PerformanceError("replied", "there is a reply to this review already")
        record("review.replied", "person", row.person_id, by=by, at=at)


def writer(by: By) -> str:
    """Who stands in a cell as its writer: an operator's id, "" for the person themselves."""
    return "" if by.worker else by.actor


def today(person: Person, at: datetime) -> date:
    return local_date(at, ZoneInfo(person.site.zone))
