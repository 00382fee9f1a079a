"""Writing what edges report. Called by intake inside its one transaction; many rows at a time, because a backlog comes
in batches. A row whose id is there already changes nothing: the same letter never passes the sequence number twice, but
an edge that was restored from a copy may number a known fact anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from gatehouse.domain.sightings import Means
from gatehouse.keeper.protocol import Admitted, Unadmitted
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.gates.models import Attempt, Edge, Opening, Outcome, Passage, Quarantine
from gatehouse.server.gates.queries import is_alarm, is_in_quarantine
from gatehouse.server.gates.terminals import note_paired
from gatehouse.server.plainrows import insert_new
from gatehouse.wire import Letter, encode

ALARMING = {"relay_lost", "camera_lost", "forced", "held", "blocked_leaves"}
ALARMING |= {"muster_read", "pins_locked", "reader_lost", "liveness_locked"}
ALARMING |= {"duress", "passback", "left_alone", "tamper"}


def advance(edge_id: str, since: int, through: int) -> bool:
    """Compare-and-set of the edge's last letter; False when another delivery was faster."""
    changed: dict[str, int | bool] = {"last_seq": through}
    if through > since:
        changed["restored"] = False
    return Edge.objects.filter(pk=edge_id, last_seq=since).update(**changed) == 1


_ATTEMPT = ("id", "site_id", "gate", "at", "direction", "outcome", "token", "cell")
_PASSAGE = ("id", "site_id", "gate", "at", "direction", "sensed", "token", "cell")


def record_attempts(facts: Sequence[Admitted]) -> None:
    assert connection.in_atomic_block
    rows = [
        (UUID(fact.id), UUID(fact.site), fact.gate, fact.at, fact.direction, _outcome(fact), fact.token, fact.cell)
        for fact in facts
    ]
    insert_new(Attempt, _ATTEMPT, rows)
    by_hand = [fact.id for fact in facts if fact.means == Means.OPERATOR]
    if by_hand:
        Opening.objects.filter(pk__in=by_hand).update(acknowledged=True)


def _outcome(fact: Admitted) -> str:
    return Outcome.GRANTED.value if fact.granted else Outcome.REFUSED.value


def record_passages(facts: Sequence[Admitted]) -> None:
    assert connection.in_atomic_block
    rows = [
        (UUID(fact.id), UUID(fact.site), fact.gate, fact.at, fact.direction, fact.sensed, fact.token, fact.cell)
        for fact in facts
    ]
    insert_new(Passage, _PASSAGE, rows)


def record_events(facts: Sequence[Admitted]) -> None:
    """An event's kind travels in `reason`; those that somebody should see become alarms, under the event's id."""
    for fact in facts:
        if fact.reason == "terminal_paired" and fact.attempt is not None:
            note_paired(UUID(fact.site), fact.gate, UUID(fact.attempt))
        if fact.reason in ALARMING and not is_alarm(UUID(fact.id)):
            raise_alarm(UUID(fact.site), fact.gate, fact.reason, at=fact.at, own=UUID(fact.id))


def put_in_quarantine(site_id: UUID, letter: Letter, refused: Unadmitted, *, at: datetime) -> None:
    """The letter as received, with an alarm; the rest of the batch goes on."""
    if is_in_quarantine(letter):
        return
    Quarantine.objects.create(edge=letter.edge, seq=letter.seq, at=at, code=refused.code, letter=encode(letter))
    raise_alarm(site_id, "", "quarantine", at=at)
