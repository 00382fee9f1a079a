"""Plate text: one way to write it, look-alikes for comparing, and the shapes that plates have.

No recognition here: pixels become text elsewhere, and the shapes below tell it what can stand where. Two
plates that differ in one real character are different cars; nothing here guesses across that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

CAR, NEW_ENERGY = "car", "new-energy"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_I_NO_O = _LETTERS.replace("I", "").replace("O", "")  # GA 36: I and O are not used, 1 and 0 are

# What a small letter stands for in a mask; every other character of a mask stands for itself.
_SETS = {
    "p": PROVINCES,
    "c": _NO_I_NO_O,  # issuing authority within the province
    "s": _NO_I_NO_O + _DIGITS,  # Chinese serial
    "e": "ABCDEFGHJK",  # GA 36: A to E battery electric, F to K other new energy
    "t": "学警挂港澳领试超",  # use written as the last character
    "a": _LETTERS,
    "v": "BCDFGHJKLMNPRSTVWXYZ",  # Spain: no vowels, no Q
    "g": _LETTERS + "ÄÖÜ",
    "n": _DIGITS,
}

_LONGEST = 10
_CN_SERIAL = str.maketrans("OI", "01")
# Same glyph on a plate. Not B/8, S/5, Z/2, D/0: those look alike only when blurred, and both plates exist.
_LOOK_ALIKE = str.maketrans("OIАВЕКМНОРСТУХІΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "01ABEKMH0PCTYX1ABEZH1KMN0PTYX")


@dataclass(frozen=True, slots=True)
class PlateShape:
    """A form that plates of `country` (ISO 3166 alpha-2, "" for none) have: which characters may stand at each
    position, and after how many characters `separator` is shown. `code` names the form, e.g. cn8_small."""

    code: str
    country: str
    positions: tuple[str, ...]
    split_after: int = 0
    separator: str = ""

    def fits(self, normalised: str) -> bool:
        return len(normalised) == len(self.positions) and all(
            character in allowed for character, allowed in zip(normalised, self.positions, strict=True)
        )


class Likeness(Enum):
    """EXACT: one text. FOLDED: one text once O/0 and I/1 count as one. DIFFERENT: anything else."""

    EXACT = "exact"
    FOLDED = "folded"
    DIFFERENT = "different"


UNKNOWN = PlateShape("unknown", "", ())

# code, country, masks (several with spaces), split after, separator. The first that fits is the answer, so
# narrow forms stand before wide ones. Sources: GA 36-2018 (CN), Contran 969/2022 (BR), each country's current
# series and those still on the road.
_TABLE: tuple[tuple[str, str, str, int, str], ...] = (
    ("cn7", "CN", "pcsssss", 2, "·"),
    ("cn8_small", "CN", "pcesnnnn", 2, "·"),
    ("cn8_large", "CN", "pcnnnnne", 2, "·"),
    ("cn_marked", "CN", "pcsssst", 2, "·"),
    ("cn_emergency", "CN", "pcnnnn应急", 2, "·"),
    ("cn_embassy", "CN", "使nnnnnn", 4, "·"),
    ("cn_police", "CN", "WJpnnnnn WJpnnnns", 3, "·"),
    ("br_mercosul", "BR", "aaanann", 0, ""),
    ("br", "BR", "aaannnn", 3, "-"),
    ("gb", "GB", "aannaaa", 4, " "),
    ("fr", "FR", "aannnaa", 0, ""),
    ("it", "IT", "aannnaa", 0, ""),
    ("sk", "SK", "aannnaa", 2, " "),
    ("es", "ES", "nnnnvvv", 4, " "),
    ("be", "BE", "naaannn", 1, "-"),
    ("nl", "NL", "nnaaan naaann aannna annnaa aaannn nnaann aaaann nnaaaa aannaa annaaa aaanna", 0, ""),
    ("pt", "PT", "aannaa nnaann nnnnaa aannnn", 0, ""),
    ("se", "SE", "aaannn aaanna", 3, " "),
    ("fi", "FI", "aaannn", 3, "-"),
    ("lt", "LT", "aaannn", 3, " "),
    ("hu", "HU", "aaannn aaaannn", 0, ""),
    ("ee", "EE", "nnnaaa", 3, " "),
    ("lv", "LV", "aannnn", 2, "-"),
    ("lu", "LU", "aannnn", 2, " "),
    ("dk", "DK", "aannnnn", 2, " "),
    ("no", "NO", "aannnnn", 2, " "),
    ("gr", "GR", "aaannnn", 3, "-"),
    ("cz", "CZ", "nannnnn naannnn", 3, " "),
    ("bg", "BG", "annnnaa aannnnaa", 0, ""),
    ("ua", "UA", "aannnnaa", 0, ""),
    ("ro", "RO", "annaaa aannaaa annnaaa", 0, ""),
    ("hr", "HR", "aannna aannnaa aannnna aannnnaa", 2, " "),
    ("ie", "IE", "nnnan nnnann nnnannn nnnannnn nnnannnnn nnnaannnn nnnaannnnn", 0, ""),
    ("pl", "PL", "aannnnn aannnna aaannnn aannnaa aaannnnn aaannaa aaannna aaannnaa", 0, ""),
    ("at", "AT", "gnnnna gnnnnaa gnnnnna ggnnna ggnnnaa ggnnaaa", 0, ""),
    ("ch", "CH", "aan aann aannn aannnn aannnnn aannnnnn", 2, " "),
    ("de", "DE", "<german>", 0, ""),
    ("us", "US", "naaannn aaannnn aaannn nnnaaa annnnnn nannnnn nnnnnnn aannaaa nnnnaaa", 0, ""),
    ("us", "US", "aanana nnanaa nnaaaa nnnaaaa aanannn aaannna naannn naannnn nnnnnn nnaaan aannnnn", 0, ""),
)


def _german_masks() -> Iterator[str]:
    """District of 1 to 3 letters, 1 or 2 letters, 1 to 4 digits, E or H behind; at most 8 in all."""
    for letters in range(2, 6):
        for digits in range(1, 5):
            for mark in ("", "E", "H"):
                mask = "g" * min(letters - 1, 3) + "a" * max(1, letters - 3) + "n" * digits + mark
                if len(mask) <= 8:
                    yield mask


def _table() -> Iterator[PlateShape]:
    for code, country, masks, split_after, separator in _TABLE:
        for mask in _german_masks() if masks == "<german>" else masks.split():
            positions = tuple(_SETS.get(symbol, symbol) for symbol in mask)
            yield PlateShape(code, country, positions, split_after, separator)


SHAPES: tuple[PlateShape, ...] = tuple(_table())


def normalise(text: str) -> str:
    """The one way to write a plate: NFKC, upper case, letters and digits only.

    Behind a Chinese province and letter, O becomes 0 and I becomes 1, since GA 36 serials have neither letter.
    Normalising twice changes nothing more; text that is no plate comes out cleaned but is not refused.
    """
    upper = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    kept = unicodedata.normalize("NFKC", "".join(character for character in upper if character.isalnum()))
    if len(kept) > 2 and kept[0] in PROVINCES and kept[1] in _LETTERS:
        return kept[:2] + kept[2:].translate(_CN_SERIAL)
    return kept


def fold(text: str) -> str:
    """The normalised text with characters of one glyph made one (O/0, I/1, Cyrillic and Greek capitals that
    look Latin). For comparing only; never shown, stored or sent."""
    return folded(normalise(text))


def folded(normalised: str) -> str:
    """As `fold`, of a text that is normalised."""
    return normalised.translate(_LOOK_ALIKE)


def same(one: str, other: str) -> Likeness:
    """How alike two plate texts are; two empty texts are no plates and so DIFFERENT."""
    if not normalise(one) or not normalise(other):
        return Likeness.DIFFERENT
    if normalise(one) == normalise(other):
        return Likeness.EXACT
    return Likeness.FOLDED if fold(one) == fold(other) else Likeness.DIFFERENT


def shapes(text: str, country: str | None = None) -> tuple[PlateShape, ...]:
    """Every shape that the plate fits, narrowest first; only those of `country` when one is given."""
    plate = normalise(text)
    return tuple(s for s in SHAPES if s.fits(plate) and (country is None or s.country == country))


def shape(text: str, country: str | None = None) -> PlateShape | None:
    """The shape the plate has. Many countries share forms, so without `country` (a site knows its own) the
    answer is the first of `shapes`. UNKNOWN when it could be a plate of no form listed here, None when it can
    be none at all: empty, longer than ten, without a digit, or in other scripts."""
    fitting = shapes(text, country)
    if fitting:
        return fitting[0]
    plate = normalise(text)
    alphabet = _LETTERS + _DIGITS + PROVINCES + "ÄÖÜ"
    plausible = 2 <= len(plate) <= _LONGEST and all(c in alphabet for c in plate)
    return UNKNOWN if plausible and any(c in _DIGITS for c in plate) else None


def vehicle_class(text: str) -> str:
    """The tariffs' class of vehicle that the plate's form says: "new-energy" for China's eight characters (GA 36), a
    car for all else. What no plate says, such as a motorcycle, somebody else must."""
    found = shape(text)
    return NEW_ENERGY if found is not None and found.code in {"cn8_small", "cn8_large"} else CAR


def display(text: str, country: str | None = None) -> str:
    """The plate as its owner knows it: 川A·12345. Without `country` only Chinese plates are parted, since
    other texts fit the forms of several countries."""
    plate = normalise(text)
    found = shape(plate, country)
    if found is None or not found.separator or (country is None and found.country != "CN"):
        return plate
    return plate[: found.split_after] + found.separator + plate[found.split_after :]
