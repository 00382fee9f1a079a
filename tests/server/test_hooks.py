"""Other programs are told of what holds, in signed messages that may come twice and never say who."""

import json
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from django.db import transaction
from tests.server.world import SETUP

from gatehouse.crypto.webhooks import is_signed, read, written
from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY
from gatehouse.domain.retries import GIVEN_UP_AFTER
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.hooks import actions
from gatehouse.server.hooks.models import Delivery, DeliveryState, Event, EventKind, Hook
from gatehouse.server.interchange import addresses, delivering
from gatehouse.server.interchange.addresses import NoAddress
from gatehouse.server.parking.payments import settle_payment, start_payment

ALL = list(EventKind)


class Receiver:
    """A program on a real socket that takes messages, loses them, is slow about them, or doubles them."""

    def __init__(self):
        self.came, self.answers = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.came.append((dict(self.headers.items()), body))
                answer = outer.answers.pop(0) if outer.answers else 204
                if answer == "lost":  # it took the message, and the line broke before its answer
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if answer == "slow":
                    outer.slow.wait(3)
                    return
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.slow = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/events"

    def bodies(self):
        return [json.loads(body) for _, body in self.came]

    def stop(self):
        self.slow.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(settings):
    settings.HOOK_HOSTS = frozenset({"127.0.0.1"})
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def hook(world, receiver):
    made = actions.add_hook(world.site, receiver.url, ALL, by=world.operator(Role.OWNER), at=world.now())
    assert isinstance(made, Hook), made
    return made


def secret_of(world, hook) -> bytes:
    cell = keeping.cell("hook.secret/1", hook.pk, hook.secret_cell)
    (found,) = keeping.reveal([cell], world.operator(Role.OWNER).authority, "hooks.page")
    return found


def tell_alarm(world, kind="forced"):
    with transaction.atomic():
        raise_alarm(world.site.pk, "door", kind, at=world.now())


def test_a_message_is_signed_as_standard_webhooks_say(world, hook, receiver):
    tell_alarm(world)
    assert delivering.deliver_due(world.now()) == 1
    ((headers, body),) = receiver.came
    lower = {name.lower(): text for name, text in headers.items()}
    at_s = int(lower["webhook-timestamp"])
    assert 0 <= world.now().timestamp() - at_s < 30
    secret = secret_of(world, hook)
    assert len(secret) == 32
    assert read(written(secret)) == secret
    assert is_signed(secret, lower["webhook-id"], at_s, body, lower["webhook-signature"], now_s=at_s)
    assert not is_signed(secret, lower["webhook-id"], at_s, body + b" ", lower["webhook-signature"], now_s=at_s)
    assert not is_signed(secret, lower["webhook-id"], at_s, body, lower["webhook-signature"], now_s=at_s + 301)
    assert json.loads(body) == {
        "type": "alarm.raised",
        "timestamp": Event.objects.get().at.isoformat(),
        "data": {"site": "works", "gate": "door", "kind": "forced"},
    }


def test_the_signature_is_the_one_of_the_published_example():
    """The example of the specification of Standard Webhooks."""
    from gatehouse.crypto.webhooks import sign

    secret = read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_passages_are_told_as_gate_and_outcome(world, hook, receiver):
    person = world.hire()
    world.tell(
        world.attempt(subject=str(person.pk)),
        world.passage(subject=str(person.pk)),
        world.attempt(granted=False, reason="unknown"),
    )
    delivering.deliver_due(world.now())
    told = [(one["type"], one["data"]) for one in receiver.bodies()]
    assert sorted(told, key=str) == sorted(
        [
            ("gate.answered", {"site": "works", "gate": "door", "direction": "in", "outcome": "granted"}),
            ("gate.answered", {"site": "works", "gate": "door", "direction": "in", "outcome": "refused"}),
            ("gate.passed", {"site": "works", "gate": "door", "direction": "in", "sensed": True}),
        ],
        key=str,
    )
    assert str(person.pk) not in str(receiver.came) + str(list(Event.objects.values()))


def test_a_payment_is_told_with_its_date_and_no_minute_once_the_date_is_over(world, hook, receiver):
    world.tell(world.enters("沪A12345"))
    world.clock.advance(timedelta(hours=2))
    from gatehouse.server.parking.models import OpenStay

    payment, _quote = start_payment(OpenStay.objects.get(), "test", world.now())
    settle_payment(payment.pk, "e-1", Money(payment.amount_minor, payment.currency), by=SETUP, at=world.now())
    settle_payment(payment.pk, "e-1", Money(payment.amount_minor, payment.currency), by=SETUP, at=world.now())
    delivering.deliver_due(world.now())
    (paid,) = [one for one in receiver.bodies() if one["type"] == "payment.settled"]
    assert paid["data"]["garage"] == "main"
    assert paid["data"]["amount_minor"] == payment.amount_minor
    event = Event.objects.get(kind=EventKind.PAID)
    ids = {str(payment.pk), payment.pk.hex, str(payment.stay), payment.stay.hex}
    assert not any(one in str(event.facts) + str(event.pk) + event.pk.hex for one in ids)
    assert paid["timestamp"] == event.at.isoformat()
    world.clock.advance(2 * DAY)
    delivering.sweep(world.now())
    sent = Delivery.objects.get(event=event)
    assert sent.since == sent.due_at == event.at


