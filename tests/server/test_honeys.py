"""Honey records in the database: laid once, like anybody who left, and met by no usual query and no job."""

import threading
from collections import Counter
from datetime import date, timedelta
from importlib import import_module
from itertools import pairwise

import pytest
from django.apps import apps
from django.db import connections, models
from tests.server.world import SETUP, overtake

from gatehouse.keeper.protocol import AskIncidents, Authority, Incident, IncidentList, Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.people import credential_actions, honeys, known, queries
from gatehouse.server.people.actions import Facts, add_group, hire_person, leave
from gatehouse.server.people.cells import Bank, ConsentFacts, Contact, Identity
from gatehouse.server.people.models import (
    Consent,
    Credential,
    Membership,
    Person,
    PersonState,
    Purpose,
    Vehicle,
    VehicleState,
)
from gatehouse.server.people.vehicle_actions import register_vehicle, set_vehicle_state
from gatehouse.server.reindex import reindex
from gatehouse.server.rights.register import register


def looks_at_one():
    """The keeper's lines that say that somebody looked at one; other tests' incidents are many."""
    found, through = list[Incident](), 0
    while True:
        answer = keeping.must(AskIncidents(after=through, size=0, by=Authority(job="incidents")), IncidentList)
        found += [one for one in answer.incidents if one.kind == "honey"]
        if answer.through >= answer.size:
            return found
        through = answer.through


def told():
    """Where those lines lie."""
    return [one.place for one in looks_at_one()]


def nobodies(model):
    """The rows themselves, past the usual manager."""
    path = "pk" if model in (Person, Vehicle) else "person"
    return model._base_manager.filter(**{f"{path}__in": known.honeys()})


@pytest.fixture
def town(world, monkeypatch):
    """A site with Ann who is here and Ben who left: with a card, a consent and a group each, and a car that is gone."""
    monkeypatch.setattr(known, "_honeys", frozenset())
    world.ann, world.ben = world.hire("S-1", "Ann Example"), world.hire("S-2", "Ben Example")
    for person, card in ((world.ann, "04AABBCC"), (world.ben, "04AABBCD")):
        said = ConsentFacts(on=date(2026, 3, 4), wording="en", taken_by="HR")
        credential_actions.give_consent(person, Purpose.FACE, said, by=SETUP, at=world.now())
        credential_actions.add_card(person, card, by=SETUP, at=world.now())
    leave(world.ben, None, by=world.operator(Role.HR), at=world.now())
    world.car = register_vehicle(world.site, "京A12345", owner=world.ann, by=SETUP, at=world.now())
    set_vehicle_state(world.car, VehicleState.GONE, by=SETUP, at=world.now())
    return world


@pytest.fixture
def laid(town):
    assert honeys.lay() == 20
    return town


# --- laid -------------------------------------------------------------------------------------------------------------


def test_twenty_are_laid_once_and_again_where_rows_were_lost(laid):
    """As of a backup from before there were any."""
    ours = known.honeys()
    assert (nobodies(Person).count(), nobodies(Vehicle).count()) == (16, 4)
    before = {model: nobodies(model).count() for model in (Membership, Credential, Consent)}
    assert honeys.lay() == 0
    nobodies(Vehicle).delete()
    Person._base_manager.filter(pk=nobodies(Person).first().pk).delete()
    assert honeys.lay() == 5
    assert known.honeys() == ours
    assert {model: nobodies(model).count() for model in before} == before


def test_without_a_site_there_is_nobody_to_lie_among(keeper, db, monkeypatch):
    monkeypatch.setattr(known, "_honeys", frozenset())
    assert honeys.lay() == 0
    assert known.honeys() == frozenset()


def test_while_the_keeper_is_away_the_job_waits_and_lays_them_when_it_is_back(town, keeper):
    keeping.configure(None)
    jobs.run_due(town.now())
    assert Person._base_manager.count() == 2
    keeping.configure(keeper)
    jobs._failing.clear()
    jobs.run_due(town.now())
    assert nobodies(Person).count() == 16


