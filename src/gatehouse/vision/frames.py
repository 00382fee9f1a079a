"""One shape for every picture that enters this room: BGR (H, W, 3) uint8, contiguous."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gatehouse.domain.regions import Region
from gatehouse.vision.errors import BadFrame

Pixels = NDArray[np.uint8]

# A frame may be any size, but no camera sends more than this; a crafted file must not eat the memory.
MAX_SIDE_PX = 16_384


def as_bgr(pixels: object) -> Pixels:
    """The frame as contiguous BGR (H, W, 3) uint8.

    Takes (H, W), (H, W, 1) grey, (H, W, 3) BGR and (H, W, 4) BGRA; uint8, or bool as black and white.
    Raises BadFrame for anything else, an empty image included.
    """
    if not isinstance(pixels, np.ndarray):
        raise BadFrame(f"a frame is a numpy array, not {type(pixels).__name__}")
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.dtype != np.uint8:
        raise BadFrame(f"a frame holds uint8, not {pixels.dtype}")
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise BadFrame(f"a frame is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), not {pixels.shape}")
    height, width, channels = pixels.shape
    if not (0 < height <= MAX_SIDE_PX and 0 < width <= MAX_SIDE_PX):
        raise BadFrame(f"a frame's sides lie in 1..{MAX_SIDE_PX} px, not {width} x {height}")
    if channels == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    bgr: Pixels = np.ascontiguousarray(pixels[:, :, :3])
    return bgr


def read_picture(path: Path) -> Pixels:
    """The picture in a file as BGR. Raises BadFrame when it cannot be decoded, OSError when not read."""
    try:
        return decode_picture(path.read_bytes())
    except BadFrame as fault:
        raise BadFrame(f"{path.name} is not a picture that can be decoded") from fault


def decode_picture(data: bytes) -> Pixels:
    """The picture that begins at the first byte, as BGR; bytes behind its end are left alone. Raises BadFrame."""
    try:
        picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error as fault:  # a header that claims more pixels than OpenCV takes
        raise BadFrame("these bytes are no picture that can be decoded") from fault
    if picture is None:
        raise BadFrame("these bytes are no picture that can be decoded")
    return as_bgr(picture)


def decode_frame(data: bytes, most_pixels: int) -> Pixels:
    """One JPEG frame of a stranger's sending, as BGR. Raises BadFrame, also for more pixels than that, of which the
    header tells before any is decoded."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as opened:
            if opened.width * opened.height > most_pixels:
                raise BadFrame(f"a frame holds at most {most_pixels} pixels")
            rgb = np.asarray(opened.convert("RGB"))
    except BadFrame:
        raise
    except Exception as fault:
        raise BadFrame("these bytes are no JPEG that can be decoded") from fault
    return as_bgr(rgb[:, :, ::-1])


# A scene at dusk or by lamps: its middle grey level is below this.
DARK_LEVEL = 60
_LIFT = np.round(255.0 * np.sqrt(np.arange(256) / 255.0)).astype(np.uint8)


def is_dark(pixels: Pixels) -> bool:
    """True when more than half of the frame is darker than DARK_LEVEL; every eighth pixel is asked."""
    return float(np.median(pixels[::8, ::8])) < DARK_LEVEL


def brightened(pixels: Pixels) -> Pixels:
    """The frame with its shadows lifted: the square root of every level, black and white kept."""
    return np.asarray(cv2.LUT(pixels, _LIFT), dtype=np.uint8)


def at_most(pixels: Pixels, side_px: int) -> tuple[Pixels, float]:
    """The frame with its long side at most `side_px`, and the factor from the result back to the frame."""
    longest = max(pixels.shape[:2])
    if longest <= side_px:
        return pixels, 1.0
    scale = side_px / longest
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), 1.0 / scale


def cropped(pixels: Pixels, region: Region | None) -> Pixels:
    """The part of a frame that is looked at, contiguous; the frame itself where all of it is."""
    if region is None:
        return pixels
    left, top, right, bottom = region.box(pixels.shape[1], pixels.shape[0])
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def to_jpeg(pixels: Pixels, side_px: int, quality: int = 80) -> bytes:
    """The frame as JPEG with its long side at most `side_px`. Raises BadFrame."""
    smaller, _ = at_most(as_bgr(pixels), side_px)
    done, data = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise BadFrame("this frame cannot be written as JPEG")
    return data.tobytes()
