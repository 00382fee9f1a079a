"""What people ask about their data, and what HR answers until a date."""

from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction

from gatehouse.domain.periods import local_date
from gatehouse.domain.subject_rights import Asked, due_on
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.cells import pack, unpack
from gatehouse.server.people.models import Person
from gatehouse.server.rights import queries
from gatehouse.server.rights.cells import REQUEST, RequestFacts
from gatehouse.server.rights.errors import RightsError
from gatehouse.server.rights.models import RequestState, SubjectRequest

TEXT_LIMIT = 1000
MOST_WAITING = 10


def checked(text: str) -> str:
    """Lines without control characters. Raises RightsError."""
    lines = text.replace("\r\n", "\n").split("\n")
    kept = "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in lines).strip()
    if not kept:
        raise RightsError("no_text", "there is nothing written")
    if len(kept) > TEXT_LIMIT:
        raise RightsError("too_long", f"at most {TEXT_LIMIT} characters", limit=TEXT_LIMIT)
    return kept


def ask(person: Person, kind: Asked, text: str, *, by: By, at: datetime) -> SubjectRequest:
    """Raises RightsError, KeeperAway."""
    if queries.requests_of(person).filter(state=RequestState.OPEN).count() >= MOST_WAITING:
        raise RightsError("too_many", f"{MOST_WAITING} requests may wait at a time", most=MOST_WAITING)
    on = local_date(at, ZoneInfo(person.site.zone))
    row = SubjectRequest(id=uuid4(), person=person, kind=kind.value)
    row.cell = _sealed(row, RequestFacts(on, due_on(on), checked(text)))
    with transaction.atomic():
        row.save(force_insert=True)
        record("request.asked", "person", person.pk, by=by, at=at)
    return row


def take_back(row: SubjectRequest, *, by: By, at: datetime) -> None:
    """By whoever asked, while nobody has answered. Raises RightsError."""
    _turn(row, RequestState.TAKEN_BACK, bytes(row.cell), "request.taken_back", by=by, at=at)


def answer(row: SubjectRequest, state: RequestState, text: str, *, by: By, at: datetime) -> Refused | None:
    """Done or declined, with the words that the person reads. Raises RightsError, KeeperAway."""
    said = checked(text)
    held = read([row], by, "request.page")
    if isinstance(held, Refused):
        return held
    (facts,) = held
    if facts is None:
        raise RightsError("over", "its key is gone")
    on = local_date(at, ZoneInfo(row.person.site.zone))
    new = msgspec.structs.replace(facts, answer=said, answered_on=on, answered_by=by.actor)
    _turn(row, state, _sealed(row, new), "request.answered", by=by, at=at)
    return None


def read(rows: list[SubjectRequest], by: By, purpose: str) -> list[RequestFacts | None] | Refused:
    """What they say, None where a key is gone; a look at everybody who asked. Raises KeeperAway."""
    data = keeping.reveal([keeping.cell(REQUEST, row.pk, row.cell) for row in rows], by.authority, purpose)
    if isinstance(data, Refused):
        return data
    return [unpack(text, RequestFacts) if text else None for text in data]


def _sealed(row: SubjectRequest, facts: RequestFacts) -> bytes:
    return keeping.seal_one(REQUEST, row.person_id, row.pk, pack(facts))


@transaction.atomic
def _turn(row: SubjectRequest, state: RequestState, cell: bytes, verb: str, *, by: By, at: datetime) -> None:
    open_one = SubjectRequest.objects.filter(pk=row.pk, state=RequestState.OPEN)
    if not open_one.update(state=state, cell=cell):
        raise RightsError("over", "it was answered or taken back meanwhile")
    record(verb, "person", row.person_id, by=by, at=at)
    row.state = state
