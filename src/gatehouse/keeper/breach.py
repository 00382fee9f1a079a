"""After a theft or a stolen login: who is affected, and what could have been read, from the log alone.

breach(entries, known, since, until, actor) -> Breach       known: pseudonym -> the person's or vehicle's id
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from gatehouse.keeper.log import Entry
from gatehouse.keeper.looks import LOOK_KINDS

LOOKS = LOOK_KINDS | {"reseal"}
GATES = "edge:"  # what gates' computers are sent is their work; it counts when one of them is asked for


class Affected(msgspec.Struct, frozen=True):
    """One person or vehicle: what of them left the keeper, how often, for what, to whom."""

    id: str
    looks: int
    classes: list[str]
    purposes: list[str]
    actors: list[str]
    first: datetime
    last: datetime


class Reader(msgspec.Struct, frozen=True):
    """One actor of the span, whoever is asked for."""

    actor: str
    role: str
    looks: int
    people: int
    refused: int
    first: datetime
    last: datetime


class Breach(msgspec.Struct, frozen=True):
    """`beside` counts the rows, vehicles of a day and erased ones that no id is known of."""

    since: datetime
    until: datetime
    actor: str
    readers: list[Reader]
    affected: list[Affected]
    beside: int


def breach(
    entries: Iterable[Entry], known: Mapping[bytes, str], since: datetime, until: datetime, actor: str = ""
) -> Breach:
    """Every look in [since, until) of this actor, or of everybody."""
    lines = [entry for entry in entries if since <= entry.at < until]
    looks = [entry for entry in lines if entry.kind in LOOKS and _is_asked_for(entry, actor)]
    people: dict[bytes, list[Entry]] = {}
    for entry in looks:
        for who in entry.subjects:
            people.setdefault(who, []).append(entry)
    found = [_affected(known[who], theirs) for who, theirs in people.items() if who in known]
    return Breach(
        since=since,
        until=until,
        actor=actor,
        readers=_readers(lines),
        affected=sorted(found, key=lambda one: (-one.looks, one.id)),
        beside=sum(who not in known for who in people),
    )


def _is_asked_for(entry: Entry, actor: str) -> bool:
    return entry.actor == actor if actor else not entry.actor.startswith(GATES)


def _affected(name: str, entries: list[Entry]) -> Affected:
    return Affected(
        id=name,
        looks=len(entries),
        classes=sorted({entry.budget for entry in entries if entry.budget}),
        purposes=sorted({entry.purpose for entry in entries}),
        actors=sorted({entry.actor for entry in entries}),
        first=min(entry.at for entry in entries),
        last=max(entry.at for entry in entries),
    )


def _readers(lines: list[Entry]) -> list[Reader]:
    by_actor: dict[tuple[str, str], list[Entry]] = {}
    for entry in lines:
        if entry.kind in LOOKS or (entry.kind == "refused" and entry.actor):
            by_actor.setdefault((entry.actor, entry.role), []).append(entry)
    found = [_reader(actor, role, theirs) for (actor, role), theirs in by_actor.items()]
    return sorted(found, key=lambda one: (-one.people, one.actor))


def _reader(actor: str, role: str, entries: list[Entry]) -> Reader:
    looks = [entry for entry in entries if entry.kind in LOOKS]
    return Reader(
        actor=actor,
        role=role,
        looks=len(looks),
        people=len({who for entry in looks for who in entry.subjects}),
        refused=len(entries) - len(looks),
        first=min(entry.at for entry in entries),
        last=max(entry.at for entry in entries),
    )
