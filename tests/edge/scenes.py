"""Pictures for the edge's tests: a portrait on a wall, a pass on a phone, and short real videos of them."""

from fractions import Fraction

import av
import numpy as np
import segno

from gatehouse.vision.frames import read_picture
from gatehouse.vision.packs import asset_path

SIZE = (480, 640)


def wall(level=120):
    noise = np.random.default_rng(1).normal(level, 6, (*SIZE, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def portrait(name="grace_hopper.jpg", left=150):
    """The upper part of a public-domain portrait, as somebody who stands before a door."""
    picture = read_picture(asset_path(name))[: SIZE[0], :400]
    scene = wall()
    height, width = picture.shape[:2]
    scene[:height, left : left + width] = picture[:, : SIZE[1] - left]
    return scene


def phone(text, left=120, top=60, scale=5):
    """A QR code on a bright screen."""
    code = np.array([[not bit for bit in row] for row in segno.make(text, error="m").matrix], dtype=np.uint8)
    code = np.kron(np.pad(code, 4, constant_values=1), np.ones((scale, scale), np.uint8)) * 255
    scene = wall()
    scene[top : top + code.shape[0], left : left + code.shape[1]] = code[: SIZE[0] - top, : SIZE[1] - left, None]
    return scene


def film(path, *parts, fps=10):
    """An H.264 video of (picture, frames) parts, at the speed of a camera."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = SIZE[1], SIZE[0], "yuv420p"
        stream.time_base = Fraction(1, fps)
        for picture, count in parts:
            for _ in range(count):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path