def test_a_keeper_that_goes_away_in_between_leaves_no_half(town, keeper, monkeypatch):
    """The ids are known before any row is: nothing that is written can be listed."""
    overtake(monkeypatch, honeys, "_missing", lambda: keeping.configure(None))
    with pytest.raises(keeping.KeeperAway):
        honeys.lay()
    assert Person._base_manager.count() == 2
    keeping.configure(keeper)
    assert honeys.lay() == 20


@pytest.mark.timeout(60)
def test_two_servers_that_start_at_once_lay_each_once(committed_world, monkeypatch):
    monkeypatch.setattr(known, "_honeys", frozenset())
    somebody = committed_world.hire("S-1", "Ann Example")
    Person.objects.filter(pk=somebody.pk).update(state=PersonState.LEFT)
    inner, both, faults = honeys._missing, threading.Barrier(2), []

    def missing(laid):
        found = inner(laid)
        both.wait(20)  # each has seen that there is none
        return found

    monkeypatch.setattr(honeys, "_missing", missing)

    def serve():
        try:
            honeys.lay()
        except Exception as fault:  # noqa: BLE001  told by the test, whatever it is
            faults.append(fault)
        finally:
            connections.close_all()

    servers = [threading.Thread(target=serve) for _ in range(2)]
    for server in servers:
        server.start()
    for server in servers:
        server.join(40)
    assert faults == []
    assert (nobodies(Person).count(), nobodies(Vehicle).count()) == (16, 4)
    assert set(Counter(nobodies(Membership).values_list("person_id", flat=True)).values()) == {1}


# --- like anybody who left --------------------------------------------------------------------------------------------


def shape(row):
    """What a thief sees of a row: its columns, of cells how long they are, and never whose it is."""
    found = []
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.primary_key or isinstance(field, models.ForeignKey):
            value = type(value)
        found.append((field.attname, len(value) if isinstance(value, bytes | memoryview) else value))
    return tuple(found)


def test_in_the_database_one_is_like_somebody_who_left(laid):
    """Column by column, and with the same rows beside: groups, a dead card, a consent."""
    filled = Facts(
        "S-3", "Cleo Example", Contact("+49 30 901820", "cleo@example.com", "1 Sample Road, Northgate"),
        Identity("110101199003070000", "L01X00T47"), Bank("DE02120300000000202051", "Cleo Example", "Sample Bank"),
    )  # fmt: skip
    cleo = hire_person(laid.site, filled, groups=[laid.group], by=SETUP, at=laid.now())
    leave(cleo, None, by=laid.operator(Role.HR), at=laid.now())
    theirs = {shape(Person.objects.get(pk=one.pk)) for one in (laid.ben, cleo)}
    assert {shape(one) for one in nobodies(Person)} == theirs
    for model in (Membership, Credential, Consent):
        like = {shape(row) for row in model.objects.filter(person=laid.ben)}
        assert like
        assert {shape(row) for row in nobodies(model)} == like, model
        assert set(nobodies(model).values_list("person_id", flat=True)) == set(
            nobodies(Person).values_list("pk", flat=True)
        )
    gone = shape(Vehicle.objects.get())
    assert {shape(one) for one in nobodies(Vehicle)} == {gone}
    assert set(nobodies(Vehicle).values_list("owner_id", flat=True)) <= known.honeys()


def test_every_table_that_holds_rows_of_one_has_a_manager_that_leaves_them_out(laid):
    """So that a new kind of row that they get is not met by accident."""
    whose = [(model, "pk") for model in (Person, Vehicle)]
    for model in apps.get_models():
        fields = [field.attname for field in model._meta.concrete_fields if field.related_model in (Person, Vehicle)]
        whose += [(model, name) for name in fields]
    assert len(whose) > 30
    held = set()
    for model, name in whose:
        ours = {f"{name}__in": known.honeys()}
        held |= {model} if model._base_manager.filter(**ours).exists() else set()
        assert not model._default_manager.filter(**ours).exists(), (model, name)
    assert held == {Person, Vehicle, Membership, Credential, Consent}


def test_their_numbers_lie_among_everybodys(laid):
    """Rows that were written together have no numbers in a row."""
    numbers = sorted(Membership._base_manager.values_list("pk", flat=True))
    assert min(b - a for a, b in pairwise(numbers)) > 1_000_000


