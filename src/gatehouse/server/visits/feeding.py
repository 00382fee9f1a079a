"""What edges are told of visitors: whom to let in by which group and in which span, and their cars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import local_date
from gatehouse.domain.policy import Permit
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Site
from gatehouse.server.visits import queries
from gatehouse.server.visits.looks import spans_for_job

_CARS = UUID("8f2a6c1e-3d5b-4b7a-9e41-6d0c2f7b8a35")


@dataclass(frozen=True, slots=True)
class Expected:
    """One visitor as gates know them: from `opens` to `ends`. `plate_cell` is that of a car, if they come by one."""

    id: UUID
    groups: list[str]
    opens: datetime
    ends: datetime
    brief_cell: bytes
    plate_cell: bytes | None
    lanes: frozenset[str]

    @property
    def car(self) -> str:
        """Another id than the visitor's: the two are known by other means."""
        return str(uuid5(_CARS, str(self.id)))

    @property
    def right(self) -> Permit:
        """Their car is welcome while they are."""
        return Permit(str(self.id), self.lanes, self.opens, self.ends)


def expected(site: Site, by: By, now: datetime) -> Sequence[Expected]:
    """Everybody whose visit is not over. Raises KeeperAway, KeeperRefused."""
    rows = queries.living(site, local_date(now, ZoneInfo(site.zone)))
    setup = queries.setup_of(site)
    if not rows or setup is None or setup.group_id is None:
        return []
    said, lanes = spans_for_job(rows, by.authority, "feed.visits"), queries.lanes_of(setup)
    return [
        Expected(
            id=row.pk,
            groups=[str(setup.group_id)],
            opens=said[row.pk].span.opens,
            ends=said[row.pk].ends,
            brief_cell=bytes(row.brief_cell),
            plate_cell=None if row.plate_cell is None else bytes(row.plate_cell),
            lanes=lanes,
        )
        for row in rows
        if row.pk in said and said[row.pk].ends > now
    ]
