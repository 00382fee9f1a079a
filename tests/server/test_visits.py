"""Visits on the server: invited once, known to gates in their time, seen coming and leaving, destroyed whole."""

from datetime import time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import at_local, local_date
from gatehouse.domain.visits import EARLY, Standing, standing
from gatehouse.edge.roster import Opener, nothing, with_roster
from gatehouse.keeper.protocol import PassageFacts, Refused, Role
from gatehouse.server import feed, jobs, keeping
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Passage, Rule
from gatehouse.server.hooks.models import Event
from gatehouse.server.parking.lists import Wanted, add_entries
from gatehouse.server.parking.models import ListKind
from gatehouse.server.people.models import Person
from gatehouse.server.visits import actions, arriving, looks, queries
from gatehouse.server.visits.actions import Invited, NotInvited
from gatehouse.server.visits.models import Visit, VisitState

CN = ZoneInfo(ZONE)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh():
    looks.forget()
    arriving.forget()


def night(visit, days):
    """In the small hours so many days after the visit."""
    return at_local(visit.last_on + timedelta(days=days), time(3, 45), CN)


class Receiving:
    """The world's site with a host, whose doors and lanes visitors may pass."""

    def __init__(self, world) -> None:
        self.world, self.site = world, world.site
        self.host = world.hire("S-104", "Lin Moss")
        self.setup = actions.set_up(
            world.site, [world.door, world.lane_in, world.lane_out], 1, by=SETUP, at=world.now()
        )
        self.owner = world.operator(Role.OWNER)

    def invite(self, *, name="Ola Brandt", starts=None, ends=None, plate="", **more):
        at = self.world.now()
        of = Invited(name, starts or at, ends or at + HOUR / 4, purpose="audit", mail="ola@example.org", plate=plate)
        return actions.invite(self.host, of, by=SETUP, at=at, **more)

    def said(self, visit):
        visit.refresh_from_db()
        found = looks.spans([visit], self.owner.authority, "visit.desk")
        assert not isinstance(found, Refused)
        return found[visit.pk]

    def where(self, visit, at=None):
        return standing(self.said(visit).span, at or self.world.now())

    def roster(self):
        feed.forget()
        found = feed.changes(self.world.edge, feed.Known(roster=0, clearances=0), now=self.world.now())
        assert found is not None
        return found.roster

    def known(self):
        """What the edge makes of the feed."""
        sim = self.world.sim
        return with_roster(
            nothing(), self.roster(), site=str(self.site.pk), opener=Opener(sim.id, sim.keys.seal_key),
            now=self.world.now(),
        )  # fmt: skip


@pytest.fixture
def desk(world):
    return Receiving(world)


def test_gates_know_a_visitor_in_their_time_by_the_group_of_visitors(desk):
    starts = desk.world.now() + 2 * HOUR
    visit = desk.invite(starts=starts, ends=starts + HOUR)
    entry = next(one for one in desk.roster().people if one.id == str(visit.pk))
    assert (entry.starts, entry.ends) == (starts - EARLY, starts + HOUR)
    assert entry.groups == [str(desk.setup.group_id)]
    assert (entry.face, entry.card, entry.pin) == (None, None, None)


def test_who_was_taken_back_or_is_over_is_known_at_no_gate(desk):
    one, other = desk.invite(), desk.invite()
    assert actions.cancel(one, by=SETUP, at=desk.world.now())
    assert not actions.cancel(one, by=SETUP, at=desk.world.now())
    assert {person.id for person in desk.roster().people} & {str(one.pk), str(other.pk)} == {str(other.pk)}
    assert actions.restore(one, by=SETUP, at=desk.world.now())
    assert str(one.pk) in {person.id for person in desk.roster().people}
    actions.end(other, desk.said(other), by=SETUP, at=desk.world.now())
    assert str(other.pk) not in {person.id for person in desk.roster().people}


def test_their_car_may_come_in_while_they_may_and_its_plate_is_only_the_edges(desk):
    visit = desk.invite(plate="沪A·12345")
    known = desk.known()
    car = known.policy.subjects[known.plates["沪A12345"]]
    assert [(right.gates, right.ends) for right in car.welcome] == [
        (frozenset({"in", "out"}), desk.said(visit).ends)
    ]  # fmt: skip
    assert str(visit.pk) in known.policy.subjects
    assert known.unopened == 0


