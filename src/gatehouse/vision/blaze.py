"""Where faces are: Google's BlazeFace, short range first, back-camera model when that finds none.

Anchors, box coding and the letterbox follow the models' own description (MediaPipe face detection):
896 anchors on two grids, boxes as offsets in input pixels, six points per face, eyes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.frames import Pixels
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats, tflite_model

MAX_FACES = 16
OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class Variant:
    """One BlazeFace: file, input side and its two grids as (stride px, anchors per cell)."""

    file: str
    side_px: int
    grids: tuple[tuple[int, int], ...]
    threshold: str


SHORT = Variant("blazeface_short.tflite", 128, ((8, 2), (16, 6)), "short")
BACK = Variant("blazeface_back.tflite", 256, ((16, 2), (32, 6)), "back")


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face in frame pixels: box corner and size, the two eyes (image left first), score in [0, 1]."""

    x: float
    y: float
    width: float
    height: float
    eyes: tuple[tuple[float, float], tuple[float, float]]
    score: float


@cache
def _anchors(variant: Variant) -> NDArray[np.float32]:
    centres = []
    for stride, per_cell in variant.grids:
        cells = variant.side_px // stride
        axis = (np.arange(cells, dtype=np.float32) + 0.5) * stride
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, per_cell, axis=0))
    return np.concatenate(centres)


def find_faces(pixels: Pixels, variant: Variant) -> list[FaceBox]:
    """Faces in one BGR frame, best score first. Raises ModelMissing."""
    side = variant.side_px
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    canvas = np.zeros((side, side, 3), dtype=np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    rgb = canvas[:, :, ::-1].astype(np.float32) / 127.5 - 1.0
    outputs = tflite_model(variant.file).run(np.ascontiguousarray(rgb.transpose(2, 0, 1))[np.newaxis])
    logits = outputs["classificators"].reshape(-1)
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0)))
    threshold = pack("faces-blazeface").thresholds[variant.threshold]
    chosen = np.flatnonzero(scores >= threshold)
    if not chosen.size:
        return []
    raw = outputs["regressors"].reshape(-1, 16)[chosen].reshape(-1, 8, 2).copy()
    anchors = _anchors(variant)[chosen]
    # Rows: box centre, box size, then six points; all but the size are relative to the anchor.
    raw[:, 0] += anchors
    raw[:, 2:] += anchors[:, np.newaxis]
    origin = np.array([left, top], dtype=np.float32)
    raw[:, 0] -= origin
    raw[:, 2:] -= origin
    return _merged(np.asarray(raw / scale, dtype=np.float32), scores[chosen].astype(np.float32))


def _merged(rows: Floats, scores: Floats) -> list[FaceBox]:
    """Overlapping finds are one face: their mean, weighted by score, as the model's authors do."""
    corners = np.concatenate([rows[:, 0] - rows[:, 1] / 2, rows[:, 0] + rows[:, 1] / 2], axis=1)
    left = np.argsort(-scores)
    faces: list[FaceBox] = []
    while left.size and len(faces) < MAX_FACES:
        same = left[_overlap(corners[left[0]], corners[left]) > OVERLAP]
        if not same.size:  # a box without area overlaps nothing, itself included
            left = left[1:]
            continue
        weight = scores[same] / scores[same].sum()
        mean = np.tensordot(weight, rows[same], axes=1)
        (cx, cy), (w, h) = mean[0], mean[1]
        eyes = ((float(mean[2][0]), float(mean[2][1])), (float(mean[3][0]), float(mean[3][1])))
        box = FaceBox(float(cx - w / 2), float(cy - h / 2), float(w), float(h), eyes, float(scores[left[0]]))
        faces.append(box)
        left = np.setdiff1d(left, same, assume_unique=True)
        left = left[np.argsort(-scores[left])]
    return faces


def _overlap(one: Floats, many: Floats) -> Floats:
    """Intersection over union of one box (x0, y0, x1, y1) with many."""
    low = np.maximum(one[:2], many[:, :2])
    high = np.minimum(one[2:], many[:, 2:])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=1)
    area = np.prod(np.clip(many[:, 2:] - many[:, :2], 0.0, None), axis=1)
    own = float(np.prod(np.clip(one[2:] - one[:2], 0.0, None)))
    ratio: Floats = (shared / np.maximum(own + area - shared, 1e-6)).astype(np.float32)
    return ratio
