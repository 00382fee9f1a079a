"""Alerts on pages: on top of each until somebody answers, in plain words; and mail, set up by owners."""

from uuid import uuid4

import pytest
from django.urls import reverse
from tests.mailbox import Mailbox
from tests.server.test_alerts import cross, here, look, trip
from tests.server.world import SETUP

from gatehouse.domain.alerts import KINDS
from gatehouse.keeper.protocol import Authority, Role
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.alerts import watching
from gatehouse.server.alerts.models import Alert, Recipient
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import Entry
from gatehouse.server.console import words_alerts as said
from gatehouse.server.interchange import mailing
from gatehouse.server.mail.models import MailServer, Message

WHO = "duty.officer@example.com"


@pytest.fixture
def quiet(house):
    """Before anything happens."""
    watching.look(house.world.now())
    Alert.objects.all().delete()
    return house


def by(house, role) -> By:
    return By.ticket(house.operators[role].pk, house.ticket(role))


def guard(house) -> By:
    house.ticket(Role.SECURITY)
    return by(house, Role.SECURITY)


def text(browser, address) -> str:
    return browser.get(address).content.decode()


# --- alerts ---


def test_with_nothing_to_see_the_page_says_so_and_no_page_has_a_banner(quiet) -> None:
    owner = quiet.browser(Role.OWNER)
    assert "Nothing waits to be looked at." in text(owner, "/trust/alerts/")
    assert "banner" not in text(owner, "/watch/")


def test_a_banner_stands_on_every_page_of_owners_and_auditors_until_somebody_answers(quiet) -> None:
    cross(guard(quiet), times=3)
    look(quiet.world)
    owner, auditor = quiet.browser(Role.OWNER), quiet.browser(Role.AUDITOR)
    for page in ("/watch/", "/people/", "/trust/", "/setup/", "/account/"):
        assert "1 alert that nobody has acknowledged" in text(owner, page), page
    assert "1 alert that nobody" in text(auditor, "/trust/")
    for role in (Role.HR, Role.SECURITY, Role.PARKING):
        assert "nobody has acknowledged" not in text(quiet.browser(role), "/account/")
    page = text(owner, "/trust/alerts/")
    assert "test-security asked for more people than the limit allows" in page
    assert "3 times" in page
    assert "Names" in page
    alert = Alert.objects.get()
    assert auditor.post(reverse("alerts-acknowledge", args=[alert.pk])).status_code == 403
    answered = owner.post(reverse("alerts-acknowledge", args=[alert.pk]), follow=True).content.decode()
    assert "acknowledged by test-owner" in answered
    assert "nobody has acknowledged" not in text(owner, "/watch/")
    again = owner.post(reverse("alerts-acknowledge", args=[alert.pk]), follow=True).content.decode()
    assert "Somebody else was faster" in again


def test_whoever_is_locked_out_is_invited_anew_from_there(quiet) -> None:
    caught = guard(quiet)
    trip(quiet.world, caught)
    look(quiet.world)
    owner = quiet.browser(Role.OWNER)
    page = text(owner, "/trust/alerts/")
    assert "test-security asked for a record that belongs to nobody" in page
    assert "Locked out" in page
    invite = reverse("invite-operator", args=[caught.actor])
    assert invite in page
    link = owner.post(invite).content.decode()
    code = link.split("/enter/")[1].split("/")[0]
    assert sign_in(code).token
    page = text(owner, "/trust/alerts/")
    assert "Locked out" not in page
    assert "Invited anew by test-owner" in page


def test_an_owner_finds_the_worker_whose_page_it_was(quiet) -> None:
    ticket = Authority(ticket=quiet.ticket(Role.WORKER))
    trip(quiet.world, By(str(quiet.person.pk), ticket, worker=True))
    look(quiet.world)
    owner, alert = quiet.browser(Role.OWNER), Alert.objects.get()
    page = text(owner, "/trust/alerts/")
    assert str(quiet.person.pk) not in page
    assert "Somebody on a worker" in page
    assert owner.get(reverse("alerts-who", args=[alert.pk]))["Location"] == reverse("person", args=[quiet.person.pk])


