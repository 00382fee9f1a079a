"""Stays open and close with the passages that intake records.

Two steps, so that no keeper is asked while the database is locked: `prepare` prices and seals what closing stays need;
`apply` runs inside intake's transaction and raises `Outdated` when something changed in between, upon which intake
begins anew.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from gatehouse.domain.periods import local_date
from gatehouse.domain.sightings import Means
from gatehouse.keeper.protocol import Admitted, Cell, Lane, PlateTokens
from gatehouse.server import keeping
from gatehouse.server.audit.actions import Written, record, record_all
from gatehouse.server.audit.by import By
from gatehouse.server.gates import queries as gates
from gatehouse.server.parking import bookings, lane_exceptions, matching, queries, room, validations
from gatehouse.server.parking.closing import Closing, Ended, close_all
from gatehouse.server.parking.facts import (
    STAYS,
    odd_cell,
    second_cell_of,
)
from gatehouse.server.parking.lane_acts import Why, note_act
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import (
    Act,
    ClosedState,
    ClosedStay,
    ExceptionKind,
    ExitClearance,
    Garage,
    LaneException,
    OpenState,
    OpenStay,
    SpentKey,
    TakenAlong,
)
from gatehouse.server.parking.times import cut_payment_times
from gatehouse.server.parking.validations import NOTHING, given_to
from gatehouse.server.people.actions import bump_clearances
from gatehouse.server.people.models import Site

TRIES = 3
_VEHICLES = (Means.PLATE, Means.OPERATOR, Means.RECEIPT)


class Outdated(Exception):
    """What was prepared no longer fits the rows; prepare anew."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A vehicle came in."""

    passage: Admitted
    garage: Garage
    row: OpenStay


@dataclass(frozen=True, slots=True)
class Missing:
    """A vehicle went out that no open stay certainly belongs to."""

    passage: Admitted
    garage: Garage


@dataclass(frozen=True, slots=True)
class LetGo:
    """A vehicle went out by hand, and its operator said that it has no stay."""

    passage: Admitted
    garage: Garage


Step = Opening | Closing | Missing | LetGo


def is_of_vehicle(fact: Admitted) -> bool:
    """Whether a vehicle may have passed; also one that was let through by hand unread, and one for which the keeper
    makes no token, since the key of the stays' day is destroyed."""
    return fact.kind == "passage" and (fact.lane is not None or fact.means in _VEHICLES)


def prepare(passages: Sequence[Admitted]) -> list[Step]:
    """What these passages of one site's vehicles do to its stays, in order. Raises KeeperAway."""
    if not passages:
        return []
    garages = queries.garages_by_gate_code(UUID(passages[0].site))
    moves = [(fact, garages[fact.gate]) for fact in passages if fact.gate in garages]
    along = queries.taken_along(UUID(fact.attempt) for fact, _ in moves if fact.attempt and fact.direction == "out")
    asked = [(garage.pk, fact.lane) for fact, garage in moves if fact.lane is not None]
    named = [UUID(fact.stay) for fact, _ in moves if fact.stay]
    inside = matching.inside(asked, [*(stay for stay in along.values() if stay), *named])
    steps: list[Opening | Missing | LetGo | Ended] = []
    for fact, garage in moves:
        if fact.direction == "in" and fact.lane is not None and fact.lane.stay is not None:
            before = inside.came_with(garage.pk, bytes(fact.lane.token))
            if before is not None:
                inside.go(before)
                steps.append(Ended(garage, before, fact.at, ExceptionKind.ENTERED_TWICE, fact, seen=False))
            opening = Opening(fact, garage, _row(garage, fact.lane))
            inside.come(opening.row)
            steps.append(opening)
        elif fact.direction == "out":
            steps.append(_out(fact, garage, inside, along))
    closed = close_all([step for step in steps if isinstance(step, Ended)])
    return [closed[step.stay.pk] if isinstance(step, Ended) else step for step in steps]


