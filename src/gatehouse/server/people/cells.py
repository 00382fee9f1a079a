"""What the cells of people hold. Names, staff numbers and plates are plain UTF-8 text, because the keeper searches
them; the rest is JSON of the structs here. An unknown field is refused, so a format change is seen."""

from datetime import date
from typing import Literal, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.contact/1"""

    phone: str = ""
    mail: str = ""
    address: str = ""


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.identity/1"""

    number: str = ""
    tax_number: str = ""


class Bank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.bank/1"""

    account: str = ""
    holder: str = ""
    bank: str = ""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.file/1: the personnel file. `starts` and `ends` are the first and the last date of access."""

    department: str = ""
    manager: str = ""
    post: str = ""
    hired: date | None = None
    left: date | None = None
    starts: date | None = None
    ends: date | None = None


class HeldFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person of a department, or one manager of it, on the dates [since, until)."""

    person: str
    since: date
    until: date | None = None


class DelegationFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str
    to: str
    since: date
    until: date | None = None


class DepartmentStaff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """department.staff/1: random ids only."""

    members: list[HeldFacts] = []
    managers: list[HeldFacts] = []
    delegations: list[DelegationFacts] = []


class TermWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of pay from a date on; `kind` is month, day, hour or piece."""

    kind: str
    rate_minor: int
    currency: str
    insured_minor: int | None = None


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shift that was taken out of the plan, for the case that the leave is undone."""

    date: date
    pattern: str


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """staff.change/1: what comes into force at the beginning of `on`, and for a leave at the end of it. What was
    before is kept for undoing: `involved` by department, the `plan`, the last date of access (`ends`), the terms of
    pay (`contract`, as its own cell holds them)."""

    kind: Literal["move", "leave"]
    on: date
    department: str | None = None
    groups: list[str] | None = None
    terms: TermWish | None = None
    involved: dict[str, DepartmentStaff] = {}
    plan: list[Planned] = []
    ends: date | None = None
    contract: str = ""


class ConsentFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.consent/1: given or withdrawn `on` a date, to which words, taken by whom; a guardian's under 14; `signed`
    is the name that was typed on the screen, `how` what a file tells of it, such as "on paper"."""

    on: date
    wording: str
    taken_by: str
    guardian: str = ""
    withdrawn_on: date | None = None
    signed: str = ""
    how: str = ""


class FaceQuality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """face.quality/1: how good the picture was, each 0 to 100; of the picture and not of anybody."""

    light: int
    sharpness: int
    pose: int
    size: int

    @property
    def score(self) -> int:
        return min(self.light, self.sharpness, self.pose, self.size)


class Brief(msgspec.Struct, frozen=True):
    """person.brief/1: what lists show. The cell holds "number initials"."""

    number: str
    initials: str

    def to_bytes(self) -> bytes:
        return f"{self.number} {self.initials}".strip().encode()

    @staticmethod
    def from_bytes(data: bytes) -> "Brief":
        number, _, initials = data.decode().partition(" ")
        return Brief(number, initials)


def pack(facts: msgspec.Struct) -> bytes:
    return msgspec.json.encode(facts)


def unpack(data: bytes, kind: type[T]) -> T:
    """Raises msgspec.ValidationError for a cell of another format."""
    return msgspec.json.decode(data, type=kind)


def initials(name: str) -> str:
    """ "Ada King Lovelace" -> "AL"; a name without spaces, as 王小明, gives its first character."""
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else ""
