"""What the keeper knows, read under its own user: the needles to search for, and whose token is which.

Nothing of this leaves the process; `run` turns it into counts.
"""

import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from gatehouse.crypto.keyring import TOKEN_BYTES
from gatehouse.domain.plates import normalise
from gatehouse.drill import links, loot
from gatehouse.drill.needles import Needle, template_forms
from gatehouse.keeper.inspect import Found, Inspector
from gatehouse.keeper.protocol import Cell, PassageFacts
from gatehouse.wire import decode_templates

LEAST_DIGITS = 6  # a shorter number (a PIN) lies in any file by chance


def opened(database: Path, inspector: Inspector) -> Iterator[Found]:
    """Every sealed cell of a copied database, opened; but nobody's, who would be counted as known."""
    honeys = inspector.honeys()
    for _, _, values in loot.rows(database):
        for _, found in opened_row(values, inspector):
            if found.owner not in honeys:
                yield found


def opened_row(values: Iterable[object], inspector: Inspector) -> Iterator[tuple[Cell, Found]]:
    """The sealed cells of one row as the keeper takes them, each with its truth."""
    held = list(values)
    blobs = [value for value in held if isinstance(value, bytes)]
    cells = [blob for blob in blobs if inspector.is_cell(blob)]
    if not cells:
        return
    rows = list(ids(held))
    tokens: list[bytes | None] = [None, *(blob for blob in blobs if len(blob) == TOKEN_BYTES)]
    for data in cells:
        for token in tokens:
            found = inspector.try_open(data, rows, token=token)
            if found is not None:
                yield Cell(found.label, found.row, data, token), found
                break


def ids(values: Iterable[object]) -> Iterator[str]:
    """Ids in a row as the labels' rows name them: a UUID lies in SQLite as 32 hex digits."""
    for value in values:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) and len(value) <= 64 else None
        if text is None:
            continue
        yield text
        try:
            yield str(uuid.UUID(text))
        except ValueError:
            continue


def needles(found: Found) -> Iterator[Needle]:
    """The secrets in one opened cell."""
    match found.label:
        case "person.name/1":
            yield from _text("names", found.data.decode())
        case "person.contact/1" | "person.identity/1" | "person.bank/1" | "operator.contact/1":
            for text in _strings(found.data):
                yield from _text("contacts", text)
        case "credential.card/1" | "credential.pin/1":
            yield from _text("cards", found.data.decode())
        case "vehicle.plate/1" | "stay.plate/1":
            yield from _text("plates", normalise(found.data.decode()))
        case "attempt.facts/1" | "passage.facts/1":
            plate = msgspec.msgpack.decode(found.data, type=PassageFacts).plate
            if plate:
                yield from _text("plates", plate)
        case "face.photo/1":
            yield Needle("faces", found.data)
        case "face.template/1":
            for vector in vectors(found):
                yield from (Needle("templates", form) for form in template_forms(vector.astype("<f4").tobytes()))


def vectors(found: Found) -> npt.NDArray[np.float32]:
    """The templates of a face.template/1 cell, (n, d) unit vectors."""
    templates = decode_templates(found.data)
    return np.frombuffer(templates.vectors, "<f4").reshape(-1, templates.size).astype(np.float32)


def _text(kind: str, text: str) -> Iterator[Needle]:
    if len(text) >= (LEAST_DIGITS if text.isdigit() else 2):
        yield Needle(kind, text)


def _strings(data: bytes) -> list[str]:
    values = msgspec.json.decode(data) if data[:1] == b"{" else data.decode("utf-8", "replace")
    return [value for value in values.values() if isinstance(value, str)] if isinstance(values, dict) else [values]


def tokens(inspector: Inspector, plates: Iterable[str]) -> links.Truth:
    """Whose token is which on every day of which a key exists, for people and for all plates that were seen."""
    known, honeys = sorted(set(plates)), inspector.honeys()
    days: dict[links.Day, dict[bytes, str]] = {}
    for site, day in inspector.days():
        owners = {token: one for token, one in inspector.people_of(site, day).items() if one not in honeys}
        for number, plate in enumerate(known):
            token = inspector.plate_token(site, day, plate)
            if token is not None:
                owners[token] = f"plate {number}"
        days[site, day] = owners
    return links.Truth(days, frozenset(inspector.subjects()))
