"""Records of nobody: whoever looks at one is locked out and told of, and nothing of it leaves."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gatehouse.crypto.merkle import verify_consistency
from gatehouse.keeper.protocol import (
    LABELS,
    Authority,
    Cell,
    Find,
    Forget,
    Held,
    Honey,
    Invite,
    KeyClass,
    Locate,
    Located,
    Looks,
    Owner,
    Plain,
    Refused,
    Reveal,
    Role,
    Sign,
    Tokens,
    WhoAmI,
)

from .conftest import EDGE, SITE, TODAY, Desk

Refusal = Callable[[Callable[[], object]], str]
HONEYS, WATCH = Authority(job="honeys"), Authority(job="incidents")


@pytest.fixture
def honeys(desk: Desk) -> list[Honey]:
    ids = [one.id for one in desk.client.lay_honeys([SITE], HONEYS)]
    return desk.client.honey_cells(ids, HONEYS)


def person(honeys: list[Honey]) -> Honey:
    return next(one for one in honeys if one.kind == "person")


def cell(honey: Honey, label: str = "person.name/1") -> Cell:
    return Cell(label, honey.id, honey.cells[label])


def told(desk: Desk, kind: str = "honey") -> list[tuple[str, str]]:
    return [(one.actor, one.of) for one in desk.client.incidents(0, 0, WATCH).incidents if one.kind == kind]


def test_there_are_twenty_and_never_more(desk: Desk) -> None:
    first = desk.client.lay_honeys([SITE, "site-2"], HONEYS)
    assert len(first) == 20
    desk.restart()
    assert desk.client.lay_honeys(["site-3"], HONEYS) == first


def test_only_the_job_lays_and_seals_them(desk: Desk, honeys: list[Honey], refusal: Refusal) -> None:
    for by in (desk.sign_in(), Authority(job="workdays"), Authority()):
        assert refusal(lambda by=by: desk.client.lay_honeys([SITE], by)) in ("not_allowed", "no_ticket")
        assert refusal(lambda by=by: desk.client.honey_cells([honeys[0].id], by)) in ("not_allowed", "no_ticket")
    assert refusal(lambda: desk.client.honey_cells([desk.person()[0]], HONEYS)) == "not_allowed"


def test_their_cells_are_as_long_as_anybodys(desk: Desk, honeys: list[Honey]) -> None:
    honey = person(honeys)
    texts = {
        "person.brief/1": b"S-1 AE",
        "person.name/1": b"Ann Example",
        "person.contact/1": b'{"phone":"","mail":"ann@example.com","address":""}',
        "person.bank/1": b'{"account":"DE02120300000000202051","holder":"","bank":""}',
        "person.identity/1": b'{"number":"","tax_number":""}',
    }
    for label, text in texts.items():
        somebody = desk.sealed(label, desk.person()[0], text)
        assert len(honey.cells[label]) == len(somebody.data), label
    assert set(honey.cells) > set(texts)


LOOKS = {
    "reveal": lambda desk, one, by: Reveal([cell(one)], by, "person.page"),
    "a label that the role does not read": lambda desk, one, by: Reveal([cell(one, "person.bank/1")], by, "x"),
    "among everybody": lambda desk, one, by: Reveal([*desk.people(5), cell(one)], by, "x"),
    "tokens": lambda desk, one, by: Tokens(SITE, TODAY, [one.id], by),
    "find": lambda desk, one, by: Find("nobody", by.ticket or "", 25, [one.id]),
    "held": lambda desk, one, by: Held(one.id, by),
    "looks": lambda desk, one, by: Looks(one.id, by.ticket or ""),
    "forget": lambda desk, one, by: Forget(one.id, [KeyClass.IDENTITY], by),
    "invite": lambda desk, one, by: Invite("thief", Role.WORKER, (), one.id, by),
    "pass": lambda desk, one, by: Sign(
        "pass", {"id": "x", "sub": one.id, "site": SITE, "nbf": 1, "exp": 2}, by
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", sorted(LOOKS))
def test_whoever_looks_at_one_is_locked_out_and_told_of(desk: Desk, honeys: list[Honey], how: str) -> None:
    by, other = desk.sign_in(Role.SECURITY, actor="thief"), desk.sign_in(Role.SECURITY, actor="thief")
    assert desk.client.call(LOOKS[how](desk, person(honeys), by)) == Refused("no_ticket")
    for ticket in (by, other):  # every ticket of theirs
        assert desk.client.call(WhoAmI(ticket.ticket or "")) == Refused("no_ticket")
        assert desk.client.call(Reveal(desk.people(1), ticket, "x")) == Refused("no_ticket")
    assert [actor for actor, _ in told(desk)] == ["thief"]
    assert desk.client.call(WhoAmI(desk.sign_in(Role.SECURITY, actor="somebody-else").ticket or "")) != Refused(
        "no_ticket"
    )


def test_a_restart_lets_nobody_in_again_and_an_invitation_by_somebody_else_does(
    desk: Desk, honeys: list[Honey], refusal: Refusal
) -> None:
    by = desk.sign_in(Role.HR, actor="clerk")
    waiting = desk.client.invite("clerk", Role.HR, desk.sign_in(actor="chief"))
    assert refusal(lambda: desk.client.reveal([cell(person(honeys))], by, "x")) == "no_ticket"
    assert refusal(lambda: desk.client.sign_in(waiting)) == "bad_code"  # codes end with the tickets
    desk.restart()
    vault = desk.service.vault
    assert vault.is_locked("operator:clerk")
    assert not vault.is_locked("operator:chief")
    again = desk.sign_in(Role.HR, actor="clerk")  # the shell let them in anew
    assert desk.client.reveal(desk.people(1), again, "x") == [b"Somebody"]
    desk.restart()
    assert not desk.service.vault.is_locked("operator:clerk")


def test_a_job_that_looks_at_one_gets_nothing_and_is_told_of(desk: Desk, honeys: list[Honey], refusal: Refusal) -> None:
    job = Authority(job="workdays")
    assert refusal(lambda: desk.client.reveal([cell(person(honeys), "person.file/1")], job, "x")) == "not_allowed"
    assert told(desk) == [("job:workdays", "reveal")]


def test_a_gate_is_sent_none(desk: Desk, honeys: list[Honey], refusal: Refusal) -> None:
    honey = person(honeys)
    assert refusal(lambda: desk.client.reseal(EDGE, [cell(honey, "person.brief/1")], [honey.id])) == "not_allowed"


def test_who_types_the_plate_of_one_is_answered_as_of_any_car_and_told_of(desk: Desk, honeys: list[Honey]) -> None:
    car = next(one for one in honeys if one.kind == "vehicle")
    plate = desk.service.vault.honeys.plate(car.id)
    assert isinstance(desk.client.call(Locate(SITE, TODAY, plate, "source")), Located)
    assert told(desk) == [("", "locate")]
    desk.client.locate(SITE, TODAY, "京A00000" if plate != "京A00000" else "京A00001", "source")
    assert len(told(desk)) == 1


def test_no_search_comes_upon_one_even_when_somebody_feeds_its_cells(desk: Desk, honeys: list[Honey]) -> None:
    """Else a thief could have everybody who searches locked out."""
    desk.client.index([cell(one) for one in honeys if one.kind == "person"])
    by = desk.sign_in()
    name = desk.service.vault.honeys.texts(person(honeys).id, TODAY)["person.name/1"].decode()
    assert desk.client.find(name, by.ticket or "") == []
    assert told(desk) == []


def test_nobody_elses_look_is_told(desk: Desk, honeys: list[Honey]) -> None:
    desk.client.reveal(desk.people(3), desk.sign_in(), "x")
    assert told(desk) == []


def test_they_are_in_the_copy_of_the_keys(desk: Desk, honeys: list[Honey]) -> None:
    from gatehouse.keeper.snapshots import EPHEMERAL

    _, tables = desk.service.vault.store.dump(EPHEMERAL)
    assert {row[0] for row in tables["honeys"][1]} == {one.id for one in honeys}


# --- what somebody should hear of ---


def test_a_crossed_budget_is_told_once_for_each_refusal_and_after_a_restart_too(desk: Desk) -> None:
    by = desk.sign_in(Role.SECURITY, actor="guard")
    desk.client.call(Reveal(desk.people(61), by, "x"))
    assert told(desk, "over_budget") == [("guard", "names")]
    desk.restart()
    assert told(desk, "over_budget") == [("guard", "names")]


def test_whoever_watches_hears_only_what_is_new_and_proves_the_log(desk: Desk, honeys: list[Honey]) -> None:
    first = desk.client.incidents(0, 0, WATCH)
    by = desk.sign_in(Role.SECURITY, actor="thief")
    desk.client.call(Reveal([cell(person(honeys))], by, "x"))
    desk.clock.forward(timedelta(seconds=1))
    later = desk.client.incidents(first.size, first.size, WATCH)
    assert [one.kind for one in later.incidents] == ["honey"]
    assert later.proof is not None
    assert verify_consistency(first.size, first.root, later.size, later.root, later.proof)
    assert not verify_consistency(first.size, b"\0" * 32, later.size, later.root, later.proof)
    ahead = desk.client.incidents(0, later.size + 1, WATCH)
    assert ahead.proof is None  # a log that became shorter


def test_only_the_job_hears_of_incidents(desk: Desk, refusal: Refusal) -> None:
    assert refusal(lambda: desk.client.incidents(0, 0, desk.sign_in())) == "not_allowed"


def test_the_labels_of_their_cells_are_those_of_a_person(desk: Desk, honeys: list[Honey]) -> None:
    """Every cell that `people.actions.cells_of` seals, so that no column of theirs is empty."""
    assert set(person(honeys).cells) == {name for name in LABELS if name.startswith("person.")} - {
        "person.consent/1",
        "person.roster/1",
    }
    plain = [Plain("person.name/1", Owner("x"), "x", b"y")]
    assert desk.client.seal(plain)  # sealing goes on
