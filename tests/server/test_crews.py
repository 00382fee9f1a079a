"""A construction site's roster at the gates and in the head-count: what each person holds, for whom they work, and what
somebody of a contractor may see."""

from datetime import date
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.server.world import SETUP, ZONE

from gatehouse import wire
from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Reason, Refusal
from gatehouse.domain.heads import CrewKey, Heads
from gatehouse.domain.papers import TRAINING, Paper
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.edge.roster import Opener, nothing, with_roster
from gatehouse.keeper.protocol import Authority, Invite, Refused, Role, Text
from gatehouse.server import bus, feed, keeping
from gatehouse.server.accounts.actions import add_operator, invite_operator, sign_in
from gatehouse.server.attendance import head_looks
from gatehouse.server.audit.by import By
from gatehouse.server.console.watch import tile_of
from gatehouse.server.gates.actions import add_rule
from gatehouse.server.people import roster_actions, roster_queries
from gatehouse.server.people.models import Person, RosterEntry, Site, SiteType
from gatehouse.server.people.roster_cells import CertificateFacts, RosterFacts, to_bytes


class Works:
    """The world's site with two contractors and their teams."""

    def __init__(self, world) -> None:
        self.world, self.site, at = world, world.site, world.now()
        Site.objects.filter(pk=self.site.pk).update(type=SiteType.CONSTRUCTION)
        self.site.refresh_from_db()
        self.today = local_date(at, ZoneInfo(ZONE))
        self.beam, self.stone = (
            roster_actions.add_contractor(self.site, name, by=SETUP, at=at) for name in ("Beam & Co", "石匠公司")
        )
        self.steel = roster_actions.add_team(self.beam, "Steel", by=SETUP, at=at)
        self.bricks = roster_actions.add_team(self.stone, "Bricks", by=SETUP, at=at)
        self.height = roster_actions.add_certificate(self.site, "Working-at-height certificate", by=SETUP, at=at)
        self.owner = world.operator(Role.OWNER)

    def enter(self, person: Person, team=None, **facts) -> None:
        facts = RosterFacts("rigger", str(team.pk) if team else "", **facts)
        roster_actions.enter_roster(person, facts, by=SETUP, at=self.world.now())

    def holds(self, until: date | None) -> list[CertificateFacts]:
        return [CertificateFacts(str(self.height.pk), None, until)]

    def roster(self) -> wire.Roster:
        feed.forget()
        found = feed.changes(self.world.edge, feed.Known(roster=0, clearances=0), now=self.world.now())
        assert found is not None
        assert found.roster is not None
        # Through the wire, as the edge reads it.
        read = wire.decode_feed(wire.encode(found)).roster
        assert read is not None
        return read

    def papers(self, person: Person):
        return next(one.papers for one in self.roster().people if one.id == str(person.pk))

    def signs_in(self, contractor) -> By:
        operator = add_operator(
            f"c-{uuid4().hex[:8]}", Role.CONTRACTOR, sites=[self.site.pk], contractor=contractor.pk,
            by=self.owner, at=self.world.now(),
        )  # fmt: skip
        code = invite_operator(operator, by=self.owner, at=self.world.now())
        assert isinstance(code, str), code
        entered = sign_in(code)
        assert hasattr(entered, "token"), entered
        return By(str(operator.pk), Authority(ticket=entered.token))


@pytest.fixture
def works(world) -> Works:
    return Works(world)


# --- what gates are told --------------------------------------------------------------------------------------------


def test_gates_are_told_what_each_person_holds_and_what_everybody_must(works, world):
    plain, lapsed = world.hire("S-1"), world.hire("S-2")
    works.enter(lapsed, works.steel, trained=works.today, certificates=works.holds(works.today - DAY))
    height = str(works.height.pk)
    roster = works.roster()
    assert (roster.papers, roster.paper_names) == ([], {height: "Working-at-height certificate"})
    assert works.papers(plain) == []
    assert works.papers(lapsed) == [Paper(height, None, works.today - DAY)]  # nobody asks for the training yet
    roster_actions.ask_for_training(works.site, by=SETUP, at=world.now())
    assert works.papers(lapsed) == [Paper(TRAINING, works.today, None), Paper(height, None, works.today - DAY)]
    assert works.roster().papers == [TRAINING]
    roster_actions.ask_for_certificate(works.height, by=SETUP, at=world.now())
    assert works.roster().papers == sorted([TRAINING, height])
    roster_actions.let_in_without_training(works.site, by=SETUP, at=world.now())
    roster_actions.drop_certificate(works.height, by=SETUP, at=world.now())
    roster = works.roster()
    assert (roster.papers, roster.paper_names) == ([], {})
    assert works.papers(lapsed) is None  # nothing is looked at any more


