"""What an edge is told: its site only, sealed to it alone, and only when something changed."""

import asyncio
from datetime import date, timedelta

import pytest
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.keeper.protocol import Role
from gatehouse.server import edgeport, feed, keeping, moment
from gatehouse.server.gates import actions as gates
from gatehouse.server.gates.models import Edge
from gatehouse.server.parking.actions import add_permit
from gatehouse.server.people.actions import Facts, edit_person, leave
from gatehouse.server.people.cells import File
from gatehouse.server.people.credential_actions import add_card, issue_pass, kill_credential, set_pin
from gatehouse.server.people.models import FeedVersion, Site
from gatehouse.server.people.vehicle_actions import register_vehicle


def changes(world, roster=0, clearances=0):
    return feed.changes(Edge.objects.get(), feed.Known(roster, clearances), now=world.now())


def test_the_roster_holds_the_sites_gates_rules_and_people_sealed_to_this_edge(world):
    person = world.hire()
    add_card(person, "04aabb12", by=SETUP, at=world.now())
    set_pin(person, "4711", by=SETUP, at=world.now())
    rule = gates.add_rule(world.site, [world.group], [world.door], by=SETUP, at=world.now())
    roster = changes(world).roster
    assert [gate.code for gate in roster.gates] == ["door", "in", "out"]
    assert [(found.id, found.gates) for found in roster.rules] == [(str(rule.pk), frozenset({"door"}))]
    (entry,) = roster.people
    assert (entry.id, entry.groups, entry.face) == (str(person.pk), [str(world.group.pk)], None)
    assert world.sim.open("credential.card/1", entry.id, entry.card) == b"04AABB12"
    assert world.sim.open("credential.pin/1", entry.id, entry.pin) == b"4711"
    assert roster.lease_ends - world.now() > timedelta(hours=71)


def test_dates_outside_the_calendar_stop_no_roster(world):
    person = world.hire()
    facts = Facts(number="S-1", name="Lin Moss", file=File(starts=date(1, 1, 1), ends=date(9999, 12, 31)))
    edit_person(person, facts, by=SETUP, at=world.now())
    (entry,) = changes(world).roster.people
    assert (entry.starts.year, entry.ends.year) == (1999, 2199)


def test_an_edge_with_a_new_key_numbers_its_letters_from_one(world):
    held = Edge.objects.get()
    Edge.objects.update(last_seq=7)
    gates.add_edge(held.pk, world.site, bytes(held.sign_key), by=SETUP, at=world.now())
    assert Edge.objects.get().last_seq == 7
    gates.add_edge(held.pk, world.site, bytes(32), by=SETUP, at=world.now())
    assert Edge.objects.get().last_seq == 0


def test_a_pass_that_was_taken_back_is_named_and_a_living_one_is_not(world):
    person = world.hire()
    by, ends = world.operator(Role.HR), world.now() + timedelta(days=1)
    first, second = (issue_pass(person, ends=ends, by=by, at=world.now()) for _ in "ab")
    kill_credential(first.credential, by=SETUP, at=world.now())
    assert changes(world).roster.dead_passes == [str(first.credential.pk)]
    assert str(second.credential.pk) not in changes(world).roster.dead_passes


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Shanghai", ["CN"]), ("Europe/Berlin", ["EU"]), ("America/New_York", ["US"]), ("America/Sao_Paulo", ["BR"])],
)
def test_a_site_reads_the_plates_of_its_country(zone, expected):
    assert feed.plate_countries(Site(zone=zone)) == expected


def test_where_the_zone_tells_no_country_that_we_know_all_are_read():
    assert len(feed.plate_countries(Site(zone="Pacific/Auckland"))) > 2


def test_the_feed_survives_the_wire(world):
    world.hire()
    found = changes(world)
    assert wire.decode_feed(wire.encode(found)) == found


def test_nothing_is_sent_when_the_edge_has_it_all(world):
    first = changes(world)
    known = first.roster.version, first.clearances.version
    assert changes(world, *known) is None
    world.hire("S-2", "Ada Byron")
    second = changes(world, *known)
    assert second.roster.version > first.roster.version
    assert second.clearances is None


def test_a_roster_is_sent_again_before_its_lease_runs_low(world):
    first = changes(world)
    known = feed.Known(first.roster.version, first.clearances.version)
    edge = Edge.objects.get()
    assert feed.changes(edge, known, now=world.now() + timedelta(hours=23)) is None
    assert feed.changes(edge, known, now=world.now() + timedelta(hours=25)).roster is not None


def test_an_unchanged_cell_is_resealed_once(world, monkeypatch):
    person = world.hire()
    add_card(person, "04aabb12", by=SETUP, at=world.now())
    card = changes(world).roster.people[0].card
    asked = []
    monkeypatch.setattr(keeping, "reseal", lambda edge, cells, owners: asked.extend(cells) or [])
    world.group.name = "same"
    FeedVersion.objects.update(roster=99)
    assert changes(world).roster.people[0].card == card
    assert not asked


