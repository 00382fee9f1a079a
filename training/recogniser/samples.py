"""Crops as batches of tensors, in an order that follows from the seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.charset import encoded
from training.render.crops import Crop, crop

# Over so many first samples the share of clean ones goes from this to none.
CLEAN_AT_FIRST, CLEAN_UNTIL = 0.8, 120_000


@dataclass(slots=True)
class Batch:
    pixels: Tensor
    texts: Tensor
    lengths: Tensor
    fits: Tensor
    kind: Tensor
    ground: Tensor
    colour_known: Tensor
    rows: Tensor


def batched(crops: list[Crop]) -> Batch:
    """`texts` holds the characters of those that fit, one after another."""
    stacked = np.stack([one.pixels for one in crops]).astype(np.float32) / 127.5 - 1.0
    readable = [encoded(one.text) for one in crops if one.fits]
    return Batch(
        pixels=torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2))),
        texts=torch.tensor([index for text in readable for index in text]),
        lengths=torch.tensor([len(text) for text in readable]),
        fits=torch.tensor([one.fits for one in crops]),
        kind=torch.tensor([one.kind for one in crops]),
        ground=torch.tensor([one.ground for one in crops]),
        colour_known=torch.tensor([one.colour_known for one in crops]),
        rows=torch.tensor([one.rows - 1 for one in crops]),
    )


class Crops(IterableDataset[Batch]):
    """Batches `first`, `first` + 1, ... without end."""

    def __init__(self, seed: int, batch: int, first: int) -> None:
        self.seed, self.batch, self.first = seed, batch, first

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        number, every = (worker.id, worker.num_workers) if worker else (0, 1)
        at = self.first + number
        while True:
            share = CLEAN_AT_FIRST * max(0.0, 1 - at * self.batch / CLEAN_UNTIL)
            yield batched([crop(self.seed, at * self.batch + i, share) for i in range(self.batch)])
            at += every


def crops(seed: int, batch: int, first: int, workers: int) -> Iterator[Batch]:
    return iter(DataLoader(Crops(seed, batch, first), batch_size=None, num_workers=workers))
