"""What a reader is to Gatehouse: cards and typed digits one after another, and a light that shows the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Card:
    """A card that was held to the reader, by its number as cards are enrolled."""

    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """Digits that were typed and ended with the enter key."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """The reader was lost, or answers again."""

    condition: Literal["lost", "live"]


Given = Card | Keys | Line


class Reader(Protocol):
    def given(self) -> Iterator[Given]:
        """What comes, as it comes, until `close`. What was shown while nobody asked is old and left out."""

    def tell(self, answer: Literal["granted", "refused"]) -> None:
        """Show the answer: a green light, or a red one with sounds. Returns at once; a lost reader shows none."""

    def close(self) -> None:
        """Let go of the line. Harmless when repeated."""
