"""The characters that the reader knows. Index 0 is the blank of CTC."""

from __future__ import annotations

DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
SERVICES = "挂学警港澳领使临"
# On the plates of test drives and oversize vehicles; `gatehouse.vision.letters` has no grammar for them yet.
MORE_SERVICES = "试超"
# The first part is `gatehouse.vision.letters.ALPHABET`, in its order; tests/training holds the two together.
ALPHABET = "\0" + DIGITS + LATIN + PROVINCES + SERVICES + MORE_SERVICES
INDEX = {character: index for index, character in enumerate(ALPHABET)}
MAX_LENGTH = 10


def encoded(text: str) -> list[int]:
    """The indices of a text. Raises KeyError for a character that no plate has."""
    return [INDEX[character] for character in text]
