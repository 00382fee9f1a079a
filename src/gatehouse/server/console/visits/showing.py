"""A visit as pages show it, at the desk and on the host's page."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gatehouse.domain import visits as rules
from gatehouse.domain.visits import Standing
from gatehouse.server.console import words
from gatehouse.server.console.words_visits import STANDINGS
from gatehouse.server.visits.looks import Listed
from gatehouse.server.visits.models import Visit, VisitState


@dataclass(frozen=True, slots=True)
class Line:
    """One visit in a list."""

    id: UUID
    zone: str
    standing: Standing
    said: words.Text
    tone: str
    mark: str
    initials: str
    starts: datetime
    ends: datetime
    arrived: datetime | None
    left: datetime | None
    host: UUID
    car: bool
    last_on: date


def line(visit: Visit, of: Listed, now: datetime) -> Line:
    said = of.said
    standing = Standing.CANCELLED if visit.state == VisitState.CANCELLED else rules.standing(said.span, now)
    text, tone, mark = STANDINGS[standing]
    return Line(
        id=visit.pk,
        zone=visit.site.zone,
        standing=standing,
        said=text,
        tone=tone,
        mark=mark,
        initials=of.initials,
        starts=said.starts,
        ends=said.ends,
        arrived=said.arrived,
        left=said.left,
        host=visit.host_id,
        car=visit.plate_cell is not None,
        last_on=visit.last_on,
    )
