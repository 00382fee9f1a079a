"""Which key a cell is under, whose cell it is, and how it is sealed and opened inside the keeper."""

from dataclasses import dataclass

import msgspec

from gatehouse.crypto.errors import CryptoError, Malformed
from gatehouse.crypto.keyring import person_day_key, plate_token
from gatehouse.crypto.sealing import KeyKind, KeyRef, open_cell, read_ref, seal
from gatehouse.keeper.people import People
from gatehouse.keeper.protocol import LABELS, Cell, KeyClass, Label, Owner, PassageFacts, Plain
from gatehouse.keeper.store import Store

_OF_A_DAY = frozenset({KeyKind.SITE_DAY, KeyKind.SITE_DAY_PERSON, KeyKind.SITE_DAY_OTHER})
_SITE_BOUND = _OF_A_DAY | {KeyKind.BOOKS, KeyKind.SITE}
_facts = msgspec.msgpack.Decoder(PassageFacts).decode
_PERSONAL = frozenset(
    {KeyKind.FACE, KeyKind.IDENTITY, KeyKind.ACCESS, KeyKind.WORK, KeyKind.VEHICLE, KeyKind.STAY, KeyKind.VISIT}
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A cell's plaintext. `subject` is whom a look at it counts as seeing: a person, vehicle or stay id; a plate's day
    token; else the row. It comes from the seal, never from what was asked. `site` is "" for what belongs to no site."""

    label: Label
    subject: str
    site: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """The key is destroyed or was never made."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """No cell of this label and row: moved, changed, or never sealed here."""


def ref_of(label: Label, owner: Owner) -> KeyRef | None:
    """The key for a new cell; None when the owner does not fit the label's class."""
    if not 0 < len(owner.id.encode()) <= 255:
        return None
    if label.key is KeyClass.SITE_DAY:
        return None if owner.day is None else KeyRef(KeyKind.SITE_DAY, owner.id, owner.day.toordinal())
    if label.key is KeyClass.BOOKS:
        fits = owner.year is not None and 0 < owner.year < 10_000
        return KeyRef(KeyKind.BOOKS, owner.id, owner.year or 0) if fits else None
    return KeyRef(KeyKind[label.key.name], owner.id) if owner.day is None and owner.year is None else None


class Cells:
    """Seals and opens with the store's keys. Knows no rule of who may look."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def seal(self, plain: Plain, ref: KeyRef) -> bytes | None:
        """The cell under an existing key; None when that key is gone."""
        key = self._store.key(ref)
        return None if key is None else self._sealed(LABELS[plain.label], ref, key, plain.row, plain.data)

    def seal_passage(self, label: str, row: str, day: KeyRef, person: str | None, data: bytes) -> bytes | None:
        """Facts of a gate: of a person with an access key under the site-day and them; of anybody and anything else
        under the day's other key. None when that key is destroyed."""
        day_key = self._store.key(day)
        access = None if person is None else self._store.key(KeyRef(KeyKind.ACCESS, person))
        if access is None:
            other = KeyRef(KeyKind.SITE_DAY_OTHER, day.owner, day.number)
            other_key = self._store.key(other)
            return None if other_key is None else self._sealed(LABELS[label], other, other_key, row, data)
        if day_key is None:
            return None
        half = KeyRef(KeyKind.SITE_DAY_PERSON, day.owner, day.number)
        return self._sealed(LABELS[label], half, person_day_key(day_key, access), row, data)

    @staticmethod
    def _sealed(label: Label, ref: KeyRef, key: bytes, row: str, data: bytes) -> bytes:
        return seal(key, ref, label=label.name, row=row, data=data, buckets=label.buckets)

    def open(self, cell: Cell) -> Opened | Gone | Foreign:
        label = LABELS.get(cell.label)
        try:
            ref = read_ref(cell.data)
        except Malformed:
            return Foreign()
        if label is None or not _fits(label, ref):
            return Foreign()
        found = self._key(ref, cell)
        if found is None:
            return Gone()
        key, owner = found
        try:
            data = open_cell(key, cell.data, label=label.name, row=cell.row, buckets=label.buckets)
        except CryptoError:
            return Foreign()
        subject = owner or self._subject(ref, cell.row, data)
        return Opened(label, subject, ref.owner if ref.kind in _SITE_BOUND else "", data)

    def _key(self, ref: KeyRef, cell: Cell) -> tuple[bytes, str] | None:
        """The key, and whom the cell is about; "" where only its plaintext says that."""
        if ref.kind is not KeyKind.SITE_DAY_PERSON:
            key = self._store.key(ref)
            return None if key is None else (key, ref.owner if ref.kind in _PERSONAL else "")
        day_key = self._store.key(KeyRef(KeyKind.SITE_DAY, ref.owner, ref.number))
        if day_key is None or cell.token is None:
            return None
        (person,) = self._people.whose(day_key, [cell.token])
        access = self._store.key(KeyRef(KeyKind.ACCESS, person)) if person else None
        return None if access is None else (person_day_key(day_key, access), person)

    def _subject(self, ref: KeyRef, row: str, data: bytes) -> str:
        """Of a car's facts its token; of anything else the row, which the seal binds."""
        if ref.kind in _OF_A_DAY:
            try:
                plate = _facts(data).plate
            except msgspec.MsgspecError:
                plate = None
            day_key = self._store.key(KeyRef(KeyKind.SITE_DAY, ref.owner, ref.number))
            if plate is not None and day_key is not None:
                return f"token:{plate_token(day_key, plate).hex()}"
        return f"row:{row}"


def _fits(label: Label, ref: KeyRef) -> bool:
    if ref.kind in _OF_A_DAY:
        return label.key is KeyClass.SITE_DAY
    return ref.kind.name == label.key.name
