"""Somebody who has all figures of all groups tries to work out one person's: by subtracting groups from one another,
and by any other sum of them."""

from fractions import Fraction
from itertools import combinations
from random import Random

import pytest

from gatehouse.domain.performance import Measure, Tally, is_about
from gatehouse.domain.performance_groups import GroupSheet, group_sheet
from gatehouse.domain.suppression import SMALLEST_GROUP, parts, publishable, safe

PEOPLE = 16
SEEDS = range(40)


def spans(rows: list[list[Fraction]], wanted: list[Fraction]) -> bool:
    """Whether some sum of multiples of the rows is `wanted`: Gaussian elimination, exactly."""
    rows, wanted = [list(row) for row in rows], list(wanted)
    column = 0
    while rows and column < len(wanted):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            if wanted[column] and not any(row[column] for row in rows):
                return False
        else:
            rows.remove(pivot)
            for row in [*rows, wanted]:
                factor = row[column] / pivot[column]
                for place in range(len(wanted)):
                    row[place] -= factor * pivot[place]
        column += 1
    return not any(wanted)


def row(group: frozenset[int]) -> list[Fraction]:
    return [Fraction(person in group) for person in range(PEOPLE)]


def learnt(shown: list[frozenset[int]]) -> list[tuple[int, ...]]:
    """Every set of fewer than SMALLEST_GROUP people whose sum follows from the sums that are shown."""
    rows = [row(group) for group in shown]
    return [
        some
        for size in range(1, SMALLEST_GROUP)
        for some in combinations(range(PEOPLE), size)
        if spans(rows, row(frozenset(some)))
    ]


def groups(random: Random) -> dict[str, frozenset[int]]:
    """Everybody, and groups that overlap and contain each other as they like."""
    found = {"": frozenset(range(PEOPLE))}
    for name in "ABCDE":
        found[name] = frozenset(random.sample(range(PEOPLE), random.randint(1, PEOPLE)))
    return found


def test_the_attack_works_where_nothing_is_withheld() -> None:
    """Two groups of enough people each, one of them with one person more: the attack finds that person."""
    naive = [frozenset(range(8)), frozenset(range(9)), frozenset(range(PEOPLE))]
    assert (8,) in learnt(naive)
    assert not safe(naive)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sum_of_shown_groups_is_of_a_few(seed: int) -> None:
    asked = groups(Random(seed))
    shown = [asked[name] for name in publishable(asked)]
    assert shown
    assert learnt(shown) == []


def test_a_total_less_its_parts_leaves_no_few() -> None:
    """A site of 16: teams of 7, 6 and 3. The 3 are too few; with the other two they would follow from the total."""
    teams = {"A": range(7), "B": range(7, 13), "C": range(13, 16)}
    sheet = group_sheet({n: days(late=n) for n in range(PEOPLE)}, teams)
    assert shown_teams(sheet, Measure.LATE_MINUTES) == ["A"]
    assert sheet.whole[0].value is not None


def test_people_of_no_team_are_not_what_the_teams_leave_over() -> None:
    teams = {"A": range(7), "B": range(7, 14)}
    sheet = group_sheet({n: days(late=n) for n in range(PEOPLE)}, teams)
    assert shown_teams(sheet, Measure.LATE_MINUTES) == ["A"]


def test_four_people_are_no_site_either() -> None:
    sheet = group_sheet({n: days() for n in range(4)}, {"A": range(4)})
    assert {figure.value for figure in sheet.whole} == {None}
    assert {figure.median for figure in sheet.whole} == {None}


def test_who_has_no_day_that_a_measure_is_about_makes_the_group_smaller() -> None:
    """Of five in the team one was on leave all month: four are too few, though the team has five."""
    tallies = {n: days(late=n) for n in range(PEOPLE)} | {4: Tally()}
    sheet = group_sheet(tallies, {"A": range(5)})
    assert shown_teams(sheet, Measure.PUNCTUALITY) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_shown_changes_when_two_of_one_part_change_places(seed: int) -> None:
    """Medians are no sums: so the whole sheet is held against every exchange that the rule says it must not tell."""
    random = Random(seed)
    asked = {name: group for name, group in groups(random).items() if name}
    tallies = {n: days(late=random.randint(0, 90), ot=random.randint(0, 900)) for n in range(PEOPLE)}
    sheet = group_sheet(tallies, asked)
    shown = [frozenset(range(PEOPLE)), *(asked[name] for name in shown_teams(sheet, Measure.LATE_MINUTES))]
    together: dict[frozenset[int], list[int]] = {}
    for person in range(PEOPLE):
        together.setdefault(frozenset(n for n, group in enumerate(shown) if person in group), []).append(person)
    assert min(parts(shown).values()) >= SMALLEST_GROUP
    for part in together.values():
        assert len(part) >= SMALLEST_GROUP
        for one, other in combinations(part, 2):
            swapped = tallies | {one: tallies[other], other: tallies[one]}
            assert group_sheet(swapped, asked) == sheet


def test_every_measure_is_judged_by_those_it_is_about() -> None:
    away = Tally(owed_days=Fraction(20), absence_days=Fraction(20))
    tallies = {n: days() for n in range(10)} | dict.fromkeys(range(4), away)
    assert not is_about(Measure.PUNCTUALITY, away)
    sheet = group_sheet(tallies, {"A": range(5)})
    assert shown_teams(sheet, Measure.ABSENCE_DAYS) == ["A"]
    assert shown_teams(sheet, Measure.PUNCTUALITY) == []


def days(late: int = 0, ot: int = 0) -> Tally:
    on_time = Fraction(20 - bool(late))
    return Tally(Fraction(20), on_time, Fraction(20), Fraction(0), Fraction(late), Fraction(bool(ot)), Fraction(ot))


def shown_teams(sheet: GroupSheet, measure: Measure) -> list[str]:
    return [name for name, figures in sheet.teams for f in figures if f.measure is measure and f.value is not None]
