"""What the keeper saw becomes an alert, once: through crashes, floods and a log that somebody cut."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from tests.mailbox import Mailbox
from tests.server.conftest import committed_world, keeper
from tests.server.test_hooks import Receiver
from tests.server.world import SETUP, overtake

from gatehouse.clock import SystemClock
from gatehouse.domain.alerts import KINDS
from gatehouse.keeper.client import Client, KeeperAway
from gatehouse.keeper.local import socket_path
from gatehouse.keeper.protocol import Authority, Refused, Role
from gatehouse.keeper.service import Service
from gatehouse.server import jobs, keeping
from gatehouse.server.accounts.actions import sign_in
from gatehouse.server.accounts.signed_in import signed_in
from gatehouse.server.alerts import actions, queries, watching
from gatehouse.server.alerts.models import Alert, Recipient, Watched
from gatehouse.server.audit.models import Entry
from gatehouse.server.hooks.actions import add_hook
from gatehouse.server.hooks.models import Event, EventKind, Hook
from gatehouse.server.interchange import delivering, mailing
from gatehouse.server.mail.actions import set_server
from gatehouse.server.mail.cells import ServerFacts
from gatehouse.server.mail.letters import LETTERS
from gatehouse.server.mail.models import Message

__all__ = ["committed_world", "keeper"]

HONEYS = Authority(job="honeys")


@pytest.fixture
def watched(world):
    """The world, once it has looked: the keeper of a whole run of tests has seen much."""
    return begin(world)


def begin(world):
    watching.look(world.now())
    Alert.objects.all().delete()
    return world


def look(world):
    return watching.look(world.now())


def guard(world, role=Role.SECURITY):
    return world.operator(role)


def cross(by, times=1, people=61):
    """Ask for more names than a guard's hour allows."""
    ids = [str(uuid4()) for _ in range(people)]
    sealed = keeping.seal_many([keeping.plain("person.name/1", who, who, b"Nobody Known") for who in ids])
    cells = [keeping.cell("person.name/1", who, data) for who, data in zip(ids, sealed, strict=True)]
    for _ in range(times):
        said = keeping.reveal(cells, by.authority, "test")
        assert isinstance(said, Refused)
        assert said.code == "over_budget"


def honey(world):
    """The cell of a record of nobody."""
    ids = [one.id for one in world.keeper.lay_honeys([str(world.site.pk)], HONEYS) if one.kind == "person"]
    (made,) = world.keeper.honey_cells(ids[:1], HONEYS)
    return keeping.cell("person.name/1", made.id, made.cells["person.name/1"])


def trip(world, by):
    assert keeping.reveal([honey(world)], by.authority, "person.page") == Refused("no_ticket")


# --- once ---


def test_whoever_meets_a_record_of_nobody_is_locked_out_and_told_of(watched):
    by = guard(watched)
    assert signed_in(by.authority.ticket) is not None
    trip(watched, by)
    assert look(watched) == 1
    (alert,) = Alert.objects.all()
    assert (alert.kind, alert.actor, alert.role, alert.of, alert.count) == ("honey", by.actor, "security", "reveal", 1)
    assert look(watched) == 0


@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_open_a_second_ago_opens_no_more(committed_world):
    world = begin(committed_world)
    by = guard(world)
    assert signed_in(by.authority.ticket) is not None  # kept for half a minute
    trip(world, by)
    look(world)
    assert signed_in(by.authority.ticket) is None


def test_crossing_a_limit_again_and_again_is_one_alert_an_hour(watched, moved):
    by, other = guard(watched), guard(watched)
    cross(by, times=5)
    look(watched)
    cross(by, times=3)
    cross(other)
    look(watched)
    assert sorted(Alert.objects.values_list("actor", "of", "count")) == sorted(
        [(by.actor, "names", 8), (other.actor, "names", 1)]
    )
    moved(timedelta(minutes=61))
    cross(by)
    look(watched)
    assert sorted(Alert.objects.filter(actor=by.actor).values_list("count", flat=True)) == [1, 8]


