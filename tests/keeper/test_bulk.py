"""More people than the caps allow: only by a second person's word, only so many, only until then."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gatehouse.keeper.protocol import AnswerBulk, AskBulk, Authority, Budget, BulkState, Cell, EndBulk, Refused, Role

from .conftest import Desk

Refusal = Callable[[Callable[[], object]], str]
NAMES = Budget.NAMES


def tomorrow(desk: Desk) -> datetime:
    return desk.clock.now() + timedelta(days=1)


def wish(desk: Desk, by: Authority, people: int = 100, **facts: object) -> str:
    given = {"budget": NAMES, "people": people, "until": tomorrow(desk), "reason": "closing the month"} | facts
    return desk.client.ask_bulk(by=by, **given)  # type: ignore[arg-type]


@pytest.fixture
def guard(desk: Desk) -> Authority:
    return desk.sign_in(Role.SECURITY, actor="guard")


@pytest.fixture
def chief(desk: Desk) -> Authority:
    return desk.sign_in(Role.OWNER, actor="chief")


def opened(desk: Desk, cells: list[Cell], by: Authority) -> int:
    """How many are opened one by one before the keeper refuses."""
    for place, cell in enumerate(cells):
        if isinstance(desk.client.call(_reveal(cell, by)), Refused):
            return place
    return len(cells)


def _reveal(cell: Cell, by: Authority):  # type: ignore[no-untyped-def]
    from gatehouse.keeper.protocol import Reveal

    return Reveal([cell], by, "export")


def test_what_a_second_person_allowed_is_seen_to_the_last_one_and_no_further(
    desk: Desk, guard: Authority, chief: Authority
) -> None:
    cells = desk.people(180)
    assert opened(desk, cells, guard) == 60
    desk.client.answer_bulk(wish(desk, guard), chief, allow=True)
    assert opened(desk, cells[60:], guard) == 100
    assert opened(desk, cells[60:160], guard) == 100  # the same people again
    assert opened(desk, cells[160:], guard) == 0


def test_one_line_of_the_log_holds_everybody_whom_a_bulk_look_showed(
    desk: Desk, guard: Authority, chief: Authority
) -> None:
    cells = desk.people(90)
    own = wish(desk, guard)
    desk.client.answer_bulk(own, chief, allow=True)
    desk.client.reveal(cells, guard, "export")
    (line,) = [entry for entry in desk.service.vault.log.entries() if entry.grant]
    assert (line.grant, line.actor, line.count, line.budget) == (own, "guard", 90, "names")
    assert line.subjects == sorted(desk.service.vault.pseudonym(cell.row) for cell in cells)
    assert opened(desk, desk.people(70), guard) == 60 + 10  # the caps were not touched by it


def test_a_wish_alone_shows_nobody(desk: Desk, guard: Authority) -> None:
    wish(desk, guard)
    assert opened(desk, desk.people(61), guard) == 60


def test_a_restart_keeps_the_word_and_forgets_no_use(desk: Desk, guard: Authority, chief: Authority) -> None:
    cells = desk.people(200)
    desk.client.answer_bulk(wish(desk, guard), chief, allow=True)
    assert opened(desk, cells[:110], guard) == 110
    desk.restart()
    assert opened(desk, cells[110:], guard) == 50


def test_it_is_over_when_its_time_is_over(desk: Desk, guard: Authority, chief: Authority) -> None:
    desk.client.answer_bulk(wish(desk, guard, until=desk.clock.now() + timedelta(minutes=30)), chief, allow=True)
    desk.clock.forward(timedelta(minutes=30))
    assert opened(desk, desk.people(61), guard) == 60
    assert [one.state for one in desk.client.bulks(chief.ticket or "")] == [BulkState.OVER]


def test_it_is_of_one_class_and_for_one_person(desk: Desk, guard: Authority, chief: Authority) -> None:
    desk.client.answer_bulk(wish(desk, guard), chief, allow=True)
    other = desk.sign_in(Role.SECURITY, actor="other-guard")
    assert opened(desk, desk.people(61), other) == 60
    assert opened(desk, desk.people(21, "person.contact/1"), guard) == 20


def test_nobody_allows_their_own(desk: Desk, chief: Authority, refusal: Refusal) -> None:
    own = wish(desk, chief)
    again = desk.sign_in(Role.OWNER, actor="chief")
    assert refusal(lambda: desk.client.answer_bulk(own, chief, allow=True)) == "own_grant"
    assert refusal(lambda: desk.client.answer_bulk(own, again, allow=True)) == "own_grant"


def test_a_second_person_whom_the_first_made_up_is_none(desk: Desk, chief: Authority, refusal: Refusal) -> None:
    """Nor one whom that one made up."""
    own = wish(desk, chief)
    made_up = Authority(ticket=desk.client.sign_in(desk.client.invite("made-up", Role.OWNER, chief)).token)
    next_one = Authority(ticket=desk.client.sign_in(desk.client.invite("next", Role.OWNER, made_up)).token)
    for by in (made_up, next_one):
        assert refusal(lambda by=by: desk.client.answer_bulk(own, by, allow=True)) == "own_grant"
    desk.clock.forward(timedelta(days=7, minutes=1))
    later, known = desk.sign_in(actor="chief"), desk.sign_in(actor="other-chief")
    desk.client.answer_bulk(wish(desk, later), known, allow=True)


@pytest.mark.parametrize("role", [Role.SECURITY, Role.PARKING, Role.AUDITOR])
def test_only_owners_and_hr_allow(desk: Desk, guard: Authority, role: Role, refusal: Refusal) -> None:
    own, by = wish(desk, guard), desk.sign_in(role, actor="somebody")
    assert refusal(lambda: desk.client.answer_bulk(own, by, allow=True)) == "not_allowed"


def test_who_allows_reaches_as_far_as_who_asks(desk: Desk, guard: Authority, refusal: Refusal) -> None:
    own, of_one = wish(desk, guard), desk.sign_in(Role.OWNER, actor="of-one", sites=("site-1",))
    assert refusal(lambda: desk.client.answer_bulk(own, of_one, allow=True)) == "not_allowed"


def test_the_server_alone_allows_nothing(desk: Desk, guard: Authority) -> None:
    own = wish(desk, guard)
    for by in (Authority(), Authority(job="incidents"), Authority(ticket="A" * 43), Authority(job="owner")):
        assert isinstance(desk.client.call(AnswerBulk(own, True, by)), Refused)
        assert isinstance(desk.client.call(AskBulk(NAMES, 9, tomorrow(desk), "x", by)), Refused)
        assert isinstance(desk.client.call(EndBulk(own, by)), Refused)
    assert opened(desk, desk.people(61), guard) == 60


def test_a_forged_or_settled_wish_is_not_granted(
    desk: Desk, guard: Authority, chief: Authority, refusal: Refusal
) -> None:
    own = wish(desk, guard)
    desk.client.answer_bulk(own, chief, allow=False)
    for name in (own, "no-such-wish"):
        assert refusal(lambda name=name: desk.client.answer_bulk(name, chief, allow=True)) == "not_granted"
    assert opened(desk, desk.people(61), guard) == 60


def test_who_asked_takes_back_what_was_allowed_and_sees_no_more_by_it(
    desk: Desk, guard: Authority, chief: Authority, refusal: Refusal
) -> None:
    cells, own = desk.people(90), wish(desk, guard)
    desk.client.answer_bulk(own, chief, allow=True)
    assert opened(desk, cells[:70], guard) == 70
    other = desk.sign_in(Role.PARKING, actor="other")
    assert refusal(lambda: desk.client.end_bulk(own, other)) == "not_allowed"
    assert refusal(lambda: desk.client.answer_bulk(own, chief, allow=False)) == "not_granted"  # a late no ends nothing
    desk.client.end_bulk(own, guard)
    assert opened(desk, cells[70:], guard) == 0
    (shown,) = desk.client.bulks(chief.ticket or "")
    assert (shown.state, shown.by, shown.ended_by, shown.used) == (BulkState.ENDED, "chief", "guard", 10)
    assert refusal(lambda: desk.client.answer_bulk(own, chief, allow=True)) == "not_granted"
    assert refusal(lambda: desk.client.end_bulk(own, guard)) == "not_granted"
    desk.restart()
    assert opened(desk, cells[70:], desk.sign_in(Role.SECURITY, actor="guard")) == 0


def test_who_allowed_may_end_it_and_it_is_a_line_of_the_log(desk: Desk, guard: Authority, chief: Authority) -> None:
    own = wish(desk, guard)
    desk.client.answer_bulk(own, chief, allow=True)
    desk.client.end_bulk(own, chief)
    said = [(one.kind, one.actor) for one in desk.service.vault.log.entries() if one.purpose.endswith(own)]
    assert said == [("bulk_asked", "guard"), ("bulk_allowed", "chief"), ("bulk_ended", "chief")]


def test_what_waits_or_is_over_is_not_ended(desk: Desk, guard: Authority, chief: Authority, refusal: Refusal) -> None:
    own = wish(desk, guard, until=desk.clock.now() + timedelta(minutes=5))
    assert refusal(lambda: desk.client.end_bulk(own, guard)) == "not_granted"
    desk.client.answer_bulk(own, chief, allow=True)
    desk.clock.forward(timedelta(minutes=5))
    for name in (own, "no-such-wish"):
        assert refusal(lambda name=name: desk.client.end_bulk(name, guard)) == "not_granted"


def test_what_is_allowed_is_not_allowed_twice(desk: Desk, guard: Authority, chief: Authority, refusal: Refusal) -> None:
    own = wish(desk, guard)
    desk.client.answer_bulk(own, chief, allow=True)
    assert refusal(lambda: desk.client.answer_bulk(own, chief, allow=True)) == "not_granted"
    assert [one.state for one in desk.client.bulks(guard.ticket or "")] == [BulkState.ALLOWED]


def test_a_wish_that_waited_too_long_is_not_granted(
    desk: Desk, guard: Authority, chief: Authority, refusal: Refusal
) -> None:
    own = wish(desk, guard, until=desk.clock.now() + timedelta(minutes=5))
    desk.clock.forward(timedelta(minutes=5))
    assert refusal(lambda: desk.client.answer_bulk(own, chief, allow=True)) == "not_granted"


@pytest.mark.parametrize(
    "facts",
    [
        {"people": 0},
        {"people": 20_001},
        {"reason": "  "},
        {"reason": "x" * 201},
        {"until": datetime.fromisoformat("2026-03-10T01:00:00+00:00")},
        {"until": datetime.fromisoformat("2026-03-17T01:00:01+00:00")},
    ],
    ids=["nobody", "too-many", "no-reason", "long-reason", "at-once", "too-long"],
)
def test_a_wish_has_bounds(desk: Desk, guard: Authority, refusal: Refusal, facts: dict[str, object]) -> None:
    assert refusal(lambda: wish(desk, guard, **facts)) == "bad_request"


def test_nobody_is_allowed_what_their_role_does_not_see(desk: Desk, refusal: Refusal) -> None:
    auditor = desk.sign_in(Role.AUDITOR)
    assert refusal(lambda: wish(desk, auditor, budget=Budget.SENSITIVE)) == "not_allowed"
    worker = desk.worker(desk.person()[0])
    assert refusal(lambda: wish(desk, worker)) == "not_allowed"


def test_ten_wishes_of_one_person_are_open_at_most(desk: Desk, guard: Authority, refusal: Refusal) -> None:
    for _ in range(10):
        wish(desk, guard)
    assert refusal(lambda: wish(desk, guard)) == "capped"


def test_who_answers_sees_what_they_allow_and_others_see_their_own(
    desk: Desk, guard: Authority, chief: Authority
) -> None:
    wish(desk, guard)
    (shown,) = desk.client.bulks(chief.ticket or "")
    assert (shown.actor, shown.budget, shown.people, shown.reason) == ("guard", NAMES, 100, "closing the month")
    other = desk.sign_in(Role.PARKING)
    assert desk.client.bulks(other.ticket or "") == []
    assert len(desk.client.bulks(guard.ticket or "")) == 1


def test_a_reason_stands_in_no_log(desk: Desk, guard: Authority) -> None:
    wish(desk, guard, reason="Ann Example asked for it")
    desk.service.vault.log.flush()
    assert b"Ann Example" not in desk.service.vault.log.path.read_bytes()


def test_a_search_goes_on_by_what_was_allowed(desk: Desk, guard: Authority, chief: Authority, refusal: Refusal) -> None:
    cells = desk.people(75)
    desk.client.index(cells)
    assert len(desk.client.find("somebody", guard.ticket or "", 100)) == 60
    assert refusal(lambda: desk.client.find("somebody", guard.ticket or "", 100)) == "over_budget"
    desk.client.answer_bulk(wish(desk, guard, people=12), chief, allow=True)
    assert len(desk.client.find("somebody", guard.ticket or "", 100)) == 12