def test_whatever_happens_to_whomever_has_words(quiet) -> None:
    at, rows = quiet.world.now(), []
    for role in ("security", "worker", "job", "", "keeper", "shell", "manager", "contractor"):
        actor = {"job": "job:workdays", "": ""}.get(role, str(uuid4()))
        for kind in (*KINDS, "of_a_later_kind"):
            rows.append(alert_row(len(rows), at, kind=kind, role=role, actor=actor))
    auditor, seen = quiet.browser(Role.AUDITOR), 0
    for number in range(1, 4):
        page = text(auditor, f"/trust/alerts/page/{number}/")
        assert "%(" not in page
        seen += page.count("What to do now")
    assert seen == len(rows)


def alert_row(place, at, **facts) -> Alert:
    return Alert.objects.create(id=uuid4(), history=9, place=place, of="x", at=at, last_at=at, **facts)


def test_all_but_the_urgent_are_answered_at_once(quiet) -> None:
    at = quiet.world.now()
    for place, kind in enumerate(("honey", "over_budget", "over_budget", "limits")):
        alert_row(place, at, kind=kind, role="security", actor="x")
    owner = quiet.browser(Role.OWNER)
    page = text(owner, "/trust/alerts/")
    wanted = [str(one.pk) for one in Alert.objects.all() if f'name="alert" value="{one.pk}"' in page]
    assert len(wanted) == 3
    owner.post(reverse("alerts-acknowledge-all"), {"alert": wanted})
    assert [one.kind for one in Alert.objects.filter(acknowledged_at=None)] == ["honey"]
    assert Entry.objects.filter(verb="alert.acknowledged").count() == 3


def test_an_owner_of_one_site_sees_alerts_of_those_who_work_there_alone(quiet) -> None:
    from tests.server.elsewhere import elsewhere

    world, far = quiet.world, elsewhere(quiet.world).site
    near, away = here(world, world.site), here(world, far)
    cross(near)
    cross(away)
    cross(guard(quiet))
    look(world)
    keeping_out = {one.actor: one.pk for one in Alert.objects.all()}
    owner = add_operator("near-owner", Role.OWNER, sites=[world.site.pk], by=SETUP, at=world.now())
    browser = quiet.browser()
    browser.cookies[COOKIE] = sign_in(world.keeper.invite(str(owner.pk), Role.OWNER, quiet._owner())).token
    assert "1 alert that nobody" in text(browser, "/watch/")
    for actor, status in ((near.actor, 302), (away.actor, 404), (str(quiet.operators[Role.SECURITY].pk), 404)):
        address = reverse("alerts-acknowledge", args=[keeping_out[actor]])
        assert browser.post(address).status_code == status
    assert browser.post("/trust/mail/server", {}).status_code == 404
    everywhere = browser.post("/trust/mail/recipients", {"address": WHO, "site": ""})
    assert everywhere.status_code == 422
    assert browser.post("/trust/mail/recipients", {"address": WHO, "site": str(far.pk)}).status_code == 422
    assert browser.post("/trust/mail/recipients", {"address": WHO, "site": str(world.site.pk)}).status_code == 302
    assert Recipient.objects.get().sites == [str(world.site.pk)]


# --- mail ---


@pytest.fixture
def box():
    with Mailbox(user="gate", password="a password with spaces ") as made:
        yield made


def typed(box, **other) -> dict[str, object]:
    return {
        "host": "127.0.0.1", "port": box.port, "security": "none", "user": box.user, "password": box.password,
        "sender": "gate@example.org",
    } | other  # fmt: skip


