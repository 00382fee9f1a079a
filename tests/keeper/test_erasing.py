"""Forgetting: whose word it takes, what it ends, and that nothing revives it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest

from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper.protocol import Authority, Cell, KeyClass, Owner, Plain, Role

from .conftest import SITE, TODAY, Desk

Refusal = Callable[[Callable[[], object]], str]


def test_a_forgotten_class_is_unreadable_and_the_others_are_not(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    photo, terms = desk.sealed("face.photo/1", ann, b"photo"), desk.sealed("contract.terms/1", ann, b"terms")
    desk.forget(ann, KeyClass.FACE)
    assert desk.client.reveal([name, photo, terms], desk.sign_in(), "x") == [b"Ann Example", None, b"terms"]
    desk.restart()
    assert desk.client.reveal([name, photo, terms], desk.sign_in(), "x") == [b"Ann Example", None, b"terms"]


def test_a_cell_sealed_after_forgetting_opens_and_the_old_one_stays_closed(desk: Desk) -> None:
    ann, old = desk.person("Ann Example")
    desk.forget(ann, KeyClass.IDENTITY)
    new = desk.sealed("person.name/1", ann, "Ann Example")
    with pytest.raises(Exception, match="bad_request"):
        desk.client.reveal([old], desk.sign_in(), "x")
    assert desk.client.reveal([new], desk.sign_in(), "x") == [b"Ann Example"]


def test_a_forgotten_name_is_found_no_more(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    car = desk.sealed("vehicle.plate/1", "vehicle-1", "京A12345")
    desk.client.index([name, car])
    token = desk.sign_in().ticket or ""
    desk.forget(ann, KeyClass.IDENTITY)
    desk.forget("vehicle-1", KeyClass.VEHICLE)
    assert desk.client.find("ann", token) == desk.client.find("12345", token) == []
    desk.client.index([name, car])
    assert desk.client.find("ann", token) == []


def test_no_trace_of_a_destroyed_key_is_left_in_the_store(desk: Desk) -> None:
    ann, _ = desk.person()
    folder = desk.home / "keeper"
    (wrapped,) = desk.service.vault.store.rows(
        "SELECT wrapped FROM keys WHERE kind=? AND owner=?", (int(KeyKind.IDENTITY), ann)
    )[0]
    assert any(wrapped in path.read_bytes() for path in folder.glob("store.db*"))
    desk.forget(ann, KeyClass.IDENTITY)
    assert not any(wrapped in path.read_bytes() for path in folder.glob("store.db*"))
    assert desk.service.vault.store.key(KeyRef(KeyKind.IDENTITY, ann)) is None


def test_erasing_a_worker_ends_their_ticket(desk: Desk, refusal: Refusal) -> None:
    ann, _ = desk.person()
    token = desk.worker(ann).ticket or ""
    assert desk.client.whoami(token).subject == ann
    desk.forget(ann, KeyClass.IDENTITY)
    assert refusal(lambda: desk.client.whoami(token)) == "no_ticket"


def test_the_log_holds_a_tombstone_without_the_name_of_the_dead(desk: Desk) -> None:
    ann, _ = desk.person()
    desk.forget(ann, KeyClass.IDENTITY, KeyClass.ACCESS)
    (entry,) = [entry for entry in desk.service.vault.log.entries() if entry.kind == "tombstone"]
    assert (entry.purpose, entry.role) == ("access,identity", "owner")
    assert entry.subjects == [desk.service.vault.pseudonym(ann)]


def test_only_owners_and_hr_forget_people_and_a_worker_their_own_face(desk: Desk, refusal: Refusal) -> None:
    ann, _ = desk.person()
    ben, _ = desk.person()
    desk.client.forget(ann, [KeyClass.FACE], desk.sign_in(Role.HR))
    desk.client.forget(ann, [KeyClass.FACE], desk.worker(ann))
    for by in (desk.sign_in(Role.SECURITY), desk.worker(ben), Authority(job="stays"), Authority(job="retention")):
        assert refusal(lambda by=by: desk.client.forget(ann, [KeyClass.FACE], by)) == "not_allowed"
    assert refusal(lambda: desk.client.forget(ann, [KeyClass.IDENTITY], desk.worker(ann))) == "not_allowed"
    assert refusal(lambda: desk.client.forget(ann, [KeyClass.FACE], Authority())) == "no_ticket"


@pytest.mark.parametrize("classes", [[], [KeyClass.SITE_DAY], [KeyClass.BOOKS], [KeyClass.SITE, KeyClass.FACE]])
def test_days_books_and_sites_are_not_forgotten_by_subject(
    desk: Desk, refusal: Refusal, classes: list[KeyClass]
) -> None:
    assert refusal(lambda: desk.client.forget(SITE, classes, desk.sign_in())) == "bad_request"


def test_a_stay_is_forgotten_by_its_job_only_and_never_sealed_again(desk: Desk, refusal: Refusal) -> None:
    plate = desk.sealed("stay.plate/1", "stay-1", "京A12345")
    assert refusal(lambda: desk.client.forget_stay("stay-1", desk.sign_in())) == "not_allowed"
    desk.client.forget_stay("stay-1", Authority(job="stays"))
    assert desk.client.reveal([plate], desk.sign_in(), "x") == [None]
    assert desk.sealed("stay.plate/1", "stay-1", "京A12345").data == b""


def test_the_retention_job_destroys_no_day_of_the_last_week(desk: Desk, refusal: Refusal) -> None:
    job = Authority(job="retention")
    week_ago = TODAY - timedelta(days=7)
    desk.client.forget_days(SITE, week_ago, job)
    assert refusal(lambda: desk.client.forget_days(SITE, week_ago + timedelta(days=1), job)) == "bad_request"
    assert refusal(lambda: desk.client.forget_days(SITE, week_ago, Authority(job="feed"))) == "not_allowed"
    assert refusal(lambda: desk.client.forget_days(SITE, week_ago, desk.sign_in(Role.HR))) == "not_allowed"
    desk.client.forget_days(SITE, TODAY, desk.sign_in(Role.OWNER))
    assert refusal(lambda: desk.client.forget_days(SITE, TODAY + timedelta(days=1), desk.sign_in())) == "bad_request"


def admitted(desk: Desk, body: object) -> object:
    (result,) = desk.client.admit([desk.letter(body)], {SITE: TODAY})  # type: ignore[arg-type]
    return result


def test_strangers_go_before_the_people_of_the_same_day(desk: Desk) -> None:
    ann, _ = desk.person()
    hers = admitted(desk, desk.passage(subject=ann))
    stranger = admitted(desk, desk.attempt())
    car = admitted(desk, desk.passage(plate="京A12345", means="plate"))
    cells = [
        Cell("passage.facts/1", hers.id, hers.cell, hers.token),
        Cell("attempt.facts/1", stranger.id, stranger.cell),
    ]
    cells.append(Cell("passage.facts/1", car.id, car.cell, car.token))
    assert None not in desk.client.reveal(cells, desk.sign_in(), "x")
    desk.clock.forward(timedelta(days=9))
    told = desk.client.forget_days(SITE, TODAY + timedelta(days=1), Authority(job="retention"), "others")
    assert told.keys > 0
    facts, *gone = desk.client.reveal(cells, desk.sign_in(), "x")
    assert facts is not None
    assert gone == [None, None]
    desk.client.forget_days(SITE, TODAY + timedelta(days=1), Authority(job="retention"))
    assert desk.client.reveal(cells, desk.sign_in(), "x") == [None, None, None]


@pytest.mark.parametrize("which", ["others", "all"])
def test_a_late_letter_does_not_recreate_a_destroyed_day(desk: Desk, which: Literal["others", "all"]) -> None:
    ann, _ = desk.person()
    late, hers = desk.letter(desk.attempt()), desk.letter(desk.passage(subject=ann))
    desk.clock.forward(timedelta(days=9))
    desk.client.forget_days(SITE, TODAY + timedelta(days=1), Authority(job="retention"), which)
    desk.restart()
    stranger, person = desk.client.admit([late, hers], {SITE: TODAY + timedelta(days=9)})
    assert stranger.code == "day_destroyed"
    assert getattr(person, "code", "") == ("day_destroyed" if which == "all" else "")
    numbers = desk.service.vault.store.numbers(KeyKind.SITE_DAY_OTHER, SITE)
    assert TODAY.toordinal() not in numbers
    assert (TODAY.toordinal() in desk.service.vault.store.numbers(KeyKind.SITE_DAY, SITE)) == (which == "others")


def test_the_line_of_a_destroyed_day_says_its_place_in_the_log(desk: Desk) -> None:
    desk.clock.forward(timedelta(days=9))
    told = desk.client.forget_days(SITE, TODAY + timedelta(days=1), Authority(job="retention"))
    assert told.place is not None
    entry = list(desk.service.vault.log.entries())[told.place]
    assert (entry.kind, entry.purpose) == ("tombstone", f"days:{SITE}:2026-03-11:{told.keys}")
    assert desk.client.forget_days(SITE, TODAY + timedelta(days=1), Authority(job="retention")).keys == 0


def test_books_go_by_whole_years_and_never_younger_than_the_law_has_it(desk: Desk, refusal: Refusal) -> None:
    job = Authority(job="retention")
    old, new = (
        Cell(
            "receipt.facts/1", row, desk.client.seal([Plain("receipt.facts/1", Owner(SITE, year=year), row, b"12")])[0]
        )
        for row, year in (("r1", 2020), ("r2", 2021))
    )
    assert refusal(lambda: desk.client.forget_books(SITE, 2022, job)) == "bad_request"
    assert refusal(lambda: desk.client.forget_books(SITE, 2021, Authority(job="stays"))) == "not_allowed"
    assert refusal(lambda: desk.client.forget_books(SITE, 2021, desk.sign_in(Role.HR))) == "not_allowed"
    assert desk.client.forget_books(SITE, 2021, job).keys == 1
    assert desk.client.reveal([old, new], desk.sign_in(), "x") == [None, b"12"]
    late = Plain("receipt.facts/1", Owner(SITE, year=2020), "r3", b"12")
    assert refusal(lambda: desk.client.seal([late])) == "day_destroyed"


def test_a_day_that_never_had_a_key_is_not_begun_by_a_late_letter_once_its_time_is_over(desk: Desk) -> None:
    letter = desk.letter(desk.attempt(at=desk.clock.now() - timedelta(days=20)))
    desk.client.forget_days(SITE, TODAY - timedelta(days=10), Authority(job="retention"))
    desk.restart()
    (late,) = desk.client.admit([letter], {SITE: TODAY})
    assert late.code == "day_destroyed"
    (recent,) = desk.client.admit([desk.letter(desk.attempt(at=desk.clock.now() - timedelta(days=9)))], {SITE: TODAY})
    assert recent.cell
