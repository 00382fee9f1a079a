"""Letters from edges become rows: admitted by the keeper first, then written in one transaction.

`receive` may be called with the same letters any number of times, late or in pieces: an edge's `last_seq` advances by
compare-and-set together with the rows, so a letter takes effect once. An edge that was restored from an old copy gives
its new letters numbers that are held already: those count by the id of their fact, which is born with it. A server that
was restored from a backup takes each edge's next letter whatever its number. The keeper
away means nothing was written and the edge keeps its letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from gatehouse.domain.decisions import Reason
from gatehouse.keeper.protocol import Admitted, Sent, Unadmitted
from gatehouse.server import bus, keeping
from gatehouse.server.attendance.actions import punch
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates import records
from gatehouse.server.gates.models import Edge
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.parking import exits, lane_exceptions, stays
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.people import queries as people
from gatehouse.server.people.pairs import note_pairs
from gatehouse.wire import Letter, Receipt

INTAKE = By.job("intake")
TRIES = 5
CODE_LIMIT = 32  # characters of a gate's code and of a kind, as wide as their columns


class ForeignLetter(ValueError):
    """A letter that names another edge than the one that sent it."""


class Busy(Exception):
    """Other deliveries of the same edge kept coming first; nothing was written, the edge tries again."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Admitted letters of one edge, ready to be written."""

    edge: Edge
    since: int
    through: int
    stay_day: date
    facts: list[Admitted]
    pairs: list[Admitted]  # people whom the edge cannot tell apart
    refused: list[tuple[Letter, Unadmitted]]
    steps: list[stays.Step]
    lanes: frozenset[UUID]  # passages whose steps these are
    counting: frozenset[str]

    def has_rows(self) -> bool:
        """False for what only screens are told."""
        kept = any(fact.kind != "event" or fact.reason in records.ALARMING for fact in self.facts)
        return self.through > self.since or kept or bool(self.refused or self.pairs)


def receive(edge: Edge, letters: Sequence[Letter], *, now: datetime, sent: Sent | None = None) -> Receipt:
    """Hold the letters that follow on from what we have; the answer says up to which letter we do. `sent` is the
    request that brought them, for the keeper.

    Raises ForeignLetter, Busy, and KeeperAway, upon all of which nothing was written.
    """
    if any(letter.edge != edge.pk for letter in letters):
        raise ForeignLetter("letters of one edge at a time")
    for _ in range(TRIES):
        held = gates.last_seq(edge.pk) or 0
        again, run = numbered_again(held, letters), following(held, letters)
        if not run and gates.is_restored(edge.pk):
            run = beyond(held, letters)
        if not again and not run:
            return Receipt(through=held)
        try:
            batch = _admit(edge, held, again, run, now, sent)
            if batch.has_rows():
                _write(batch, now)
        except stays.Outdated:
            continue
        _tell(batch, now)
        return Receipt(through=batch.through)
    raise Busy


def following(held: int, letters: Sequence[Letter]) -> list[Letter]:
    """The letters numbered held + 1, held + 2 ... without a gap; older, repeated and later ones are left out."""
    by_seq = {letter.seq: letter for letter in letters}
    run: list[Letter] = []
    while (letter := by_seq.get(held + len(run) + 1)) is not None:
        run.append(letter)
    return run


def beyond(held: int, letters: Sequence[Letter]) -> list[Letter]:
    """The letters that follow on from the first later one, whatever lies between: this database came out of a backup,
    and the edge has let go of what an earlier one had confirmed."""
    later = [letter.seq for letter in letters if letter.seq > held]
    return following(min(later) - 1, letters) if later else []


def numbered_again(held: int, letters: Sequence[Letter]) -> list[Letter]:
    """The letters whose numbers are held, in order: repeated because an answer was lost, or new letters of an edge that
    was restored from an old copy."""
    by_seq = {letter.seq: letter for letter in letters if letter.seq <= held}
    return [by_seq[seq] for seq in sorted(by_seq)]


def _admit(
    edge: Edge, held: int, again: Sequence[Letter], run: Sequence[Letter], now: datetime, sent: Sent | None
) -> _Batch:
    """Everything that needs the keeper happens here, before the database is locked. Of the letters in `again` only what
    is not held yet is left. A change of date that is due comes first: after days away the keeper makes no tokens for
    the old day, or its key is destroyed. Raises stays.Outdated."""
    site = people.site(edge.site_id)
    if stays.retoken_stays(site, now, by=INTAKE):
        site = people.site(edge.site_id)
    come = [*again, *run]
    results = keeping.admit(come, {str(site.pk): site.stay_day}, sent)
    facts: list[Admitted] = []
    refused: list[tuple[Letter, Unadmitted]] = []
    for letter, result in zip(come, results, strict=True):
        if isinstance(result, Unadmitted):
            refused.append((letter, result))
        elif result.site != str(edge.site_id):
            refused.append((letter, Unadmitted(edge=edge.pk, seq=letter.seq, code="wrong_site")))
        elif not _storable(result):
            refused.append((letter, Unadmitted(edge=edge.pk, seq=letter.seq, code="unreadable")))
        else:
            facts.append(result)
    if again:
        known = gates.facts_held(UUID(fact.id) for fact in facts if fact.seq <= held)
        facts = [fact for fact in facts if UUID(fact.id) not in known]
        refused = [(letter, why) for letter, why in refused if not gates.is_in_quarantine(letter)]
    pairs = [fact for fact in facts if fact.kind == "faces"]
    facts = [fact for fact in facts if fact.kind != "faces"]
    counting = frozenset(code for code, gate in gates.gates_by_code(edge.site_id).items() if gate.counts_attendance)
    moving = _untold(facts)
    through = run[-1].seq if run else held
    lanes = frozenset(UUID(fact.id) for fact in moving)
    return _Batch(edge, held, through, site.stay_day, facts, pairs, refused, stays.prepare(moving), lanes, counting)


