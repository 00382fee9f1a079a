"""A row of people with their photos: who it is, and whether their face may be taken in. Pure.

The person and the face are two questions. Who has not agreed, or whose photo is no good, comes in all the same, with
card, PIN or pass; a row that tells of nobody is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gatehouse.domain.periods import local_date
from gatehouse.domain.table_columns import Kind
from gatehouse.domain.table_rows import Around, Flaw, Flawed, PersonRow, day_or_flaw, read_row

CARD_LIMIT = 32
HOW_LIMIT = LANGUAGE_LIMIT = 60
_CONSENT = ("consent_on", "consent_how", "consent_language")


class Fate(StrEnum):
    """What is to become of a row's face. Everything but `waits` and `ready` is a reason why it is not enrolled; besides
    these there are the faults of `portraits.Fault`, once the picture was looked at."""

    WAITS = "waits"  # for somebody to look at the picture
    READY = "ready"
    NO_PHOTO = "no_photo"
    MISSING = "missing"  # it names a picture that was not handed over
    SHARED = "shared"  # another row names the same picture
    NO_CONSENT = "no_consent"
    CONSENT_UNCLEAR = "consent_unclear"  # without its date, how it was given or in which language
    CONSENT_AHEAD = "consent_ahead"  # dated after today
    ENROLLED = "enrolled"  # a face of theirs is known already
    WITHDRAWN = "withdrawn"  # they took their word back once; no file brings it again


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's word as the file tells of it."""

    on: date
    how: str = field(repr=False)
    language: str
    guardian: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """`named` is false where the file gives no name: then only somebody who is here already can be meant. `consent` is
    the word, why there is none that counts, or None where the row says nothing."""

    person: PersonRow = field(repr=False)
    named: bool
    photo: str = field(repr=False)
    card: str = field(repr=False)
    consent: Consent | Fate | None


def read_photo_row(mapping: Mapping[str, int], cells: Sequence[str], around: Around) -> PhotoRow | Flawed:
    """What the row says, or the first thing that is wrong with it."""
    said = {name: cells[place] if 0 <= place < len(cells) else "" for name, place in mapping.items()}
    named = any(said.get(name) for name in ("name", "first_name", "last_name"))
    columns = {name: place for place, name in enumerate(said)}
    texts = list(said.values())
    if not named:  # the number stands in for the name, so that the rest is read; nobody is made from it
        columns["name"] = len(texts)
        texts.append(said.get("number", ""))
    person = read_row(Kind.PEOPLE, columns, texts, around)
    if isinstance(person, Flawed):
        return person
    assert isinstance(person, PersonRow)
    card = said.get("card", "").replace(" ", "").upper()
    if card and (len(card) > CARD_LIMIT or not card.isalnum()):
        return Flawed("card", Flaw.BAD_CARD)
    return PhotoRow(person, named, said.get("photo", ""), card, _consent(said, around))


def _consent(said: Mapping[str, str], around: Around) -> Consent | Fate | None:
    on, how, language = (said.get(name, "") for name in _CONSENT)
    if not (on or how or language):
        return None
    if not (on and how and language) or len(how) > HOW_LIMIT or len(language) > LANGUAGE_LIMIT:
        return Fate.CONSENT_UNCLEAR
    day = day_or_flaw(on)
    if isinstance(day, Flaw):
        return Fate.CONSENT_UNCLEAR
    if day > local_date(around.now, around.zone):
        return Fate.CONSENT_AHEAD
    return Consent(day, how, language, said.get("guardian", "")[:80])


class Stand(StrEnum):
    """How somebody stands to the use of their face before the file came."""

    UNKNOWN = "unknown"  # nobody here, or nothing was said
    AGREED = "agreed"
    WITHDRAWN = "withdrawn"
    ENROLLED = "enrolled"


def fate_of(row: PhotoRow, photo: str | None, stand: Stand) -> Fate:
    """Before anybody has looked at the picture that was found for the row. Without a word none is looked at."""
    if stand is Stand.ENROLLED:
        return Fate.ENROLLED
    if photo is None:
        return Fate.MISSING if row.photo else Fate.NO_PHOTO
    if stand is Stand.WITHDRAWN:
        return Fate.WITHDRAWN
    if stand is not Stand.AGREED and not isinstance(row.consent, Consent):
        return row.consent or Fate.NO_CONSENT
    return Fate.WAITS
