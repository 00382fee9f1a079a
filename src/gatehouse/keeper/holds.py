"""Legal holds: classes of a person's keys that nobody may destroy before a date; and the erasures that wait for that.

A hold names why by a code, so that no sentence about anybody lies in the store; the reference is a case's number.
"""

import secrets
from dataclasses import dataclass
from datetime import date

from gatehouse.keeper.protocol import HeldClass, KeyClass
from gatehouse.keeper.store import Store


@dataclass(frozen=True, slots=True)
class Hold:
    """Until `until` begins (UTC) the keys of this class of this subject stay."""

    id: str
    subject: str
    key: KeyClass
    until: date
    why: str
    reference: str
    actor: str

    def told(self) -> HeldClass:
        return HeldClass(self.id, self.key, self.until, self.why, self.reference, self.actor)


def _hold(row: tuple[str, str, str, str, str, str, str]) -> Hold:
    return Hold(row[0], row[1], KeyClass(row[2]), date.fromisoformat(row[3]), row[4], row[5], row[6])


class Holds:
    """In the store, and what waits in memory too: every text that is indexed asks for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, frozenset[KeyClass]] = {}
        for (subject,) in store.rows("SELECT DISTINCT subject FROM waiting"):
            self._read_waiting(subject)

    def lay(self, subject: str, key: KeyClass, until: date, why: str, reference: str, actor: str) -> str:
        """The hold's new id."""
        name = secrets.token_hex(8)
        values = (name, subject, key.value, until.isoformat(), why, reference, actor)
        self._store.write("INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return name

    def find(self, name: str) -> Hold | None:
        rows = self._store.rows("SELECT * FROM holds WHERE id=?", (name,))
        return _hold(rows[0]) if rows else None

    def lift(self, name: str) -> None:
        self._store.write("DELETE FROM holds WHERE id=?", (name,))

    def on(self, subject: str, today: date) -> list[Hold]:
        """Those in force, the longest first."""
        rows = self._store.rows("SELECT * FROM holds WHERE subject=? AND until>?", (subject, today.isoformat()))
        return sorted(map(_hold, rows), key=lambda hold: hold.until, reverse=True)

    def held(self, subject: str, today: date) -> set[KeyClass]:
        return {hold.key for hold in self.on(subject, today)}

    # --- erasures that wait ---

    def wait(self, subject: str, classes: set[KeyClass]) -> None:
        """These classes go as soon as nothing holds them."""
        sql = "INSERT OR IGNORE INTO waiting VALUES (?, ?)"
        self._store.write_all([(sql, (subject, cls.value)) for cls in sorted(classes)])
        self._read_waiting(subject)

    def waiting(self, subject: str) -> frozenset[KeyClass]:
        return self._waiting.get(subject, frozenset())

    def done(self, subject: str, classes: set[KeyClass]) -> None:
        sql = "DELETE FROM waiting WHERE subject=? AND class=?"
        self._store.write_all([(sql, (subject, cls.value)) for cls in sorted(classes)])
        self._read_waiting(subject)

    def _read_waiting(self, subject: str) -> None:
        rows = self._store.rows("SELECT class FROM waiting WHERE subject=?", (subject,))
        if rows:
            self._waiting[subject] = frozenset(KeyClass(row[0]) for row in rows)
        else:
            self._waiting.pop(subject, None)

    def due(self, today: date) -> dict[str, set[KeyClass]]:
        """What waited and is held no more, by subject."""
        rows = self._store.rows(
            "SELECT subject, class FROM waiting w WHERE NOT EXISTS "
            "(SELECT 1 FROM holds h WHERE h.subject=w.subject AND h.class=w.class AND h.until>?)",
            (today.isoformat(),),
        )
        found: dict[str, set[KeyClass]] = {}
        for subject, cls in rows:
            found.setdefault(subject, set()).add(KeyClass(cls))
        return found