def _untold(facts: Sequence[Admitted]) -> list[Admitted]:
    """Passages through lanes that are not held yet. An edge that was restored from a copy numbers known facts anew, and
    what opened or closed a stay once does not do it again."""
    lanes = {UUID(fact.id): fact for fact in facts if stays.is_of_vehicle(fact)}
    held = gates.passages_held(lanes)
    return [fact for own, fact in lanes.items() if own not in held]


def _storable(fact: Admitted) -> bool:
    """Whether the tables take it. An edge that writes what they do not must not hold up its later letters."""
    try:
        UUID(fact.id)
        UUID(fact.attempt or fact.id)
        UUID(fact.stay or fact.id)
    except ValueError:
        return False
    texts = (fact.gate, fact.reason)
    return fact.at.tzinfo is not None and all(len(text) <= CODE_LIMIT and "\0" not in text for text in texts)


@transaction.atomic
def _write(batch: _Batch, now: datetime) -> None:
    """Raises stays.Outdated when a concurrent delivery, payment or change of date came first: all is rolled back.
    Letters under old numbers leave `last_seq` as it is, so their passages are looked for once more."""
    if not records.advance(batch.edge.pk, batch.since, batch.through):
        raise stays.Outdated
    if lock_site(batch.edge.site_id).stay_day != batch.stay_day or gates.passages_held(batch.lanes):
        raise stays.Outdated
    passages = [fact for fact in batch.facts if fact.kind == "passage"]
    records.record_attempts([fact for fact in batch.facts if fact.kind == "attempt"])
    records.record_passages(passages)
    events = [fact for fact in batch.facts if fact.kind == "event"]
    records.record_events(events)
    note_pairs(batch.pairs)
    punch(passages, batch.counting)
    stays.apply(batch.steps, by=INTAKE, at=now)
    lane_exceptions.raise_all(lane_exceptions.of_events(batch.edge.site_id, events), at=now)
    tell(batch.edge.site_id, [_happened(fact) for fact in batch.facts if fact.kind != "event"], now=now)
    for letter, why in batch.refused:
        records.put_in_quarantine(batch.edge.site_id, letter, why, at=now)
    record("letters.received", "edge", batch.edge.pk, by=INTAKE, at=now)


def _happened(fact: Admitted) -> Happened:
    """What other programs are told of an attempt or passage: the gate and the outcome, never who."""
    told: dict[str, str | int | bool] = {"gate": fact.gate, "direction": fact.direction}
    if fact.kind == "passage":
        return Happened(EventKind.PASSED, fact.at, told | {"sensed": bool(fact.sensed)}, fact.id)
    told |= {"outcome": "granted" if fact.granted else "refused"}
    return Happened(EventKind.ANSWERED, fact.at, told, fact.id)


def _tell(batch: _Batch, now: datetime) -> None:
    """Screens, and the exits that hold a car. What fails here is told again by the next attempt."""
    answers = [fact for fact in batch.facts if fact.kind != "event"]
    last = {fact.gate: fact for fact in answers}
    for fact in batch.facts:
        if fact.kind == "event" or fact is last[fact.gate]:
            _show(fact)
    for fact in answers:
        if _is_unpaid(fact) and fact.lane is not None:
            exits.hold(fact, at=now)


_FAULTS = {"relay_lost": "relay_lost", "camera_lost": "camera_lost", "relay_back": "", "camera_back": ""}
# A car that is held and read as another plate within this time of its last answer is the same car.
_SAME_CAR = timedelta(seconds=30)


def _is_unpaid(fact: Admitted) -> bool:
    return fact.kind == "attempt" and not fact.granted and fact.reason == Reason.UNPAID


def _show(fact: Admitted) -> None:
    """A tile holds the latest; `reason` stays in memory."""
    if fact.kind == "event":
        _show_event(fact)
        return
    held = bus.tile(fact.site, fact.gate)
    stays_held = _is_unpaid(fact) and held.at is not None and fact.at - held.at <= _SAME_CAR
    outcome = "passed" if fact.kind == "passage" else "granted" if fact.granted else "refused"
    bus.set_tile(
        fact.site,
        fact.gate,
        at=fact.at,
        outcome=outcome,
        reason=fact.reason,
        about=fact.about,
        means=fact.means,
        direction=fact.direction,
        attempt=fact.attempt or fact.id,
        owed=held.owed if stays_held else None,
    )


def _show_event(fact: Admitted) -> None:
    """What is amiss with a gate's camera or relay stands beside its last answer, not in place of it."""
    if fact.reason in _FAULTS:
        bus.set_tile(fact.site, fact.gate, fault=_FAULTS[fact.reason])
        return
    if fact.reason == "edge_started":
        # What an edge missed before it was started it does not tell to be back; what it still misses it tells anew.
        bus.clear_faults(fact.site, {fault for fault in _FAULTS.values() if fault})
    bus.set_tile(fact.site, fact.gate, at=fact.at, outcome=fact.reason)
