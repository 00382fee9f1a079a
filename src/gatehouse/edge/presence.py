"""Who is in which zone and which doors are open, for all gates of one edge: what their decisions share.

Held in memory, and kept in the spool's file sealed under the device key, written in the same breath as the passage that
it comes from: a start after kill -9 knows what the letters know. The lock makes a decision and what it claims one step,
so that two gates never give away the last place of a zone, or open both doors of a vestibule.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatehouse.domain.decisions import Decision, Grant, Reason, Refusal
from gatehouse.domain.policy import Gate, Policy, Subject
from gatehouse.domain.whereabouts import NOWHERE, OUTSIDE, Move, Whereabouts
from gatehouse.domain.zones import (
    NOBODY_AROUND,
    Around,
    Shown,
    companions,
    entered,
    leads_to,
    leaves_alone,
)
from gatehouse.edge.kept import Arrival

SHOWN_KEPT = timedelta(minutes=10)
# A door without a contact is taken to be closed again this long after its pulse.
CLOSES = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a grant holds until its passage, or until it is over: a place in zones, and an open door."""

    attempt: str
    subject: str
    zones: frozenset[str]
    until: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, who goes in with whoever was answered, and what was known that the answer rests on."""

    answer: Decision
    together: tuple[str, ...]
    was_in: str | None
    inside: int | None


class Presence:
    """Shared by the gatekeepers of one edge; safe to call from any thread."""

    def __init__(self, moves: tuple[Move, ...] = (), arrivals: tuple[Arrival, ...] = ()) -> None:
        """Takes up what was kept when the edge stopped."""
        self._lock = threading.RLock()
        self._where = NOWHERE.after(*moves)
        self._arrived: dict[str, datetime] = {one.place: one.at for one in arrivals}
        self._claims: dict[str, Claim] = {}
        self._shown: dict[str, tuple[Shown, ...]] = {}
        self._opening: dict[str, datetime] = {}  # gates that were pulsed, and until when they count as open
        self._felt: set[str] = set()  # gates whose contact says that they are open

    def whereabouts(self) -> Whereabouts:
        return self._where

    def arrived(self) -> Mapping[str, datetime]:
        """When the first person of a zone, or of a gate that unlocks after one, came last."""
        with self._lock:
            return dict(self._arrived)

    def forget(self, forgotten: Mapping[str, datetime]) -> None:
        """Nobody's place counts any more who came to these zones before their moment; told again it changes nothing."""
        with self._lock:
            self._where = self._where.without_older(forgotten)

    # --- deciding -------------------------------------------------------------------------------------------

    def decide(
        self,
        decides: Callable[[Around], Decision],
        gate: Gate,
        policy: Policy,
        subject: Subject | None,
        now: datetime,
        attempt: str,
    ) -> Answered:
        """The answer of `decides` to what is known now. A grant claims its place and its door under `attempt`."""
        with self._lock:
            around = self._around(gate, now)
            answer = decides(around)
            move = None if subject is None else self._where.of(subject.id, now, policy.lasts())
            together: tuple[str, ...] = ()
            if subject is not None:
                if isinstance(answer, Grant) and answer.reason is Reason.TWO_PERSON:
                    together = companions(subject.id, gate, policy, now, around)
                self._note(gate, subject, answer, now)
            if isinstance(answer, Grant):
                until = now + timedelta(seconds=gate.confirm_s)
                for number, one in enumerate((subject.id if subject else "", *together)):
                    self._claim(gate, policy, f"{attempt}/{number}" if number else attempt, one, until)
                self._opening[gate.code] = now + timedelta(seconds=gate.open_s) + CLOSES
            counted = [rules for rules in entered(gate, policy) if rules.limit is not None]
            there = max((len(self._where.inside(one.id, now, policy.lasts())) for one in counted), default=None)
            return Answered(answer, together, None if move is None else move.zone, there)

    def _around(self, gate: Gate, now: datetime) -> Around:
        self._claims = {key: claim for key, claim in self._claims.items() if claim.until > now}
        coming: dict[str, set[str]] = {}
        for claim in self._claims.values():
            for zone in claim.zones:
                coming.setdefault(zone, set()).add(claim.subject)
        open_now = {code for code, until in self._opening.items() if until > now} | self._felt
        return replace(
            NOBODY_AROUND,
            whereabouts=self._where,
            coming={zone: frozenset(people) for zone, people in coming.items()},
            shown=self._shown.get(gate.code, ()),
            ajar=frozenset(open_now),
            arrived=dict(self._arrived),
        )

    def _claim(self, gate: Gate, policy: Policy, attempt: str, subject: str, until: datetime) -> None:
        zones = frozenset(rules.id for rules in entered(gate, policy))
        if zones and subject:
            self._claims[attempt] = Claim(attempt, subject, zones, until)

    def _note(self, gate: Gate, subject: Subject, answer: Decision, now: datetime) -> None:
        """Somebody whom a rule lets in here stands at this gate: another may wait for them, or follow them."""
        waits = isinstance(answer, Refusal)
        if waits and answer.reason is not Reason.SECOND_PERSON:
            return
        others = [o for o in self._shown.get(gate.code, ()) if o.subject != subject.id and now - o.at < SHOWN_KEPT]
        if answer.reason is Reason.TWO_PERSON:
            others = [replace(one, waits=False) for one in others]
        self._shown[gate.code] = (*others, Shown(subject.id, subject.groups, now, waits))

    def release(self, attempt: str, gate: str) -> None:
        """The grant is over without a passage, or nothing moved."""
        with self._lock:
            for key in [key for key in self._claims if key == attempt or key.startswith(f"{attempt}/")]:
                del self._claims[key]
            self._opening.pop(gate, None)

    # --- doors and passages ---------------------------------------------------------------------------------

    def feels(self, gate: str, is_open: bool) -> None:
        """What the door's contact says."""
        with self._lock:
            if is_open:
                self._felt.add(gate)
                return
            if gate in self._felt:
                self._opening.pop(gate, None)  # it was open and is closed again
            self._felt.discard(gate)

    def passed(
        self, move: Move | None, attempt: str, arrivals: tuple[Arrival, ...], policy: Policy, now: datetime
    ) -> str | None:
        """Somebody passed. The zone in which they left one person alone though two are asked for, or None."""
        with self._lock:
            self._claims.pop(attempt, None)
            for arrival in arrivals:
                self._arrived[arrival.place] = max(arrival.at, self._arrived.get(arrival.place, arrival.at))
            if move is None:
                return None
            before, self._where = self._where, self._where.after(move)
            return leaves_alone(move, policy, self._where, before, now)

    def is_newest(self, move: Move) -> bool:
        """Whether this move is where its person is; an older one is not kept."""
        with self._lock:
            held = self._where.people.get(move.subject)
            return held is None or move.is_newer_than(held) or move == held


def move_of(own: str, subject: str | None, gate: Gate, at: datetime) -> Move | None:
    """The move that a passage is, for a gate that tells which way."""
    zone = leads_to(gate)
    return None if subject is None or zone is None else Move(own, subject, zone, at)


def arrivals_of(move: Move, gate: Gate, policy: Policy) -> tuple[Arrival, ...]:
    """What this passage begins: a zone's day, or a gate's unlocked hours."""
    subject = policy.subjects.get(move.subject)
    if subject is None or move.zone == OUTSIDE:
        return ()
    begun = [rules.id for rules in entered(gate, policy) if subject.groups & rules.first_in]
    begun += [gate.code] if subject.groups & gate.unlock_after else []
    return tuple(Arrival(place, move.at) for place in begun)
