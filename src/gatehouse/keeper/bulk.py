"""More people than somebody's caps allow: asked for with a reason, allowed by a second person, and counted to the
last one.

The second person says it by their own ticket, here and not at the server. What was asked and allowed lies in the store;
whom it showed is in the log, and counted from there after a restart. It ends by itself, within a week.
"""

from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from gatehouse.keeper.granted import Kept
from gatehouse.keeper.protocol import (
    BULK_LONGEST,
    BULK_OPEN,
    BULK_PEOPLE,
    BULK_REASON,
    AnswerBulk,
    AskBulk,
    Authority,
    Bulk,
    BulkList,
    Bulks,
    BulkState,
    Done,
    EndBulk,
    Refused,
    Text,
    Ticket,
)
from gatehouse.keeper.vault import Asker, Vault

STRANGER = timedelta(days=7)  # whom the asker has let in within it is no second person


def ask(vault: Vault, request: AskBulk) -> Text | Refused:
    """Only for what the asker may see at all; the line in the log says how many of what until when."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("bulk.ask") or not vault.limits.caps(asker.ticket.role, request.budget):
        return Refused("not_allowed")
    now = vault.now()
    if not 0 < request.people <= BULK_PEOPLE:
        return Refused("bad_request", {"field": "people", "most": BULK_PEOPLE})
    if request.until.tzinfo is None or not now < request.until <= now + BULK_LONGEST:
        return Refused("bad_request", {"field": "until"})
    if not request.reason.strip() or len(request.reason) > BULK_REASON:
        return Refused("bad_request", {"field": "reason"})
    open_ones = [kept for _, _, until, state, kept in vault.bulks.rows() if state in _OPEN and now < until]
    if sum(kept.actor == asker.actor for kept in open_ones) >= BULK_OPEN:
        return Refused("capped", {"cap": BULK_OPEN})
    own_id = str(uuid4())
    kept = Kept(
        asker.actor, asker.ticket.role, asker.ticket.sites, request.budget, request.people, request.reason.strip()
    )
    vault.tell("bulk_asked", asker, purpose=f"{request.budget}:{request.people}:{own_id}")
    vault.bulks.put(own_id, kept, BulkState.ASKED, asked=now, until=request.until)
    return Text(own_id)


_OPEN = frozenset({BulkState.ASKED, BulkState.ALLOWED})


def answer(vault: Vault, request: AnswerBulk) -> Done | Refused:
    """By a second person who reaches as far as the first. A `no` may also be the asker's own, who takes it back."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    kept = _standing(vault, request.id, BulkState.ASKED)
    if asker.ticket is None or kept is None:
        return Refused("not_granted")
    own = kept.actor == asker.actor
    if not (own and not request.allow) and not _may_answer(asker, kept):
        return Refused("not_allowed")
    if request.allow and _is_one_with(vault, asker.actor, kept.actor):
        return Refused("own_grant")
    kind, state = ("bulk_allowed", BulkState.ALLOWED) if request.allow else ("bulk_refused", BulkState.REFUSED)
    vault.tell(kind, asker, purpose=f"{kept.budget}:{kept.people}:{request.id}")
    answered = msgspec.structs.replace(kept, by=asker.actor)
    settled = vault.bulks.settle(request.id, answered, state, was=BulkState.ASKED)
    return Done() if settled else Refused("not_granted")


def end(vault: Vault, request: EndBulk) -> Done | Refused:
    """Before its time: by who asked, who needs it no more, or by whoever may answer. Nothing is counted there after."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    kept = _standing(vault, request.id, BulkState.ALLOWED)
    if asker.ticket is None or kept is None:
        return Refused("not_granted")
    if kept.actor != asker.actor and not _may_answer(asker, kept):
        return Refused("not_allowed")
    vault.tell("bulk_ended", asker, purpose=f"{kept.budget}:{kept.people}:{request.id}")
    ended = msgspec.structs.replace(kept, ended_by=asker.actor)
    settled = vault.bulks.settle(request.id, ended, BulkState.ENDED, was=BulkState.ALLOWED)
    return Done() if settled else Refused("not_granted")


def _standing(vault: Vault, wish: str, state: BulkState) -> Kept | None:
    """The wish of this id, if it stands so and its time has not come."""
    for own_id, _, until, stands, kept in vault.bulks.rows():
        if own_id == wish:
            return kept if stands is state and vault.now() < until else None
    return None


def _may_answer(asker: Asker, kept: Kept) -> bool:
    return asker.ticket is not None and asker.may("bulk.answer") and _reaches(asker.ticket, kept)


def _reaches(ticket: Ticket, kept: Kept) -> bool:
    return not ticket.sites or (bool(kept.sites) and set(kept.sites) <= set(ticket.sites))


def _is_one_with(vault: Vault, actor: str, first: str) -> bool:
    """Whether this is the first person, or somebody whom they made up: let in lately, or let in who let them in."""
    since, let_in = vault.now() - STRANGER, dict[str, set[str]]()
    for entry in vault.log.entries():
        if entry.kind == "invite" and entry.at >= since:
            let_in.setdefault(entry.purpose.partition(":")[2], set()).add(entry.actor)
    seen, next_ones = {actor}, [actor]
    while next_ones:
        by = let_in.get(next_ones.pop(), set()) - seen
        seen |= by
        next_ones += by
    return first in seen


def listed(vault: Vault, request: Bulks) -> BulkList | Refused:
    """One's own; whoever answers, or reads the log, sees everybody's whom they reach."""
    asker = vault.asker(Authority(ticket=request.ticket))
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("bulk.ask"):
        return Refused("not_allowed")
    return BulkList([_shown(vault, row) for row in vault.bulks.rows() if _may_see(asker, row[4])])


def _may_see(asker: Asker, kept: Kept) -> bool:
    everybody = asker.ticket is not None and asker.may("bulk.see") and _reaches(asker.ticket, kept)
    return everybody or kept.actor == asker.actor


def _shown(vault: Vault, row: tuple[str, datetime, datetime, BulkState, Kept]) -> Bulk:
    own_id, asked, until, state, kept = row
    return Bulk(
        id=own_id, actor=kept.actor, role=kept.role, budget=kept.budget, people=kept.people,
        used=vault.budgets.used_beside(own_id), reason=kept.reason, asked=asked, until=until,
        state=BulkState.OVER if vault.now() >= until and state in _OPEN else state, by=kept.by, ended_by=kept.ended_by,
    )  # fmt: skip
