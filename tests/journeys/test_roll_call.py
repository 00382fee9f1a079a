"""A fire roll call with the server stopped: the real edge has learnt the roster from the real server, people have
passed, the server is gone, and a warden's phone ticks them off at the edge. Beside it the server's own page."""

import socket
import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.journeys.shots import PHONE, WIDE, shoot
from tests.server.world import ZONE

from gatehouse.edge import config, service
from gatehouse.edge.muster_access import Phones
from gatehouse.keeper.local import enrol_edge
from gatehouse.keeper.protocol import Role
from gatehouse.server import mustering
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_edge
from gatehouse.wire import Passage, new_id

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def eventually(holds, seconds=30.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


class Edge:
    """A real edge of the world's site, in a thread of this process, with the server's address."""

    def __init__(self, place, home: Path) -> None:
        world = place.house.world
        hello, own = world.keeper.hello(), f"edge-{home.name[-8:]}"
        public = config.init(
            home, place.url, edge=own, site=str(world.site.pk), keeper_seal_key=hello.seal_key,
            keeper_verify_key=hello.verify_key,
        )  # fmt: skip
        enrol_edge(world.home, own, str(world.site.pk), ZONE, public)
        add_edge(own, world.site, public.sign_key, by=By.job("setup"), at=world.now())
        self.clock = world.clock
        self.service = service.Service(home, world.clock)
        self._thread = threading.Thread(target=self.service.run, daemon=True)
        self._thread.start()
        eventually(lambda: self.service.known.now().roster > 0)
        self.phones = Phones(home, config.load(home)[1])

    def serve(self) -> str:
        while not self.service.assembly.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            self.phones.set_up("127.0.0.1", port, self.clock.now())
            eventually(lambda: bool(self.service.assembly.port))
        return f"https://127.0.0.1:{self.service.assembly.port}"

    def passes(self, person, direction="in") -> None:
        at = self.clock.now()
        passage = Passage(
            id=new_id(at), attempt=new_id(at), gate="door", at=at, direction=direction, means="card",
            subject=str(person.pk), reason="rule", sensed=True,
        )  # fmt: skip
        self.service.spool.append([passage], at=at)

    def stop(self) -> None:
        self.service.stop.set()
        self.service.known.changed.set()
        self._thread.join(20)


@pytest.fixture
def edge(place, tmp_path):
    started = Edge(place, tmp_path)
    yield started
    started.stop()


def test_a_fire_roll_call_with_the_server_stopped(place, edge) -> None:
    world = place.house.world
    ben, cy = world.hire("S-105", "Ben Roe"), world.hire("S-106", "Cy Low")
    before = edge.service.known.now().roster
    eventually(lambda: edge.service.known.now().roster > before)
    for person in (place.house.person, ben, cy):
        edge.passes(person)
    edge.passes(cy, "out")
    address = edge.serve()
    link = f"{address}/pair/{edge.phones.pair('warden 1', world.now())}"

    place.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(place.url.rsplit(":", 1)[1])), timeout=5)

    context = place.browser.new_context(locale="en-GB", ignore_https_errors=True, **PHONE)
    phone = context.new_page()
    phone.goto(address)
    expect(phone.get_by_text("This phone is not paired.")).to_be_visible()
    phone.goto(link)
    phone.get_by_role("button", name="Open the muster list on this phone").click()
    expect(phone.get_by_text("S-104 LM")).to_be_visible()
    expect(phone.get_by_text("S-106 CL")).to_have_count(0)
    phone.get_by_role("button", name="Start a roll call").click()
    expect(phone.locator("#count")).to_have_text("2")
    shoot(phone, "muster-edge-390")
    phone.get_by_role("listitem").filter(has_text="S-104 LM").get_by_role("button", name="Tick").click()
    expect(phone.locator("#count")).to_have_text("1")
    phone.get_by_label("Staff number, card or code").fill("S-105")
    phone.get_by_role("button", name="Tick").first.click()
    expect(phone.locator("#count")).to_have_text("0")
    shoot(phone, "muster-edge-ticked-390")
    phone.get_by_role("button", name="End it").click()
    expect(phone.get_by_text("Ended")).to_be_visible()
    wide = place.browser.new_context(
        locale="zh-CN", ignore_https_errors=True, storage_state=context.storage_state(), **WIDE
    )
    desk = wide.new_page()
    desk.goto(address)
    expect(desk.get_by_role("heading", name="点名")).to_be_visible()
    shoot(desk, "muster-edge-zh-1440")


@pytest.mark.parametrize(("size", "options"), [("390", PHONE), ("1440", WIDE)])
def test_a_drill_on_the_servers_page(place, size, options) -> None:
    mustering.forget()
    world = place.house.world
    ben = world.hire("S-105", "Ben Roe")
    world.tell(*(world.passage(subject=str(one.pk)) for one in (place.house.person, ben)))
    warden = place.open(Role.SECURITY, **options)
    warden.goto(f"{place.url}/muster/")
    shoot(warden, f"muster-choose-{size}")
    warden.get_by_role("button", name="Show who is inside").click()
    expect(warden.get_by_text("S-104 LM")).to_be_visible()
    warden.get_by_role("button", name="Start a drill").click()
    warden.get_by_role("listitem").filter(has_text="S-104 LM").get_by_role("button").click()
    expect(warden.get_by_text("still missing")).to_be_visible()
    shoot(warden, f"muster-drill-{size}")
    warden.goto(f"{place.url}/watch/")
    expect(warden.get_by_text("The muster list was opened").first).to_be_visible()
    assert warden.faults == []
