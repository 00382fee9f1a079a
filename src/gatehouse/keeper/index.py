"""What `find` searches: names, staff numbers and plates, in the keeper's memory only."""

import threading
import unicodedata
from dataclasses import dataclass

from gatehouse.domain.plates import normalise
from gatehouse.keeper.spelling import Part, begins, is_chinese, parts, typed, without_accents

PLATE_LABEL, NAME_LABEL = "vehicle.plate/1", "person.name/1"
LEAST = 2  # letters or digits of a number or plate; one Chinese character says as much
LEAST_WITHIN = 3  # letters that may stand anywhere in a name


def fold(text: str) -> str:
    """Case and width made equal, spaces made single: what a person types and what is stored meet here."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class _Held:
    """A text as it was indexed; `plain` is without accents, `spelt` says how a name may be typed besides."""

    subject: str
    text: str
    plain: str
    spelt: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Sought:
    text: str
    plain: str
    plate: str
    run: str  # its letters and digits, empty where it holds Chinese characters
    enough: bool

    @staticmethod
    def of(text: str) -> "_Sought":
        folded = fold(text)
        chinese = is_chinese(folded)
        return _Sought(
            text=folded,
            plain=without_accents(folded),
            plate=fold(normalise(text)),
            run="" if chinese else typed(folded),
            enough=len(folded) >= (1 if chinese else LEAST),
        )

    def meets(self, label: str, held: _Held) -> int | None:
        """How well: 0 is the whole text, or the whole number, 1 begins it, 2 stands in it or spells it; None not at
        all."""
        if label == PLATE_LABEL:
            return _rank(self.plate, held.text) if self.plate else None
        if label != NAME_LABEL:
            return 0 if held.text.startswith(f"{self.text} ") else _rank(self.text, held.text)
        if not self.run or len(self.run) >= LEAST_WITHIN:
            met = _rank(self.plain, held.plain)
            if met is not None:
                return met
        return 2 if self.run and begins(self.run, held.spelt) else None


def _rank(sought: str, text: str) -> int | None:
    if sought not in text:
        return None
    return 0 if sought == text else 1 if text.startswith(sought) else 2


class Index:
    """Folded texts by (label, row), each with the person or vehicle it belongs to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[tuple[str, str], _Held] = {}

    def put(self, label: str, row: str, subject: str, text: str) -> None:
        folded = fold(normalise(text)) if label == PLATE_LABEL else fold(text)
        held = self._texts.get((label, row))
        if held is not None and (held.subject, held.text) == (subject, folded):
            return  # the whole index is fed again every few minutes
        spelt = parts(folded) if label == NAME_LABEL else ()
        with self._lock:
            self._texts[label, row] = _Held(subject, folded, without_accents(folded), spelt)

    def drop(self, subject: str, labels: frozenset[str]) -> None:
        """Everything of this subject under these labels."""
        with self._lock:
            gone = [k for k, held in self._texts.items() if held.subject == subject and k[0] in labels]
            for key in gone:
                del self._texts[key]

    def find(self, text: str, labels: frozenset[str], limit: int, among: frozenset[str] | None = None) -> list[str]:
        """Ids of subjects with `text` under one of these labels, of all or of those `among`, at most `limit`, the
        whole text first, then what begins with it. Too few letters find nobody."""
        sought = _Sought.of(text)
        hits: dict[str, int] = {}
        if not sought.enough:
            return []
        with self._lock:
            for (label, _), held in self._texts.items():
                if label not in labels or (among is not None and held.subject not in among):
                    continue
                met = sought.meets(label, held)
                if met is not None:
                    hits[held.subject] = min(met, hits.get(held.subject, met))
        return sorted(hits, key=lambda subject: hits[subject])[:limit]