def test_the_numbers_of_an_older_installation_tell_nothing_either(world):
    people = [world.hire(f"S-{n}", "Ann Example") for n in range(5)]
    for number, one in enumerate(people, 1):
        Membership.objects.filter(person=one).update(id=number)
    import_module("gatehouse.server.people.migrations.0010_numbers_that_tell_nothing").renumber(apps, None)
    assert min(Membership.objects.values_list("pk", flat=True)) > 1_000_000
    assert {one.person_id for one in Membership.objects.all()} == {one.pk for one in people}
    assert {one.group_id for one in Membership.objects.all()} == {world.group.pk}


def test_where_nobody_is_yet_they_wait_for_somebody_to_be_like(world, monkeypatch):
    """Else all would be like the first one who came."""
    monkeypatch.setattr(known, "_honeys", frozenset())
    world.hire("S-0", "Ann Example")
    honeys.lay()
    assert nobodies(Membership).count() == 0
    other = add_group(world.site, "Night", by=SETUP, at=world.now())
    for number in range(1, 10):
        hire_person(world.site, Facts(f"S-{number}", "Ben Example"), groups=[other], by=SETUP, at=world.now())
    honeys.lay()
    assert set(nobodies(Membership).values_list("group_id", flat=True)) >= {other.pk}
    assert nobodies(Membership).count() == 16
    honeys.lay()
    assert nobodies(Membership).count() == 16


# --- met by nobody ----------------------------------------------------------------------------------------------------


def test_no_usual_query_meets_one(laid):
    site, ours = laid.site, known.honeys()
    seen = {row.pk for row in queries.people([site])} | {row.pk for row in queries.vehicles([site])}
    seen |= set(queries.findable([site])) | set(queries.groups_by_person(site))
    seen |= set(site.people.values_list("pk", flat=True)) | set(site.vehicles.values_list("pk", flat=True))
    seen |= {row.person_id for row in laid.group.memberships.all()}
    seen |= set().union(*queries.stands_to_faces(site))
    assert not seen & ours
    assert {laid.ann.pk, laid.ben.pk, laid.car.pk} <= seen
    assert all(queries.person(one, [site]) is None for one in ours)


def test_no_count_holds_one(laid):
    (counted,) = register([laid.site], laid.operator(Role.OWNER))
    assert (counted.people, counted.left, counted.consents, counted.vehicles) == (1, 1, 2, 0)


def test_every_job_of_two_nights_goes_by_without_touching_one(laid, clock):
    before = told()
    for _ in range(2):
        jobs.run_due(laid.now())
        clock.advance(timedelta(days=1, hours=1))
    jobs.run_due(laid.now())
    assert jobs._failing == {}
    assert reindex() == 5  # two people by number and name, and a car
    assert told() == before


# --- and whoever looks ------------------------------------------------------------------------------------------------


def test_whoever_opens_one_out_of_the_database_is_locked_out(laid):
    thief, before = laid.operator(Role.HR), len(told())
    row = nobodies(Person).first()
    mine = keeping.cell("person.name/1", laid.ann.pk, laid.ann.name_cell)
    assert keeping.reveal([mine], thief.authority, "person.page") == [b"Ann Example"]
    cell = keeping.cell("person.name/1", row.pk, row.name_cell)
    assert keeping.reveal([cell], thief.authority, "person.page") == Refused("no_ticket")
    assert keeping.reveal([mine], thief.authority, "person.page") == Refused("no_ticket")
    assert len(told()) == before + 1


@pytest.mark.parametrize("label", ["person.consent/1", "staff.change/1"])
def test_what_lies_beside_one_says_nothing_and_is_watched_as_well(laid, label):
    thief, before = laid.operator(Role.HR), len(told())
    row = nobodies(Consent).first()
    data = row.cell if label == "person.consent/1" else keeping.seal_one(label, row.person_id, row.pk, b"")
    assert keeping.reveal([keeping.cell(label, row.pk, data)], thief.authority, "x") == Refused("no_ticket")
    assert len(told()) == before + 1
