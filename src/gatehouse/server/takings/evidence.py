"""Everything there is about a contested stay: its times and price lines, what the cameras read, the money, and who
opened by hand. Each look goes through the keeper by the reader's ticket, which counts and logs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from gatehouse.domain.money import Money
from gatehouse.domain.parking_lines import Line, LineKind
from gatehouse.domain.periods import Period
from gatehouse.keeper.protocol import PassageFacts, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Attempt, Passage
from gatehouse.server.parking.facts import Books, entries
from gatehouse.server.parking.models import ClosedStay, Garage, OpenStay, Payment, Tariff
from gatehouse.server.parking.queries import lanes
from gatehouse.server.parking.steps import tax_percent
from gatehouse.server.takings.acts import Opened, openings
from gatehouse.server.takings.models import Dispute
from gatehouse.server.takings.refunds import Back, refunds_of

PURPOSE = "dispute.evidence"
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=5)  # around a passage: the attempts and acts that led to it


@dataclass(frozen=True, slots=True)
class Seen:
    """An attempt of the same vehicle around a passage. `facts` None: the key of that day is destroyed."""

    at: datetime
    gate: str
    outcome: str
    facts: PassageFacts | None


@dataclass(frozen=True, slots=True)
class Passed:
    """One end of the stay. `found` says whether a passage of that instant is recorded at the garage's lanes; `reads`
    are the attempts that carry its token. `others` is how many more attempts there were at that lane then: they were
    other cars, or this one misread."""

    at: datetime
    found: bool
    gate: str
    sensed: bool
    reads: Sequence[Seen]
    others: int
    destroyed: bool


@dataclass(frozen=True, slots=True)
class StayTold:
    """`left_at` is None while the car is inside. `lines` explain `total`."""

    entered_at: datetime
    left_at: datetime | None
    reason: str
    total: Money | None
    paid: Money
    lines: Sequence[Line]
    tariff: Tariff
    version: int | None
    tax_percent: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`stay` None: its key is destroyed or it was never recorded."""

    stay: StayTold | None
    entry: Passed | None
    exit: Passed | None
    payments: Sequence[Payment]
    refunds: Sequence[Back]
    openings: Sequence[Opened]


def gather(row: Dispute, by: By) -> Evidence | Refused:
    """Raises KeeperAway, KeeperRefused."""
    told = _stay(row, by)
    if isinstance(told, Refused):
        return told
    ends: list[Passed | None] = [None, None]
    if told is not None:
        for place, (at, direction) in enumerate(((told.entered_at, "in"), (told.left_at, "out"))):
            passed = None if at is None else _passed(row.garage, at, direction, by)
            if isinstance(passed, Refused):
                return passed
            ends[place] = passed
    payments = list(Payment.objects.filter(stay=row.stay).order_by("at", "pk"))
    near: list[Opened] = []
    if told is not None and told.left_at is not None:
        near = openings([row.garage], Period(told.left_at - BEFORE, told.left_at + AFTER), by)
    return Evidence(told, ends[0], ends[1], payments, refunds_of(payments), near)


def _stay(row: Dispute, by: By) -> StayTold | Refused | None:
    closed = ClosedStay.objects.filter(pk=row.stay).first()
    if closed is None:
        return _open_stay(row)
    data = keeping.reveal([keeping.cell("stay.books/1", closed.pk, closed.cell)], by.authority, PURPOSE)
    if isinstance(data, Refused):
        return data
    if data[0] is None:
        return None
    books = msgspec.json.decode(data[0], type=Books, strict=False)
    lines = [
        Line(LineKind(line.kind), line.params, timedelta(seconds=line.covered_s), Money(line.minor, books.currency))
        for line in books.lines
    ]
    return _told(
        row.garage, books.entered_at, books.left_at, books.reason, Money(books.total_minor, books.currency),
        Money(closed.paid_minor, closed.currency), lines,
    )  # fmt: skip


def _open_stay(row: Dispute) -> StayTold | None:
    stay = OpenStay.objects.filter(pk=row.stay).first()
    entry = entries({stay.pk: bytes(stay.entry_cell)}).get(stay.pk) if stay else None
    if stay is None or entry is None:
        return None
    paid = Money(stay.paid_minor, row.currency)
    return _told(row.garage, entry.entered_at, None, entry.reason, None, paid, [])


def _told(
    garage: Garage,
    entered_at: datetime,
    left_at: datetime | None,
    reason: str,
    total: Money | None,
    paid: Money,
    lines: Sequence[Line],
) -> StayTold:
    numbers = {line.params["version"] for line in lines if "version" in line.params}
    version = int(numbers.pop()) if len(numbers) == 1 else None
    rate = tax_percent(garage, entered_at)
    return StayTold(entered_at, left_at, reason, total, paid, lines, garage.tariff, version, rate)


def _passed(garage: Garage, at: datetime, direction: str, by: By) -> Passed | Refused:
    """The passage of exactly that instant, and what led to it at its lane."""
    names = {gate.code: gate.name for gate in lanes(garage)}
    at_lanes = {"site": garage.site_id, "gate__in": names, "direction": direction}
    passage = Passage.objects.filter(at=at, **at_lanes).first()
    if passage is None:
        return Passed(at, found=False, gate="", sensed=False, reads=[], others=0, destroyed=False)
    near = Attempt.objects.filter(site=garage.site_id, gate=passage.gate, at__gte=at - BEFORE, at__lte=at + AFTER)
    token = bytes(passage.token) if passage.token is not None else None
    mine = [row for row in near.order_by("at") if token is not None and row.token and bytes(row.token) == token]
    facts = _opened(mine, by)
    if isinstance(facts, Refused):
        return facts
    reads = [Seen(row.at, names[row.gate], row.outcome, facts.get(row.pk)) for row in mine]
    gone = bool(mine) and not facts
    return Passed(
        at, found=True, gate=names[passage.gate], sensed=passage.sensed, reads=reads,
        others=near.count() - len(mine), destroyed=gone or token is None,
    )  # fmt: skip


def _opened(rows: Sequence[Attempt], by: By) -> dict[UUID, PassageFacts] | Refused:
    held = [row for row in rows if row.cell is not None]
    cells = [
        keeping.cell("attempt.facts/1", row.pk, row.cell or b"", bytes(row.token) if row.token else None)
        for row in held
    ]
    data = keeping.reveal(cells, by.authority, PURPOSE)
    if isinstance(data, Refused):
        return data
    return {
        row.pk: msgspec.msgpack.decode(text, type=PassageFacts)
        for row, text in zip(held, data, strict=True)
        if text is not None
    }
