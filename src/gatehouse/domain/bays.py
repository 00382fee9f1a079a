"""Bays that several vehicles share: the contract's n bays are never held by more than n of its vehicles.

A bay is held from the grant in until the passage out, by plate, so that a second entry of the same vehicle, one that
had left unseen, takes no second bay. A booking is a contract of one bay that serves once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bays:
    """What the gate knows of bays as one vehicle stands before it: how many of each pool are held, by whomever; which
    this vehicle holds; and which it held for the only time that it may."""

    taken: Mapping[str, int] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()

    def has_room(self, pool: str, bays: int) -> bool:
        """For this vehicle: a bay that it holds is room."""
        return pool not in self.used and (pool in self.held or self.taken.get(pool, 0) < bays)


NO_BAYS = Bays()
