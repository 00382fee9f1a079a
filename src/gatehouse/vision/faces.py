"""Faces in a frame, each as a unit vector that is near to others of the same person.

BlazeFace finds, FaceMesh confirms and gives five points, dlib's ResNet embeds the aligned chip and its
mirror image. What this can and cannot do, with figures, is in docs/recognition.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from gatehouse.vision.blaze import BACK, SHORT, FaceBox, find_faces
from gatehouse.vision.frames import Pixels, as_bgr, at_most
from gatehouse.vision.mesh import Mesh, fit_mesh
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats, onnx_model

MODEL = "faces-dlib-resnet-v1"
EMBEDDING_SIZE = 128
CHIP_PX = 150
MIN_FACE_PX = 24
# Faces are looked for in at most this; a larger frame is scaled down first (boxes are scaled back).
WORK_SIDE_PX = 1920
_PADDING = 0.25
# dlib's five-point mean face (get_face_chip_details), in the unit square before padding.
_TEMPLATE = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
# Where FaceMesh puts those five points in a chip that dlib itself aligned, measured, in chip pixels.
_MESH_OFFSET_PX = np.array([(1.5, -0.87), (-1.48, -0.1), (-2.0, -1.12), (0.96, -0.19), (-0.03, -1.78)])
_TARGET = (_TEMPLATE + _PADDING) / (1 + 2 * _PADDING) * CHIP_PX + _MESH_OFFSET_PX


@dataclass(frozen=True, slots=True)
class FaceRead:
    """One face in one frame. `box` is (x, y, w, h) and `points` five (x, y), all in frame pixels.

    `quality` in [0, 1] is the worst of `sharpness`, `size` and `pose`, each in [0, 1]. `embedding` is a unit
    vector, float32 (128,), comparable only with vectors of the same `model`.
    """

    box: tuple[int, int, int, int]
    points: tuple[tuple[float, float], ...]
    quality: float
    sharpness: float
    size: float
    pose: float
    yaw_deg: float
    confidence: float
    model: str
    embedding: Floats = field(repr=False, compare=False)


def read_faces(pixels: object) -> list[FaceRead]:
    """Faces in one BGR frame (H, W, 3) uint8, nearest (largest) first. Empty when there is none.

    Grey and BGRA frames are taken too. Raises BadFrame for what is no image, ModelMissing, ModelRefused.
    """
    frame, back = at_most(as_bgr(pixels), WORK_SIDE_PX)
    if min(frame.shape[:2]) < MIN_FACE_PX:
        return []
    found = _confirmed(frame, find_faces(frame, SHORT)) or _confirmed(frame, find_faces(frame, BACK))
    found.sort(key=lambda pair: -pair[0].width * pair[0].height)
    chips = [face_chip(frame, mesh.five) for _, mesh in found]
    vectors = embed(chips)
    return [
        _read(box, mesh, chip, vector, back) for (box, mesh), chip, vector in zip(found, chips, vectors, strict=True)
    ]


def _confirmed(frame: Pixels, boxes: Sequence[FaceBox]) -> list[tuple[FaceBox, Mesh]]:
    """The boxes in which FaceMesh sees a face too; its flag is what keeps false boxes out."""
    gate = pack("faces-blazeface").thresholds["mesh"]
    fitted = [(box, fit_mesh(frame, box)) for box in boxes if min(box.width, box.height) >= MIN_FACE_PX]
    return [(box, mesh) for box, mesh in fitted if mesh.flag > gate and np.ptp(mesh.five, axis=0).min() > 2]


def face_chip(frame: Pixels, five: Floats) -> Pixels:
    """The face turned, scaled and cut as dlib's network was trained: BGR (150, 150, 3)."""
    matrix = _similarity(np.asarray(five, dtype=np.float64), _TARGET)
    # Far larger faces are shrunk smoothly first, or the chip would alias.
    shrink = 1.0 / math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if shrink >= 2.0:
        factor = 1.0 / shrink
        size = (max(1, round(frame.shape[1] * factor)), max(1, round(frame.shape[0] * factor)))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        matrix = _similarity(np.asarray(five, dtype=np.float64) * factor, _TARGET)
    chip = cv2.warpAffine(frame, matrix, (CHIP_PX, CHIP_PX), flags=cv2.INTER_LINEAR)
    return np.asarray(chip, dtype=np.uint8)


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The (2, 3) turn, scale and shift that brings `source` points closest to `target` (least squares)."""
    mean_source, mean_target = source.mean(axis=0), target.mean(axis=0)
    a, b = source - mean_source, target - mean_target
    power = max(1e-9, float((a * a).sum()))
    real = float((a * b).sum()) / power
    imaginary = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / power
    turn = np.array([[real, -imaginary], [imaginary, real]])
    return np.column_stack([turn, mean_target - turn @ mean_source])


def embed(chips: Sequence[Pixels]) -> Floats:
    """Unit vectors (N, 128) float32 of aligned chips: the mean of each chip's and its mirror image's."""
    if not chips:
        return np.empty((0, EMBEDDING_SIZE), dtype=np.float32)
    rgb = np.stack([chip[:, :, ::-1] for chip in chips]).transpose(0, 3, 1, 2).astype(np.float32)
    both = np.concatenate([rgb, rgb[:, :, :, ::-1]])
    raw = unit(onnx_model("dlib_resnet_v1.onnx").run(np.ascontiguousarray(both)))
    return unit(raw[: len(chips)] + raw[len(chips) :])


def unit(vectors: Floats) -> Floats:
    """Rows scaled to length one; a zero row stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled


def template(reads: Sequence[FaceRead]) -> Floats:
    """The template of one person from reads of one model: their mean, length one, float32 (128,).

    Raises ValueError when there is no read or when the models differ: such a mean would match nobody.
    """
    if not reads or len({read.model for read in reads}) != 1:
        raise ValueError("a template is made of one or more reads of one model")
    return unit(np.mean([read.embedding for read in reads], axis=0))


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _read(box: FaceBox, mesh: Mesh, chip: Pixels, vector: Floats, back: float) -> FaceRead:
    """Quality ramps: set on the two public portraits under blur, shrinking and turning; see docs."""
    grey = cv2.cvtColor(chip[30:120, 30:120], cv2.COLOR_BGR2GRAY).astype(np.float32)
    spread = max(4.0, float(grey.std()))
    # Variance of the Laplacian over the chip's own contrast, so that a dim sharp face is still sharp.
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).var()) / (spread * spread)
    sharpness = _ramp(math.log10(detail + 1e-6), -2.1, -1.4)
    eyes_px = float(np.linalg.norm(mesh.five[0] - mesh.five[2])) * back
    size = _ramp(eyes_px, 12.0, 60.0)
    pose = 1.0 - _ramp(max(abs(mesh.yaw_deg), abs(mesh.pitch_deg)), 12.0, 45.0)
    frame_box = tuple(round(value * back) for value in (box.x, box.y, box.width, box.height))
    x, y, width, height = frame_box
    return FaceRead(
        box=(x, y, width, height),
        points=tuple((float(px) * back, float(py) * back) for px, py in mesh.five),
        quality=min(sharpness, size, pose),
        sharpness=sharpness,
        size=size,
        pose=pose,
        yaw_deg=mesh.yaw_deg,
        confidence=min(box.score, mesh.flag),
        model=MODEL,
        embedding=vector,
    )
