"""What requests and replies have in common: cells on their way in and out, whose they are, and the right to ask."""

from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verb"):
    pass


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="reply"):
    pass


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key. `id` is the person, vehicle, stay or site; `day` for SITE_DAY, `year` for BOOKS."""

    id: str
    day: date | None = None
    year: int | None = None


class Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plaintext on its way in. `row` is the id of the row that will hold the cell: it is bound as AAD."""

    label: str
    owner: Owner
    row: str
    data: bytes


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A POST of letters as an edge signed it: the Authorization header, the path, and the body byte for byte."""

    authorization: str
    target: str
    body: bytes


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed cell on its way to be opened. The header names its key, except a passage's second half: `token` is the
    day token of the row, which lets the keeper find the person."""

    label: str
    row: str
    data: bytes
    token: bytes | None = None


def second_row(stay: object) -> str:
    """The row that a stay's second plate is sealed for: it never passes for the first."""
    return f"{stay}/second"


class Role(StrEnum):
    OWNER = "owner"
    SECURITY = "security"
    HR = "hr"
    PARKING = "parking"
    AUDITOR = "auditor"
    WORKER = "worker"
    CONTRACTOR = "contractor"  # a company on a construction site; its ticket's subject is the contractor


class BulkState(StrEnum):
    """What became of a wish to see more people than the caps allow."""

    ASKED = "asked"
    ALLOWED = "allowed"
    REFUSED = "refused"
    ENDED = "ended"  # allowed, and taken back before its time
    OVER = "over"  # its time has come; the keeper says so, and stores it nowhere


# Bounds of such a wish: people of one, how many of one person's wait or hold, how long, and the reason's characters.
BULK_PEOPLE, BULK_OPEN, BULK_LONGEST, BULK_REASON = 20_000, 10, timedelta(days=7), 200


class CapRole(StrEnum):
    """As what a look is counted and logged where it is not the ticket's own role; no ticket is ever of it."""

    MANAGER = "manager"  # a worker who looks at the people of their departments


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the keeper knows of somebody whom it verified itself."""

    actor: str  # operator id, or person id for a worker
    role: Role
    sites: tuple[str, ...]  # empty: every site
    subject: str | None  # the person whose own data a worker may see; the contractor whose people one may
    ends: datetime


class Trust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody of a manager's team, from a date on and until before another; None for no end."""

    subject: str
    since: date
    until: date | None = None


class Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By what right: a signed-in person's ticket (bearer token), or a named job of the server."""

    ticket: str | None = None
    job: str | None = None
