"""kill -9 of the real server at every step of paying and paying back: the provider's money and ours stay equal.

The stand-in holds the knife: it kills the server while it asks, before or after the thing is done. Notices are cut off
at whatever point the server has come to.
"""

import json
import re
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests.server.providers.conftest import STAND_INS
from tests.server.test_process import Running
from tests.server.world import TARIFF, ZONE, EdgeSim

from gatehouse import wire
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import enrol_edge

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BEGINNING = """
import json, sys
from pathlib import Path
from gatehouse.clock import from_environment
from gatehouse.server.run import prepare
clock = from_environment()
prepare(Path(sys.argv[1]), clock)
from gatehouse.server.audit.by import By
at, by = clock.now(), By.job("setup")
facts = json.loads(sys.argv[2])
"""
SET_UP = (
    BEGINNING
    + """
from gatehouse.domain import policy
from gatehouse.domain.sightings import Means
from gatehouse.server.gates.actions import add_edge, add_gate
from gatehouse.server.parking.accounts import add_account
from gatehouse.server.parking.actions import add_garage, add_tariff
from gatehouse.server.people.actions import add_site, add_zone
from gatehouse.server.people.models import SiteType
site = add_site("works", "Works", SiteType.GARAGE, zone="Asia/Shanghai", currency="CNY", by=by, at=at)
zone = add_zone(site, "garage", "Garage", by=by, at=at)
lane = policy.Gate("in", policy.GateKind.LANE, policy.Direction.IN, frozenset({Means.PLATE}), admits_unknown=True)
add_gate(site, lane, "Entry", zone=zone, by=by, at=at)
tariff = add_tariff(site, "city", facts["tariff"], by=by, at=at)
garage = add_garage(site, zone, "main", "Garage", tariff, by=by, at=at)
add_edge(facts["edge"], site, bytes.fromhex(facts["sign_key"]), by=by, at=at)
account = add_account(site, facts["provider"], facts["keys"], by=by, at=at)
print(site.pk, garage.pay_code, account.code)
"""
)
PAY_BACK = (
    BEGINNING
    + """
from uuid import UUID
from gatehouse.domain.money import Money
from gatehouse.server.parking import queries
from gatehouse.server.parking.refunds import request_refund
payment = queries.payment(UUID(facts["payment"]))
request_refund(payment, Money(facts["minor"], "CNY"), "complaint", refund_id=UUID(facts["refund"]), by=by, at=at)
"""
)


class Garage:
    """A server's process, its garage, and drivers with phones."""

    def __init__(self, running: Running, there, keeper_home, clock) -> None:
        self.running, self.there, self.clock = running, there, clock
        keeper = Client(keeper_home / "keeper" / "keeper.sock")
        self.sim = EdgeSim(f"edge-{uuid4().hex[:8]}", keeper.hello().seal_key)
        keeper.close()
        keys = self.sim.keys.public()
        facts = {"edge": self.sim.id, "sign_key": keys.sign_key.hex(), "provider": there.name, "keys": there.keys()}
        said = self.script(SET_UP, facts | {"tariff": TARIFF}).split()
        enrol_edge(keeper_home, self.sim.id, said[0], ZONE, keys)
        self.pay_page = f"{running.url}/pay/{said[1]}/"
        there.notify_url = f"{running.url}/pay/notice/{there.name}/{said[2]}"
        there.kill = lambda: running.process.kill()
        self.plates = (f"京K{number:05}" for number in range(1000))

    def script(self, code, facts) -> str:
        command, environment = self.running.python(code, json.dumps(facts))
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def restart(self) -> None:
        if self.running.process.poll() is None:
            self.running.process.kill()
        self.running.process.wait(20)
        self.running.start()

    def car(self) -> str:
        plate, at = next(self.plates), self.clock.now() - timedelta(minutes=61)
        body = wire.Passage(
            id=wire.new_id(at), attempt=wire.new_id(at), gate="in", at=at, direction="in", means="plate",
            plate=plate, reason="visitor", sensed=True,
        )  # fmt: skip
        letters = wire.encode([self.sim.letter(body)])
        headers = {"Authorization": self.sim.sign(self.clock.now(), "POST", "/edge/letters", letters)}
        assert httpx.post(f"{self.running.url}/edge/letters", content=letters, headers=headers).status_code == 200
        return plate

    def start(self, plate: str) -> str:
        """The driver types the plate and presses the button; the page that follows, "" when nobody answers."""
        with httpx.Client(headers={"accept-language": "en"}, timeout=30) as phone:
            form = {"csrfmiddlewaretoken": _token(phone.get(self.pay_page).text), "plate": plate}
            card = phone.post(f"{self.pay_page}find", data=form).text
            quote = re.search(r'name="quote" value="([^"]+)"', card)
            assert quote, card
            try:
                return phone.post(f"{self.pay_page}start", data=form | {"quote": quote[1]}).text
            except httpx.HTTPError:
                return ""

    def begin(self) -> UUID:
        before = {row[0] for row in self.rows("SELECT id FROM parking_payment")}
        page = self.start(self.car())
        ((payment,),) = [row for row in self.rows("SELECT id FROM parking_payment") if row[0] not in before]
        self.open(page)
        return UUID(payment)

    def open(self, page: str) -> None:
        if self.there.name == "alipay":  # the trade comes to be when the driver's browser is there
            url = re.search(r'href="(http[^"]+gateway[^"]+)"', page)[1].replace("&amp;", "&")
            assert httpx.get(url).status_code == 200

    def rows(self, query: str):
        path = self.running.home / "server" / "gatehouse.db"
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
            return database.execute(query).fetchall()

    def sum(self, column: str, table: str, where: str = "1") -> int:
        return self.rows(f"SELECT COALESCE(SUM({column}), 0) FROM {table} WHERE {where}")[0][0]

    def until(self, true) -> None:
        """Minutes pass on the server's clock until it is so."""
        ends = time.monotonic() + 120
        while not true():
            assert time.monotonic() < ends, (self.rows("SELECT id, state FROM parking_payment"),
                                             self.rows("SELECT id, state, code FROM parking_refund"))  # fmt: skip
            self.clock.advance(timedelta(seconds=30))
            time.sleep(0.6)

    def equal(self) -> bool:
        taken = self.sum("amount_minor", "parking_payment", "state IN ('settled', 'late')")
        back = self.sum("amount_minor", "parking_refund", "state = 'done'")
        return (taken, back) == (self.there.taken(), self.there.returned())


