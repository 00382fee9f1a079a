"""Plate texts from patterns, never one that the demo or a test shows.

`L` letter, `D` digit, `A` either, `P` province, (..) one of the characters inside, everything else itself. What is no
letter and no digit (spaces, dashes, `*` for a seal, `·`) is drawn but is not part of the label.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from training.charset import DIGITS, INDEX, LATIN, PROVINCES
from training.render.dice import Dice, pick

_ROOT = Path(__file__).resolve().parents[2]
_SHOWN_IN = ("tests", "src/gatehouse/demo", "benchmarks")
_PLATE = re.compile(
    r"[\u4e00-\u9fff][A-Z]·?[A-Z0-9\u4e00-\u9fff]{5,6}|\b(?=[A-Z0-9 -]*\d)[A-Z0-9]{2,4}[ -]?[A-Z0-9]{2,5}\b"
)
PLAIN = LATIN.replace("I", "").replace("O", "")
_TRIES = 50


@cache
def shown_elsewhere() -> frozenset[str]:
    """The plates that the demo, the tests and the benchmarks of this checkout show; training never draws them."""
    found: set[str] = set()
    for folder in _SHOWN_IN:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            if "training" not in path.relative_to(_ROOT).parts:
                found.update(label_of(text) for text in _PLATE.findall(path.read_text("utf-8")))
    return frozenset(found)


def label_of(text: str) -> str:
    """What a drawn text is read as."""
    return "".join(character for character in text if character in INDEX and character != "\0")


def written(dice: Dice, pattern: str, letters: str = LATIN, digits: str = DIGITS) -> str:
    """A text of the pattern. Raises ValueError for an unclosed bracket, and when only shown plates fit it."""
    for _ in range(_TRIES):
        text = _once(dice, pattern, letters, digits)
        if label_of(text) not in shown_elsewhere():
            return text
    raise ValueError(f"every plate of {pattern!r} is shown elsewhere")


def _once(dice: Dice, pattern: str, letters: str, digits: str) -> str:
    sets = {"L": letters, "D": digits, "A": letters + digits, "P": PROVINCES}
    text: list[str] = []
    rest = pattern
    while rest:
        if rest[0] == "(":
            inside, closed, rest = rest[1:].partition(")")
            if not closed or not inside:
                raise ValueError(f"pattern {pattern!r}: a bracket is empty or never closed")
            text.append(pick(dice, inside))
            continue
        if rest[0] == "'":  # a letter that stands for itself
            text.append(rest[1])
            rest = rest[2:]
            continue
        text.append(pick(dice, sets[rest[0]]) if rest[0] in sets else rest[0])
        rest = rest[1:]
    return "".join(text)
