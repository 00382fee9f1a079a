"""The two exported models run on a frame, as the package will: onnxruntime, OpenCV and numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.detector.decode import Floats, Found, found
from training.rectify import INNER, ROWS, cut, cuts_for

Pixels = NDArray[np.uint8]
MULTIPLE = 16
LEAST = 0.2


@dataclass(frozen=True, slots=True)
class Reading:
    """One plate: where, and per step which character. `steps` is (48, alphabet) of probabilities; `kind` and
    `ground` are the likeliest, by name."""

    found: Found
    steps: Floats
    kind: str
    ground: str


class PlateModels:
    def __init__(self, detector: Path, reader: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._detector = onnxruntime.InferenceSession(str(detector), options, providers=["CPUExecutionProvider"])
        self._reader = onnxruntime.InferenceSession(str(reader), options, providers=["CPUExecutionProvider"])
        notes = self._reader.get_modelmeta().custom_metadata_map
        self._kinds, self._grounds = notes["kinds"].split(), notes["grounds"].split()

    def detect(self, frame: Pixels, long_side_px: int, least: float = LEAST) -> list[Found]:
        """Plates in a BGR frame looked at with its long side at so many pixels; corners in frame pixels."""
        height, width = frame.shape[:2]
        scale = long_side_px / max(height, width)
        size = tuple(max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in (width, height))
        smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(frame, size, interpolation=smooth), dtype=np.uint8)
        middles, corners = self._detector.run(None, {"pixels": _batch(small[None])})
        back = np.array([width / size[0], height / size[1]], np.float32)
        return [Found(one.quad * back, one.score) for one in found(middles[0, 0], corners[0], least)]

    def read(self, frame: Pixels, plate: Found) -> Reading:
        """Of a plate that may have one row or two, the cut whose number of rows the reader confirms."""
        hows = cuts_for(plate.quad)
        crops = np.stack([cut(frame, plate.quad, how) for how in hows])
        characters, kind, ground, rows = self._reader.run(None, {"pixels": _batch(crops)})
        sure = [float(rows[k, 1 if how == ROWS else 0]) if how in (ROWS, INNER) else 1.0 for k, how in enumerate(hows)]
        best = int(np.argmax(sure))
        return Reading(
            plate, characters[best], self._kinds[int(kind[best].argmax())], self._grounds[int(ground[best].argmax())]
        )


def _batch(pictures: Pixels) -> Floats:
    scaled = pictures.astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))
