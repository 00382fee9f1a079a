"""How well the detector finds plates in held-out drawn scenes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from training.detector.decode import Floats, found
from training.detector.net import Detector
from training.detector.samples import Batch, batched
from training.render.crops import HELD_OUT
from training.render.scenes import Scene, scene

COUNT = 240
LEAST = 0.35
# A find counts when no corner is farther off than this share of the plate's height.
NEAR = 0.3
_BATCH = 20


@cache
def _held_out(seed: int) -> list[tuple[list[Scene], Batch]]:
    scenes = [scene(seed * 1000 + HELD_OUT, number) for number in range(COUNT)]
    groups = [scenes[start : start + _BATCH] for start in range(0, COUNT, _BATCH)]
    return [(group, batched(group)) for group in groups]


@torch.inference_mode()
def validated(net: Detector, seed: int) -> dict[str, Any]:
    """`recall` and `precision` in [0, 1] at NEAR and LEAST; `corner`, the median distance of found corners as a
    share of the plate's height."""
    wanted = hits = false = 0
    apart: list[float] = []
    for group, batch in _held_out(seed):
        middles, corners = net(batch.pixels)
        maps = torch.sigmoid(middles[:, 0]).numpy(), corners.numpy()
        for place, one in enumerate(group):
            finds = found(maps[0][place], maps[1][place], LEAST)
            wanted += len(one.quads)
            left = list(one.quads)
            for find in finds:
                match = next((k for k, quad in enumerate(left) if _off(find.quad, quad) <= NEAR), None)
                if match is not None:
                    apart.append(_off(find.quad, left.pop(match)))
                    hits += 1
                elif not any(_off(find.quad, quad) < 1.5 for quad in one.unsure):
                    false += 1
    return {
        "recall": round(hits / max(1, wanted), 4),
        "precision": round(hits / max(1, hits + false), 4),
        "corner": round(float(np.median(apart)), 4) if apart else None,
    }


def _off(one: Floats, other: Floats) -> float:
    height = np.linalg.norm(other[3] - other[0]) + np.linalg.norm(other[2] - other[1])
    return float(np.linalg.norm(one - other, axis=1).max() / max(1.0, height / 2))
