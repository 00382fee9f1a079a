"""What a provider's statement and our own books have otherwise, line by line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

Key = tuple[str, str]  # kind ("payment" or "refund") and id


class Kind(StrEnum):
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Line:
    """Money in or out, in whole minor units of one currency. `kind` is `payment` or `refund`."""

    kind: str
    id: str
    minor: int

    @property
    def key(self) -> Key:
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Found:
    """One difference; an amount is None on the side that has nothing."""

    kind: Kind
    of: str
    id: str
    ours: int | None
    theirs: int | None


def compare(theirs: Iterable[Line], ours: Mapping[Key, int], due: Set[Key], elsewhere: Set[Key]) -> list[Found]:
    """The differences, in the order of their ids.

    `ours` is what we have of any date among their lines, and of the date itself; `due` is what of it the statement must
    hold, unless it is among `elsewhere`, the lines of the dates beside it: a payment of the minute before midnight is
    told in the minute after.
    """
    listed: dict[Key, list[int]] = {}
    for line in theirs:
        listed.setdefault(line.key, []).append(line.minor)
    found = []
    for (kind, name), amounts in listed.items():
        own = ours.get((kind, name))
        if own is None:
            found.append(Found(Kind.MISSING_HERE, kind, name, None, sum(amounts)))
        elif len(amounts) > 1:
            found.append(Found(Kind.DOUBLE, kind, name, own, sum(amounts)))
        elif amounts[0] != own:
            found.append(Found(Kind.AMOUNT, kind, name, own, amounts[0]))
    for kind, name in due - listed.keys() - elsewhere:
        found.append(Found(Kind.MISSING_THERE, kind, name, ours[kind, name], None))
    return sorted(found, key=lambda one: (one.of, one.id))


def sums(lines: Iterable[Line]) -> Counter[str]:
    """What came and what went back, by kind."""
    total: Counter[str] = Counter()
    for line in lines:
        total[line.kind] += line.minor
    return total