def test_what_goes_on_after_somebody_answered_is_a_new_alert(watched):
    by = guard(watched)
    cross(by)
    look(watched)
    assert actions.acknowledge(Alert.objects.get(), by=SETUP, at=watched.now())
    assert not actions.acknowledge(Alert.objects.get(), by=SETUP, at=watched.now())
    cross(by)
    assert look(watched) == 1
    assert Entry.objects.filter(verb="alert.acknowledged").count() == 1


def test_two_that_look_at_once_take_it_once(watched, monkeypatch):
    cross(guard(watched), times=2)
    ran = []
    overtake(monkeypatch, keeping, "must", lambda: ran.append(look(watched)))
    assert look(watched) == 0
    assert ran == [1]
    assert [one.count for one in Alert.objects.all()] == [2]


def test_more_than_one_answer_holds_is_taken_in_one_look(watched, monkeypatch):
    for _ in range(3):
        cross(guard(watched), times=70)
    look(watched)
    assert sorted(one.count for one in Alert.objects.all()) == [70, 70, 70]


def test_while_the_keeper_is_away_nothing_is_lost(watched, keeper_home):
    cross(guard(watched))
    keeping.configure(None)
    with pytest.raises(KeeperAway):
        look(watched)
    keeping.configure(watched.keeper)
    assert look(watched) == 1


def test_what_was_there_before_the_first_look_is_shown_and_not_sent(watched):
    recipient(watched)
    cross(guard(watched))
    Watched.objects.all().delete()
    look(watched)
    assert Alert.objects.count() >= 1
    assert Message.objects.count() == 0
    cross(guard(watched))
    look(watched)
    assert Message.objects.count() == 1


def test_it_is_looked_at_by_the_clock(watched, moved):
    cross(guard(watched))
    moved(timedelta(seconds=11))
    jobs.run_due(watched.now())
    assert Alert.objects.count() == 1


# --- who may see it ---


def test_a_worker_stands_there_under_the_dates_alias(watched):
    person = watched.hire("S-7", "Wen Somebody")
    ticket = sign_in(
        watched.keeper.invite(str(person.pk), Role.WORKER, watched.operator(Role.OWNER).authority,
                              sites=(str(watched.site.pk),), subject=str(person.pk))
    ).token  # fmt: skip
    assert keeping.reveal([honey(watched)], Authority(ticket=ticket), "me.page") == Refused("no_ticket")
    look(watched)
    alert = Alert.objects.get()
    assert alert.actor.startswith("~")
    assert (alert.role, alert.sites) == ("worker", [str(watched.site.pk)])
    assert queries.person_behind(alert) == person.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM alerts_alert")
        stored = repr(cursor.fetchall())
    assert str(person.pk) not in stored
    assert person.pk.hex not in stored


# --- killed ---

WATCHER = """
import json, os, signal, sqlite3, sys
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
from gatehouse.server import keeping, moment
from gatehouse.server.alerts import watching

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def tell_and_die(*facts):
    tell_of(*facts)
    die()

tell_of = watching.tell_of
moment.use(ShiftedClock(Path(clock)))
STEPS = {"asked": ("_take", die), "moved": ("_keep", die)}
STEPS |= {"stored": ("tell_of", die), "told": ("tell_of", tell_and_die)}
found = {}
for dies in (*STEPS, "never", "again"):
    pid = os.fork()
    if not pid:  # a process of its own, which has asked and written nothing yet
        if dies in STEPS:
            setattr(watching, *STEPS[dies])
        keeping.configure(Client(Path(home) / "keeper" / "keeper.sock"))
        watching.look(moment.now())
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    held = sqlite3.connect(database)
    counts = [held.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("alerts_alert", "mail_message")]
    held.close()
    found[dies] = [ended, *counts]
print(json.dumps(found))
"""