def test_a_mail_server_is_set_tried_and_never_shown_again(quiet, box) -> None:
    owner = quiet.browser(Role.OWNER)
    page = owner.post("/trust/mail/test", {"address": WHO}).content.decode()
    assert "There is no mail server" in page
    page = owner.post("/trust/mail/server", typed(box), follow=True).content.decode()
    assert "Kept, sealed." in page
    for secret in (box.password, box.password.strip(), "gate@example.org", 'value="127.0.0.1"'):
        assert secret not in page
    page = owner.post("/trust/mail/test", {"address": WHO}).content.decode()
    assert "The mail server took it" in page
    assert [mail["Subject"] for mail in box.mails] == ["Gatehouse sends mail"]
    assert box.recipients == [WHO]
    owner.post("/trust/mail/server/drop")
    assert MailServer.objects.count() == 0
    assert {"mail.server_set", "mail.tested", "mail.server_dropped"} <= set(
        Entry.objects.values_list("verb", flat=True)
    )


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda box: setattr(box, "password", "another"), "User and password are not right"),
        (lambda box: box.refuse("RCPT", 550), "It refuses this address or this sender"),
        (lambda box: box.refuse("MAIL", 451), "It refuses for now, with status 451"),
        (lambda box: box.refuse("DOT", 554), "It refuses, with status 554"),
        (lambda box: box.hang("EHLO"), "It does not answer in time"),
        (lambda box: box.drop("CONNECT"), "Nobody answers there"),
    ],
)
def test_what_a_mail_server_says_is_said_in_words(quiet, box, how, words, monkeypatch) -> None:
    monkeypatch.setattr(mailing, "TIMEOUT_S", 1.0)
    owner = quiet.browser(Role.OWNER)
    owner.post("/trust/mail/server", typed(box))
    how(box)
    assert words in owner.post("/trust/mail/test", {"address": WHO}).content.decode()
    assert box.mails == []


def test_a_server_that_speaks_no_tls_is_said_to(quiet, box, monkeypatch) -> None:
    monkeypatch.setattr(mailing, "TIMEOUT_S", 1.0)
    owner = quiet.browser(Role.OWNER)
    owner.post("/trust/mail/server", typed(box, security="starttls"))
    page = owner.post("/trust/mail/test", {"address": WHO}).content.decode()
    assert "not with the encryption that was chosen" in page
    assert box.mails == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"host": "smtp.example.com"}, "could be read on the way"),
        ({"host": "smtp.example.com/x", "security": "tls"}, "Enter a valid value"),
        ({"port": "70000"}, "less than or equal to 65535"),
        ({"sender": "gate"}, "Enter a valid email address"),
        ({"sender": "a@example.org\nBcc: b@example.org"}, "Enter a valid email address"),
    ],
)
def test_what_can_not_be_is_said_and_not_kept(quiet, box, wrong, words) -> None:
    page = quiet.browser(Role.OWNER).post("/trust/mail/server", typed(box, **wrong))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert box.password not in page.content.decode()
    assert MailServer.objects.count() == 0


def test_who_hears_of_alerts_is_sealed_and_shown_on_a_click_that_is_logged(quiet) -> None:
    owner = quiet.browser(Role.OWNER)
    assert "Nobody hears of alerts by mail" in text(owner, "/trust/alerts/")
    owner.post("/trust/mail/recipients", {"address": WHO, "site": ""})
    assert "Nobody hears of alerts by mail" not in text(owner, "/trust/alerts/")
    assert WHO not in text(owner, "/trust/mail/")
    assert WHO in owner.post("/trust/mail/recipients/shown").content.decode()
    size = quiet.world.keeper.usage(quiet.ticket(Role.OWNER)).log_size
    owner.post("/trust/mail/recipients/shown")
    assert quiet.world.keeper.usage(quiet.ticket(Role.OWNER)).log_size > size
    owner.post(reverse("mail-recipient-drop", args=[Recipient.objects.get().pk]))
    assert Recipient.objects.count() == 0


def test_a_mail_that_was_given_up_is_told_and_sent_once_more(quiet, box) -> None:
    owner = quiet.browser(Role.OWNER)
    owner.post("/trust/mail/server", typed(box))
    owner.post("/trust/mail/recipients", {"address": WHO, "site": ""})
    cross(guard(quiet))
    look(quiet.world)
    box.refuse("RCPT", 550)
    mailing.deliver_due(quiet.world.now())
    page = text(owner, "/trust/mail/")
    assert "An alert" in page
    assert "It refuses this address or this sender" in page
    box.behave()
    owner.post(reverse("mail-again", args=[Message.objects.get().pk]))
    mailing.deliver_due(quiet.world.now())
    assert box.recipients == [WHO]


def test_every_code_of_the_mail_job_has_words() -> None:
    for code in ("no_server", "no_addresses", "tls", "timeout", "away", "erased", "unsendable", "535", "421", "599"):
        assert str(said.why_not(code).what)
        assert "%(" not in str(said.why_not(code).what)
