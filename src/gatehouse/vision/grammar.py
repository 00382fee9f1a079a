"""Plate grammars as data: which characters may stand where, per country (countries.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.letters import ALPHABET, DIGITS, INDEX, LATIN, PROVINCES, SERVICES

MAX_LENGTH = 10
_PLAIN = LATIN.replace("I", "").replace("O", "")
CLASSES = {
    "P": PROVINCES,
    "L": LATIN,
    "D": DIGITS,
    "A": LATIN + DIGITS,
    "l": _PLAIN,
    "a": _PLAIN + DIGITS,
    # GA 36: D, A, B, C, E for electric, F, G, H, J, K for other new-energy vehicles.
    "E": "DABCEFGHJK",
    "S": _PLAIN + DIGITS + SERVICES,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of plate. `allowed` is (length, len(ALPHABET)) bool; `weight` a log prior, 0 = usual."""

    country: str
    name: str
    text: str
    weight: float
    allowed: NDArray[np.bool_] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.allowed)


def shape(country: str, name: str, text: str, weight: float = 0.0) -> Shape:
    """A shape from its text, such as `LLLDDDD` or `(京津)LDDDDD`; a site may bring its own.

    Raises ValueError for an unknown position, an empty one, or more than MAX_LENGTH positions.
    """
    positions: list[str] = []
    rest = text
    while rest:
        if rest[0] == "(":
            inside, closed, rest = rest[1:].partition(")")
            if not closed or not inside:
                raise ValueError(f"plate shape {text!r}: a bracket is empty or never closed")
            positions.append(inside)
        else:
            if rest[0] not in CLASSES:
                raise ValueError(f"plate shape {text!r}: no position is called {rest[0]!r}")
            positions.append(CLASSES[rest[0]])
            rest = rest[1:]
    if not 0 < len(positions) <= MAX_LENGTH:
        raise ValueError(f"plate shape {text!r}: a plate has 1 to {MAX_LENGTH} characters")
    if unknown := {c for position in positions for c in position if c not in INDEX}:
        raise ValueError(f"plate shape {text!r}: no plate alphabet has {sorted(unknown)}")
    allowed = np.zeros((len(positions), len(ALPHABET)), dtype=np.bool_)
    for row, position in zip(allowed, positions, strict=True):
        row[[INDEX[character] for character in position]] = True
    return Shape(country, name, text, weight, allowed)


@cache
def _all() -> dict[str, tuple[Shape, ...]]:
    text = resources.files("gatehouse.vision").joinpath("countries.toml").read_text("utf-8")
    return {
        country["code"]: tuple(
            shape(country["code"], item["name"], item["shape"], item.get("weight", 0.0)) for item in country["shapes"]
        )
        for country in tomllib.loads(text)["country"]
    }


def countries() -> tuple[str, ...]:
    """The codes of the country packs, such as `CN` and `EU`."""
    return tuple(_all())


def shapes_of(codes: Sequence[str]) -> tuple[Shape, ...]:
    """The shapes of some country packs. Raises ValueError for a code that no pack has."""
    if unknown := sorted(set(codes) - set(_all())):
        raise ValueError(f"no country pack is called {', '.join(unknown)}; there are {', '.join(_all())}")
    return tuple(one for code in dict.fromkeys(codes) for one in _all()[code])
