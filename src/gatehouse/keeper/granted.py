"""Wishes to see more people than the caps allow, and a second person's word on them, in the store."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from gatehouse.keeper.budget import Beside
from gatehouse.keeper.protocol import Budget, BulkState, Role, Ticket
from gatehouse.keeper.store import Store

KEPT = timedelta(days=30)  # how long one that is over is shown


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row's body."""

    actor: str
    role: Role
    sites: tuple[str, ...]
    budget: Budget
    people: int
    reason: str
    by: str = ""  # who answered
    ended_by: str = ""


class BulkGrants:
    """In the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, own_id: str, kept: Kept, state: BulkState, *, asked: datetime, until: datetime) -> None:
        values = (own_id, asked.isoformat(), until.isoformat(), state, msgspec.msgpack.encode(kept))
        self._store.write("INSERT OR REPLACE INTO bulks VALUES (?, ?, ?, ?, ?)", values)

    def settle(self, own_id: str, kept: Kept, state: BulkState, *, was: BulkState) -> bool:
        """Once: False when somebody was faster."""
        sql = "UPDATE bulks SET state=?, body=? WHERE id=? AND state=?"
        return bool(self._store.write(sql, (state, msgspec.msgpack.encode(kept), own_id, was)))

    def rows(self) -> list[tuple[str, datetime, datetime, BulkState, Kept]]:
        """Newest first."""
        found = self._store.rows("SELECT id, asked, until, state, body FROM bulks ORDER BY asked DESC, id")
        return [
            (own_id, datetime.fromisoformat(asked), datetime.fromisoformat(until), BulkState(state), _kept(body))
            for own_id, asked, until, state, body in found
        ]

    def beside(self, ticket: Ticket, now: datetime, used: Callable[[str], int]) -> dict[Budget, Beside]:
        """What this person may see beside their caps now, by budget: of several the one with the most room."""
        found: dict[Budget, tuple[int, Beside]] = {}
        for own_id, _, until, state, kept in self.rows():
            holds = state is BulkState.ALLOWED and now < until
            if holds and (kept.actor, kept.role) == (ticket.actor, ticket.role):
                room = kept.people - used(own_id)
                if kept.budget not in found or room > found[kept.budget][0]:
                    found[kept.budget] = room, Beside(own_id, kept.people)
        return {kind: beside for kind, (_, beside) in found.items()}

    def sweep(self, now: datetime) -> None:
        self._store.write("DELETE FROM bulks WHERE until <= ?", ((now - KEPT).isoformat(),))


_kept = msgspec.msgpack.Decoder(Kept).decode
