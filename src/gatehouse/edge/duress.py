"""What somebody types in place of a PIN who is threatened.

The form that tells of a threat is the person's own PIN with its last digit one higher, 9 becoming 0. It opens as the
PIN does, and nothing at the gate shows a difference.
"""

import hmac
from collections.abc import Mapping


def is_form_of(pin: str, digits: str) -> bool:
    """Is this what the holder of that PIN types under threat?"""
    return _has_form(pin) and hmac.compare_digest(under_duress(pin).encode(), digits.encode())


def _has_form(pin: str) -> bool:
    return pin.isascii() and pin[-1:].isdecimal()


def under_duress(pin: str) -> str:
    """What somebody types instead of this PIN."""
    return pin[:-1] + str((int(pin[-1]) + 1) % 10)


def duress_pins(pins: Mapping[str, str]) -> dict[str, str]:
    """What is typed under threat -> whose it is. A form that is somebody's own PIN, or two people's, tells of none."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for pin, owner in pins.items():
        if not _has_form(pin):
            continue
        form = under_duress(pin)
        if form in pins or found.setdefault(form, owner) != owner:
            shared.add(form)
    return {form: owner for form, owner in found.items() if form not in shared}
