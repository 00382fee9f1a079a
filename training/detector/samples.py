"""Scenes as batches of tensors, in an order that follows from the seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.detector.decode import target
from training.render.scenes import Scene, scene


@dataclass(slots=True)
class Batch:
    pixels: Tensor
    heat: Tensor
    ways: Tensor
    counts: Tensor
    blind: Tensor


def batched(scenes: list[Scene]) -> Batch:
    stacked = np.stack([one.pixels for one in scenes]).astype(np.float32) / 127.5 - 1.0
    targets = [target(one.pixels.shape[:2], one.quads, one.unsure) for one in scenes]
    return Batch(
        pixels=torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2))),
        heat=torch.from_numpy(np.stack([one.heat for one in targets])),
        ways=torch.from_numpy(np.stack([one.ways for one in targets])),
        counts=torch.from_numpy(np.stack([one.counts for one in targets])),
        blind=torch.from_numpy(np.stack([one.blind for one in targets])),
    )


class Scenes(IterableDataset[Batch]):
    """Batches `first`, `first` + 1, ... without end."""

    def __init__(self, seed: int, batch: int, first: int) -> None:
        self.seed, self.batch, self.first = seed, batch, first

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        number, every = (worker.id, worker.num_workers) if worker else (0, 1)
        at = self.first + number
        while True:
            yield batched([scene(self.seed, at * self.batch + i) for i in range(self.batch)])
            at += every


def scenes(seed: int, batch: int, first: int, workers: int) -> Iterator[Batch]:
    return iter(DataLoader(Scenes(seed, batch, first), batch_size=None, num_workers=workers))
