"""PINs as a gate reads them: whose one is, and whether it was typed under threat.

The form that tells of a threat is the person's own PIN with its last digit one higher, 9 becoming 0. It opens as the
PIN does, and nothing at the gate shows a difference.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gatehouse.domain.sightings import Means, Read

if TYPE_CHECKING:
    from gatehouse.edge.roster import Knowledge


def under_duress(pin: str) -> str:
    """What somebody types instead of this PIN."""
    return pin[:-1] + str((int(pin[-1]) + 1) % 10)


def duress_pins(pins: Mapping[str, str]) -> dict[str, str]:
    """What is typed under threat -> whose it is. A form that is somebody's own PIN, or two people's, tells of none."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for pin, owner in pins.items():
        if not pin[-1:].isdecimal() or not pin.isascii():
            continue
        form = under_duress(pin)
        if form in pins or found.setdefault(form, owner) != owner:
            shared.add(form)
    return {form: owner for form, owner in found.items() if form not in shared}


def read_pin(typed: str, known: "Knowledge", at: datetime) -> Read:
    """A typed PIN as a read; one that nobody has names nobody."""
    subject = known.pins.get(typed)
    if subject is None and typed in known.under_duress:
        return Read(Means.PIN, at, typed, known.under_duress[typed], 1.0, duress=True)
    return Read(Means.PIN, at, typed, subject, 1.0)
