"""What the cells of a visit hold: JSON of the structs here. The keeper reads `host` in each, and nothing else."""

from datetime import datetime

import msgspec

from gatehouse.domain.visits import Span


class VisitSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """visit.span/1: all that jobs read of a visit."""

    host: str
    starts: datetime
    ends: datetime
    arrived: datetime | None = None
    left: datetime | None = None

    @property
    def span(self) -> Span:
        return Span(self.starts, self.ends, self.arrived, self.left)

    def with_span(self, span: Span) -> "VisitSpan":
        return VisitSpan(self.host, span.starts, span.ends, span.arrived, span.left)


class VisitBrief(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """visit.brief/1: what lists show beside the times."""

    host: str
    initials: str


class VisitFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """visit.facts/1"""

    host: str
    name: str
    purpose: str = ""
    mail: str = ""
    plate: str = ""
