"""Which groups of people may have a figure shown, so that none of the figures, nor what follows from them together,
speaks of a few.

The rule: the groups that are shown cut the people into parts, each of those who are in exactly the same shown groups.
Every part holds nobody or at least `smallest`. A figure is the same whichever order a group's people are taken in, so
whatever is worked out from all figures together (sums, totals minus parts, medians) stays the same when two people of
one part change places. It therefore tells nobody of a part from the others of it: at least `smallest` people. A group
that is large enough by itself is withheld, too, where it would leave a small part over (complementary suppression, as
in statistical disclosure control: Hundepool and others, Statistical Disclosure Control, Wiley 2012, chapter 4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

G = TypeVar("G", bound=Hashable)
P = TypeVar("P", bound=Hashable)

# Below this many people a group's figure would speak of single persons.
SMALLEST_GROUP = 5


def parts(shown: Collection[frozenset[P]]) -> Counter[frozenset[int]]:
    """How many people are in exactly the same of these groups; the groups by their places in order."""
    within: dict[P, set[int]] = {}
    for place, group in enumerate(shown):
        for person in group:
            within.setdefault(person, set()).add(place)
    return Counter(frozenset(places) for places in within.values())


def safe(shown: Collection[frozenset[P]], smallest: int = SMALLEST_GROUP) -> bool:
    """Whether figures of all these groups may stand beside each other."""
    return all(count >= smallest for count in parts(shown).values())


def publishable(groups: Mapping[G, frozenset[P]], smallest: int = SMALLEST_GROUP) -> tuple[G, ...]:
    """The groups that may be shown together: the larger first, so that most people are in a figure; of equal ones the
    one that is named first. An empty group is never shown."""
    chosen: dict[G, frozenset[P]] = {}
    for name, group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        if group and safe([*chosen.values(), group], smallest):
            chosen[name] = group
    return tuple(name for name in groups if name in chosen)
