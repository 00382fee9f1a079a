"""A month's figures of a site and its teams, without anybody's own: withheld where a group, or what two groups leave
over, is too small (`domain.suppression`).

A measure is of those who have a day that it is about: nine people on leave and one at work are no group of ten. So
each measure is judged by itself, and a team whose size alone would do may be without one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from gatehouse.domain.medians import median
from gatehouse.domain.performance import Measure, Tally, Withheld, is_about, value_of
from gatehouse.domain.suppression import SMALLEST_GROUP, publishable

P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """One measure of one group. Of a ratio `value` is over all days of the group alike; of minutes and days it is the
    mean of a person. `median` is the middle of the people's own values. Neither, with the reason, where withheld."""

    measure: Measure
    value: Fraction | None
    median: Fraction | None
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """`whole` are the figures of everybody, `teams` those of each, in the order of their names."""

    whole: tuple[GroupFigure, ...]
    teams: tuple[tuple[str, tuple[GroupFigure, ...]], ...]


RATIOS = frozenset({Measure.PUNCTUALITY, Measure.ATTENDANCE_RATE})
_WHOLE = ""


def group_sheet(
    tallies: Mapping[P, Tally], teams: Mapping[str, Iterable[P]], smallest: int = SMALLEST_GROUP
) -> GroupSheet:
    """Every measure of everybody in `tallies` and of each team; who is in no tally counts in no team. Team names are
    not empty. People of no team count in the whole, where they must not be what the teams leave over."""
    groups = {_WHOLE: frozenset(tallies)} | {
        name: frozenset(people) & frozenset(tallies) for name, people in sorted(teams.items())
    }
    rows: dict[str, list[GroupFigure]] = {name: [] for name in groups}
    for measure in Measure:
        about = {
            name: frozenset(person for person in people if is_about(measure, tallies[person]))
            for name, people in groups.items()
        }
        shown = publishable(about, smallest)
        for name, people in about.items():
            rows[name].append(_figure(measure, [tallies[one] for one in people], shown=name in shown))
    whole = tuple(rows.pop(_WHOLE))
    return GroupSheet(whole, tuple((name, tuple(figures)) for name, figures in rows.items()))


def _figure(measure: Measure, of: Sequence[Tally], *, shown: bool) -> GroupFigure:
    """A group of nobody is withheld as a small one is: which of the two it is would tell."""
    if not shown:
        return GroupFigure(measure, None, None, Withheld.GROUP_TOO_SMALL)
    together = value_of(measure, sum(of, Tally()))
    assert together is not None
    value = together if measure in RATIOS else together / len(of)
    own = [found for one in of if (found := value_of(measure, one)) is not None]
    return GroupFigure(measure, value, median(own))
