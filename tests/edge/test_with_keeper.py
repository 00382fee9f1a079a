"""Edge and keeper speak the same bytes: letters, cells of the feed, passes. The keeper is the real one."""

from uuid import uuid4

import pytest
from tests.edge.world import ENTRY, SITE, HandClock, plate_reads

from gatehouse.domain.decisions import Grant, Reason
from gatehouse.edge import config
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.knowing import Known
from gatehouse.edge.looking import read_pass
from gatehouse.edge.spool import Spool
from gatehouse.keeper import local
from gatehouse.keeper.cells import ref_of
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import LABELS, Admitted, Authority, Cell, Owner, Plain
from gatehouse.keeper.rules import WRITTEN_HERE
from gatehouse.keeper.service import Service
from gatehouse.wire import ClearanceEntry, Clearances, Feed, PersonEntry, Roster, VehicleEntry


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def keeper(tmp_path, clock):
    service = Service(tmp_path, clock)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def client(tmp_path, keeper):
    made = Client(local.socket_path(tmp_path), timeout_s=10)
    yield made
    made.close()


@pytest.fixture
def edge(tmp_path, client):
    """The edge's home, its public keys enrolled at the keeper."""
    welcome = client.hello()
    home = tmp_path / "gates"
    public = config.init(
        home,
        "http://127.0.0.1:9",
        edge="edge-1",
        site=SITE,
        keeper_seal_key=welcome.seal_key,
        keeper_verify_key=welcome.verify_key,
    )
    local.enrol_edge(tmp_path, "edge-1", SITE, "Europe/Berlin", public)
    return home


@pytest.fixture
def known(edge, keeper, client, clock):
    loaded, keys = config.load(edge)
    made = Known(loaded, keys, config.cache_path(edge), clock)

    def sealed_here(plain):
        """A stay's cell comes about inside the keeper alone."""
        ref = ref_of(LABELS[plain.label], plain.owner)
        keeper.vault.store.make_keys([ref])
        return keeper.vault.cells.seal(plain, ref)

    def resealed(label, owner, row, data):
        plain = Plain(label, Owner(owner), row, data)
        cell = sealed_here(plain) if label in WRITTEN_HERE else client.seal([plain])[0]
        (sealed,) = client.reseal("edge-1", [Cell(label, row, cell)], [owner])
        return sealed

    person = PersonEntry(id="ada", groups=["staff"], card=resealed("credential.card/1", "ada", "credential-1", b"4711"))
    plate = resealed("vehicle.plate/1", "car", "car", "京A12345".encode())
    stay = resealed("stay.plate/1", "stay-1", "stay-1", "沪B77777".encode())
    roster = Roster(
        version=1,
        site=SITE,
        zone="Europe/Berlin",
        gates=[ENTRY.__class__("entry", ENTRY.kind, ENTRY.direction, ENTRY.means, admits_unknown=True)],
        schedules=[],
        rules=[],
        people=[person],
        vehicles=[VehicleEntry(id="car", plate=plate, permits=[])],
        devices=[],
        lease_ends=clock.now(),
    )
    entry = ClearanceEntry(id="stay-1", plate=stay, ends=clock.now())
    made.learn(Feed(roster=roster, clearances=Clearances(version=1, entries=[entry])))
    return made


def test_what_the_keeper_re_seals_opens_at_the_edge(known):
    now = known.now()
    assert (now.cards, now.plates, set(now.policy.clearances)) == ({"4711": "ada"}, {"京A12345": "car"}, {"沪B77777"})
    assert now.unopened == 0


def test_what_the_spool_holds_is_admitted_by_the_keeper(edge, known, client, clock):
    loaded, keys = config.load(edge)
    spool = Spool(config.spool_path(edge), edge=loaded.edge, keys=keys, keeper_seal_key=loaded.keeper_seal_key)
    gate = Gatekeeper("entry", spool=spool, relay=None, knowledge=known.now, clock=clock)
    assert gate.look(plate_reads("粤C00001", clock.now()), clock.now()) == Grant(Reason.VISITOR)
    gate.report("camera_lost")
    admitted = client.admit(spool.batch(), {SITE: clock.now().date()})
    assert all(isinstance(result, Admitted) for result in admitted)
    assert [(a.kind, a.seq, a.granted, a.reason) for a in admitted] == [
        ("attempt", 1, True, "visitor"),
        ("passage", 2, True, "visitor"),
        ("event", 3, False, "camera_lost"),
    ]
    assert admitted[1].lane is not None
    spool.close()


def test_a_pass_that_the_keeper_signed_is_read_at_the_edge(edge, client, clock, tmp_path):
    by = Authority(ticket=client.sign_in(local.invite_operator(tmp_path, "owner-1")).token)
    own, at = str(uuid4()), int(clock.now().timestamp())
    claims = {"id": own, "sub": "ada", "site": SITE, "nbf": at, "exp": at + 3600}
    text = client.sign("pass", claims, by)
    read = read_pass(text, SITE, config.load(edge)[0].keeper_verify_key, clock.now())
    assert (read.value, read.subject) == (own, "ada")
