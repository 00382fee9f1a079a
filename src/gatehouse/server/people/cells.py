"""What the cells of people hold. Names, staff numbers and plates are plain UTF-8 text, because the keeper searches
them; the rest is JSON of the structs here. An unknown field is refused, so a format change is seen."""

from datetime import date
from typing import TypeVar

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


class ConsentFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.consent/1: given or withdrawn `on` a date, to which words, taken by whom; a guardian's under 14."""

    on: date
    wording: str
    taken_by: str
    guardian: str = ""
    withdrawn_on: date | None = None


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
