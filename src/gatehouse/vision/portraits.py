"""One portrait out of bytes that somebody handed over: a vector, how good the picture is, or why it is not taken.

Bytes of any kind may come: the header tells how large a picture is before any of it is decoded, a large JPEG is decoded
at a fraction of its size, and what a decoder raises is an answer. What EXIF says but for which side is up goes with it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image, ImageOps

from gatehouse.domain.portraits import Fault, Quality, fault_of, light_of
from gatehouse.vision.faces import MODEL, WORK_SIDE_PX, FaceRead, read_faces, template
from gatehouse.vision.frames import Pixels, as_bgr
from gatehouse.vision.guidance import is_crowded
from gatehouse.vision.sessions import Floats

MOST_BYTES = 12 * 2**20
MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Portrait:
    """`vector` is of `model` alone: a unit vector, float32 (128,)."""

    vector: Floats = field(repr=False)
    quality: Quality
    model: str = MODEL

    def packed(self) -> bytes:
        """As `wire.FaceTemplates.vectors` wants it."""
        return self.vector.astype("<f4").tobytes()


def read_portrait(data: bytes) -> Portrait | Fault:
    """From a JPEG, PNG or WebP with one face that is good enough. Raises ModelMissing, ModelRefused."""
    pixels = decode_portrait(data)
    if isinstance(pixels, Fault):
        return pixels
    faces = read_faces(pixels)
    if not faces:
        return Fault.NO_FACE
    if is_crowded(faces):
        return Fault.SEVERAL_FACES
    level = _level(pixels, faces[0])
    quality = Quality(light_of(level), faces[0].sharpness, faces[0].pose, faces[0].size)
    fault = fault_of(quality, level)
    return fault or Portrait(template(faces[:1]), quality)


def decode_portrait(data: bytes) -> Pixels | Fault:
    """Upright BGR of at most WORK_SIDE_PX."""
    if len(data) > MOST_BYTES:
        return Fault.TOO_LARGE
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return Fault.TOO_LARGE
            opened.draft("RGB", (WORK_SIDE_PX, WORK_SIDE_PX))  # of a JPEG only every second pixel, or fourth ...
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((WORK_SIDE_PX, WORK_SIDE_PX))
            rgb = np.asarray(upright.convert("RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Fault.TOO_LARGE
    except Exception:  # noqa: BLE001  on crafted bytes a decoder raises what it likes, SyntaxError among it
        return Fault.NO_IMAGE
    return as_bgr(rgb[:, :, ::-1])


def _level(pixels: Pixels, face: FaceRead) -> float:
    """The mean grey level of the middle of the face: hair and wall around it say nothing about its light."""
    x, y, width, height = face.box
    dx, dy = width // 6, height // 6
    crop = pixels[max(0, y + dy) : y + height - dy, max(0, x + dx) : x + width - dx]
    return float(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).mean()) if crop.size else 0.0
