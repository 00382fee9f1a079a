"""What one line says, step by step: PP-OCR's recognisers, projected to the characters of number plates."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.frames import Pixels
from gatehouse.vision.sessions import Floats, onnx_model

V4 = "ppocr_v4_rec.onnx"
V6 = "ppocr_v6_rec.onnx"
LINE_PX = 48
MAX_LINE_PX = 480

DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
SERVICES = "挂学警港澳领使临"
# Index 0 is the blank of CTC: no character at this step.
ALPHABET = "\0" + DIGITS + LATIN + PROVINCES + SERVICES
INDEX = {character: index for index, character in enumerate(ALPHABET)}
# Older and foreign shapes of the same characters, and letters that look the same on a plate.
_SAME = dict(
    zip(
        "滬蘇浙贛鄂魯遼雲陝閩貴粵寧瓊晉黒京湘蘆АВЕКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧØ",
        "沪苏浙赣鄂鲁辽云陕闽贵粤宁琼晋黑京湘泸ABEKMHOPCTYXABEZHIKMNOPTYXO",
        strict=True,
    )
)
_OTHER_HANZI = len(ALPHABET)


def _symbol(character: str) -> int:
    """The alphabet's index of a recogniser's character; blank for separators and signs."""
    folded = unicodedata.normalize("NFKD", character).upper()[:1]
    folded = _SAME.get(folded, folded)
    if folded in INDEX:
        return INDEX[folded]
    return _OTHER_HANZI if "\u4e00" <= folded <= "\u9fff" else 0


@cache
def _projection(model: str) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The order that brings a recogniser's classes together by symbol, where each symbol starts, and which
    symbols occur. Class 0 is blank, then the model's own list; what is left over is the space."""
    listed = onnx_model(model).note("character").split("\n")
    symbols = np.array([0, *(_symbol(character) for character in listed)], dtype=np.intp)
    order = np.argsort(symbols, kind="stable")
    present, starts = np.unique(symbols[order], return_index=True)
    return order, starts, present


def read_line(line: Pixels, model: str) -> Floats:
    """Probabilities per step over ALPHABET, (steps, len(ALPHABET)) float32, rows summing to 1.

    `line` is BGR, LINE_PX tall. Mass on hanzi that are on no plate goes to the provinces in equal parts: the
    recogniser saw a hanzi there, only not which.
    """
    batch = np.ascontiguousarray((line.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1))[np.newaxis]
    steps = onnx_model(model).run(batch)[0]
    order, starts, present = _projection(model)
    classes = steps[:, : len(order)]
    summed = np.zeros((len(steps), len(ALPHABET) + 1), dtype=np.float32)
    summed[:, present] = np.add.reduceat(classes[:, order], starts, axis=1)
    summed[:, 0] += steps[:, len(order) :].sum(axis=1)
    first = INDEX[PROVINCES[0]]
    summed[:, first : first + len(PROVINCES)] += summed[:, _OTHER_HANZI, np.newaxis] / len(PROVINCES)
    kept = np.clip(summed[:, :_OTHER_HANZI], 0.0, None)
    probabilities: Floats = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-9)
    return probabilities