def test_a_site_without_certificates_tells_no_papers(world):
    person = world.hire("S-1")
    feed.forget()
    found = feed.changes(world.edge, feed.Known(roster=0, clearances=0), now=world.now())
    assert found is not None
    assert found.roster is not None
    assert [one.papers for one in found.roster.people if one.id == str(person.pk)] == [None]


def test_the_edge_refuses_who_let_one_run_out_and_lets_in_once_it_is_renewed(works, world):
    person = world.hire("S-2")
    add_rule(works.site, [world.group], [world.door], by=SETUP, at=world.now())

    def answer():
        opener = Opener(world.sim.id, world.sim.keys.seal_key)
        known = with_roster(nothing(), works.roster(), site=str(works.site.pk), opener=opener, now=world.now())
        at = world.now()
        seen = Sighting(Means.CARD, "c", str(person.pk), at, at, 1.0)
        return decide(seen, known.policy.gates["door"], known.policy, at)

    works.enter(person, works.steel, certificates=works.holds(works.today))
    assert answer().reason is Reason.RULE  # its last day
    works.enter(person, works.steel, certificates=works.holds(works.today - DAY))
    about = f"{works.height.pk}@{(works.today - DAY).isoformat()}"
    assert answer() == Refusal(Reason.PAPER_ENDED, about)
    works.enter(person, works.steel, certificates=works.holds(works.today + 300 * DAY))
    assert answer().reason is Reason.RULE


def test_watch_says_which_certificate_ended_when_and_no_row_holds_it(works, world):
    about = f"{works.height.pk}@2026-05-03"
    attempt = world.attempt(granted=False, reason="paper_ended", subject=str(world.hire("S-3").pk))
    world.tell(wire.Attempt(**{f: getattr(attempt, f) for f in attempt.__struct_fields__} | {"rule": about}))
    last = tile_of(world.door, world.now()).last
    assert last is not None
    assert str(last.why) == "Working-at-height certificate ended on 3 May 2026"
    # Of any other refusal the rule is not told.
    attempt = world.attempt(granted=False, reason="denied")
    world.tell(wire.Attempt(**{f: getattr(attempt, f) for f in attempt.__struct_fields__} | {"rule": "r-1"}))
    assert bus.tile(works.site.pk, "door").about == ""


def test_entries_are_of_one_size_however_much_somebody_holds(works, world):
    one, two = world.hire("S-1"), world.hire("S-2")
    works.enter(one)
    works.enter(two, works.steel, trained=works.today, certificates=works.holds(works.today) * 4)
    assert len({len(row.cell) for row in RosterEntry.objects.all()}) == 1


# --- heads ----------------------------------------------------------------------------------------------------------


def test_a_day_counts_to_team_and_contractor(works, world):
    rigger, mason, office = world.hire("S-1"), world.hire("S-2"), world.hire("S-3")
    works.enter(rigger, works.steel)
    works.enter(mason, works.bricks)
    world.tell(*(world.passage(subject=str(one.pk), at=world.ago(seconds=20)) for one in (rigger, mason, office)))
    world.tell(world.passage(subject=str(mason.pk), direction="out"))
    found = head_looks.heads_of(works.site, works.today, world.now(), works.owner.authority, "heads.page")
    keys = [CrewKey(str(works.beam.pk), str(works.steel.pk)), CrewKey(str(works.stone.pk), str(works.bricks.pk))]
    assert not isinstance(found, Refused)
    assert {one.crew: one for one in found} == {
        keys[0]: Heads(keys[0], 1, 1, 1),
        keys[1]: Heads(keys[1], 1, 1, 0),
        CrewKey(): Heads(CrewKey(), 1, 1, 1),
    }
    before = head_looks.heads_of(works.site, works.today - DAY, world.now(), works.owner.authority, "heads.page")
    assert [one.came for one in before] == [0, 0]


# --- a contractor's own -----------------------------------------------------------------------------------------------


def _cells(person: Person, *labels: str):
    entry = roster_queries.entries([person.pk]).get(person.pk)
    data = {"person.roster/1": entry.cell if entry else b"", "person.name/1": person.name_cell,
            "person.brief/1": person.brief_cell, "person.file/1": person.file_cell}  # fmt: skip
    return [keeping.cell(label, person.pk, data[label]) for label in labels]