def test_an_invitation_opens_no_lane_to_a_blocked_car(desk):
    add_entries(desk.site, ListKind.BLOCKED, [Wanted("沪A12345")], by=SETUP, at=desk.world.now())
    desk.invite(plate="沪A12345")
    known = desk.known()
    assert known.policy.subjects[known.plates["沪A12345"]].is_blocked(desk.world.now())


def test_a_passage_in_is_an_arrival_and_a_passage_out_a_leaving(desk):
    visit = desk.invite()
    at = desk.world.now()
    assert arriving.look(at) == 0
    desk.world.tell(desk.world.passage(subject=str(visit.pk)))
    assert (arriving.look(at), arriving.look(at)) == (1, 0)
    assert desk.where(visit) is Standing.HERE
    assert visit.state == VisitState.ARRIVED
    desk.world.tell(desk.world.passage(subject=str(visit.pk), at=at + HOUR / 9, direction="out"))
    assert arriving.look(at + HOUR / 9) == 1
    assert desk.where(visit) is Standing.LEFT
    assert str(visit.pk) in {person.id for person in desk.roster().people}  # out for a walk: they may come again
    verbs = list(Entry.objects.filter(object_type="visit").values_list("verb", flat=True))
    assert verbs == ["visit.invited", "visit.arrived", "visit.passed"]


def test_somebody_elses_passage_is_nobodys_arrival(desk):
    visit = desk.invite()
    desk.world.tell(desk.world.passage(subject=str(desk.host.pk)))
    desk.world.tell(desk.world.passage(subject=str(uuid4())))
    assert arriving.look(desk.world.now()) == 0
    assert desk.where(visit) is Standing.EXPECTED


def test_an_arrival_is_told_to_other_programs_once_and_without_a_name(desk):
    from gatehouse.server.hooks import actions as hooks
    from gatehouse.server.hooks.models import EventKind

    hooks.add_hook(desk.site, "https://hooks.example.org/x", [EventKind.VISITED], by=desk.owner, at=desk.world.now())
    visit = desk.invite()
    said, at, overtaken = desk.said(visit), desk.world.now(), Visit.objects.get(pk=visit.pk)
    assert actions.arrive(visit, said, by=SETUP, at=at)
    assert not actions.arrive(overtaken, said, by=SETUP, at=at)  # two who click at once
    assert not actions.arrive(visit, desk.said(visit), by=SETUP, at=at)
    (event,) = Event.objects.all()
    assert (event.kind, event.facts) == ("visit.arrived", {})


def test_a_walk_in_is_here_at_once(desk):
    at = desk.world.now()
    visit = actions.walk_in(desk.host, Invited("Ola Brandt", at, at + HOUR), by=SETUP, at=at)
    assert isinstance(visit, Visit)
    assert (visit.state, desk.where(visit)) == (VisitState.ARRIVED, Standing.HERE)
    assert desk.where(visit, at + 2 * HOUR) is Standing.OVERDUE


def test_a_form_that_is_sent_again_invites_once(desk):
    own = uuid4()
    first, again = desk.invite(new_id=own), desk.invite(new_id=own)
    assert first == again
    assert Visit.objects.count() == 1
    of = Invited("Ola Brandt", desk.world.now(), desk.world.now() + HOUR)
    other = desk.world.hire("S-105", "Ada Roe")
    assert actions.invite(other, of, new_id=own, by=SETUP, at=desk.world.now()) == NotInvited("sent")


def test_who_is_not_invited(desk, monkeypatch):
    at = desk.world.now()
    assert desk.invite(name=" ") == NotInvited("no_name")
    assert desk.invite(starts=at - 2 * HOUR, ends=at - HOUR) == NotInvited("over")
    monkeypatch.setattr(actions, "MOST_OF_A_HOST", 1)
    assert isinstance(desk.invite(), Visit)
    assert desk.invite() == NotInvited("too_many")
    Person.objects.filter(pk=desk.host.pk).update(state="left")
    desk.host.refresh_from_db()
    assert desk.invite() == NotInvited("host_left")


