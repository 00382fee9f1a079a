"""Heads by contractor and team: everybody is counted once."""

import random

import pytest

from gatehouse.domain.heads import CrewKey, Heads, count


def test_crews_with_their_people_and_whoever_is_in_none() -> None:
    steel, bricks = CrewKey("beam", "steel"), CrewKey("stone", "bricks")
    where = {"1": steel, "2": steel, "3": bricks}
    assert count(where, {"1", "3", "stranger"}, {"3"}) == (
        Heads(steel, known=2, came=1, inside=0),
        Heads(bricks, known=1, came=1, inside=1),
        Heads(CrewKey(), known=1, came=1, inside=0),
    )
    assert count({}, (), ()) == ()


@pytest.mark.parametrize("seed", range(20))
def test_the_sums_are_the_numbers_of_people(seed: int) -> None:
    rng = random.Random(seed)
    people = [str(n) for n in range(rng.randrange(40))]
    where = {one: CrewKey(rng.choice("ab"), rng.choice(["x", "y", ""])) for one in people if rng.random() < 0.8}
    came = {one for one in people if rng.random() < 0.5}
    inside = {one for one in came if rng.random() < 0.5}
    found = count(where, came, inside)
    assert sum(one.came for one in found) == len(came)
    assert sum(one.inside for one in found) == len(inside)
    assert sum(one.known for one in found) == len({*where, *came})
    assert [one.crew for one in found] == sorted({one.crew for one in found}, key=lambda c: (not c.contractor, c.contractor, not c.team, c.team))  # fmt: skip  # noqa: E501