def test_the_keeper_opens_a_contractors_own_people_and_nobody_else(works, world):
    rigger, mason, office = world.hire("S-1", "Ada Beam"), world.hire("S-2", "Bo Stone"), world.hire("S-3", "Cy Desk")
    works.enter(rigger, works.steel)
    works.enter(mason, works.bricks)
    works.enter(office)
    by = works.signs_in(works.beam).authority
    own = ("person.roster/1", "person.name/1")

    def opened(*cells):
        return keeping.reveal(list(cells), by, "crews.own")

    found = opened(*_cells(rigger, *own, "person.brief/1"))
    assert not isinstance(found, Refused)
    assert found[1] == b"Ada Beam"
    for cells in (
        _cells(rigger, "person.name/1"),  # without the entry that says whose they are
        _cells(mason, *own),
        _cells(office, *own),
        _cells(rigger, "person.roster/1", "person.file/1"),
        _cells(rigger, *own) + _cells(mason, "person.name/1"),
        # Somebody else's entry beside one's own person's name, and the other way round.
        _cells(mason, "person.roster/1") + _cells(rigger, "person.name/1"),
        _cells(rigger, "person.roster/1") + _cells(mason, "person.name/1"),
    ):
        assert opened(*cells) == Refused("not_allowed", {"label": cells[-1].label}) or isinstance(
            opened(*cells), Refused
        )
    moved = _cells(rigger, "person.roster/1")[0]
    forged = keeping.cell("person.roster/1", mason.pk, moved.data)
    assert opened(forged, *_cells(mason, "person.name/1")) == Refused("bad_request", {"cell": 0})


def test_who_goes_to_another_contractor_is_seen_by_the_new_one_alone(works, world):
    rigger = world.hire("S-1", "Ada Beam")
    works.enter(rigger, works.steel)
    beam, stone = works.signs_in(works.beam).authority, works.signs_in(works.stone).authority
    cells = ("person.roster/1", "person.name/1")
    assert not isinstance(keeping.reveal(_cells(rigger, *cells), beam, "crews.own"), Refused)
    works.enter(rigger, works.bricks)
    assert isinstance(keeping.reveal(_cells(rigger, *cells), beam, "crews.own"), Refused)
    assert not isinstance(keeping.reveal(_cells(rigger, *cells), stone, "crews.own"), Refused)


def test_a_contractors_ticket_does_nothing_else_at_the_keeper(works, world):
    person = world.hire("S-1", "Ada Beam")
    works.enter(person, works.steel)
    by = works.signs_in(works.beam).authority
    assert by.ticket is not None
    site, token = works.site.pk, b"t" * 16
    asked = [
        keeping.find("Ada", by.ticket),
        keeping.who(site, works.today, [token], by),
        keeping.tokens(site, works.today, [person.pk], by),
        keeping.sign_pass({"id": "x", "sub": str(person.pk), "site": str(site), "nbf": 0, "exp": 1}, by),
        keeping.ask(Invite(actor="x", role=Role.HR, sites=(str(site),), by=by), Text),
        keeping.held(person.pk, by),
    ]
    assert all(isinstance(one, Refused) for one in asked), asked


def test_a_contractors_code_names_a_contractor_and_is_an_owners_to_give(works, world):
    hr = world.operator(Role.HR)
    site = str(works.site.pk)
    for by, subject in (
        (works.owner, None),
        (hr, str(works.beam.pk)),
        (works.signs_in(works.beam), str(works.beam.pk)),
    ):
        asked = Invite(actor=str(uuid4()), role=Role.CONTRACTOR, sites=(site,), subject=subject, by=by.authority)
        assert isinstance(keeping.ask(asked, Text), Refused)


def test_entries_of_before_are_named_when_a_contractor_is_first_invited(works, world):
    person = world.hire("S-1")
    works.enter(person, works.steel)

    old = keeping.seal_one(
        "person.roster/1", person.pk, person.pk, to_bytes(RosterFacts("rigger", str(works.steel.pk)))
    )
    RosterEntry.objects.filter(pk=person.pk).update(cell=old)
    assert head_looks.own_people(works.beam) == {}
    assert roster_actions.name_contractors(works.site, by=works.owner, at=world.now()) == 1
    assert set(head_looks.own_people(works.beam)) == {person}
    assert roster_actions.name_contractors(works.site, by=works.owner, at=world.now()) == 0
