"""Recognise faces in the loot: pictures with a face in them, and numbers that match an enrolled template."""

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from gatehouse.vision.errors import BadFrame
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import decode_picture

MAGICS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM")
BITMAP_HEADERS = (12, 40, 64, 108, 124)  # sizes of the header that follows a bitmap's "BM" and twelve more bytes
LEAST_PICTURE = 1024  # bytes; an icon shows nobody
SAME = 0.6  # cosine from which two vectors are taken for one person by a generous thief
UNIT = 1e-3
_NUMBER = re.compile(rb"(-?\d{1,3}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?)[\s,;\[\]]{0,40}")


def pictures(data: bytes) -> Iterator[bytes]:
    """Where a picture may begin in `data`; each is tried to its end."""
    for magic in MAGICS:
        at = data.find(magic)
        while at != -1:
            if len(data) - at >= LEAST_PICTURE and _may_be_one(magic, data[at : at + 18]):
                yield data[at:]
            at = data.find(magic, at + 1)


def _may_be_one(magic: bytes, head: bytes) -> bool:
    """Two letters begin many things: a bitmap also says how long its header is, a WebP what it is."""
    if magic == b"BM":
        return int.from_bytes(head[14:18], "little") in BITMAP_HEADERS
    return magic != b"RIFF" or head[8:12] == b"WEBP"


def faces_shown(data: bytes) -> int:
    """How many pictures in `data` show a face."""
    count = 0
    for picture in pictures(data):
        try:
            count += bool(read_faces(decode_picture(picture)))
        except BadFrame:
            continue
    return count


def matching(data: bytes, known: npt.NDArray[np.float32]) -> set[int]:
    """Which of the `known` unit vectors (n, d) a thief could match with runs of d numbers in `data`: float32 at any
    byte offset, or written out as text. Numbers that were never a vector hardly ever have length one."""
    found: set[int] = set()
    for shift in range(4):
        usable = (len(data) - shift) // 4 * 4
        with np.errstate(invalid="ignore"):  # random bytes hold signalling NaNs
            found |= _matched(np.frombuffer(data[shift : shift + usable], "<f4").astype(np.float64), known)
    for run in _written_out(data, known.shape[1]):
        found |= _matched(run, known)
    return found


def _matched(values: npt.NDArray[np.float64], known: npt.NDArray[np.float32]) -> set[int]:
    size = known.shape[1]
    if len(values) < size:
        return set()
    # What a unit vector cannot hold ends every run that it lies in.
    squares = np.where(np.isfinite(values) & (np.abs(values) <= 1.0), values * values, np.inf)
    bad = np.cumsum(np.isinf(squares))
    sums = np.concatenate([[0.0], np.cumsum(np.where(np.isinf(squares), 0.0, squares))])
    lengths = sums[size:] - sums[:-size]
    clean = np.concatenate([[0], bad])
    whole = clean[size:] == clean[:-size]
    found: set[int] = set()
    for start in np.flatnonzero(whole & (np.abs(lengths - 1.0) < UNIT)):
        probe = values[start : start + size].astype(np.float32)
        found |= {int(index) for index in np.flatnonzero(known @ probe > SAME)}
    return found


def _written_out(data: bytes, least: int) -> Iterator[npt.NDArray[np.float64]]:
    """Runs of at least `least` decimal fractions with nothing but separators between them, as JSON or CSV has them."""
    run: list[float] = []
    ended = 0
    for number in _NUMBER.finditer(data):
        if number.start() != ended:
            if len(run) >= least:
                yield np.array(run)
            run = []
        run.append(float(number[1]))
        ended = number.end()
    if len(run) >= least:
        yield np.array(run)
