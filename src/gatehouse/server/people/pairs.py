"""Two records that may be one person: what an edge could not tell apart, and what HR said to it.

A row is an id, a site and a state; whom it is about is sealed by the keeper, which wrote it out of the edge's letter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from django.db import connection, transaction

from gatehouse.keeper.protocol import Admitted, Authority, FacePairFacts, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people import actions, looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.cells import FaceQuality, unpack
from gatehouse.server.people.looks import Named
from gatehouse.server.people.models import (
    CredentialKind,
    CredentialState,
    FacePair,
    PairState,
    Person,
    PersonState,
    Site,
)

PURPOSE = "faces.pairs"
_decoder = msgspec.json.Decoder(FacePairFacts)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who are here, with a face each. `spare` says of each whether a card or PIN of theirs works."""

    row: FacePair
    people: tuple[Named, Named]
    how: str
    spare: tuple[bool, bool]


def note_pairs(facts: Sequence[Admitted]) -> int:
    """How many of them are new. A pair that was told before stays as it was answered."""
    assert connection.in_atomic_block
    rows = [FacePair(id=UUID(fact.id), site_id=UUID(fact.site), cell=fact.cell or b"") for fact in facts]
    known = FacePair.objects.filter(pk__in=[row.pk for row in rows]).count()
    FacePair.objects.bulk_create(rows, ignore_conflicts=True)
    return len({row.pk for row in rows}) - known


def waiting(sites: Iterable[Site]) -> int:
    """Pairs to which nobody has said anything."""
    return FacePair.objects.filter(site__in=list(sites), state=PairState.OPEN).count()


def pairs(sites: Sequence[Site], state: str, by: Authority) -> list[Pair] | Refused:
    """Of people who are still here. Raises KeeperAway."""
    rows = list(FacePair.objects.filter(site__in=list(sites), state=state).order_by("id")[:200])
    data = keeping.reveal([keeping.cell("face.pair/1", row.pk, row.cell) for row in rows], by, PURPOSE)
    if isinstance(data, Refused):
        return data
    said = [(row, _decoder.decode(text)) for row, text in zip(rows, data, strict=True) if text]
    ids = [one for _, facts in said for one in (facts.one, facts.other) if people.uuid_from(one)]
    here = {key: row for key, row in people.people_by_id(ids, sites).items() if row.state == PersonState.ACTIVE}
    named = looks.briefs(list(here.values()), by, PURPOSE)
    if isinstance(named, Refused):
        return named
    by_id = {str(one.person.pk): one for one in named}
    ways = _ways(list(here.values()))
    found = []
    for row, facts in said:
        both = (by_id.get(facts.one), by_id.get(facts.other))
        if both[0] is None or both[1] is None:
            continue
        kinds = [ways.get(one.person.pk, set()) for one in (both[0], both[1])]
        if all(CredentialKind.FACE in some for some in kinds):
            spare = [bool(some & {CredentialKind.CARD, CredentialKind.PIN, CredentialKind.QR}) for some in kinds]
            found.append(Pair(row, (both[0], both[1]), facts.how, (spare[0], spare[1])))
    return sorted(found, key=lambda one: one.how != "same")


def _ways(among: Sequence[Person]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for site in {person.site_id: person.site for person in among}.values():
        for person, kind in people.live_credentials(site).values_list("person_id", "kind"):
            found.setdefault(person, set()).add(kind)
    return found


def answer(
    row: FacePair, said: Literal["one", "two"], closing: Person | None, *, by: By, at: datetime
) -> Refused | bool:
    """`one` person: the record that is closed is a leaver's, every way in dead. `two`: both go on, by face and
    something else. False where somebody was faster. Raises KeeperAway, KeeperRefused."""
    state = PairState.ONE if said == "one" else PairState.TWO
    with transaction.atomic():
        if not FacePair.objects.filter(pk=row.pk, state=PairState.OPEN).update(state=state):
            return False
        record("faces.told_apart", "site", row.site_id, by=by, at=at)
    if closing is not None:
        found = looks.facts(closing, by.authority, "person.leave")
        actions.leave(closing, None if isinstance(found, Refused) else found, by=by, at=at)
    return True


def twins(sites: Iterable[Site]) -> int:
    """Pairs of whom it was said that they are two people who look alike."""
    return FacePair.objects.filter(site__in=list(sites), state=PairState.TWO).count()


def pair(pair_id: UUID, sites: Iterable[Site]) -> FacePair | None:
    return FacePair.objects.filter(pk=pair_id, site__in=list(sites)).first()


def is_of(row: FacePair, person: Person, by: Authority) -> bool:
    """Whether this person is one of the two."""
    data = keeping.reveal([keeping.cell("face.pair/1", row.pk, row.cell)], by, PURPOSE)
    if isinstance(data, Refused) or not data[0]:
        return False
    facts = _decoder.decode(data[0])
    return str(person.pk) in (facts.one, facts.other)


@dataclass(frozen=True, slots=True)
class Shot:
    """A face's picture: how good it was, 0 to 100, and what is worst about it."""

    person: Person
    score: int
    worst: str


def worst_shots(sites: Sequence[Site], by: Authority, most: int) -> list[Shot] | Refused:
    """The pictures that are most worth taking again. Everybody with a face counts as seen in brief. Raises
    KeeperAway."""
    rows = [
        row
        for site in sites
        for row in people.live_credentials(site).filter(kind=CredentialKind.FACE).select_related("person__site")
        if row.quality_cell is not None
    ]
    data = keeping.reveal(
        [keeping.cell("face.quality/1", row.pk, row.quality_cell or b"") for row in rows], by, "faces.quality"
    )
    if isinstance(data, Refused):
        return data
    shots = []
    for row, text in zip(rows, data, strict=True):
        if text:
            quality = unpack(text, FaceQuality)
            parts = msgspec.structs.asdict(quality)
            shots.append(Shot(row.person, quality.score, min(parts, key=lambda name: parts[name])))
    return sorted(shots, key=lambda shot: shot.score)[:most]


def outdated(sites: Iterable[Site], model: str) -> int:
    """People whose face another model has made; those from before models were written down are not counted."""
    faces = people.faces(sites).exclude(model__in=("", model))
    return faces.filter(state=CredentialState.ACTIVE).count()
