"""Heads on a construction site: how many came on a date and how many are inside, by contractor and team."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrewKey:
    """Where somebody stands: ids of contractor and team, "" for none."""

    contractor: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Heads:
    """Of one crew: `known` are in the roster, `came` of them on the date, `inside` are so now."""

    crew: CrewKey
    known: int = 0
    came: int = 0
    inside: int = 0


def count(where: Mapping[str, CrewKey], came: Collection[str], inside: Collection[str]) -> tuple[Heads, ...]:
    """Every crew that has people, in the order of ids; who came and is in no crew stands in the last. Everybody is
    counted once: the sums of the crews are the numbers of people."""
    seen = {*where, *came, *inside}
    crews = sorted({where.get(one, CrewKey()) for one in seen}, key=_order)
    return tuple(
        Heads(
            crew,
            sum(where.get(one, CrewKey()) == crew for one in seen),
            sum(where.get(one, CrewKey()) == crew for one in {*came}),
            sum(where.get(one, CrewKey()) == crew for one in {*inside}),
        )
        for crew in crews
    )


def _order(crew: CrewKey) -> tuple[bool, str, bool, str]:
    return (not crew.contractor, crew.contractor, not crew.team, crew.team)
