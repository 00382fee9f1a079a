"""Whom the demo knows, and how to see them in stolen bytes. Written apart from the drill, so that neither hides the
other's mistake."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

from gatehouse.demo.site import MARA, NIGHT_PLATE, PERMIT_PLATE, RUOXI, TEODORA, VISITOR_PLATE

CARD = "0093716258"
NUMBERS = ("1001", "1002", "1003")
IDENTITIES = (
    MARA, TEODORA, RUOXI, "Lindqvist", "Teodora", "LINDQVIST",
    PERMIT_PLATE, VISITOR_PLATE, NIGHT_PLATE, "川A·5K286", "京N·8P367", "沪C·2T918", "A5K286", "N8P367", "C2T918",
    CARD,
    *(f"+86 10 5550 {number}" for number in NUMBERS), *(f"+86105550{number}" for number in NUMBERS),
    *(f"person{number}@riverside.example" for number in NUMBERS),
    *(f"DEMO-{number}-77{number}" for number in NUMBERS), *(f"TAX-{number}-31" for number in NUMBERS),
    *(f"DE00 5550 {number} 0000 {number}" for number in NUMBERS),
)  # fmt: skip


def forms(text: str) -> Iterator[bytes]:
    """The text as a program could have written it down."""
    plain = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("gb18030")]
    plain += [quote(text).encode(), json.dumps(text)[1:-1].encode()]
    for raw in plain:
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for before in range(3):  # base64 looks different by where in a group of three it begins
            whole = base64.b64encode(b"\x00" * before + raw)
            yield whole[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]


_FORMS = {text: set(forms(text)) for text in IDENTITIES}


def seen_in(data: bytes) -> set[str]:
    """The identities that can be read in these bytes."""
    return {text for text, found in _FORMS.items() if any(form in data for form in found)}