def _row(garage: Garage, lane: Lane) -> OpenStay:
    return OpenStay(
        id=UUID(lane.stay or ""),
        garage=garage,
        token=lane.token,
        folded=lane.folded,
        plate_cell=lane.plate_cell,
        entry_cell=lane.entry_cell,
    )


def _out(
    fact: Admitted, garage: Garage, inside: matching.Inside, along: Mapping[UUID, UUID | None]
) -> Missing | LetGo | Ended:
    """What a passage out does. The receipt that was shown, or what an operator said of it when he opened, comes before
    what was read."""
    stay = inside.stay(UUID(fact.stay)) if fact.stay else None
    if stay is not None and stay.garage_id != garage.pk:
        stay = None
    opening = UUID(fact.attempt) if fact.attempt else UUID(int=0)
    if opening in along:
        said = along[opening]
        if said is None:
            return LetGo(fact, garage)
        stay = inside.stay(said)
    if stay is None and fact.lane is not None:
        stay = inside.find(garage.pk, fact.lane).stay
    if stay is None:
        return Missing(fact, garage)
    inside.go(stay)
    return Ended(garage, stay, fact.at, passage=fact)


def apply(steps: Sequence[Step], *, by: By, at: datetime) -> None:
    """Write the steps, table by table. Must run inside intake's transaction. Raises Outdated."""
    assert connection.in_atomic_block
    if not steps:
        return
    openings = [step for step in steps if isinstance(step, Opening)]
    closings = [step for step in steps if isinstance(step, Closing)]
    ended = {step.seen.pk for step in closings}
    come = {step.row.pk for step in openings}
    _take_out([step for step in closings if step.seen.pk not in come])
    validations.settle(
        {step.seen.pk: step.worths for step in closings},
        ended,
        {step.seen.pk: step.closed.left_on for step in closings},
    )
    _put_in([step.row for step in openings if step.row.pk not in ended])
    for step in closings:
        if step.booked is not None:
            bookings.used(step.garage, [step.booked])
    ClosedStay.objects.bulk_create([step.closed for step in closings])
    SpentKey.objects.bulk_create([SpentKey(stay=pk) for pk in ended])
    TakenAlong.objects.filter(Q(stay__in=ended) | Q(opening__in=_openings(steps))).delete()
    found = [exception for step in steps if (exception := _exception(step, at))]
    LaneException.objects.bulk_create(found, ignore_conflicts=True)
    gone = lane_exceptions.gone(_leaving(steps))
    record_all([_written(step) for step in steps], by=by, at=at)
    room.found_gone(Counter(step.garage.pk for step in closings if step.closed.state == ClosedState.EXIT_MISSED))
    room.follow(step.garage.pk for step in steps)
    for site_id in _with_changed_clearances(steps):
        bump_clearances(site_id)
    if found or gone:
        lane_exceptions.tell(step.garage.site_id for step in steps)


def _leaving(steps: Sequence[Step]) -> list[tuple[Garage, Admitted]]:
    """The passages out."""
    return [(step.garage, step.passage) for step in steps if step.passage and step.passage.direction == "out"]


def _openings(steps: Sequence[Step]) -> list[UUID]:
    return [UUID(step.passage.attempt) for step in steps if step.passage and step.passage.attempt]


def _with_changed_clearances(steps: Sequence[Step]) -> set[UUID]:
    """The sites whose edges must hear of it: a cleared stay has left, or one that looks like it came or left."""
    sites = {
        step.garage.site_id for step in steps if isinstance(step, Closing) and step.seen.state == OpenState.CLEARED
    }
    rows = [
        step.row if isinstance(step, Opening) else step.seen for step in steps if isinstance(step, Opening | Closing)
    ]
    looks = {bytes(row.folded) for row in rows if row.folded}
    cleared = OpenStay.objects.filter(garage__in={row.garage_id for row in rows}, state=OpenState.CLEARED)
    return sites | set(cleared.filter(folded__in=looks).values_list("garage__site_id", flat=True))


