"""Legal holds: what they keep, who may lay and lift them, and that an erasure which waited happens by itself."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from gatehouse.keeper import service
from gatehouse.keeper.erasing import finish_waiting
from gatehouse.keeper.protocol import Authority, KeyClass, Role

from .conftest import START, Desk, eventually

Refusal = Callable[[Callable[[], object]], str]
UNTIL = date(2026, 4, 1)
ALL = (KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK)


def test_a_hold_keeps_its_class_and_no_other(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    terms = desk.sealed("contract.terms/1", ann, b"terms")
    by = desk.sign_in(Role.HR)
    desk.client.hold(ann, KeyClass.WORK, UNTIL, "law.pay", by, "PR 2026-04")
    done = desk.client.forget(ann, ALL, by)
    assert sorted(done.destroyed) == ["access", "face", "identity"]
    assert [(one.key, one.until, one.why, one.reference) for one in done.stays] == [
        ("work", UNTIL, "law.pay", "PR 2026-04")
    ]
    assert desk.client.reveal([name, terms], desk.sign_in(), "x") == [None, b"terms"]
    told = desk.client.held(ann, by)
    assert (told.classes, told.waiting) == ([KeyClass.WORK], [KeyClass.WORK])


def test_what_waited_is_destroyed_when_the_hold_is_over_and_the_log_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SWEEP_S", 0.05)
    desk.restart()
    ann, _ = desk.person()
    terms = desk.sealed("contract.terms/1", ann, b"terms")
    by = desk.sign_in()
    desk.client.hold(ann, KeyClass.WORK, UNTIL, "law.pay", by)
    desk.client.forget(ann, [KeyClass.WORK], by)
    desk.clock.at = START.replace(month=3, day=31, hour=23)
    finish_waiting(desk.service.vault)
    assert desk.client.reveal([terms], desk.sign_in(), "x") == [b"terms"]
    desk.clock.at = START.replace(month=4, day=1, hour=0)
    assert eventually(lambda: desk.client.reveal([terms], desk.sign_in(), "x") == [None])
    last = [one for one in desk.service.vault.log.entries() if one.kind == "tombstone"][-1]
    assert (last.actor, last.purpose, last.subjects) == ("keeper", "work", [desk.service.vault.pseudonym(ann)])


def test_lifting_the_last_hold_destroys_at_once_and_another_hold_still_keeps(desk: Desk) -> None:
    ann, _ = desk.person()
    terms, by = desk.sealed("contract.terms/1", ann, b"terms"), desk.sign_in()
    first = desk.client.hold(ann, KeyClass.WORK, UNTIL, "law.pay", by)
    second = desk.client.hold(ann, KeyClass.WORK, UNTIL, "dispute", by)
    desk.client.forget(ann, [KeyClass.WORK], by)
    desk.client.lift_hold(first, ann, by)
    assert desk.client.reveal([terms], desk.sign_in(), "x") == [b"terms"]
    desk.client.lift_hold(second, ann, by)
    assert desk.client.reveal([terms], desk.sign_in(), "x") == [None]


def test_a_hold_on_somebody_whom_nobody_erases_destroys_nothing_when_it_ends(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    desk.client.hold(ann, KeyClass.IDENTITY, UNTIL, "dispute", desk.sign_in())
    desk.clock.forward(timedelta(days=60))
    finish_waiting(desk.service.vault)
    assert desk.client.reveal([name], desk.sign_in(), "x") == [b"Ann Example"]


def test_who_is_kept_only_for_a_hold_is_found_by_no_search(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    by = desk.sign_in()
    desk.client.index([name])
    desk.client.hold(ann, KeyClass.IDENTITY, UNTIL, "law.pay", by)
    assert desk.client.find("ann", by.ticket or "") == [ann]
    desk.client.forget(ann, [KeyClass.IDENTITY], by)
    assert desk.client.find("ann", by.ticket or "") == []
    desk.client.index([name])  # as the server's job does every five minutes
    assert desk.client.find("ann", by.ticket or "") == []
    desk.restart()
    desk.client.index([name])
    assert desk.client.find("ann", desk.sign_in().ticket or "") == []


def test_holds_stand_in_the_log_with_class_and_end_and_without_a_name(desk: Desk) -> None:
    ann, _ = desk.person()
    by = desk.sign_in()
    name = desk.client.hold(ann, KeyClass.FACE, UNTIL, "investigation", by, "case 7")
    desk.client.lift_hold(name, ann, by)
    laid, lifted = [one for one in desk.service.vault.log.entries() if one.kind in ("hold", "lift")]
    assert (laid.purpose, lifted.purpose) == ("face:investigation:2026-04-01", "face:investigation")
    assert laid.subjects == lifted.subjects == [desk.service.vault.pseudonym(ann)]


def test_only_owners_and_hr_lay_and_lift_holds(desk: Desk, refusal: Refusal) -> None:
    ann, _ = desk.person()
    name = desk.client.hold(ann, KeyClass.WORK, UNTIL, "claim", desk.sign_in(Role.HR))
    for by in (desk.sign_in(Role.SECURITY), desk.worker(ann), Authority(job="staff"), Authority(job="retention")):
        assert refusal(lambda by=by: desk.client.hold(ann, KeyClass.WORK, UNTIL, "claim", by)) == "not_allowed"
        assert refusal(lambda by=by: desk.client.lift_hold(name, ann, by)) == "not_allowed"
    assert desk.client.held(ann, desk.worker(ann)).holds[0].id == name  # whose data it is may know
    ben, _ = desk.person()
    assert refusal(lambda: desk.client.held(ann, desk.worker(ben))) == "not_allowed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": KeyClass.SITE_DAY}, "key"),
        ({"until": START.date()}, "until"),
        ({"until": date(2099, 1, 1)}, "until"),
        ({"why": "because Ann said so"}, "why"),
        ({"reference": "x" * 41}, "reference"),
    ],
    ids=["class", "today", "too-far", "a-sentence", "too-long"],
)
def test_a_hold_that_cannot_be_meant_is_refused(desk: Desk, change: dict[str, object], field: str) -> None:
    from gatehouse.keeper.client import KeeperRefused

    given = {"subject": "ann", "key": KeyClass.WORK, "until": UNTIL, "why": "claim", "by": desk.sign_in()} | change
    with pytest.raises(KeeperRefused) as caught:
        desk.client.hold(**given)  # type: ignore[arg-type]
    assert caught.value.facts == {"field": field}


def test_somebody_elses_hold_is_not_lifted_under_a_wrong_name(desk: Desk, refusal: Refusal) -> None:
    by = desk.sign_in()
    name = desk.client.hold("ann", KeyClass.WORK, UNTIL, "claim", by)
    assert refusal(lambda: desk.client.lift_hold(name, "ben", by)) == "bad_request"
    assert refusal(lambda: desk.client.lift_hold("nothing", "ann", by)) == "bad_request"
