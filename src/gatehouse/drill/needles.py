"""Needles: what a thief must not find, in every spelling and encoding in which it could lie there."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np

from gatehouse.domain import plates

TEXT_CLASSES = ("names", "plates", "cards", "contacts")
CLASSES = (*TEXT_CLASSES, "faces", "templates")
SHORTEST = 4  # bytes; a shorter pattern would be found in any random file
CHUNK = 24  # bytes of a picture or template that make one pattern: chance does not repeat them


@dataclass(frozen=True, slots=True)
class Needle:
    """One secret: its class and the text or bytes that the keeper holds."""

    kind: str
    value: str | bytes


def patterns(needle: Needle) -> Iterator[bytes]:
    """All byte strings whose presence gives the needle away; none shorter than SHORTEST."""
    if isinstance(needle.value, bytes):
        found: Iterable[bytes] = _chunks(needle.value)
    else:
        found = (pattern for text in spellings(needle.kind, needle.value) for pattern in _text_forms(text))
    for raw in found:
        yield from (form for form in _encodings(raw) if len(form) >= SHORTEST)


def spellings(kind: str, text: str) -> set[str]:
    """How the same text could have been written down."""
    forms = {text}
    if kind == "plates":
        forms |= {plates.display(text), text[:2] + " " + text[2:], text[:1] + "-" + text[1:]}
    if kind == "names":
        words = text.split()
        forms |= {" ".join(reversed(words)), ", ".join(reversed(words)), "".join(words)}
        forms |= {word for word in words if len(word) >= 5}
    if kind in ("cards", "contacts"):
        forms.add(text.replace(" ", "").replace("-", ""))
    return {case for form in forms for case in (form, form.lower(), form.upper())}


def _text_forms(text: str) -> Iterator[bytes]:
    yield text.encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    if not text.isascii():
        yield text.encode("gb18030")  # what a Chinese spreadsheet exports
    escaped = json.dumps(text)[1:-1]
    if escaped != text:
        yield escaped.encode()
    quoted = quote(text)
    if quoted != text:
        yield quoted.encode()


def _chunks(data: bytes) -> Iterator[bytes]:
    """Pieces from all over a picture or template, so that a part that was cut out is found as well."""
    if len(data) <= CHUNK:
        yield data
        return
    step = max(CHUNK, len(data) // 64)
    for start in range(0, len(data) - CHUNK + 1, step):
        piece = data[start : start + CHUNK]
        if len(set(piece)) > CHUNK // 3:  # runs of one byte lie in every file
            yield piece


def _encodings(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    # base64 of a string inside a longer one depends on where it starts in the group of three.
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\x00" * shift + raw)
            start, end = (shift * 8 + 5) // 6, (shift + len(raw)) * 8 // 6
            yield text[start:end]


def template_forms(vector: bytes) -> Iterator[bytes]:
    """A template as float32 (as given), float16, float64 and as the texts that JSON would hold."""
    values = np.frombuffer(vector, "<f4")
    yield vector
    yield values.astype("<f2").tobytes()
    yield values.astype("<f8").tobytes()
    yield values.astype(">f4").tobytes()
    for start in range(0, len(values) - 3, 16):
        yield ", ".join(repr(float(value)) for value in values[start : start + 3]).encode()