def _token(page: str) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


@pytest.fixture(params=["stripe", "wechat", "alipay"])
def garage(request, keeper_home, tmp_path, clock):
    running = Running(tmp_path, keeper_home / "keeper" / "keeper.sock", clock)
    with STAND_INS[request.param](clock.now).running() as there:
        made = Garage(running, there, keeper_home, clock)
        running.start()
        yield made
        if running.process.poll() is None:
            running.end(signal.SIGKILL)


def test_killed_at_any_step_the_providers_money_and_ours_stay_equal(garage) -> None:
    there = garage.there

    # While an order is made: before it is there, and when it is.
    for fault in ("kill before", "kill") if there.name != "alipay" else ():
        plate = garage.car()
        there.faults.append(fault)
        assert garage.start(plate) == ""
        garage.restart()
        garage.open(garage.start(plate))
        (order,) = [one for one in there.orders.values() if not one.paid_at]
        there.pay(UUID(order.id))
        assert there.notice(UUID(order.id)).deliver() in (200, 204)
    assert garage.equal()

    # Between a notice and its answer, wherever the server has come to; half of them are told again.
    paid = []
    for number in range(3):
        payment = garage.begin()
        paid.append(payment)
        there.pay(payment)
        told = there.notice(payment)
        cut = threading.Thread(target=_deliver, args=(told,))
        cut.start()
        time.sleep(number * 0.03)
        garage.running.process.kill()
        cut.join(30)
        garage.restart()
        if number % 2:
            told = there.notice(payment)
            assert told.deliver() in (200, 204)
            assert told.deliver() in (200, 204)
    garage.until(garage.equal)
    count = len(there.orders)
    assert garage.rows("SELECT COUNT(*) FROM parking_payment WHERE state = 'settled'") == [(count,)]
    assert garage.sum("paid_minor", "parking_openstay") == there.taken() == 1000 * count
    assert garage.sum("excess_minor", "parking_payment") == 0

    # In the middle of a refund: before the provider did it, and when it did and nobody heard.
    for fault in ("kill before", "kill"):
        there.faults.extend(["", fault] if there.name == "stripe" else [fault])
        payment, refund = paid.pop(), str(uuid4())
        garage.script(PAY_BACK, {"payment": str(payment), "minor": 700, "refund": refund})
        garage.until(lambda: garage.running.process.poll() is not None)
        garage.restart()
    garage.until(lambda: garage.rows("SELECT COUNT(*) FROM parking_refund WHERE state = 'done'") == [(2,)])
    assert there.returned() == garage.sum("refunded_minor", "parking_payment") == 1400
    assert garage.equal()

    # And the command agrees, beside the running server.
    day = garage.clock.now().astimezone(ZoneInfo(ZONE)).date().isoformat()
    command, environment = garage.running.python("")
    words = [command[0], "-m", "gatehouse", "parking", "reconcile", "--json", "--date", day, "--home", command[3]]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one["differences"] for one in json.loads(done.stdout)] == [[]]


def _deliver(told) -> None:
    try:
        told.deliver()
    except httpx.HTTPError:
        """The server is dead."""
