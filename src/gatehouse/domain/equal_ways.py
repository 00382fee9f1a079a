"""Nobody has to give their face: a gate that takes faces takes something else as well, for whoever did not agree."""

from collections.abc import Iterable

from gatehouse.domain.sightings import Means

EQUAL = frozenset({Means.PASS, Means.CARD, Means.PIN})


def lacks_equal_way(means: Iterable[Means]) -> bool:
    """True for a gate that takes faces and neither pass, card nor PIN."""
    taken = frozenset(means)
    return Means.FACE in taken and taken.isdisjoint(EQUAL)