@pytest.mark.timeout(180)
@pytest.mark.django_db(transaction=True)
def test_killed_anywhere_between_asking_and_storing_it_is_told_once(committed_world, clock, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("the process takes the test's database by its file")
    world, script = begin(committed_world), tmp_path / "watcher.py"
    recipient(world)
    script.write_text(WATCHER)
    by = guard(world)
    cross(by, times=4)
    command = [sys.executable, str(script), str(world.home), str(connection.settings_dict["NAME"]), str(clock.file)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    killed = [-signal.SIGKILL, 0, 0]
    assert found == {
        "asked": killed, "moved": killed, "stored": killed, "told": killed, "never": [0, 1, 1], "again": [0, 1, 1],
    }  # fmt: skip
    assert [(one.actor, one.count) for one in Alert.objects.all()] == [(by.actor, 4)]


# --- a log that is not what it was ---


class OldKeeper:
    """A keeper in this process, on a home that can be put back to what it was."""

    def __init__(self, home):
        self.home = home
        self.start()

    def start(self):
        self.service = Service(self.home, SystemClock())
        self.service.start()
        self.client = Client(socket_path(self.home), timeout_s=10)
        keeping.configure(self.client)

    def stop(self):
        self.client.close()
        self.service.stop()

    def copy(self, to):
        self.stop()
        shutil.copytree(self.home, to)
        self.start()

    def put_back(self, copy):
        self.stop()
        shutil.rmtree(self.home)
        shutil.copytree(copy, self.home)
        self.start()

    def write(self, count):
        for _ in range(count):
            keeping.note([os.urandom(32)])


@pytest.fixture
def old_keeper(db, tmp_path, keeper, world):
    made = OldKeeper(tmp_path / "home")
    yield made
    made.stop()
    keeping.configure(keeper)


def crossed_kinds():
    return sorted(Alert.objects.values_list("kind", flat=True))


def test_a_log_that_goes_on_is_the_same(old_keeper, world):
    look(world)
    old_keeper.write(3)
    look(world)
    old_keeper.stop()
    old_keeper.start()
    look(world)
    assert crossed_kinds() == []


@pytest.mark.parametrize(("more", "kind"), [(0, "log_cut"), (40, "log_forked")])
def test_a_log_that_was_put_back_is_an_alert_once_and_loud(old_keeper, world, tmp_path, more, kind):
    """Put back it is shorter; with lines of its own written over those that were there it is another log."""
    look(world)
    old_keeper.copy(tmp_path / "copy")
    old_keeper.write(10)
    look(world)
    recipient(world)
    known = Watched.objects.get()
    old_keeper.put_back(tmp_path / "copy")
    old_keeper.write(more)
    assert look(world) == 1
    (alert,) = Alert.objects.all()
    now_known = Watched.objects.get()
    assert (alert.kind, alert.place, alert.of.partition(":")[0]) == (kind, -1, str(known.size))
    assert (now_known.history, now_known.through) == (1, now_known.size)
    old_keeper.write(2)
    assert look(world) == 0
    assert [one.kind for one in Message.objects.all()] == [f"alert.{kind}"]


def test_after_a_break_what_was_known_is_not_told_twice_and_what_was_not_is_told(old_keeper, world, tmp_path):
    before = world_operator(world, old_keeper.home)
    cross(before, times=2)
    look(world)
    old_keeper.copy(tmp_path / "copy")
    old_keeper.write(30)
    look(world)
    old_keeper.put_back(tmp_path / "copy")
    unheard = world_operator(world, old_keeper.home)
    cross(unheard)
    look(world)
    assert sorted(Alert.objects.values_list("kind", "actor", "count")) == sorted(
        [("over_budget", before.actor, 2), ("log_cut", "keeper", 1), ("over_budget", unheard.actor, 1)]
    )


def world_operator(world, home):
    """Signed in at the keeper of this home."""
    from gatehouse.keeper.local import invite_operator
    from gatehouse.server.accounts.actions import add_operator
    from gatehouse.server.audit.by import By

    operator = add_operator(f"op-{uuid4().hex[:8]}", Role.SECURITY, by=SETUP, at=world.now())
    entered = sign_in(invite_operator(home, str(operator.pk), Role.SECURITY))
    return By.ticket(operator.pk, entered.token)


def test_another_root_of_the_same_size_is_another_log(watched):
    look(watched)
    Watched.objects.update(root=os.urandom(32))
    keeping.note([os.urandom(32)])
    look(watched)
    assert Alert.objects.get(place=-1).kind == "log_forked"


# --- who hears of it ---

WHO = "duty.officer@example.com"


def recipient(world, sites=()):
    return actions.add_recipient(WHO, sites, by=SETUP, at=world.now())


def test_every_kind_has_its_letter():
    assert {f"alert.{kind}" for kind in KINDS} == {kind for kind in LETTERS if kind.startswith("alert.")}


def test_one_mail_goes_for_one_alert_and_names_nobody(watched):
    recipient(watched)
    by = guard(watched)
    with Mailbox() as box:
        facts = ServerFacts("127.0.0.1", box.port, security="none", sender="gate@example.org")
        set_server(facts, by=watched.operator(Role.OWNER), at=watched.now())
        cross(by, times=6)
        look(watched)
        cross(by, times=6)
        look(watched)
        mailing.deliver_due(watched.now())
    (mail,) = box.mails
    assert box.recipients == [WHO]
    assert mail["Subject"] == "Alert: a limit on looking was crossed"
    assert by.actor not in mail.as_string()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM alerts_recipient")
        assert "example" not in repr(cursor.fetchall())


def test_an_address_hears_of_its_own_sites_only(watched):
    from tests.server.elsewhere import elsewhere

    far = elsewhere(watched).site
    recipient(watched, [str(far.pk)])
    cross(guard(watched))  # of every site
    look(watched)
    assert Message.objects.count() == 0
    cross(here(watched, far))
    look(watched)
    assert Message.objects.count() == 1


def here(world, site):
    """A guard of this site alone."""
    from gatehouse.server.accounts.actions import add_operator
    from gatehouse.server.audit.by import By

    operator = add_operator(f"op-{uuid4().hex[:8]}", Role.SECURITY, sites=[site.pk], by=SETUP, at=world.now())
    owner = world.operator(Role.OWNER).authority
    code = world.keeper.invite(str(operator.pk), Role.SECURITY, owner, sites=(str(site.pk),))
    return By.ticket(operator.pk, sign_in(code).token)


def test_other_programs_hear_the_kind_and_the_role(watched, settings):
    settings.HOOK_HOSTS = frozenset({"127.0.0.1"})
    receiver = Receiver()
    made = add_hook(watched.site, receiver.url, [EventKind.ALERTED], by=watched.operator(Role.OWNER), at=watched.now())
    assert isinstance(made, Hook)
    by = guard(watched)
    cross(by, times=3)
    look(watched)
    delivering.deliver_due(watched.now())
    receiver.stop()
    (body,) = receiver.bodies()
    assert (body["type"], body["data"]) == (
        "alert.raised", {"site": "works", "kind": "over_budget", "role": "security"}
    )  # fmt: skip
    assert by.actor not in repr(list(Event.objects.values()))


def test_an_alert_that_can_not_be_stored_sends_nothing(watched):
    recipient(watched)
    cross(guard(watched))
    with transaction.atomic():
        look(watched)
        transaction.set_rollback(True)
    assert (Alert.objects.count(), Message.objects.count()) == (0, 0)
    assert look(watched) == 1
    assert Message.objects.count() == 1


def test_whoever_is_taken_off_hears_no_more(watched):
    actions.drop_recipient(recipient(watched), by=SETUP, at=watched.now())
    assert Recipient.objects.count() == 0
    cross(guard(watched))
    look(watched)
    assert Message.objects.count() == 0
