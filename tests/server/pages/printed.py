"""What a drawn PDF says, read back from its streams: Latin letters in their own encoding, Chinese in UTF-16."""

import base64
import re
import zlib

_TOKEN = re.compile(rb"/(F\d+)[+0-9]* [0-9.]+ Tf|(\((?:\\.|[^\\()])*\))\s*Tj", re.S)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def texts(pdf: bytes) -> list[str]:
    """Every string that is drawn in a font of the standard, in order."""
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    wide = set(re.findall(rb"/BaseFont /STSong-Light.*?/Name /(F\d+)", pdf, re.S))
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            data = zlib.decompress(base64.a85decode(b"<~" + part.strip(), adobe=True))
        except (ValueError, zlib.error):
            continue  # a font
        font = b""
        for name, said in _TOKEN.findall(data):
            if name:
                font = name
            else:
                found.append(_bytes(said[1:-1]).decode("utf-16-be" if font in wide else "cp1252", "replace"))
    return found


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def is_landscape(pdf: bytes) -> bool:
    boxes = re.findall(rb"/MediaBox \[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", pdf)
    return bool(boxes) and all((round(float(w)), round(float(h))) == (842, 595) for w, h in boxes)


def _bytes(raw: bytes) -> bytes:
    return _ESCAPED.sub(lambda m: bytes([int(m[1], 8)]) if m[1].isdigit() else _PLAIN.get(m[1], m[1]), raw)
