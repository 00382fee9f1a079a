"""Mail that waits: sent once for each fact, again after whatever a mail server does, and telling nothing to a thief."""

import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.mailbox import Mailbox
from tests.server.conftest import committed_world, keeper

from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.interchange import mailing
from gatehouse.server.mail import actions, letters
from gatehouse.server.mail.cells import Address, ServerFacts
from gatehouse.server.mail.letters import Letter
from gatehouse.server.mail.models import MailServer, Message

__all__ = ["committed_world", "keeper"]

WHO = "somebody.known@example.com"


@pytest.fixture
def box():
    with Mailbox(user="gate", password="secret-of-the-mail-server") as made:
        yield made


@pytest.fixture(autouse=True)
def count_letter(monkeypatch):
    letter = Letter("Counted %(count)d", ("At %(site)s there were %(count)d.",), frozenset({"site", "count"}))
    monkeypatch.setitem(letters.LETTERS, "test.count", letter)


@pytest.fixture
def site(world, box):
    """A site whose mail goes to `box`."""
    facts = ServerFacts("127.0.0.1", box.port, box.user, box.password, "none", "gate@example.org")
    actions.set_server(facts, by=world.operator(Role.OWNER), at=world.clock.now())
    return world.site


def address(site, text=WHO, row="row-1"):
    return Address("mail.address/1", row, keeping.seal_one("mail.address/1", site.pk, row, text.encode()))


def send(at, world, own="fact-1", to=None, **facts):
    with transaction.atomic():
        given = {"site": at.name, "count": 7} | facts
        return actions.send("test.count", to or address(at), given, own=own, now=world.clock.now())


def deliver(world, after=timedelta()):
    world.clock.advance(after)
    return mailing.deliver_due(world.clock.now())


def test_a_mail_says_its_facts_and_goes_to_its_address_once(world, site, box):
    first = send(site, world)
    assert send(site, world) == first
    assert (deliver(world), deliver(world)) == (1, 0)
    (mail,) = box.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (WHO, "gate@example.org", "Counted 7")
    assert mail.get_content().strip() == f"At {site.name} there were 7."
    assert mail["Auto-Submitted"] == "auto-generated"


def test_another_fact_or_another_recipient_is_another_mail(world, site, box):
    send(site, world)
    send(site, world, own="fact-2")
    send(site, world, to=address(site, "other@example.com", "row-2"))
    assert deliver(world) == 3
    assert len({mail["Message-ID"] for mail in box.mails}) == 3
    assert sorted(box.recipients) == sorted([WHO, WHO, "other@example.com"])


def test_nothing_of_who_gets_it_lies_in_the_database(world, site, box):
    send(site, world)
    with connection.cursor() as cursor:
        stored = ""
        for table in ("mail_message", "mail_mailserver", "audit_entry"):
            cursor.execute(f"SELECT * FROM {table}")
            stored += repr(cursor.fetchall())
    for secret in (WHO, "example", "row-1", box.password, "127.0.0.1", "gate@"):
        assert secret not in stored, secret
    assert site.name in stored  # what may be read was looked for the same way


def test_a_fact_that_is_undone_is_not_told(world, site, box):
    with transaction.atomic():
        actions.send("test.count", address(site), {"site": "x", "count": 1}, own="x", now=world.clock.now())
        transaction.set_rollback(True)
    assert deliver(world) == 0


@pytest.mark.parametrize("facts", [{"count": "who@example.com"}, {"site": "a\nb"}, {"more": 1}])
def test_only_plain_facts_that_the_letter_declares_are_said(world, site, facts):
    with pytest.raises(AssertionError):
        send(site, world, **facts)


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("how", ["busy", "drop"])
def test_whatever_step_fails_it_is_tried_again_and_arrives_once(world, site, box, step, how):
    send(site, world)
    box.refuse(step, 451) if how == "busy" else box.drop(step)
    assert deliver(world) == 0
    assert deliver(world) == 0  # not at once
    tried = box.connections
    assert tried == 1
    box.behave()
    assert deliver(world, timedelta(seconds=6)) == 1
    assert len(box.mails) == 1


def test_a_mail_server_that_hangs_is_left_and_tried_again(world, site, box, monkeypatch):
    monkeypatch.setattr(mailing, "TIMEOUT_S", 1.0)
    send(site, world)
    box.hang("DATA")
    began = time.monotonic()
    assert deliver(world) == 0
    assert time.monotonic() - began < 5
    assert Message.objects.get().said == "timeout"
    box.behave()
    assert deliver(world, timedelta(seconds=6)) == 1


