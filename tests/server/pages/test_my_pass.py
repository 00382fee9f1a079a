"""The pass on a worker's phone: signed by their own ticket, short, used once, and no row that tells when."""

import re
from datetime import timedelta

import pytest

from gatehouse.crypto.tokens import Token, check
from gatehouse.keeper.protocol import Hello, Role, Welcome
from gatehouse.server import keeping
from gatehouse.server.people import credential_actions
from gatehouse.server.people.models import Credential, Person, PersonState


def text_of(house, monkeypatch):
    """What the page draws."""
    drawn = []
    monkeypatch.setattr("gatehouse.server.portal.my_pass.qr_svg", lambda text, title: drawn.append(text) or "drawn")
    answer = house.browser(Role.WORKER).post("/me/pass/code")
    return answer, drawn[0] if drawn else None


def test_a_code_holds_a_minute_and_each_is_another(house, monkeypatch):
    _, first = text_of(house, monkeypatch)
    _, second = text_of(house, monkeypatch)
    key = keeping.must(Hello(), Welcome).verify_key
    tokens = [check(text, "pass", key) for text in (first, second)]
    assert all(isinstance(token, Token) for token in tokens)
    one, other = (token.claims for token in tokens)
    assert one["id"] != other["id"]
    assert (one["sub"], one["site"]) == (str(house.person.pk), str(house.world.site.pk))
    assert timedelta(seconds=one["exp"] - house.world.now().timestamp()) <= timedelta(seconds=61)


def test_nothing_is_written_that_tells_when_somebody_came(house, monkeypatch):
    before = Credential.objects.count()
    text_of(house, monkeypatch)
    assert Credential.objects.count() == before


def test_who_has_left_gets_none(house, monkeypatch):
    Person.objects.filter(pk=house.person.pk).update(state=PersonState.LEFT)
    answer, text = text_of(house, monkeypatch)
    assert (answer.status_code, text) == (422, None)


@pytest.mark.parametrize("role", [Role.OWNER, Role.SECURITY, Role.HR])
def test_it_is_the_worker_s_own(house, role):
    assert house.browser(role).post("/me/pass/code").status_code == 403


def test_a_worker_s_ticket_signs_for_nobody_else(house):
    other = house.world.hire("S-200", "Ada Quill")
    signed = credential_actions.show_pass(other, by=_worker(house), at=house.world.now())
    assert signed == credential_actions.NotEnrolled("not_allowed")


def _worker(house):
    from gatehouse.keeper.protocol import Authority
    from gatehouse.server.audit.by import By

    return By(str(house.person.pk), Authority(ticket=house.ticket(Role.WORKER)))


def test_a_get_spends_no_code(house):
    assert house.browser(Role.WORKER).get("/me/pass/code").status_code == 405
    page = house.browser(Role.WORKER).get("/me/pass/").content.decode()
    assert not re.search("<svg[^>]*>.*QR", page)
    assert 'data-next="30"' in page