def _take_out(closings: Sequence[Closing]) -> None:
    """Delete rows that are still as they were priced, with what merchants gave. Raises Outdated."""
    ids = [step.seen.pk for step in closings]
    now, given = OpenStay.objects.select_for_update().in_bulk(ids), given_to(ids)
    for step in closings:
        held = now.get(step.seen.pk)
        if held is None or _as_priced(held) != _as_priced(step.seen):
            raise Outdated
        if given.get(step.seen.pk, NOTHING) != step.given:
            raise Outdated
    ExitClearance.objects.filter(stay__in=ids).delete()
    OpenStay.objects.filter(pk__in=ids).delete()


def _as_priced(row: OpenStay) -> tuple[bytes, int, str, str]:
    return bytes(row.token), row.paid_minor, row.state, row.vehicle_class


def _put_in(rows: Sequence[OpenStay]) -> None:
    """Raises Outdated when the plate came in by another way meanwhile."""
    if queries.stays_with_tokens((row.garage_id, bytes(row.token)) for row in rows):
        raise Outdated
    OpenStay.objects.bulk_create(rows)


def _written(step: Step) -> Written:
    """The garage, not the stay: an entry with both a stay's id and a time would tie two days together."""
    match step:
        case Opening():
            verb = "stay.opened"
        case Closing():
            verb = "stay.closed"
        case Missing():
            verb = "stay.missing"
        case LetGo():
            verb = "stay.let_go"
    return Written(verb, "garage", step.garage.pk)


def _exception(step: Step, at: datetime) -> LaneException | None:
    match step:
        case Missing(passage=passage):
            return lane_exceptions.of_fact(step.garage, ExceptionKind.EXIT_WITHOUT_STAY, passage)
        case Closing(odd=ExceptionKind.ENTERED_TWICE, passage=Admitted() as passage):
            return lane_exceptions.of_fact(step.garage, ExceptionKind.ENTERED_TWICE, passage)
        case Closing(odd=kind) if kind is not None:
            return LaneException(garage=step.garage, kind=kind, at=at)
    return None


# --- what an operator says of a stay -----------------------------------------------------------------------------


def close_by_hand(
    stay: OpenStay, left_at: datetime | None, along: Callable[[int], None], *, by: By, at: datetime
) -> ClosedStay | None:
    """Close a stay that an operator says has left: at `left_at`, when that was seen, and else unseen, so that nothing
    is charged beyond what is known. `along` is written in the same transaction, and told how many minor units stay
    unpaid. None when it has left meanwhile. Raises KeeperAway, Outdated, and whatever `along` raises."""
    for _ in range(TRIES):
        held = queries.open_stay(stay.pk)
        if held is None:
            return None
        (closing,) = close_all([Ended(held.garage, held, left_at or at, seen=left_at is not None)]).values()
        try:
            with transaction.atomic():
                lock_site(held.garage.site_id)
                along(max(0, closing.closed.amount_minor - closing.closed.paid_minor))
                apply([closing], by=by, at=at)
        except Outdated:
            continue
        return closing.closed
    raise Outdated


def close_unseen(stays: Sequence[OpenStay], *, by: By, at: datetime) -> int:
    """Somebody says that these have left unseen; how many were still open. Nothing is owed for them, what was paid
    stands, and each is an act of theirs that the garage's owner sees. Raises KeeperAway, Outdated."""
    closed = 0
    for stay in stays:

        def note(waived: int, garage: Garage = stay.garage) -> None:
            note_act(garage, Act.LEFT_UNSEEN, Why.OTHER, waived_minor=waived, by=by, at=at)
            record("stay.left_unseen", "garage", garage.pk, by=by, at=at)

        closed += close_by_hand(stay, None, note, by=by, at=at) is not None
    return closed