def test_an_address_that_is_refused_for_good_ends_alone_and_raises_an_alarm(world, site, box):
    send(site, world)
    box.refuse("RCPT", 550)
    deliver(world)
    assert (Message.objects.get().state, Message.objects.get().said) == ("dead", "550")
    assert GateAlarm.objects.filter(kind="mail_dead").count() == 1
    box.behave()
    send(site, world, own="fact-2")
    assert deliver(world) == 1
    assert [mail["Subject"] for mail in box.mails] == ["Counted 7"]


def test_a_wrong_password_keeps_everything_waiting(world, site, box):
    send(site, world)
    send(site, world, own="fact-2")
    box.password = "another"
    assert deliver(world) == 0
    assert {(one.state, one.said) for one in Message.objects.all()} == {("waiting", "535")}
    box.password = "secret-of-the-mail-server"
    assert deliver(world, timedelta(seconds=6)) == 2


def test_after_three_days_it_is_given_up(world, site, box):
    send(site, world)
    box.drop("CONNECT")
    for _ in range(20):
        deliver(world, timedelta(hours=6, minutes=40))
    assert Message.objects.get().state == "dead"
    assert GateAlarm.objects.filter(kind="mail_dead").count() == 1


def test_without_a_mail_server_mail_waits_for_one(world, box):
    MailServer.objects.all().delete()
    send(world.site, world)
    assert deliver(world) == 0
    assert Message.objects.get().said == "no_server"


def test_a_mail_that_was_taken_before_the_line_broke_comes_again_as_the_same(world, site, box):
    """The one moment in which nobody can know: then twice, under one id and one date, rather than never."""
    send(site, world)
    box.take_and_drop()
    assert deliver(world) == 0
    box.behave()
    assert deliver(world, timedelta(minutes=5)) == 1
    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


def test_old_mail_goes_and_waiting_mail_stays(world, site, box):
    send(site, world)
    deliver(world)
    send(site, world, own="fact-2")
    world.clock.advance(timedelta(days=31))
    assert mailing.sweep(world.clock.now()) == 1
    assert Message.objects.get().state == "waiting"


SENDER = """
import os, sys, time
from pathlib import Path
home, database, clock = sys.argv[1:]
os.environ["GATEHOUSE_HOME"], os.environ["DJANGO_SETTINGS_MODULE"] = home, "gatehouse.server.settings"
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = database
settings.SECRET_KEY = "the same in every process"
django.setup()
from gatehouse.clock import ShiftedClock
from gatehouse.keeper.client import Client
from gatehouse.server import keeping
from gatehouse.server.interchange import mailing
from gatehouse.server.mail import letters
from gatehouse.server.mail.models import Message
letters.LETTERS["test.count"] = letters.Letter("Counted %(count)d", ("%(site)s",), frozenset({"site", "count"}))
keeping.configure(Client(Path(home) / "keeper" / "keeper.sock"))
ends = time.monotonic() + 20
while Message.objects.filter(state="waiting").exists() and time.monotonic() < ends:
    mailing.deliver_due(ShiftedClock(Path(clock)).now())
"""


@pytest.mark.timeout(120)
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_mail_every_fact_arrives_and_only_the_one_in_hand_twice(committed_world, clock, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("the process takes the test's database by its file")
    world, script = committed_world, tmp_path / "sender.py"
    script.write_text(SENDER)
    command = [sys.executable, str(script), str(world.home), str(connection.settings_dict["NAME"]), str(clock.file)]
    running: list[subprocess.Popen[bytes]] = []

    def kill(number: int) -> None:
        if number in (1, 4):
            running[-1].send_signal(signal.SIGKILL)

    with Mailbox(on_taken=kill) as box:
        facts = ServerFacts("127.0.0.1", box.port, security="none", sender="gate@example.org")
        actions.set_server(facts, by=world.operator(Role.OWNER), at=world.now())
        wanted = {send(world.site, world, own=f"fact-{n}").hex for n in range(5)}
        ended = []
        for _ in range(3):
            running.append(subprocess.Popen(command))
            ended.append(running[-1].wait(60))
    assert ended == [-signal.SIGKILL, -signal.SIGKILL, 0]
    ids = [mail["Message-ID"].partition("@")[0].lstrip("<") for mail in box.mails]
    assert set(ids) == wanted
    assert len(ids) == len(wanted) + 2
    assert {one.state for one in Message.objects.all()} == {"sent"}
