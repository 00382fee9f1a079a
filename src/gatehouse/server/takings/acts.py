"""What operators did by hand at lanes: openings and free passes, with why and what the car owed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from gatehouse.domain.money import Money
from gatehouse.domain.outliers import stands_out
from gatehouse.domain.periods import Period
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Opening, Passage
from gatehouse.server.gates.waived import amounts, reasons
from gatehouse.server.parking.models import FreePass, Garage
from gatehouse.server.takings.counting import lanes_of

MOST = 5000  # acts that are opened for one page


@dataclass(frozen=True, slots=True)
class Act:
    """`reason` is a code, `note` what was written beside it; `waived` is None where no amount is known."""

    id: UUID
    at: datetime
    operator: str
    garage: UUID
    gate: str
    is_exit: bool
    kind: str  # opening, free_pass
    reason: str
    note: str
    waived: Money | None


@dataclass(frozen=True, slots=True)
class OperatorActs:
    """One operator's acts of a span. `odd` names what stands out among all operators."""

    operator: str
    openings: int
    free_passes: int
    let_out: int
    waived: dict[str, int]
    reasons: Counter[str]
    odd: frozenset[str]


def acts(garages: Sequence[Garage], span: Period, by: By, operator: str | None = None) -> list[Act]:
    """Newest first, at most MOST of them. Raises KeeperAway, KeeperRefused."""
    zones = {garage.zone_id: garage.pk for garage in garages}
    opened = Opening.objects.filter(gate__zone__in=zones, at__gte=span.start, at__lt=span.end).select_related("gate")
    freed = FreePass.objects.filter(garage__in=zones.values(), at__gte=span.start, at__lt=span.end)
    if operator is not None:
        opened, freed = opened.filter(operator=operator), freed.filter(operator=operator)
    rows: list[Opening | FreePass] = [*opened.order_by("-at")[:MOST]]
    rows += freed.order_by("-at")[:MOST]
    rows = sorted(rows, key=lambda row: row.at, reverse=True)[:MOST]
    why = reasons({row.pk: bytes(row.reason_cell) for row in rows if row.reason_cell is not None}, by)
    owed = amounts({row.pk: bytes(row.waived_cell) for row in rows if row.waived_cell is not None}, by)
    return [_act(row, zones, why.get(row.pk, ""), owed.get(row.pk)) for row in rows]


def _act(row: Opening | FreePass, zones: dict[UUID, UUID], why: str, waived: Money | None) -> Act:
    code, _, note = why.partition(": ")
    if isinstance(row, FreePass):
        return Act(row.pk, row.at, row.operator, row.garage_id, "", True, "free_pass", code, note, waived)
    gate = row.gate
    assert gate.zone_id is not None
    is_exit = gate.direction == "out"
    return Act(row.pk, row.at, row.operator, zones[gate.zone_id], gate.name, is_exit, "opening", code, note, waived)


def by_operator(found: Iterable[Act]) -> list[OperatorActs]:
    """Most acts first."""
    grouped: dict[str, list[Act]] = {}
    for act in found:
        grouped.setdefault(act.operator, []).append(act)
    names = list(grouped)
    openings = [sum(act.kind == "opening" for act in grouped[name]) for name in names]
    freed = [sum(act.kind == "free_pass" for act in grouped[name]) for name in names]
    rows = []
    for place, name in enumerate(names):
        waived: Counter[str] = Counter()
        for act in grouped[name]:
            if act.waived is not None:
                waived[act.waived.currency] += act.waived.minor
        odd = {what for what, numbers in (("openings", openings), ("free_passes", freed)) if stands_out(numbers, place)}
        rows.append(
            OperatorActs(
                operator=name,
                openings=openings[place],
                free_passes=freed[place],
                let_out=sum(act.is_exit for act in grouped[name]),
                waived=dict(waived),
                reasons=Counter(act.reason or "none" for act in grouped[name]),
                odd=frozenset(odd),
            )
        )
    return sorted(rows, key=lambda row: (-row.openings - row.free_passes, row.operator))


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
