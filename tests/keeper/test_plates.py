"""Plates are compared inside the keeper: it tells how alike, to whom it knows, so often and no further."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.keeper.conftest import SITE, START, TODAY, Desk

from gatehouse.keeper.locate import CLAIMS_PER_GARAGE, CLAIMS_PER_PLATE, CLAIMS_PER_SOURCE
from gatehouse.keeper.plates import ALIKE_LIMIT
from gatehouse.keeper.protocol import Authority, Cell, Claim, Role, StayCells, second_row

PLATE, NEAR, OTHER = "京A12345", "京A12349", "沪B88888"


def read(desk: Desk, plate: str = NEAR) -> Cell:
    """What an exit read, sealed as the database holds it."""
    attempt = desk.attempt(plate=plate, means="plate", reason="unpaid", direction="out")
    (found,) = desk.client.admit([desk.letter(attempt)], {SITE: TODAY})
    return Cell("attempt.facts/1", attempt.id, found.cell, found.token)


def inside(desk: Desk, plate: str = PLATE, at=START) -> StayCells:
    passage = desk.passage(plate=plate, means="plate", reason="visitor", at=at)
    (found,) = desk.client.admit([desk.letter(passage)], {SITE: TODAY})
    return StayCells(found.lane.stay, found.lane.plate_cell, found.lane.entry_cell)


def cell(stay: StayCells) -> Cell:
    return Cell("stay.plate/1", stay.row, stay.plate)


def claim(desk: Desk, stays, *, plate=NEAR, about=START, source="s", garage="g", read=None):
    asked = Claim(
        site=SITE, garage=garage, stay_day=TODAY, entered_about=about, stays=list(stays), source=source,
        plate=None if read else plate, read=read,
    )  # fmt: skip
    return desk.client.claim(asked)


def test_plates_that_look_the_same_share_a_token_and_others_do_not(desk: Desk) -> None:
    zero, letter, other = (desk.client.locate(SITE, TODAY, plate, "s") for plate in ("KA0123", "KAO123", "KA0128"))
    assert zero.folded == letter.folded != other.folded
    assert len({zero.exact, letter.exact, other.exact, zero.folded, other.folded}) == 5


def test_how_alike_stays_are_is_told_and_no_plate(desk: Desk) -> None:
    stays = [inside(desk), inside(desk, OTHER), inside(desk, NEAR)]
    how = desk.client.resemble(read(desk), [cell(one) for one in stays], desk.sign_in(Role.PARKING))
    assert how == ["one", "none", "exact"]


@pytest.mark.parametrize("role", [Role.HR, Role.AUDITOR])
def test_who_does_not_work_at_lanes_compares_nothing(desk: Desk, refusal, role) -> None:
    shown, stay, by = read(desk), inside(desk), desk.sign_in(role)
    assert refusal(lambda: desk.client.resemble(shown, [cell(stay)], by)) == "not_allowed"
    assert refusal(lambda: desk.client.second_plate(TODAY, stay.row, shown, by)) == "not_allowed"


def test_no_job_and_nobody_without_a_ticket_compares(desk: Desk, refusal) -> None:
    shown, stay = read(desk), inside(desk)
    for by, code in (
        (Authority(), "no_ticket"),
        (Authority(ticket="made up"), "no_ticket"),
        (Authority(job="stays"), "not_allowed"),
        (desk.worker(str(uuid4())), "not_allowed"),
        (desk.sign_in(Role.PARKING, actor="elsewhere", sites=("site-2",)), "not_allowed"),
    ):
        assert refusal(lambda by=by: desk.client.resemble(shown, [cell(stay)], by)) == code
        assert refusal(lambda by=by: desk.client.second_plate(TODAY, stay.row, shown, by)) == code


def test_every_car_that_is_compared_counts_as_a_look_and_the_same_one_counts_once(desk: Desk, refusal) -> None:
    by, stay = desk.sign_in(Role.PARKING), inside(desk)
    for number in range(60):
        shown = read(desk, f"京B{number:05}")
        desk.client.resemble(shown, [cell(stay)], by)
    desk.client.resemble(shown, [cell(stay)], by)
    desk.client.reveal([shown], by, "lanes.read")  # that car is seen already
    assert refusal(lambda: desk.client.resemble(read(desk), [cell(stay)], by)) == "over_budget"
    desk.restart()
    assert refusal(lambda: desk.client.resemble(read(desk), [cell(stay)], by)) == "over_budget"


def test_one_answer_calls_no_more_than_ten_alike_and_the_nearest_first(desk: Desk) -> None:
    stays = [cell(inside(desk, f"京A1234{n}")) for n in "6789"] * 3 + [cell(inside(desk, PLATE))]
    how = desk.client.resemble(read(desk, PLATE), stays, desk.sign_in(Role.PARKING))
    assert len([one for one in how if one != "none"]) == ALIKE_LIMIT
    assert how[-1] == "exact"


def test_a_stay_that_is_gone_or_moved_hides_no_other(desk: Desk) -> None:
    gone, stay, moved = inside(desk), inside(desk), inside(desk)
    desk.client.forget_stay(gone.row, Authority(job="stays"))
    odd = [
        cell(gone),
        Cell("stay.plate/1", stay.row, moved.plate),
        Cell("stay.entry/1", stay.row, stay.entry),
        cell(stay),
    ]
    assert desk.client.resemble(read(desk), odd, desk.sign_in(Role.PARKING)) == ["none", "none", "none", "one"]


def test_only_what_a_gate_read_is_compared(desk: Desk, refusal) -> None:
    """Whoever could have any plate compared would try them all."""
    stay, by = inside(desk), desk.sign_in(Role.PARKING)
    made = desk.sealed("vehicle.plate/1", "vehicle-1", PLATE)
    face = desk.attempt(subject=str(uuid4()))
    (found,) = desk.client.admit([desk.letter(face)], {SITE: TODAY})
    for odd in (made, cell(stay), Cell("attempt.facts/1", face.id, found.cell, found.token)):
        assert refusal(lambda odd=odd: desk.client.resemble(odd, [cell(stay)], by)) == "bad_request"
        assert refusal(lambda odd=odd: desk.client.second_plate(TODAY, stay.row, odd, by)) == "bad_request"


def test_a_second_plate_is_sealed_under_the_stay_and_never_passes_for_the_first(desk: Desk, refusal) -> None:
    stay, by = inside(desk), desk.sign_in(Role.PARKING)
    second = desk.client.second_plate(TODAY, stay.row, read(desk), by)
    assert second.tokens == desk.client.locate(SITE, TODAY, NEAR, "s")
    own = Cell("stay.plate/1", second_row(stay.row), second.cell)
    assert desk.client.retoken(SITE, TODAY, [own]) == [second.tokens]
    taken_for_the_first = Cell("stay.plate/1", stay.row, second.cell)
    assert refusal(lambda: desk.client.retoken(SITE, TODAY, [taken_for_the_first])) == "bad_request"
    desk.client.forget_stay(stay.row, Authority(job="stays"))
    assert desk.client.retoken(SITE, TODAY, [own]) == [None]
    assert refusal(lambda: desk.client.second_plate(TODAY, stay.row, read(desk), by)) == "bad_request"
    for days in (-8, 2):
        day = TODAY + timedelta(days=days)
        assert refusal(lambda day=day: desk.client.second_plate(day, stay.row, read(desk), by)) == "not_allowed"


def test_a_claim_names_the_one_stay_that_fits_and_gives_it_the_claimed_plate(desk: Desk) -> None:
    mine, others = inside(desk), inside(desk, OTHER)
    found = claim(desk, [others, mine], about=START + timedelta(minutes=14))
    assert found.stay == mine.row
    assert found.second.tokens == desk.client.locate(SITE, TODAY, NEAR, "s")
    assert claim(desk, [others, mine], read=read(desk)).stay == mine.row


@pytest.mark.parametrize(("plate", "off_min"), [(NEAR, 16), (NEAR, -16), ("沪A12349", 0), (OTHER, 0), ("", 0)])
def test_a_claim_that_does_not_fit_is_answered_like_one_for_nobody(desk: Desk, plate, off_min) -> None:
    about = START + timedelta(minutes=off_min)
    present, absent = claim(desk, [inside(desk)], plate=plate, about=about), claim(desk, [], plate=plate, about=about)
    assert present == absent
    assert present.stay == ""


def test_claims_are_capped_by_source_plate_and_garage(desk: Desk, refusal) -> None:
    stays = [inside(desk)]
    for n in range(CLAIMS_PER_SOURCE):
        claim(desk, stays, plate=f"京C{n:05}", source="one")
    assert refusal(lambda: claim(desk, stays, plate="京C99999", source="one")) == "capped"
    claim(desk, stays, plate="京C00000", source="one")  # the same again costs nothing
    for n in range(CLAIMS_PER_PLATE):
        claim(desk, stays, about=START + timedelta(minutes=31 * n), source=f"source-{n}")
    late = START + timedelta(hours=9)
    assert refusal(lambda: claim(desk, stays, about=late, source="another")) == "capped"
    # The garage's own cap stands whatever sources and plates somebody invents.
    for n in range(CLAIMS_PER_GARAGE):
        claim(desk, stays, plate=f"京D{n:05}", source=f"x{n}", garage="h")
    assert refusal(lambda: claim(desk, stays, plate="京E00000", source="y", garage="h")) == "capped"
    desk.clock.forward(timedelta(hours=1))
    assert claim(desk, stays, source="one").stay == stays[0].row


def test_a_claim_that_makes_no_sense_is_refused(desk: Desk, refusal) -> None:
    stays = [inside(desk)]
    assert refusal(lambda: claim(desk, stays, about=START.replace(tzinfo=None))) == "bad_request"
    assert refusal(lambda: claim(desk, stays, read=cell(stays[0]))) == "bad_request"
    both = Claim(SITE, "g", TODAY, START, stays, "s", plate=PLATE, read=read(desk))
    neither = Claim(SITE, "g", TODAY, START, stays, "s")
    for odd in (both, neither):
        assert refusal(lambda odd=odd: desk.client.claim(odd)) == "bad_request"
