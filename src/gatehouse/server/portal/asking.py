"""What a typed plate owes, asked so that the asking tells nothing else.

For a plate that is not here the same questions go to the database and the keeper as for one that is, a price is
reckoned for another stay and thrown away, and no answer leaves before `FLOOR_S` has passed. A car that owes nothing,
whether it is paid, covered by a permit or still free, gets the answer of one that is not here.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from gatehouse.clock import monotonic_s
from gatehouse.domain.errors import DomainError
from gatehouse.domain.plates import fold, normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.parking import matching, queries
from gatehouse.server.parking.facts import Quote, StayUnreadable, quote
from gatehouse.server.parking.models import Garage, OpenStay
from gatehouse.server.people import queries as people
from gatehouse.server.portal.limits import Limit

FLOOR_S = 0.12
PER_PLATE = Limit(12, timedelta(hours=1))  # whoever asks: nobody watches one car come and go
PER_PLATE_AND_SOURCE = Limit(6, timedelta(hours=1))  # so that no single address takes all of them from the driver


class No(Enum):
    """Why there is no amount."""

    NOTHING = "nothing"  # nothing to pay, or not here
    CAPPED = "capped"
    UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True)
class Owed:
    stay: OpenStay
    quote: Quote


def ask(garage: Garage, typed: str, source: str, at: datetime) -> Owed | No:
    """`source` is the keyed hash of the asking address. Raises KeeperAway."""
    began_s = monotonic_s()
    try:
        return _ask(garage, normalise(typed), source, at)
    finally:
        time.sleep(max(0.0, began_s + FLOOR_S - monotonic_s()))


def _ask(garage: Garage, plate: str, source: str, at: datetime) -> Owed | No:
    stay_day = people.site(garage.site_id).stay_day
    tokens = keeping.locate(garage.site_id, stay_day, plate, source)
    if isinstance(tokens, Refused):
        return No.CAPPED if tokens.code == "capped" else No.UNPRICED
    # After the keeper's cap of plates for a source: whoever is refused there takes nothing from anybody.
    looks = f"{garage.pk}/{fold(plate)}"
    if not PER_PLATE_AND_SOURCE.take(keeping.source_of(f"{source}/{looks}"), at):
        return No.CAPPED
    if not PER_PLATE.take(keeping.source_of(looks), at):
        return No.CAPPED
    found = matching.find(garage, tokens).stay
    # A stay that is found was read by its id; where none is, another one is read in its place.
    stay = found or queries.some_open_stay(garage.pk)
    if people.site(garage.site_id).stay_day != stay_day:
        return _ask(garage, plate, source, at)  # the date changed in between, and with it every token
    asked = _quoted(stay, at)
    if found is None:
        return No.NOTHING
    if asked is None:
        return No.UNPRICED
    return Owed(found, asked) if asked.due else No.NOTHING


def _quoted(stay: OpenStay | None, at: datetime) -> Quote | None:
    try:
        return quote(stay, at) if stay else None
    except (StayUnreadable, DomainError):
        return None


def forget() -> None:
    """For tests."""
    PER_PLATE.forget()
    PER_PLATE_AND_SOURCE.forget()
