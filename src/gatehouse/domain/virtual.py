"""Virtual plates: what a vehicle is called that has no plate, or one that no camera here can read.

`V` and eight letters and digits that are told apart at a glance. No country's plates have nine places that begin so,
and a gate that is told to use one takes nothing else: nobody has a real plate written through it.
"""

import re

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 of them, so a byte's low five bits choose one
LENGTH = 8
_FORM = re.compile(f"V[{LETTERS}]{{{LENGTH}}}")


def virtual_plate(chance: bytes) -> str:
    """The virtual plate of these random bytes. Raises ValueError for fewer than `LENGTH` of them."""
    if len(chance) < LENGTH:
        raise ValueError(f"a virtual plate needs {LENGTH} random bytes")
    return "V" + "".join(LETTERS[byte & 31] for byte in chance[:LENGTH])


def is_virtual(plate: str) -> bool:
    return _FORM.fullmatch(plate) is not None
