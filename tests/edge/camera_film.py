"""What a tablet's camera sees, for Chromium's fake video device: Motion-JPEG of real pictures, each frame with its own
noise."""

import cv2
from tests.edge.terminal_world import noisy


def film_for_browser(path, *parts):
    """(picture, frames) parts at Chromium's 30 frames a second, played again and again."""
    seed = 0
    # A lens blurs a little; Chromium's decoder breaks blocks that go from black to white four times.
    parts = [
        (cv2.convertScaleAbs(cv2.GaussianBlur(picture, (3, 3), 0), alpha=0.85, beta=16), n) for picture, n in parts
    ]
    with path.open("wb") as out:
        for picture, count in parts:
            for _ in range(count):
                seed += 1
                out.write(cv2.imencode(".jpg", noisy(picture, seed), [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return path
