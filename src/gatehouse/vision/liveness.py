"""How far a head is turned, by FaceMesh, and its eyes are open, by MediaPipe's iris model.

That model sees one eye, cut out by the corners that FaceMesh gave, and draws its lids. What the figures mean for
somebody before a gate is decided in `domain.liveness`; how they came out is in docs/recognition.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gatehouse.vision.blaze import FaceBox
from gatehouse.vision.faces import FaceRead
from gatehouse.vision.frames import Pixels, as_bgr
from gatehouse.vision.mesh import Mesh, fit_mesh
from gatehouse.vision.sessions import Floats, tflite_model

SIDE_PX = 64
# MediaPipe's iris graph: the crop's side over the distance of the eye's corners.
_GROWTH = 2.3
_LEAST_EYE_PX = 8.0  # an eye that is narrower shows no lids
# Beyond this one eye is seen from the side, and its corners are guesses.
MOST_ASIDE_DEG = 25.0
# `FaceRead.points` are (263, 362, 33, 133, 2) of FaceMesh: outer and inner corner of the eye on the right of the
# picture, then of the one on the left. The model was trained on the left one, so the other is mirrored.
_EYES = ((0, 1, True), (2, 3, False))
# Of the 71 points: the corners, the middle of each lid, and both lids from corner to corner.
_CORNERS, _LOWER, _UPPER = (0, 8), (3, 4, 5), (11, 12)
_LOWER_LID, _UPPER_LID = (0, 1, 2, 3, 4, 5, 6, 7, 8), (0, 9, 10, 11, 12, 13, 14, 8)


@dataclass(frozen=True, slots=True)
class Measured:
    """`yaw_deg`: turned to their own left is positive. `openness`: gap of the lids over its width, of the eye
    that is open wider: 0 is shut, open eyes measure 0.18 to 0.35; None where the face is too small or turned aside."""

    yaw_deg: float
    openness: float | None


def measure(pixels: object, face: FaceRead) -> Measured:
    """What a challenge asks of one face of a frame. The mesh is fitted anew into its own outline: from the found box
    alone a turned head is measured ten degrees wrong at times. Raises BadFrame, ModelMissing, ModelRefused."""
    frame = as_bgr(pixels)
    x, y, width, height = face.box
    box = FaceBox(x, y, width, height, (face.points[2], face.points[0]), face.confidence)
    mesh = fit_mesh(frame, _outline(fit_mesh(frame, box)))
    if abs(mesh.yaw_deg) > MOST_ASIDE_DEG:
        return Measured(mesh.yaw_deg, None)
    gaps = []
    for outer, inner, mirrored in _EYES:
        corners = mesh.five[[outer, inner]].astype(np.float64)
        if float(np.linalg.norm(corners[1] - corners[0])) < _LEAST_EYE_PX:
            return Measured(mesh.yaw_deg, None)
        gaps.append(_gap(_lids(_cut(frame, corners, mirrored=mirrored))))
    return Measured(mesh.yaw_deg, max(gaps))


def _outline(mesh: Mesh) -> FaceBox:
    """The box around a mesh, as MediaPipe hands it from one frame to the next."""
    low, high = mesh.points[:, :2].min(axis=0), mesh.points[:, :2].max(axis=0)
    left, right = mesh.five[2], mesh.five[0]
    eyes = ((float(left[0]), float(left[1])), (float(right[0]), float(right[1])))
    return FaceBox(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]), eyes, mesh.flag)


def lids(pixels: object, face: FaceRead) -> list[tuple[Floats, Floats]]:
    """Upper and lower lid of both eyes as lines of (x, y) in frame pixels, each from left to right."""
    frame, found = as_bgr(pixels), []
    for outer, inner, mirrored in _EYES:
        corners = np.array([face.points[outer], face.points[inner]], dtype=np.float64)
        points = _lids(_cut(frame, corners, mirrored=mirrored)).astype(np.float64)
        if mirrored:
            points[:, 0] = SIDE_PX - 1 - points[:, 0]
        to_frame = _to_frame(corners, SIDE_PX)
        placed = (points @ to_frame[:, :2].T + to_frame[:, 2]).astype(np.float32)
        upper, lower = (placed[list(line)] for line in (_UPPER_LID, _LOWER_LID))
        found.append((upper[np.argsort(upper[:, 0])], lower[np.argsort(lower[:, 0])]))
    return found


def _to_frame(corners: np.ndarray, side: int) -> np.ndarray:
    """From pixels of an upright picture of the eye, `side` of them wide, to the frame's: (2, 3)."""
    left, right = sorted(corners.tolist())
    angle = math.atan2(right[1] - left[1], right[0] - left[0])
    step = math.hypot(right[0] - left[0], right[1] - left[1]) * _GROWTH / side
    along = np.array([math.cos(angle), math.sin(angle)]) * step
    across = np.array([-along[1], along[0]])
    return np.column_stack([along, across, corners.mean(axis=0) - (along + across) * (side / 2)])


def _cut(frame: Pixels, corners: np.ndarray, *, mirrored: bool) -> Pixels:
    """The eye upright in the middle of (SIDE_PX, SIDE_PX, 3); smoothed first where it is far larger."""
    width = float(np.linalg.norm(corners[1] - corners[0]))
    times = max(1, round(width * _GROWTH / SIDE_PX))
    side = SIDE_PX * times
    to_frame = _to_frame(corners, side)
    eye = cv2.warpAffine(
        frame, to_frame, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    if times > 1:
        eye = cv2.resize(eye, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(eye[:, ::-1] if mirrored else eye, dtype=np.uint8)


def _lids(eye: Pixels) -> Floats:
    """The 71 points (71, 2) that the model draws around the eye, in its own pixels."""
    rgb = np.ascontiguousarray(eye[:, :, ::-1].transpose(2, 0, 1), dtype=np.float32) / 255.0
    outputs = tflite_model("iris.tflite").run(rgb[np.newaxis])
    points = next(value for value in outputs.values() if value.size == 213)
    lids: Floats = points.reshape(71, 3)[:, :2]
    return lids


def _gap(lids: Floats) -> float:
    """The way from the lower to the upper lid, across the line of the corners, over their distance; never negative."""
    one, other = (lids[place] for place in _CORNERS)
    along = other - one
    width = max(1e-3, float(np.linalg.norm(along)))
    across = np.array([-along[1], along[0]]) / width
    gap = float(np.mean(lids[list(_LOWER)] @ across) - np.mean(lids[list(_UPPER)] @ across))
    return max(0.0, gap if across[1] >= 0 else -gap) / width
