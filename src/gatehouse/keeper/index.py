"""What `find` searches: names, staff numbers and plates, in the keeper's memory only."""

import threading
import unicodedata

from gatehouse.domain.plates import normalise

PLATE_LABEL = "vehicle.plate/1"


def fold(text: str) -> str:
    """Case and width made equal, spaces made single: what a person types and what is stored meet here."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Index:
    """Folded texts by (label, row), each with the person or vehicle it belongs to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[tuple[str, str], tuple[str, str]] = {}

    def put(self, label: str, row: str, subject: str, text: str) -> None:
        folded = fold(normalise(text)) if label == PLATE_LABEL else fold(text)
        with self._lock:
            self._texts[label, row] = (subject, folded)

    def drop(self, subject: str, labels: frozenset[str]) -> None:
        """Everything of this subject under these labels."""
        with self._lock:
            gone = [k for k, (owner, _) in self._texts.items() if owner == subject and k[0] in labels]
            for key in gone:
                del self._texts[key]

    def find(self, text: str, labels: frozenset[str], limit: int, among: frozenset[str] | None = None) -> list[str]:
        """Ids of subjects with `text` under one of these labels, of all or of those `among`, at most `limit`, those
        that begin with it first."""
        wanted, plate = fold(text), fold(normalise(text))
        hits: dict[str, bool] = {}
        with self._lock:
            for (label, _), (subject, stored) in self._texts.items():
                needle = plate if label == PLATE_LABEL else wanted
                if among is not None and subject not in among:
                    continue
                if label in labels and needle and needle in stored:
                    hits[subject] = hits.get(subject, False) or stored.startswith(needle)
        return sorted(hits, key=lambda subject: not hits[subject])[:limit]
