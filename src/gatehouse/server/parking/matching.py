"""Whose open stay it is: the one place where the server decides that, and where a driver may claim one.

The same plate acts, or a second plate that somebody vouched for, or the only stay of the garage that looks the same.
Anything else is nobody's, and `lane_exceptions` asks a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from gatehouse.domain.matching import the_one
from gatehouse.domain.plates import normalise
from gatehouse.keeper.protocol import Cell, Claim, Lane, PlateTokens, Refused, Second, StayCells
from gatehouse.server import bus, keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Attempt, Gate
from gatehouse.server.parking import queries
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Garage, OpenState, OpenStay
from gatehouse.server.people.actions import bump_clearances
from gatehouse.server.people.models import Site

DRIVER = By.job("driver")
_PAID = (OpenState.PAID, OpenState.CLEARED)
Tokens = Lane | PlateTokens


@dataclass(frozen=True, slots=True)
class Found:
    """The stay that is certainly meant, or None; then `alike` says how many look the same."""

    stay: OpenStay | None
    alike: int = 0


class Inside:
    """Open stays in memory, as they change while the passages of a batch are gone through in order."""

    def __init__(self, rows: Iterable[OpenStay]) -> None:
        self._rows: dict[UUID, OpenStay] = {}
        self._by_plate: dict[tuple[UUID, bytes], OpenStay] = {}
        self._by_second: dict[tuple[UUID, bytes], OpenStay] = {}
        self._by_looks: dict[tuple[UUID, bytes], list[OpenStay]] = {}
        for row in rows:
            self.come(row)

    def come(self, row: OpenStay) -> None:
        self._rows[row.pk] = row
        self._by_plate[row.garage_id, bytes(row.token)] = row
        if row.second_token is not None:
            self._by_second[row.garage_id, bytes(row.second_token)] = row
        if row.folded:
            self._by_looks.setdefault((row.garage_id, bytes(row.folded)), []).append(row)

    def go(self, row: OpenStay) -> None:
        """A row that is there."""
        del self._rows[row.pk], self._by_plate[row.garage_id, bytes(row.token)]
        if row.second_token is not None:
            self._by_second.pop((row.garage_id, bytes(row.second_token)), None)
        if row.folded:
            self._by_looks[row.garage_id, bytes(row.folded)].remove(row)

    def stay(self, stay_id: UUID) -> OpenStay | None:
        return self._rows.get(stay_id)

    def came_with(self, garage_id: UUID, token: bytes) -> OpenStay | None:
        """The stay of a car that came in with exactly this plate. Not one of which somebody only says so: the same
        plate at the entry does not end that one."""
        return self._by_plate.get((garage_id, token))

    def find(self, garage_id: UUID, tokens: Tokens) -> Found:
        exact = tokens.token if isinstance(tokens, Lane) else tokens.exact
        own = self._by_plate.get((garage_id, exact)) or self._by_second.get((garage_id, exact))
        alike = self._by_looks.get((garage_id, tokens.folded), [])
        certain = the_one([str(own.pk)] if own else [], [str(row.pk) for row in alike])
        return Found(self._rows[UUID(certain)] if certain else None, len(alike))


def inside(asked: Iterable[tuple[UUID, Tokens]], stays: Iterable[UUID] = ()) -> Inside:
    """All open stays that any of these tokens may mean, and those of these ids."""
    pairs = [(garage, one.token if isinstance(one, Lane) else one.exact, one.folded) for garage, one in asked]
    return Inside(queries.stays_that_look(pairs, stays))


def find(garage: Garage, tokens: Tokens) -> Found:
    return inside([(garage.pk, tokens)]).find(garage.pk, tokens)


# --- what a driver claims ----------------------------------------------------------------------------------------


def claim(
    garage: Garage, typed_plate: str, entered_about: datetime, *, address: str, at: datetime
) -> OpenStay | Refused | None:
    """The stay of a driver whose typed plate is not found: the only one in this garage whose plate is nearly his and
    which began within a quarter of an hour of when he says he came in. It then answers to the typed plate too.

    The keeper compares, every open stay whoever is there, and caps claims per source, plate and garage: Refused with
    `capped`. Raises KeeperAway.
    """
    plate = normalise(typed_plate)
    if not plate or entered_about.tzinfo is None:
        return None
    return _claimed(garage, entered_about, address, at, plate=plate)


def claim_at_exit(gate: Gate, entered_about: datetime, *, address: str, at: datetime) -> OpenStay | Refused | None:
    """As `claim`, for the car that this exit lane holds: by its plate as it was read, which nobody types or sees. What
    it owes then stands on the lane's display. None also where no car is held. Raises KeeperAway."""
    garage = queries.garage_of_gate(gate)
    held = bus.tile(gate.site_id, gate.code)
    attempt = Attempt.objects.filter(pk=held.attempt).first() if held.attempt and held.outcome == "refused" else None
    if garage is None or attempt is None or attempt.cell is None or entered_about.tzinfo is None:
        return None
    read = keeping.cell("attempt.facts/1", attempt.pk, attempt.cell)
    return _claimed(garage, entered_about, address, at, read=read)


