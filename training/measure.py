"""How fast plates are drawn and models run, in CPU time: `python -m training.measure [DETECTOR READER]`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from training.rectify import HEIGHT, WIDTH
from training.render.crops import crop
from training.render.scenes import scene

_CROPS, _SCENES, _RUNS = 1500, 150, 30


def per_second(draw: Callable[[int], object], count: int) -> float:
    """After a warm-up of half as many, in which glyphs are drawn that are then kept."""
    for number in range(count // 2):
        draw(number)
    begun = time.process_time()
    for number in range(count, count * 2):
        draw(number)
    return count / (time.process_time() - begun)


def milliseconds(model: Path, shape: tuple[int, int, int, int]) -> float:
    """Median of some runs on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    pixels = np.zeros(shape, np.float32)
    spent = []
    for _ in range(_RUNS):
        begun = time.process_time()
        session.run(None, {"pixels": pixels})
        spent.append(time.process_time() - begun)
    return float(np.median(spent)) * 1000


def main() -> None:
    cv2.setNumThreads(1)
    print(f"crops a second of CPU: {per_second(lambda number: crop(99, number), _CROPS):.0f}")
    print(f"scenes a second of CPU: {per_second(lambda number: scene(99, number), _SCENES):.0f}")
    if len(sys.argv) > 2:
        detector, reader = Path(sys.argv[1]), Path(sys.argv[2])
        for height, width in ((384, 640), (544, 960), (320, 320)):
            print(f"detector at {width} x {height}: {milliseconds(detector, (1, 3, height, width)):.1f} ms")
        print(f"reader, one crop: {milliseconds(reader, (1, 3, HEIGHT, WIDTH)):.1f} ms")


if __name__ == "__main__":
    main()
