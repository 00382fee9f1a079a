"""What must be true after the day, reckoned from the day's own list of visits.

Gatehouse is asked for its rows only; the tariff is the one that was posted, priced by `domain.parking`.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from tests.garage_day.day import Play
from tests.garage_day.plan import LEAVE_MIN, TARIFFS, Odd, Visit, Way

from gatehouse.domain.decisions import Reason
from gatehouse.domain.parking import StayFact, price
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import StayEntry

_TARIFFS = [tariff_from_dict(tariff) for tariff in TARIFFS]
FREE_CLEARANCE = timedelta(minutes=5)
BLURRED = timedelta(seconds=20)  # between what the driver's clock said and the server's
QUOTE_HOLDS = timedelta(minutes=10)  # how long an amount that was asked for settles a stay
AWAY_S = 120.0


def costs(visit: Visit, at: datetime) -> int:
    """What the visit costs until `at` by the posted tariff, in minor units."""
    assert visit.entered_at is not None
    if visit.way is Way.PERMIT and visit.odd not in (Odd.MISREAD_IN, Odd.LOST_IN):
        return 0
    return price(StayFact(visit.entered_at), _TARIFFS[visit.garage], max(at, visit.entered_at)).total.minor


@dataclass(frozen=True, slots=True)
class Row:
    """A stay as the installation holds it."""

    id: str
    garage: int
    entered_at: datetime
    left_at: datetime | None
    state: str
    amount: int
    paid: int


@dataclass
class Findings:
    wrong: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    named: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # deviations in minor units

    def check(self, true: object, said: str) -> None:
        if not true:
            self.wrong.append(said)


def judge(play: Play) -> Findings:
    found = Findings()
    rows = _rows(play)
    _every_entry_is_one_stay(play, rows, found)
    _money_came_once(play, rows, found)
    _barriers_had_a_right(play, found)
    _revenue_is_the_tariff(play, rows, found)
    _exceptions_are_answered(play, found)
    return found


def still_there(play: Play) -> list[str]:
    """Of each car that should have left: what is known of it, and what its lane was asked and told last."""
    lines = []
    for one in (one for one in play.day.visits if one.left_at is None):
        rows = play.town.rows(
            "SELECT kind, done, answer, at FROM parking_laneexception WHERE garage_id = ? AND gate = ? "
            "ORDER BY at DESC LIMIT 3",
            UUID(play.town.garages[one.garage].id).hex,
            one.lane,
        )
        lines.append(
            f"{one.number} {one.odd or 'nothing odd'}, {one.way}, tries {one.tries}, came {one.entered_at}, asked"
            f" {one.asked}, paid {one.paid} of {len(one.payments)}, {one.plate}/{one.misread} at"
            f" {one.garage}/{one.lane}: {rows}"
        )
    return lines


def _rows(play: Play) -> list[Row]:
    numbers = {UUID(garage.id).hex: garage.number for garage in play.town.garages}
    rows = []
    with Inspector(play.town.box.home) as inspector:
        query = "SELECT id, garage_id, state, amount_minor, paid_minor, cell FROM parking_closedstay"
        for own, garage, state, amount, paid, cell in play.town.rows(query):
            opened = inspector.try_open(cell, [str(UUID(own))])
            assert opened is not None, "the books do not open"
            books = msgspec.json.decode(opened.data)
            times = [datetime.fromisoformat(books[name]) for name in ("entered_at", "left_at")]
            rows.append(Row(own, numbers[garage], times[0], times[1], state, amount, paid))
        query = "SELECT id, garage_id, state, paid_minor, entry_cell FROM parking_openstay"
        for own, garage, state, paid, cell in play.town.rows(query):
            opened = inspector.try_open(cell, [str(UUID(own))])
            assert opened is not None, "an open stay cannot be read"
            entry = msgspec.msgpack.decode(opened.data, type=StayEntry)
            rows.append(Row(own, numbers[garage], entry.entered_at, None, state, 0, paid))
    return rows


def _every_entry_is_one_stay(play: Play, rows: list[Row], found: Findings) -> None:
    """No stay lost, none made twice, each ended when its car left."""
    told = Counter((visit.garage, visit.entered_at) for visit in play.day.visits if visit.entered_at)
    held = Counter((row.garage, row.entered_at) for row in rows)
    found.check(told == held, f"stays: {len(told - held)} lost, {len(held - told)} too many")
    by_entry = {(row.garage, row.entered_at): row for row in rows}
    for visit in play.day.visits:
        found.check(visit.left_at is not None, f"visit {visit.number} never left")
        row = by_entry.get((visit.garage, visit.entered_at))
        if row is None or visit.left_at is None:
            continue
        if row.left_at is None:
            said = _said_of(play, visit)
            found.check(False, f"visit {visit.number} ({visit.odd}, {visit.out_reason}) is still inside: {said}")
        elif visit.odd in (Odd.NOTHING, Odd.BLINKED_OUT, Odd.FOLDED_IN):
            found.check(row.left_at == visit.left_at, f"visit {visit.number} ended at another time than it left")
    found.report["stays"] = {"told": len(told), "ended": sum(row.left_at is not None for row in rows)}


def _said_of(play: Play, visit: Visit) -> str:
    """What was answered to the alarm that it left behind."""
    facts = [UUID(fact).hex for fact, one in play.unseen.items() if one is visit]
    query = "SELECT kind, done, answer, reason FROM parking_laneexception WHERE id = ?"
    rows = [row for fact in facts for row in play.town.rows(query, fact)]
    return f"{visit.way}, paid {len(visit.paid)}, {len(facts)} alarms: {rows}"


def _money_came_once(play: Play, rows: list[Row], found: Findings) -> None:
    """What the provider took is what the installation says it got: every payment, once, in full."""
    query = "SELECT id, state, amount_minor, excess_minor FROM parking_payment"
    came = {str(UUID(own)): (state, amount, excess) for own, state, amount, excess in play.town.rows(query)}
    settled = {own: amount for own, (state, amount, _) in came.items() if state in ("settled", "late")}
    found.check(settled == play.provider.taken, "payments taken and payments settled differ")
    late = sum(amount for state, amount, _ in came.values() if state == "late")
    excess = sum(excess for state, _, excess in came.values() if state == "settled")
    counted = sum(row.paid for row in rows)
    found.check(
        counted + excess + late == sum(play.provider.taken.values()),
        f"money: {counted} counted + {excess} beyond + {late} late is not {sum(play.provider.taken.values())} taken",
    )
    found.report["money"] = {
        "taken": sum(play.provider.taken.values()),
        "counted": counted,
        "beyond_what_was_owed": excess,
        "came_late": late,
        "payments": len(settled),
    }


def _barriers_had_a_right(play: Play, found: Findings) -> None:
    """Every pulse follows a granted attempt, and every car that was let out had paid, owed nothing, held a permit, was
    let out by somebody, or found no server for two minutes."""
    permits = set(play.day.permits)
    orders = {str(UUID(own)) for (own,) in play.town.rows("SELECT id FROM gates_opening")}
    payers = {id(play.payments[own]) for own in play.provider.taken}
    for edge in play.edges:
        pulses = sum(lane.barrier.pulses for lane in edge.lanes.values())
        granted = [one for one in edge.spool.attempts if one.granted]
        found.check(pulses == len(granted), f"garage {edge.garage.number}: {pulses} pulses, {len(granted)} grants")
        outward = {one.id for one in granted if one.direction == "out"}
        known = {one.attempt for one in play.opened if one.visit.garage == edge.garage.number}
        found.check(outward == known, f"garage {edge.garage.number}: {len(outward ^ known)} openings for nobody")
    for one in play.opened:
        visit = one.visit
        match one.reason:
            case Reason.PERMIT:
                right = (visit.garage, visit.plate) in permits
            case Reason.CLEARED:
                free = visit.entered_at is not None and costs(visit, one.at - FREE_CLEARANCE - BLURRED) == 0
                right = id(visit) in payers or free
            case Reason.BY_HAND:
                right = one.attempt in orders
            case Reason.OFFLINE_OWED:
                right = one.silent_s >= AWAY_S
            case _:
                right = False
        found.check(right, f"visit {visit.number} was let out as {one.reason} without a right")
    found.report["openings"] = dict(Counter(one.reason.value for one in play.opened))


def _revenue_is_the_tariff(play: Play, rows: list[Row], found: Findings) -> None:
    """Visit by visit: the books hold what the posted tariff says, or the difference has a name."""
    by_entry = {(row.garage, row.entered_at): row for row in rows}
    paid_by: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for own in play.provider.taken:
        paid_by[id(play.payments[own])] = play.payments[own].asked
    tariff = books = 0
    for visit in play.day.visits:
        if visit.left_at is None:
            continue
        if visit.entered_at is None:  # nothing knows of its entry
            found.named["entry lost: let out by hand"].append(0)
            continue
        row = by_entry.get((visit.garage, visit.entered_at))
        if row is None:
            continue
        amount = row.amount if row.left_at is not None else row.paid
        taken = sum(play.provider.taken.get(own, 0) for own in visit.payments)
        dues = _due(visit, paid_by.get(id(visit), []), taken)
        due = amount if amount in dues else dues[0]
        tariff += due
        books += amount
        if amount != due:
            found.named[_name(visit, row)].append(due - amount)
            named = row.left_at is None or visit.by_hand or visit.odd is not Odd.NOTHING or visit.way is Way.TWICE
            found.check(
                named,
                f"visit {visit.number} ({visit.way}, {visit.out_reason}): {amount} in the books, {due} due; entered"
                f" {visit.entered_at}, asked {visit.asked}, paid {visit.paid}, took {taken}, left {visit.left_at}",
            )
    deviations = sum(sum(amounts) for amounts in found.named.values())
    found.check(books == tariff - deviations, f"revenue: {books} is not {tariff} - {deviations}")
    total = sum(row.amount if row.left_at is not None else row.paid for row in rows)
    found.check(total == books, f"revenue: {total - books} in the books belongs to no visit")
    found.report["revenue"] = {"tariff": tariff, "books": books, "deviations": deviations}
    found.report["deviations"] = {name: [len(a), sum(a)] for name, a in sorted(found.named.items())}


def _due(visit: Visit, asked: list[tuple[datetime, datetime]], taken: int) -> list[int]:
    """What should have been paid: the price when it was last asked for, where it was paid and the car left in time; the
    price at the exit where the lane let it out owing. Several where a moment is known only to lie within a span."""
    assert visit.left_at is not None
    at_exit = costs(visit, visit.left_at)
    in_time = [costs(visit, at) for at in asked[-1]] if asked else [0]
    if taken > max(in_time):  # paid twice over: the first that came let it out, and the other is to be paid back
        in_time += [costs(visit, at) for span in asked for at in span]
    if visit.out_reason == "unseen":
        return in_time if asked else [at_exit]
    if visit.out_reason not in (Reason.OFFLINE_OWED, Reason.BY_HAND):
        return in_time
    if visit.out_reason == Reason.OFFLINE_OWED and taken >= costs(visit, visit.left_at - FREE_CLEARANCE - BLURRED):
        return [at_exit, taken]  # it owed nothing more when the server saw it at the exit, which its lane did not hear
    if not visit.paid:
        return [at_exit]
    if visit.paid[-1][1] >= asked[-1][0] + QUOTE_HOLDS:  # told too late to let it out, if the price had grown
        return [at_exit, *in_time]
    since, until = visit.paid[-1][0], visit.paid[-1][1] + timedelta(minutes=LEAVE_MIN)
    sure = visit.paid[-1][1] <= visit.left_at < since + timedelta(minutes=LEAVE_MIN)
    maybe = since <= visit.left_at < until
    return in_time if sure else [at_exit, *in_time] if maybe else [at_exit]


def _name(visit: Visit, row: Row) -> str:
    if row.left_at is None:
        return f"stay left open: {visit.odd}"
    return f"{visit.out_reason}, {visit.way}" + (f", {visit.odd}" if visit.odd else "")


def _exceptions_are_answered(play: Play, found: Findings) -> None:
    rows = play.town.rows("SELECT kind, done, COUNT(*) FROM parking_laneexception GROUP BY kind, done")
    waiting = sum(count for _, done, count in rows if not done)
    found.check(waiting == 0, f"{waiting} exceptions wait for an answer")
    found.report["exceptions"] = {kind: count for kind, done, count in rows if done}
    (kept,) = play.town.rows("SELECT COUNT(*) FROM gates_quarantine")[0]
    found.check(kept == 0, f"{kept} letters in quarantine")
