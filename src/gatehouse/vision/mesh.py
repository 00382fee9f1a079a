"""468 points of a face (MediaPipe FaceMesh), its pose, and whether the box was a face at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gatehouse.vision.blaze import FaceBox
from gatehouse.vision.frames import Pixels
from gatehouse.vision.sessions import Floats, tflite_model

SIDE_PX = 192
# The model expects the face box grown by this, squared, and turned so that the eyes are level.
GROWTH = 1.5
# Eye corners (image right outer, inner; image left outer, inner) and nose base, in the order that
# dlib's five-point template has them.
FIVE = (263, 362, 33, 133, 2)
_FOREHEAD, _CHIN = 10, 152


@dataclass(frozen=True, slots=True)
class Mesh:
    """Points (468, 3): x, y in frame pixels, z in the same unit, towards the camera negative.

    `flag` in [0, 1] is how sure the model is that it looked at a face; angles are in degrees.
    """

    points: Floats
    flag: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float

    @property
    def five(self) -> Floats:
        """The five points for alignment, (5, 2) float32 in frame pixels."""
        picked: Floats = self.points[list(FIVE), :2]
        return picked


def fit_mesh(pixels: Pixels, face: FaceBox) -> Mesh:
    """The mesh of one found face in a BGR frame. Raises ModelMissing."""
    (x0, y0), (x1, y1) = face.eyes
    angle = math.atan2(y1 - y0, x1 - x0)
    side = GROWTH * max(face.width, face.height, 1.0)
    centre = np.array([face.x + face.width / 2, face.y + face.height / 2])
    along = np.array([math.cos(angle), math.sin(angle)]) * (side / SIDE_PX)
    across = np.array([-along[1], along[0]])
    to_frame = np.column_stack([along, across, centre - (along + across) * (SIDE_PX / 2)])
    crop = cv2.warpAffine(pixels, to_frame, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    rgb = np.ascontiguousarray(crop[:, :, ::-1].transpose(2, 0, 1), dtype=np.float32) / 255.0
    outputs = tflite_model("facemesh.tflite").run(rgb[np.newaxis])
    local = outputs["conv2d_20"].reshape(468, 3)
    logit = float(outputs["conv2d_30"].reshape(-1)[0])
    points = np.empty_like(local)
    points[:, :2] = local[:, :2] @ to_frame[:, :2].T + to_frame[:, 2]
    points[:, 2] = local[:, 2] * (side / SIDE_PX)
    yaw, pitch = _turn(local)
    roll = math.degrees(angle)
    return Mesh(points, 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit)))), yaw, pitch, roll)


def _turn(local: Floats) -> tuple[float, float]:
    """Yaw and pitch in degrees, from the depth that the model gives the eye corners, forehead and chin."""
    right, left = local[263], local[33]
    top, bottom = local[_FOREHEAD], local[_CHIN]
    yaw = math.degrees(math.atan2(float(right[2] - left[2]), max(1e-3, float(right[0] - left[0]))))
    pitch = math.degrees(math.atan2(float(bottom[2] - top[2]), max(1e-3, float(bottom[1] - top[1]))))
    return yaw, pitch