def test_nobody_is_invited_where_no_door_was_chosen(world):
    host = world.hire("S-104", "Lin Moss")
    of = Invited("Ola Brandt", world.now(), world.now() + HOUR)
    assert actions.invite(host, of, by=SETUP, at=world.now()) == NotInvited("no_setup")


def test_choosing_other_doors_takes_the_rule_before_away(desk):
    actions.set_up(desk.site, [desk.world.door], 0, by=SETUP, at=desk.world.now())
    rules = Rule.objects.filter(groups=desk.setup.group)
    assert [[gate.code for gate in rule.gates.all()] for rule in rules] == [["door"]]
    assert queries.keep_days(desk.site) == 0


def test_the_night_destroys_a_visit_with_its_keys_and_what_was_taken_back(desk):
    visit, back = desk.invite(), desk.invite()
    at = desk.world.now()
    desk.world.tell(desk.world.passage(subject=str(visit.pk)))
    actions.cancel(back, by=SETUP, at=at)
    facts = keeping.cell("visit.facts/1", visit.pk, visit.facts_cell)
    passage = Passage.objects.get()
    told = keeping.cell("passage.facts/1", passage.pk, passage.cell, bytes(passage.token))
    assert None not in keeping.reveal([facts, told], desk.owner.authority, "x")
    assert actions.destroy_due(desk.site, at=night(visit, 0)) == 1  # taken back
    assert actions.destroy_due(desk.site, at=night(visit, 1)) == 0
    assert actions.destroy_due(desk.site, at=night(visit, 2)) == 1
    assert Visit.objects.count() == 0
    assert keeping.reveal([facts, told], desk.owner.authority, "x") == [None, None]
    assert Passage.objects.count() == 1  # that somebody passed stays


def test_whoever_has_not_left_is_kept_a_day_longer(desk):
    visit = desk.invite()
    actions.arrive(visit, desk.said(visit), by=SETUP, at=desk.world.now())
    assert actions.destroy_due(desk.site, at=night(visit, 2)) == 0
    assert actions.destroy_due(desk.site, at=night(visit, 3)) == 1


def test_destroying_goes_on_after_a_crash_in_between(desk):
    visit = desk.invite()
    keeping.forget(visit.pk, actions._KEYS, actions.VISITS.authority)  # and then the power went
    actions.destroy(visit, at=desk.world.now())
    assert Visit.objects.count() == 0


def test_the_nightly_job_is_on_the_timetable(desk):
    assert "visits" in {job.name for job in jobs.SITE_JOBS}
    assert "arrivals" in {job.name for job in jobs.SERVER_JOBS}
    desk.invite()
    at = desk.world.now()
    jobs.run_due(at)
    jobs.run_due(at + timedelta(days=3))
    assert Visit.objects.count() == 0


def test_a_row_tells_a_date_and_no_more(desk):
    visit = desk.invite(name="Ola Brandt", plate="沪A12345")
    row = Visit.objects.filter(pk=visit.pk).values().get()
    text = repr(row)
    for secret in ("Ola", "Brandt", "ola@example.org", "audit", "A12345"):
        assert secret not in text
    assert row["last_on"] == local_date(desk.said(visit).ends, CN)
    assert row["device"] is None


def test_cells_are_of_one_size_whatever_is_in_them(desk):
    short, long = desk.invite(name="O"), desk.invite(name="字" * 80)
    assert len(short.facts_cell) == len(long.facts_cell)
    assert len(short.span_cell) == len(long.span_cell)


def test_what_a_gate_answered_a_visitor_is_told_with_their_name_while_it_is_kept(desk):
    import msgspec

    visit = desk.invite()
    desk.world.tell(desk.world.attempt(subject=str(visit.pk)))
    from gatehouse.server.gates.models import Attempt

    attempt = Attempt.objects.get()
    cell = keeping.cell("attempt.facts/1", attempt.pk, attempt.cell, bytes(attempt.token))
    (data,) = keeping.reveal([cell], desk.owner.authority, "watch.who")
    assert msgspec.msgpack.decode(data, type=PassageFacts).subject == str(visit.pk)
