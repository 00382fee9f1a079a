"""The keeper's own user looks at a copy of the data: what would each blob say? For the drill, which must know the truth
in order to prove that a thief does not.

    with Inspector(home) as inspector:
        inspector.subjects()                              everybody and every vehicle with a key
        inspector.honeys()                                those of them who are nobody
        inspector.try_open(blob, rows=[...], token=...)   Found(label, owner, row, data), or None
        inspector.people_of(site, day)                    token -> person, for everybody enrolled
        inspector.plate_token(site, day, plate)

Reads the root key and HOME/keeper/store.db without changing either, also while the keeper runs. Nothing is logged:
whoever can run this holds the keys anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from gatehouse.crypto.errors import Malformed
from gatehouse.crypto.keyring import person_token as token_of
from gatehouse.crypto.keyring import plate_token, pseudonym, token_key
from gatehouse.crypto.sealing import KeyKind, KeyRef, read_ref
from gatehouse.crypto.signing import public_sign_key
from gatehouse.domain.plates import normalise
from gatehouse.keeper.cells import Cells, Opened
from gatehouse.keeper.days import day_of, day_ref
from gatehouse.keeper.people import People
from gatehouse.keeper.protocol import LABELS, Cell
from gatehouse.keeper.rootkey import source_of
from gatehouse.keeper.store import read_store

_SUBJECTS = (KeyKind.FACE, KeyKind.IDENTITY, KeyKind.ACCESS, KeyKind.WORK, KeyKind.VEHICLE)


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """A cell that opened: `owner` is the person, vehicle or stay; for a gate's facts the person, "token:..." or
    "row:..."; else "row:..."."""

    label: str
    owner: str
    row: str
    data: bytes


class Inspector:
    """Opens HOME/keeper read only. Raises UnsafeFile, DamagedStore."""

    def __init__(self, home: Path) -> None:
        folder = home / "keeper"
        self._store = read_store(folder / "store.db", source_of(folder).load())
        self._people = People(self._store)
        self._cells = Cells(self._store, self._people)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._store.close()

    def subjects(self) -> list[str]:
        """Ids of everybody and every vehicle of whom a key exists."""
        return sorted({owner for kind in _SUBJECTS for owner in self._store.owners(kind)})

    def honeys(self) -> frozenset[str]:
        """Those of them who are nobody: see `keeper.honeys`. The running keeper tells of whoever asks about one. None
        in a store from before there were any."""
        if not self._store.rows("SELECT name FROM sqlite_master WHERE name = 'honeys'"):
            return frozenset()
        return frozenset(subject for (subject,) in self._store.rows("SELECT subject FROM honeys"))

    def erased(self, kind: KeyKind) -> list[str]:
        """Whose key of this kind was destroyed, and is not there again."""
        return sorted(set(self._store.destroyed(kind)) - set(self._store.owners(kind)))

    def edges(self) -> list[tuple[str, str]]:
        """The enrolled gate computers, each with its site."""
        return [(edge.edge, edge.site) for edge in self._store.edges()]

    def verify_key(self) -> bytes:
        """What heads of the log, certificates and passes are signed with, its public half."""
        return public_sign_key(self._store.own_key("sign"))

    def pseudonyms(self) -> dict[bytes, str]:
        """Who stands in the log under which pseudonym: everybody with a key, and everybody who was erased."""
        key, erased = self._store.own_key("log"), self._store.erased(_SUBJECTS)
        return {pseudonym(key, subject): subject for subject in (*self.subjects(), *erased)}

    def days(self) -> list[tuple[str, date]]:
        """Every site and local date of which a key exists."""
        kind = KeyKind.SITE_DAY
        numbers = [(site, n) for site in self._store.owners(kind) for n in self._store.numbers(kind, site)]
        return [(site, day_of(KeyRef(kind, site, n))) for site, n in numbers]

    def people_of(self, site: str, day: date) -> dict[bytes, str]:
        """The day token of everybody who is enrolled; empty when the day's key is gone."""
        day_key = self._store.key(day_ref(site, day))
        if day_key is None:
            return {}
        tokens = {person: self._people.token(day_key, person) for person in self._store.owners(KeyKind.ACCESS)}
        return {token: person for person, token in tokens.items() if token is not None}

    def person_token(self, site: str, day: date, person: str) -> bytes | None:
        """None without an access key or without the day's key."""
        day_key = self._store.key(day_ref(site, day))
        access = self._store.key(KeyRef(KeyKind.ACCESS, person))
        return None if day_key is None or access is None else token_of(day_key, token_key(access))

    def plate_token(self, site: str, day: date, plate: str) -> bytes | None:
        """None when the day's key is gone."""
        day_key = self._store.key(day_ref(site, day))
        return None if day_key is None else plate_token(day_key, normalise(plate))

    def is_cell(self, data: bytes) -> bool:
        """Whether these bytes begin as a cell does; it may still not open."""
        try:
            read_ref(data)
        except Malformed:
            return False
        return True

    def try_open(
        self, data: bytes, rows: Iterable[str], labels: Iterable[str] = tuple(LABELS), token: bytes | None = None
    ) -> Found | None:
        """The cell's truth under the first row and label that open it; None for no cell, or when its key is gone.
        A passage of a person needs the day token that lies beside it."""
        try:
            kind = read_ref(data).kind
        except Malformed:
            return None
        wanted = "SITE_DAY" if kind.name.startswith("SITE_DAY") else kind.name
        fitting = [name for name in labels if LABELS[name].key.name == wanted]
        for row in rows:
            for name in fitting:
                opened = self._cells.open(Cell(name, row, data, token))
                if isinstance(opened, Opened):
                    return Found(name, opened.subject, row, opened.data)
        return None
