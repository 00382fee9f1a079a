"""What the cells of pick-up hold, and back to the facts of `domain.pickup`. Ids, dates, codes, a few words."""

from datetime import date, datetime, time
from typing import TypeVar

import msgspec

from gatehouse.domain.pickup import EVERY_DAY, Permission, Word

T = TypeVar("T", bound=msgspec.Struct)

MOST_PERMISSIONS = 12  # of one pupil
MOST_CHILDREN = 12  # of one collector
KEPT = 20  # hand-overs and refusals in a book, the newest
MOST_RELATION, MOST_TEXT = 30, 80
BOOK_BYTES, CHILDREN_BYTES, NOTICE_BYTES = 9000, 600, 900  # every cell is of one size, whatever it says


class PermissionFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`relation` is how the school calls them: mother, aunt. `told`: told of an absence at the bell."""

    collector: str
    word: str = Word.MAY.value
    relation: str = ""
    told: bool = False
    since: date | None = None
    until: date | None = None
    weekdays: list[int] = msgspec.field(default_factory=lambda: sorted(EVERY_DAY))
    opens: time | None = None
    closes: time | None = None

    @property
    def fact(self) -> Permission:
        """Raises PickupError."""
        return Permission(
            self.collector, Word(self.word), self.since, self.until, frozenset(self.weekdays), self.opens, self.closes
        )


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A hand-over, or a refusal where `why` is a code of `domain.pickup.No`; `collector` "" for somebody who is not
    known, of whom `text` may say more. `act` is the form's own id: sent twice it counts once."""

    act: str
    at: datetime
    by: str
    collector: str = ""
    why: str = ""
    text: str = ""


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """pupil.pickup/1"""

    permissions: list[PermissionFacts] = []
    events: list[Event] = []

    @property
    def facts(self) -> list[Permission]:
        return [one.fact for one in self.permissions]

    def with_event(self, event: Event) -> "Book":
        return msgspec.structs.replace(self, events=[*self.events, event][-KEPT:])


class Children(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """collector.children/1: in whose books this collector stands."""

    pupils: list[str] = []


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """notice.absent/1: who was missed at which session, how many were told, and when somebody answered. What they
    answered is said in the register, under the pupil's own key."""

    pupil: str
    school_class: str
    session: str
    told: int = 0
    answered_at: datetime | None = None


def pack(facts: msgspec.Struct, size: int) -> bytes:
    return msgspec.json.encode(facts).ljust(size)


def unpack(data: bytes, kind: type[T]) -> T:
    """Raises msgspec.MsgspecError for a cell of another format."""
    return msgspec.json.decode(data, type=kind)
