"""What an operator is shown of a lane exception: what was read, when it is asked for, and which open stays are likely.

The keeper compares plates and says only how alike they are; a look at what was read counts as a look at that car.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from gatehouse.domain.matching import Candidate, Likeness, likely
from gatehouse.keeper.protocol import Cell, PassageFacts, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.actions import find_stay
from gatehouse.server.parking.facts import NoQuote, Quote, StayUnreadable, entries, quotes
from gatehouse.server.parking.models import LaneException, OpenStay


@dataclass(frozen=True, slots=True)
class LikelyStay:
    """An open stay that the car may have; `owes` None where it has no price at the moment."""

    stay: UUID
    likeness: Likeness
    entered_at: datetime
    owes: Quote | None


def read_cell(exception: LaneException) -> Cell | None:
    """What was read, sealed; None where nothing was."""
    if exception.cell is None or exception.fact is None:
        return None
    label = "passage.facts/1" if exception.passed else "attempt.facts/1"
    token = bytes(exception.token) if exception.token is not None else None
    return keeping.cell(label, exception.fact, exception.cell, token)


def what_was_read(exception: LaneException, by: By) -> str | Refused:
    """The plate as it was read, "" where none was or its day's key is gone. Counts as a look. Raises KeeperAway."""
    cell = read_cell(exception)
    if cell is None:
        return ""
    data = keeping.reveal([cell], by.authority, "lanes.read")
    if isinstance(data, Refused):
        return data
    return (msgspec.msgpack.decode(data[0], type=PassageFacts).plate or "") if data[0] else ""


def likely_stays(exception: LaneException, by: By, at: datetime) -> list[LikelyStay] | Refused:
    """The open stays of the garage that are alike what was read, likeliest first. Raises KeeperAway."""
    cell = read_cell(exception)
    if cell is None:
        return []
    stays = list(queries.open_stays(exception.garage).select_related("garage__site", "garage__tariff", "clearance"))
    asked = [keeping.cell("stay.plate/1", stay.pk, stay.plate_cell) for stay in stays]
    how = keeping.resemble(cell, asked, by.authority)
    if isinstance(how, Refused):
        return [] if how.code == "bad_request" else how  # no plate was read, or its day's key is gone
    alike = {stay.pk: (stay, Likeness(one)) for stay, one in zip(stays, how, strict=True) if one != Likeness.NONE.value}
    return _ordered(alike, exception.at, at)


def _ordered(alike: dict[UUID, tuple[OpenStay, Likeness]], read_at: datetime, at: datetime) -> list[LikelyStay]:
    try:
        known = entries({pk: bytes(stay.entry_cell) for pk, (stay, _) in alike.items()})
    except StayUnreadable:
        known = {}
    candidates = [
        Candidate(str(pk), how, known[pk].entered_at, spoken_for=stay.second_token is not None)
        for pk, (stay, how) in alike.items()
        if pk in known
    ]
    found = [one.candidate for one in likely(candidates, read_at)]
    return shown([(alike[UUID(one.stay)][0], one.likeness, one.entered_at) for one in found], at)


def shown(stays: Sequence[tuple[OpenStay, Likeness, datetime]], at: datetime) -> list[LikelyStay]:
    """With what each owes."""
    owed = quotes([stay for stay, _, _ in stays], at) if stays else {}
    answers: list[LikelyStay] = []
    for stay, how, entered_at in stays:
        asked = owed.get(stay.pk)
        answers.append(LikelyStay(stay.pk, how, entered_at, None if isinstance(asked, NoQuote) else asked))
    return answers


def named_stay(exception: LaneException, typed: str, by: By, at: datetime) -> LikelyStay | Refused | None:
    """The stay of a plate that the driver told the operator: whose plates were changed inside, or were never read.
    Capped like a driver's own tries. Raises KeeperAway."""
    found = find_stay(exception.garage, typed, address=f"operator {by.actor}")
    if found is None or isinstance(found, Refused):
        return found
    stay = queries.open_stay(found.pk)
    try:
        known = entries({stay.pk: bytes(stay.entry_cell)}) if stay else {}
    except StayUnreadable:
        return None
    return shown([(stay, Likeness.EXACT, known[stay.pk].entered_at)], at)[0] if stay and stay.pk in known else None