def _claimed(
    garage: Garage, said: datetime, address: str, at: datetime, *, plate: str | None = None, read: Cell | None = None
) -> OpenStay | Refused | None:
    for _ in range(2):
        stay_day = Site.objects.get(pk=garage.site_id).stay_day
        asked = Claim(
            site=str(garage.site_id),
            garage=str(garage.pk),
            stay_day=stay_day,
            entered_about=said,
            stays=_cells(queries.open_stays(garage)),
            source=keeping.source_of(address),
            plate=plate,
            read=read,
        )
        found = keeping.claim(asked)
        if isinstance(found, Refused):
            return found
        if not found.stay or found.second is None:
            return None
        stay = answer_to_second(UUID(found.stay), found.second, stay_day, verb="stay.claimed", by=DRIVER, at=at)
        if stay is not None:
            return stay
    return None


def _cells(stays: Iterable[OpenStay]) -> list[StayCells]:
    return [StayCells(str(stay.pk), bytes(stay.plate_cell), bytes(stay.entry_cell)) for stay in stays]


@transaction.atomic
def answer_to_second(
    stay_id: UUID, second: Second, stay_day: date, *, verb: str, by: By, at: datetime
) -> OpenStay | None:
    """From now on the stay answers to a second plate, the last one that was vouched for; one that is paid keeps the
    plate under which it was. None when it has left, when the date has changed since, or when another stay came in with
    that plate or was paid under it."""
    stay = queries.open_stay(stay_id)
    if stay is None:
        return None
    if lock_site(stay.garage.site_id).stay_day != stay_day:
        return None
    stay = queries.open_stay(stay_id)
    if stay is None:
        return None
    if second.tokens.exact in (bytes(stay.token), bytes(stay.second_token or b"")):
        return stay
    if (stay.second_token is not None and stay.state in _PAID) or not _is_free(stay, second.tokens.exact):
        return None
    OpenStay.objects.filter(pk=stay_id).update(second_token=second.tokens.exact, second_cell=second.cell)
    record(verb, "garage", stay.garage_id, by=by, at=at)
    if stay.state == OpenState.CLEARED:
        bump_clearances(stay.garage.site_id)
    return queries.open_stay(stay_id)


def _is_free(stay: OpenStay, token: bytes) -> bool:
    """Whether no other stay has a better right to this plate; one that is not paid gives it up."""
    others = OpenStay.objects.filter(garage=stay.garage_id).exclude(pk=stay.pk)
    if others.filter(token=token).exists() or others.filter(second_token=token, state__in=_PAID).exists():
        return False
    others.filter(second_token=token).update(second_token=None, second_cell=None)
    return True


@transaction.atomic
def forget_second(stay_id: UUID, *, by: By, at: datetime) -> bool:
    """Take the second plate back; False when the stay has left or is paid."""
    stay = queries.open_stay(stay_id)
    if stay is None:
        return False
    lock_site(stay.garage.site_id)
    free = OpenStay.objects.filter(pk=stay_id).exclude(state__in=_PAID)
    if not free.update(second_token=None, second_cell=None):
        return False
    record("stay.second_plate_taken_back", "garage", stay.garage_id, by=by, at=at)
    return True


def alone(stays: Sequence[OpenStay]) -> set[UUID]:
    """Those of these that no other open stay of their garage looks like: only they act by their looks."""
    counted = queries.count_of_looks({stay.garage_id for stay in stays}, {bytes(stay.folded) for stay in stays})
    return {stay.pk for stay in stays if stay.folded and counted.get((stay.garage_id, bytes(stay.folded))) == 1}
