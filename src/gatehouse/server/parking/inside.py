"""Who is inside: since when, over night, for too long. Times are told without plates; a plate is a look of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import local_date, start_of_day
from gatehouse.domain.permits import free_until
from gatehouse.keeper.protocol import Authority, Refused, StayEntry
from gatehouse.server import keeping
from gatehouse.server.parking.facts import ENDING, StayUnreadable, ending_spans, entries
from gatehouse.server.parking.models import Garage, OpenState, OpenStay
from gatehouse.server.parking.room import held


class Over(StrEnum):
    """Why somebody should look at a stay."""

    LONG = "long"  # longer than the garage's limit
    RIGHT_ENDED = "right_ended"  # its permit or booking has ended
    TIME_TO_LEAVE = "time_to_leave"  # it has paid, and the time to leave has passed


@dataclass(frozen=True, slots=True)
class Inside:
    """One car inside. `entered` None where its key is gone."""

    stay: OpenStay
    entered: datetime | None
    reason: str
    overnight: bool
    over: tuple[Over, ...]


def inside(garage: Garage, at: datetime) -> list[Inside]:
    """Everybody, who came first at the top. Raises KeeperAway."""
    stays = list(OpenStay.objects.filter(garage=garage).select_related("garage__site", "garage__tariff", "clearance"))
    try:
        known = entries({stay.pk: bytes(stay.entry_cell) for stay in stays})
    except StayUnreadable:
        known = {}
    midnight = start_of_day(local_date(at, ZoneInfo(garage.site.zone)), ZoneInfo(garage.site.zone))
    longest = timedelta(days=held(garage).overstay_days)
    ended = _ended(garage, list(known.values()), at)
    rows = [_row(stay, known.get(stay.pk), midnight, longest, ended, at) for stay in stays]
    return sorted(rows, key=lambda row: (row.entered is not None, row.entered, str(row.stay.pk)))


def _ended(garage: Garage, came: Sequence[StayEntry], at: datetime) -> set[str]:
    """The passages in of those whose right has ended."""
    spans = ending_spans((garage.pk, entry) for entry in came)
    found = set()
    for entry in came:
        over = free_until(entry.entered_at, spans.get((garage.pk, entry.vehicle or ""), ()))
        if entry.reason in ENDING and over is not None and over <= at:
            found.add(entry.passage)
    return found


def _row(
    stay: OpenStay, entry: StayEntry | None, midnight: datetime, longest: timedelta, ended: set[str], at: datetime
) -> Inside:
    if entry is None:
        return Inside(stay, None, "unreadable", overnight=False, over=(Over.LONG,))
    over = []
    if at - entry.entered_at > longest:
        over.append(Over.LONG)
    if entry.passage in ended:
        over.append(Over.RIGHT_ENDED)
    clearance = getattr(stay, "clearance", None)
    if clearance is not None and clearance.ends <= at and stay.state in (OpenState.PAID, OpenState.CLEARED):
        over.append(Over.TIME_TO_LEAVE)
    return Inside(stay, entry.entered_at, entry.reason, entry.entered_at < midnight, tuple(over))


def plate(stay: OpenStay, by: Authority) -> str | Refused:
    """Empty where its key is gone. Counted and logged by the keeper before the answer."""
    data = keeping.reveal([keeping.cell("stay.plate/1", stay.pk, stay.plate_cell)], by, "parking.inside")
    if isinstance(data, Refused):
        return data
    return data[0].decode() if data[0] else ""
