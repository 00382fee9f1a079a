"""Pictures, tables and workbooks of other people: taken, or refused by a fault of ours that says why."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.fuzz.odd import examples, spoiled

from gatehouse.domain.tables import NoTable
from gatehouse.server.interchange import workbooks
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.frames import decode_frame, decode_picture

WITHIN_S = 5.0  # of one file: what takes longer holds a worker up


def picture(kind: str) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


PICTURES = {kind: picture(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")}


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["number", "name", "hired"])
    for number in range(20):
        book.active.append([f"S-{number}", "Lin Moss", 45000 + number])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


BOOK = workbook()
TABLES = {
    "utf-8": "number,name\nS-1,林\nS-2,Moss\n".encode(),
    "gb18030": "工号;姓名\nS-1;林\n".encode("gb18030"),
    "utf-16": "number\tname\nS-1\tMoss\n".encode("utf-16"),
    "quoted": b'number,name\n"S-1","a ""b"" \n c"\n',
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_spoiled_picture_is_seen_or_refused(kind: str) -> None:
    @examples(60)
    @given(spoiled(PICTURES[kind]))
    def looked_at(data: bytes) -> None:
        began = time.monotonic()
        for decode in (decode_picture, lambda data: decode_frame(data, 4_000_000)):
            try:
                pixels = decode(data)
            except BadFrame as fault:
                assert str(fault)  # noqa: PT017 - a refusal is as good an answer
            else:
                assert pixels.dtype == np.uint8
        assert time.monotonic() - began < WITHIN_S

    with _quiet():
        looked_at()


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV writes what it thinks of broken files to stderr."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    yield
    cv2.utils.logging.setLogLevel(before)


def _read(data: bytes) -> None:
    began = time.monotonic()
    try:
        table = workbooks.read(data)
    except NoTable as fault:
        assert fault.code  # noqa: PT017 - a refusal is as good an answer
    else:
        assert table.rows
    assert time.monotonic() - began < WITHIN_S


@pytest.mark.parametrize("name", TABLES)
def test_a_spoiled_table_is_read_or_refused(name: str) -> None:
    examples(120)(given(spoiled(TABLES[name]))(_read))()


@examples(60)
@given(spoiled(BOOK))
def test_a_spoiled_workbook_is_read_or_refused(data: bytes) -> None:
    _read(data)


@examples(100)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    _read(data)
