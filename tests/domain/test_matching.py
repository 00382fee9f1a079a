"""Which car is this: the same, or the only one that looks the same; anything nearer than that is only proposed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.matching import (
    CLAIM_WINDOW,
    Candidate,
    Likeness,
    fits_claim,
    last_known_inside,
    likely,
    likeness,
    the_one,
)
from gatehouse.domain.plates import fold, normalise
from gatehouse.domain.policy import Clearance, Direction, Gate, GateKind, Policy, by_looks
from gatehouse.domain.sightings import Means, Sighting

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLATES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789OI", min_size=5, max_size=8)
OUT = Gate("out", GateKind.LANE, Direction.OUT, frozenset({Means.PLATE}), collects=True)


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("京A12345", "京a·12345", Likeness.EXACT),
        ("KAO123", "KA0123", Likeness.FOLDED),
        ("KАO123", "KA0I23", Likeness.FOLDED),
        ("KB8123", "KBB123", Likeness.LOOK_ALIKE),
        ("京A12345", "京A12346", Likeness.LOOK_ALIKE),
        ("京A12345", "京A12349", Likeness.ONE),
        ("京A12345", "京A1234", Likeness.ONE),
        ("京A12345", "京A123450", Likeness.ONE),
        ("京A12345", "沪A12349", Likeness.TWO),
        ("京A12345", "沪B12349", Likeness.NONE),
        ("A1", "A2", Likeness.NONE),
        ("", "", Likeness.NONE),
        ("·", "京A12345", Likeness.NONE),
    ],
)
def test_how_alike_two_plates_are(one, other, how) -> None:
    assert likeness(one, other) is how
    assert likeness(other, one) is how


@given(PLATES, PLATES)
def test_only_what_folds_to_one_text_is_exact_or_folded(one, other) -> None:
    acts = likeness(one, other) in (Likeness.EXACT, Likeness.FOLDED)
    assert acts is (fold(one) == fold(other))


EDITS = st.tuples(st.sampled_from(["change", "drop", "add"]), st.integers(0, 7), st.sampled_from("ABCDEF0123456789"))


@given(st.text("ABCDEF0123456789", min_size=7, max_size=8), st.lists(EDITS, min_size=1, max_size=2))
def test_a_plate_with_so_many_changes_is_as_alike_as_they_are_few(plate, edits) -> None:
    other = plate
    for kind, place, character in edits:
        place %= len(other)
        kept = other[place:] if kind == "add" else other[place + 1 :]
        other = other[:place] + ("" if kind == "drop" else character) + kept
    order = list(Likeness)
    assert order.index(likeness(plate, other)) <= order.index(Likeness.ONE if len(edits) == 1 else Likeness.TWO)


@given(PLATES, st.integers(0, 7), st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
def test_a_car_that_is_one_character_off_never_leaves_by_anothers_clearance(plate, place, character) -> None:
    place %= len(plate)
    near = plate[:place] + character + plate[place + 1 :]
    assume(fold(near) != fold(plate))
    assert isinstance(at_exit(near, [Clearance("stay-1", normalise(plate), NOON + HOUR, alone=True)]), Refusal)


@given(PLATES, st.booleans(), st.booleans())
def test_a_plate_that_looks_the_same_leaves_only_where_nobody_else_looks_so(plate, alone, twice) -> None:
    plate = normalise(plate)
    swapped = plate.translate(str.maketrans("0O1I", "O0I1"))
    assume(swapped != plate)
    held = [Clearance("stay-1", plate, NOON + HOUR, alone=alone)]
    if twice:
        held.append(Clearance("stay-2", plate.translate(str.maketrans("01", "OI")) + "", NOON + HOUR, alone=True))
        assume(held[1].plate not in (plate, swapped))
    answer = at_exit(swapped, held)
    assert (answer == Grant(Reason.CLEARED, "stay-1")) is (alone and not twice)


def at_exit(read: str, clearances: list[Clearance]):
    policy = Policy("UTC", {"out": OUT}, clearances={one.plate: one for one in clearances}, looks=by_looks(clearances))
    return decide(Sighting(Means.PLATE, read, None, NOON, NOON, 3), OUT, policy, NOON)


def test_a_clearance_that_is_over_lets_nobody_out_by_its_looks() -> None:
    over = Clearance("stay-1", "KA0123", NOON, alone=True)
    assert at_exit("KAO123", [over]) == Refusal(Reason.UNPAID)


@pytest.mark.parametrize(
    ("plate", "folded", "whose"),
    [
        (["a"], ["a", "b"], "a"),
        ([], ["b"], "b"),
        ([], ["a", "b"], None),
        ([], [], None),
        (["a", "b"], [], None),
    ],
)
def test_whose_it_certainly_is(plate, folded, whose) -> None:
    assert the_one(plate, folded) == whose


# --- proposals ---------------------------------------------------------------------------------------------------


def stay(name: str, how: Likeness, hours: float = 1, **more: bool) -> Candidate:
    return Candidate(name, how, NOON - hours * HOUR, **more)


def names(*candidates: Candidate) -> list[str]:
    return [one.candidate.stay for one in likely(candidates, NOON)]


def test_likely_stays_come_by_likeness_and_then_by_how_late_they_began() -> None:
    found = names(
        stay("two", Likeness.TWO),
        stay("early", Likeness.ONE, 9),
        stay("late", Likeness.ONE, 1),
        stay("blurred", Likeness.LOOK_ALIKE, 20),
        stay("none", Likeness.NONE),
    )
    assert found == ["blurred", "late", "early", "two"]


def test_a_stay_that_began_after_the_read_is_none_but_clocks_may_differ() -> None:
    assert names(stay("after", Likeness.EXACT, -0.1), stay("clock", Likeness.ONE, -1 / 60)) == ["clock"]


def test_a_stay_that_is_somebody_elses_or_a_week_old_is_less_likely_than_its_like() -> None:
    found = names(
        stay("taken", Likeness.LOOK_ALIKE, spoken_for=True),
        stay("old", Likeness.LOOK_ALIKE, 200),
        stay("free", Likeness.ONE),
    )
    assert found == ["free", "taken", "old"]


def test_no_more_than_five_are_proposed() -> None:
    assert len(names(*(stay(f"{n}", Likeness.ONE, n + 1) for n in range(30)))) == 5


# --- claims ------------------------------------------------------------------------------------------------------


@given(st.sampled_from(list(Likeness)), st.integers(-3600, 3600))
def test_a_claim_fits_a_near_plate_within_a_quarter_of_an_hour(how, off_s) -> None:
    said = NOON + timedelta(seconds=off_s)
    near = how in (Likeness.EXACT, Likeness.FOLDED, Likeness.LOOK_ALIKE, Likeness.ONE)
    assert fits_claim(how, NOON, said) is (near and abs(timedelta(seconds=off_s)) <= CLAIM_WINDOW)


# --- who left unseen ---------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.none() | st.integers(-100, 20_000))
def test_who_left_unseen_is_charged_for_no_minute_that_is_not_known(inside_min, gap_min, cleared_min) -> None:
    left_by = NOON + timedelta(minutes=inside_min + gap_min)
    cleared = None if cleared_min is None else NOON + timedelta(minutes=cleared_min)
    until = last_known_inside(NOON, left_by, cleared, timedelta(minutes=15))
    assert NOON <= until <= left_by
    if cleared is None:
        assert until == NOON
    else:
        assert until <= max(NOON, cleared - timedelta(minutes=15))
