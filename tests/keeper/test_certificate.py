"""What an erasure gives to show: signed, about a line that is in the log; and the proof of a single look."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from gatehouse.keeper.breach import breach
from gatehouse.keeper.certificate import NotProved, check_certificate, check_proof
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import Authority, KeyClass, Role

from .conftest import START, Desk

Refusal = Callable[[Callable[[], object]], str]


def erased(desk: Desk) -> tuple[str, bytes]:
    ann, _ = desk.person()
    desk.sealed("contract.terms/1", ann, b"terms")
    by = desk.sign_in(Role.HR)
    desk.client.hold(ann, KeyClass.WORK, date(2029, 3, 10), "law.pay", by)
    return ann, desk.client.forget(ann, [KeyClass.IDENTITY, KeyClass.WORK, KeyClass.FACE], by).certificate


def test_a_certificate_says_what_went_and_what_stays_until_when(desk: Desk) -> None:
    ann, made = erased(desk)
    facts = check_certificate(made)
    assert (facts.subject, facts.asked_by, facts.role, facts.at) == (ann, "operator-hr", "hr", START)
    assert [(one.key, one.keys) for one in facts.destroyed] == [("face", 0), ("identity", 1)]
    assert [(one.key, one.until, one.why) for one in facts.stays] == [("work", date(2029, 3, 10), "law.pay")]


def test_a_certificate_holds_after_the_log_went_on(desk: Desk) -> None:
    _, made = erased(desk)
    for _ in range(5):
        desk.client.note([b"h" * 32])
    assert check_certificate(made).log.place < desk.service.vault.log.head()[0] - 5


def test_an_erasure_that_a_hold_stops_altogether_is_certified_too(desk: Desk) -> None:
    ann, _ = desk.person()
    by = desk.sign_in()
    desk.client.hold(ann, KeyClass.IDENTITY, date(2029, 3, 10), "dispute", by)
    facts = check_certificate(desk.client.forget(ann, [KeyClass.IDENTITY], by).certificate)
    assert (facts.destroyed, [one.key for one in facts.stays]) == ([], ["identity"])


def changed(made: bytes, *path: str, to: object) -> bytes:
    whole = json.loads(made)
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("facts", "subject"), "somebody-else"),
        (("facts", "destroyed"), [{"key": "identity", "keys": 1}]),
        (("facts", "stays"), []),
        (("facts", "at"), "2026-03-11T01:00:00Z"),
        (("facts", "log", "place"), 0),
        (("facts", "origin"), "gatehouse/0000000000000000"),
        (("facts", "log", "verify_key"), "00" * 32),
        (("facts", "log", "verify_key"), "zz"),
        (("signature",), "00" * 64),
        (("facts", "format"), "gatehouse erasure certificate/2"),
    ],
    ids=["subject", "destroyed", "stays", "at", "place", "origin", "key", "no-key", "signature", "format"],
)
def test_a_certificate_that_was_changed_is_refused(desk: Desk, path: tuple[str, ...], to: object) -> None:
    _, made = erased(desk)
    with pytest.raises(NotProved):
        check_certificate(changed(made, *path, to=to))


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"facts": 1, "signature": ""}'])
def test_what_is_no_certificate_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotProved, match="not what this command checks"):
        check_certificate(data)


def test_a_worker_gets_the_proof_of_a_look_at_them_and_of_no_other_line(desk: Desk, refusal: Refusal) -> None:
    ann, name = desk.person("Ann Example")
    ben, other = desk.person("Ben Example")
    desk.client.reveal([name], desk.sign_in(Role.HR, actor="operator-7"), "person.page")
    desk.client.reveal([other], desk.sign_in(Role.HR, actor="operator-7"), "person.page")
    token = desk.worker(ann).ticket or ""
    look = next(one for one in desk.client.looks(ann, token) if one.purpose == "person.page")
    proof, entry = check_proof(desk.client.prove(look.place, token))
    assert (proof.place, entry.actor, entry.purpose) == (look.place, "operator-7", "person.page")
    assert entry.subjects == [desk.service.vault.pseudonym(ann)]
    size = desk.service.vault.log.head()[0]
    bens = next(one for one in desk.client.looks(ben, desk.sign_in().ticket or "") if one.purpose == "person.page")
    for place in (0, bens.place, size, -1):
        assert refusal(lambda place=place: desk.client.prove(place, token)) == "not_allowed"
    assert refusal(lambda: desk.client.prove(look.place, desk.sign_in(Role.SECURITY).ticket or "")) == "not_allowed"
    assert check_proof(desk.client.prove(bens.place, desk.sign_in(Role.AUDITOR).ticket or ""))[0].place == bens.place


def test_a_proof_of_a_line_that_is_not_in_the_log_is_refused(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    desk.client.reveal([name], desk.sign_in(), "person.page")
    auditor = desk.sign_in(Role.AUDITOR).ticket or ""
    look = next(one for one in desk.client.looks(ann, auditor) if one.purpose == "person.page")
    made, another = desk.client.prove(look.place, auditor), desk.client.prove(0, auditor)
    with pytest.raises(NotProved, match="not in the log"):
        check_proof(changed(made, "entry", to=json.loads(another)["entry"]))


def test_a_breach_is_told_by_whom_it_concerns_and_what_was_read(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    ben, other = desk.person("Ben Example")
    bank = desk.sealed("person.bank/1", ann, b"{}")
    thief = desk.sign_in(Role.HR, actor="thief")
    desk.client.reveal([name, bank], thief, "person.edit")
    desk.clock.forward(timedelta(hours=2))
    desk.client.reveal([other], desk.sign_in(Role.OWNER, actor="honest"), "person.page")
    desk.client.forget(ann, [KeyClass.IDENTITY, KeyClass.ACCESS], desk.sign_in())
    with Inspector(desk.home) as inspector:
        known = inspector.pseudonyms()
    lines = list(desk.service.vault.log.entries())
    hour = breach(lines, known, START, START + timedelta(hours=1))
    assert [(one.id, one.classes, one.actors) for one in hour.affected] == [(ann, ["names", "sensitive"], ["thief"])]
    both = breach(lines, known, START, START + timedelta(hours=3))
    assert {one.id for one in both.affected} == {ann, ben}
    assert [one.actor for one in both.readers if one.people] == ["honest", "thief"]
    assert [one.id for one in breach(lines, known, START, START + timedelta(hours=3), "honest").affected] == [ben]
    assert breach(lines, known, START + timedelta(hours=3), START + timedelta(hours=4)).affected == []


def test_a_job_is_refused_every_proof(desk: Desk) -> None:
    with pytest.raises(Exception, match="no_ticket"):
        desk.client.prove(0, Authority(job="feed").ticket or "nothing")
