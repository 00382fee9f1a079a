"""QR codes in a frame."""

from __future__ import annotations

import cv2
import numpy as np
import segno
from tests.vision.drawing import Pixels, noisy

from gatehouse.vision.codes import read_codes


def code_scene(*texts: str, module_px: int = 4) -> Pixels:
    scene = np.full((480, 900, 3), 140, dtype=np.uint8)
    for place, text in enumerate(texts):
        modules = np.array([list(row) for row in segno.make(text, micro=False).matrix], dtype=np.uint8)
        picture = np.pad(255 - 255 * modules, 4, constant_values=255)
        picture = cv2.resize(picture, None, fx=module_px, fy=module_px, interpolation=cv2.INTER_NEAREST)
        x = 60 + 420 * place
        scene[100 : 100 + picture.shape[0], x : x + picture.shape[1]] = picture[:, :, None]
    return scene


def test_a_code_is_read_through_noise() -> None:
    assert read_codes(noisy(code_scene("gatehouse:pass:7f3a"), 12.0, 1)) == ["gatehouse:pass:7f3a"]


def test_two_codes_are_both_read_once() -> None:
    assert sorted(read_codes(code_scene("first", "second"))) == ["first", "second"]
    assert read_codes(code_scene("twice", "twice")) == ["twice"]


def test_a_small_code_is_read() -> None:
    scene = code_scene("gatehouse:pass:7f3a", module_px=3)[80:230, 40:190]
    assert read_codes(scene) == ["gatehouse:pass:7f3a"]


def test_a_torn_code_is_no_code() -> None:
    scene = code_scene("gatehouse:pass:7f3a")
    scene[100:180, 60:] = 140
    assert read_codes(scene) == []