def test_what_did_not_happen_is_not_told(world, hook):
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():  # noqa: PT012
        raise_alarm(world.site.pk, "door", "forced", at=world.now())
        raise Undone
    assert Event.objects.count() == 0


def test_only_what_was_asked_for_is_told(world, hook, receiver):
    actions.change_hook(hook, [EventKind.PAID], by=SETUP, at=world.now())
    tell_alarm(world)
    assert Event.objects.count() == 0


def test_a_receiver_that_loses_answers_gets_the_message_again_under_the_same_id(world, hook, receiver):
    receiver.answers = ["lost", 500, 302]
    tell_alarm(world)
    for _ in range(4):
        delivering.deliver_due(world.now())
        world.clock.advance(timedelta(minutes=5))
    assert len(receiver.came) == 4
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert len({body for _, body in receiver.came}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.came}) == 4
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.said) == ("delivered", 4, "204")


def test_a_power_cut_between_answer_and_mark_sends_it_twice_and_never_not_at_all(world, hook, receiver, monkeypatch):
    tell_alarm(world)

    def power_fails(said):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(delivering, "_is_taken", power_fails)
        with pytest.raises(KeyboardInterrupt):
            delivering.deliver_due(world.now())
    delivering.deliver_due(world.now())
    assert [headers["webhook-id"] for headers, _ in receiver.came].count(receiver.came[0][0]["webhook-id"]) == 2
    assert Delivery.objects.get().state == DeliveryState.DELIVERED


def test_a_slow_receiver_holds_up_only_its_own(world, hook, receiver, monkeypatch):
    monkeypatch.setattr(delivering, "TIMEOUT_S", 0.3)
    other = Receiver()
    try:
        actions.add_hook(world.site, other.url, ALL, by=world.operator(Role.OWNER), at=world.now())
        receiver.answers = ["slow"] * 5
        for _ in range(3):
            tell_alarm(world)
        delivering.deliver_due(world.now())
        assert (len(receiver.came), len(other.came)) == (1, 3)
        assert set(Delivery.objects.filter(hook=hook).values_list("said", flat=True)) == {"", "timeout"}
        assert not Delivery.objects.filter(hook=hook, due_at__lte=world.now()).exists()
    finally:
        other.stop()


def test_pauses_grow_and_after_three_days_it_is_given_up_with_one_alarm(world, hook, receiver):
    receiver.answers = [503] * 200
    tell_alarm(world)
    tell_alarm(world)
    began, tries = world.now(), []
    while world.now() - began < GIVEN_UP_AFTER + DAY:
        before = len(receiver.came)
        delivering.deliver_due(world.now())
        if len(receiver.came) > before:
            tries.append(world.now() - began)
        world.clock.advance(timedelta(minutes=10))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dead"}
    assert len(receiver.came) < 70
    gaps = [b - a for a, b in pairwise(tries)]
    assert max(gaps) > timedelta(hours=1)
    assert GateAlarm.objects.filter(kind="hook_dead").count() == 1
    # Telling the address that it takes no messages would make the next one.
    assert Event.objects.count() == 2
    receiver.answers = []
    actions.send_again(Delivery.objects.first(), by=SETUP, at=world.now())
    delivering.deliver_due(world.now())
    assert Delivery.objects.filter(state="delivered").count() == 1


def test_a_receiver_that_says_gone_is_turned_off(world, hook, receiver):
    receiver.answers = [410]
    tell_alarm(world)
    delivering.deliver_due(world.now())
    hook.refresh_from_db()
    assert not hook.active
    assert GateAlarm.objects.filter(kind="hook_gone").exists()


def test_the_job_delivers_and_old_events_go(world, hook, receiver):
    tell_alarm(world)
    jobs.run_due(world.now())
    assert len(receiver.came) == 1
    world.clock.advance(31 * DAY)
    jobs.run_due(world.now())
    assert not Event.objects.filter(kind=EventKind.ALARM, facts__kind="forced").exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://example.com:8443/",
        "https://user:word@example.com/",
        "ftp://example.com/",
        "https://",
        "nonsense",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.7/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.7]/",
        "https://[64:ff9b::a00:7]/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://" + "a" * 600 + ".com/",
        "https://xn--\udc80/",
    ],
)
def test_neighbours_are_not_spoken_to(url):
    assert isinstance(addresses.resolved(url), NoAddress)


def test_a_name_that_comes_to_point_inside_is_not_called(world, hook, receiver, settings, monkeypatch):
    Hook.objects.filter(pk=hook.pk).update(url="https://rebound.example/events")

    def inside(host, port, **kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port)), (2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", inside)
    tell_alarm(world)
    delivering.deliver_due(world.now())
    assert receiver.came == []
    assert Delivery.objects.get().said == "private"


def test_only_an_owner_has_a_secret_made(world, receiver):
    for role in (Role.HR, Role.SECURITY, Role.PARKING, Role.AUDITOR):
        made = actions.add_hook(world.site, receiver.url, ALL, by=world.operator(role), at=world.now())
        assert isinstance(made, Refused)
    assert Hook.objects.count() == 0


def test_the_secret_lies_sealed_and_hr_may_not_read_it(world, hook):
    secret = secret_of(world, hook)
    assert secret not in bytes(hook.secret_cell)
    cell = keeping.cell("hook.secret/1", hook.pk, hook.secret_cell)
    assert isinstance(keeping.reveal([cell], world.operator(Role.HR).authority, "hooks.page"), Refused)