def forget_spent_keys() -> int:
    """Have the keeper destroy the keys of stays that are over; how many. Raises KeeperAway, KeeperRefused."""
    spent = list(SpentKey.objects.values_list("stay", flat=True)[:500])
    for stay in spent:
        refused = keeping.forget_stay(stay, STAYS.authority)
        if refused is not None:
            raise keeping.KeeperRefused(refused.code, refused.facts)
        SpentKey.objects.filter(stay=stay).delete()
    return len(spent)


def retoken_stays(site: Site, at: datetime, *, by: By) -> bool:
    """At the change of the site's date, every open stay gets that day's token; False when it had changed already.

    All rows are written anew in shuffled order within one transaction: neither the token nor a row's place tells which
    of yesterday's stays it was. A stay that can no longer be read is closed for somebody to look at: no exit would find
    it. Yesterday's payments keep their date alone. Raises KeeperAway, Outdated.
    """
    day = local_date(at, ZoneInfo(site.zone))
    if site.stay_day >= day:  # it only ever grows
        return False
    held = Site.objects.get(pk=site.pk).stay_day
    if held >= day:
        return False
    stays = list(OpenStay.objects.filter(garage__site=site).select_related("garage__site", "garage__tariff"))
    tokens = _tokens(site, day, {stay.pk: _plate(stay) for stay in stays})
    seconds = _tokens(site, day, {stay.pk: cell for stay in stays if (cell := _second_plate(stay))})
    lost = [Ended(stay.garage, stay, at, ExceptionKind.STAY_UNREADABLE) for stay in stays if stay.pk not in tokens]
    closings, seen = list(close_all(lost).values()), _vouched(stays)
    with transaction.atomic():
        if lock_site(site.pk).stay_day != held:
            raise Outdated
        Site.objects.filter(pk=site.pk).update(stay_day=day)
        apply(closings, by=by, at=at)
        rows = list(OpenStay.objects.select_for_update().filter(garage__site=site))
        if {row.pk for row in rows} != set(tokens) or _vouched(rows) != {pk: seen[pk] for pk in seen if pk in tokens}:
            raise Outdated
        cleared = list(ExitClearance.objects.filter(garage__site=site))
        OpenStay.objects.filter(pk__in=tokens).delete()
        for row in rows:
            row.token, row.folded = tokens[row.pk].exact, tokens[row.pk].folded
            row.second_token = seconds[row.pk].exact if row.pk in seconds else None
            row.second_cell = row.second_cell if row.pk in seconds else None
        random.SystemRandom().shuffle(rows)
        OpenStay.objects.bulk_create(rows, batch_size=500)
        random.SystemRandom().shuffle(cleared)
        ExitClearance.objects.bulk_create(cleared, batch_size=500)
        cut_payment_times(site, held, at)
        TakenAlong.objects.filter(opening__in=gates.openings(site).values("pk")).delete()
        record("stays.retokened", "site", site.pk, by=by, at=at)
    return True


def _plate(stay: OpenStay) -> Cell:
    return keeping.cell("stay.plate/1", stay.pk, stay.plate_cell)


def _second_plate(stay: OpenStay) -> Cell | None:
    return second_cell_of(stay.pk, stay.second_cell) if stay.second_cell is not None else None


def _vouched(stays: Sequence[OpenStay]) -> dict[UUID, bytes]:
    """The second plates of those that have one."""
    return {stay.pk: bytes(stay.second_cell) for stay in stays if stay.second_cell is not None}


def _tokens(site: Site, day: date, cells: dict[UUID, Cell]) -> dict[UUID, PlateTokens]:
    """That day's tokens by stay id; a stay whose key is gone or whose cell was tampered with is left out."""
    try:
        found = keeping.retoken(site.pk, day, list(cells.values()))
    except keeping.KeeperRefused as refused:
        odd = odd_cell(refused)
        if odd is None:
            raise
        return _tokens(site, day, {stay: cell for place, (stay, cell) in enumerate(cells.items()) if place != odd})
    return {stay: tokens for stay, tokens in zip(cells, found, strict=True) if tokens is not None}