def test_a_leaver_is_in_no_roster_and_no_credential_lives(world):
    person = world.hire()
    add_card(person, "04aabb12", by=SETUP, at=world.now())
    leave(person, None, by=world.operator(Role.HR), at=world.now())
    assert changes(world).roster.people == []
    assert person.credentials.get().state == "dead"
    assert person.credentials.get().cell is None


def test_the_access_span_of_the_sealed_file_travels_as_instants(world):
    person = world.hire()
    today = world.now().date()
    facts = Facts(number="S-1", name="Lin Moss", file=File(starts=today, ends=today))
    edit_person(person, facts, by=SETUP, at=world.now())
    (entry,) = changes(world).roster.people
    assert entry.ends - entry.starts == timedelta(days=1)


def test_a_registered_vehicle_travels_with_its_permit(world):
    vehicle = register_vehicle(world.site, "京A·88888", owner=None, by=SETUP, at=world.now())
    today = world.now().date()
    add_permit(vehicle, world.garage, starts=today, ends=None, by=SETUP, at=world.now())
    (entry,) = changes(world).roster.vehicles
    assert world.sim.open("vehicle.plate/1", entry.id, entry.plate).decode() == "京A88888"
    assert entry.permits[0].gates == frozenset({"in", "out"})


def test_an_order_to_open_is_told_until_its_attempt_comes(world, monkeypatch):
    monkeypatch.setattr(feed, "TELL_AGAIN_S", 0.0)
    known = changes(world)
    opening = gates.open_by_hand(world.door, "delivery", by=world.operator(Role.HR), at=world.now())
    for _ in range(2):
        found = changes(world, known.roster.version, known.clearances.version)
        assert [order.id for order in found.openings] == [str(opening.pk)]
    at = world.now()
    world.tell(
        wire.Attempt(
            id=str(opening.pk), gate="door", at=at, seen_at=at, direction="in", means="operator", granted=True,
            reason="by_hand",
        )
    )  # fmt: skip
    assert changes(world, known.roster.version, known.clearances.version) is None


def test_a_feed_for_an_edge_that_the_keeper_does_not_know_is_refused(world):
    person = world.hire()
    add_card(person, "04aabb12", by=SETUP, at=world.now())
    Edge.objects.create(id="edge-stranger", site=world.site, sign_key=world.sim.keys.public().sign_key)
    world.sim.id = "edge-stranger"
    signed = world.sim.sign(world.now(), "GET", "/edge/feed")
    ask = edgeport.Ask("GET", "/edge/feed", signed)
    answer, _ = edgeport.feed_once(ask, feed.Known(0, 0), came_at=world.now(), now=world.now())
    assert answer.status == 403


# --- over ASGI ---


async def call(method, target, authorization, body=b""):
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"authorization", authorization.encode())],
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    await edgeport.application(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def get(world, target):
    return call("GET", target, world.sim.sign(world.now(), "GET", target))


def test_a_long_poll_is_answered_when_something_changes(committed_world):
    world = committed_world
    moment.use(world.clock)

    async def story():
        status, body = await get(world, "/edge/feed?roster=0&clearances=0&wait=0")
        assert status == 200
        held = wire.decode_feed(body)
        target = f"/edge/feed?roster={held.roster.version}&clearances={held.clearances.version}&wait=20"
        waiting = asyncio.create_task(get(world, target))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(edgeport._workers, world.hire)
        status, body = await asyncio.wait_for(waiting, 5)
        assert (status, len(wire.decode_feed(body).roster.people)) == (200, 1)

    asyncio.run(story())


def test_a_long_poll_outlives_a_clock_that_jumps(committed_world, moved):
    world = committed_world

    async def story():
        _, body = await get(world, "/edge/feed?wait=0")
        held = wire.decode_feed(body)
        target = f"/edge/feed?roster={held.roster.version}&clearances={held.clearances.version}&wait=20"
        waiting = asyncio.create_task(get(world, target))
        await asyncio.sleep(0.2)
        moved(timedelta(hours=3))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(edgeport._workers, world.hire)
        assert (await asyncio.wait_for(waiting, 5))[0] == 200

    asyncio.run(story())


def test_a_long_poll_in_which_nothing_changes_ends_with_204(committed_world):
    world = committed_world

    async def story():
        _, body = await get(world, "/edge/feed?wait=0")
        held = wire.decode_feed(body)
        target = f"/edge/feed?roster={held.roster.version}&clearances={held.clearances.version}&wait=0.2"
        assert (await get(world, target))[0] == 204

    asyncio.run(story())


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/edge/feed", 401),
        ("POST", "/edge/letters", 401),
        ("GET", "/edge/feed?roster=many", 400),
        ("DELETE", "/edge/feed", 405),
        ("GET", "/edge/other", 404),
    ],
)
def test_every_error_of_the_port_is_problem_json(committed_world, method, target, status):
    async def story():
        found, body = await call(method, target, "")
        assert found == status
        assert body.startswith(b'{"type": "urn:gatehouse:')

    asyncio.run(story())
