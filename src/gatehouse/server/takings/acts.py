"""What operators did by hand at lanes: what the lanes wrote down of each act, and the openings with their times.

An act has its date and what it waived, an opening its time and a note; nothing joins the two, since an amount beside a
time would tell when a car had come.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count

from gatehouse.domain.outliers import stands_out
from gatehouse.domain.periods import Period
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Opening, Passage
from gatehouse.server.parking.models import Act, Garage, LaneAct
from gatehouse.server.takings.counting import lanes_of

MOST = 5000  # openings that are opened for one page
WATCHED = (Act.OPENED, Act.FREE_PASS, Act.CLOSED_UNPAID)  # kinds of which somebody may do far more than the others


@dataclass(frozen=True, slots=True)
class OperatorActs:
    """One operator's acts of a span; `odd` names the kinds in which they stand out among all operators."""

    operator: str
    kinds: Counter[str]
    waived: dict[str, int]
    reasons: Counter[str]
    odd: frozenset[str]

    @property
    def count(self) -> int:
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Opened:
    """One opening by hand; `note` is what was written beside the reason."""

    at: datetime
    operator: str
    garage: UUID
    gate: str
    reason: str
    note: str


def acts(garages: Iterable[Garage], since: date, until: date, operator: str | None = None) -> list[LaneAct]:
    """Those of the dates [since, until), the latest first."""
    found = LaneAct.objects.filter(garage__in=list(garages), on__gte=since, on__lt=until)
    if operator is not None:
        found = found.filter(operator=operator)
    return list(found.order_by("-on", "pk"))


def by_operator(found: Iterable[LaneAct]) -> list[OperatorActs]:
    """Most acts first."""
    grouped: dict[str, list[LaneAct]] = {}
    for act in found:
        grouped.setdefault(act.operator, []).append(act)
    kinds = {name: Counter(act.act for act in mine) for name, mine in grouped.items()}
    rows = []
    for place, (name, mine) in enumerate(grouped.items()):
        waived: Counter[str] = Counter()
        for act in mine:
            waived[act.currency] += act.waived_minor
        odd = {kind.value for kind in WATCHED if stands_out([one[kind] for one in kinds.values()], place)}
        reasons = Counter(act.reason or "none" for act in mine)
        rows.append(OperatorActs(name, kinds[name], {c: m for c, m in waived.items() if m}, reasons, frozenset(odd)))
    return sorted(rows, key=lambda row: (-row.count, row.operator))


def openings(garages: Iterable[Garage], span: Period, by: By, operator: str | None = None) -> list[Opened]:
    """Newest first, at most MOST of them. Raises KeeperAway, KeeperRefused."""
    zones = {garage.zone_id: garage.pk for garage in garages}
    found = Opening.objects.filter(gate__zone__in=zones, at__gte=span.start, at__lt=span.end).select_related("gate")
    if operator is not None:
        found = found.filter(operator=operator)
    rows = list(found.order_by("-at", "pk")[:MOST])
    why = _reasons(rows, by)
    return [_opened(row, zones, why.get(row.pk, "")) for row in rows]


def _opened(row: Opening, zones: dict[UUID, UUID], why: str) -> Opened:
    code, _, note = why.partition(": ")
    assert row.gate.zone_id is not None
    return Opened(row.at, row.operator, zones[row.gate.zone_id], row.gate.name, code, note)


def _reasons(rows: Iterable[Opening], by: By) -> dict[UUID, str]:
    """Why, as "code: note" or the code alone; one whose key is gone is left out."""
    sealed = [row for row in rows if row.reason_cell is not None]
    asked = [keeping.cell("site.text/1", row.pk, row.reason_cell or b"") for row in sealed]
    data = keeping.reveal(asked, by.authority, "lane.acts")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    return {row.pk: text.decode() for row, text in zip(sealed, data, strict=True) if text is not None}


def exits(garages: Sequence[Garage], span: Period) -> int:
    """How many passed the garages' lanes outwards."""
    lanes = lanes_of(garages)
    rows = (
        Passage.objects.filter(
            site__in={garage.site_id for garage in garages}, at__gte=span.start, at__lt=span.end, direction="out"
        )
        .values_list("site_id", "gate")
        .annotate(Count("pk"))
    )
    return sum(count for site, gate, count in rows.order_by() if (site, gate) in lanes)
