"""How well the reader reads held-out drawn plates."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import torch
from torch import Tensor

from training.charset import ALPHABET
from training.recogniser.net import Reader
from training.recogniser.samples import Batch, batched
from training.render.canvas import KINDS
from training.render.crops import HELD_OUT, Crop, crop

COUNT = 1200
_BATCH = 100


@cache
def _held_out(seed: int) -> list[tuple[list[Crop], Batch]]:
    crops = [crop(seed * 1000 + HELD_OUT, number) for number in range(COUNT)]
    groups = [crops[start : start + _BATCH] for start in range(0, COUNT, _BATCH)]
    return [(group, batched(group)) for group in groups]


def spelled(logits: Tensor) -> list[str]:
    """CTC's greedy reading of (N, steps, alphabet)."""
    texts = []
    for row in logits.argmax(2).tolist():
        kept = [index for place, index in enumerate(row) if index and (place == 0 or row[place - 1] != index)]
        texts.append("".join(ALPHABET[index] for index in kept))
    return texts


@torch.inference_mode()
def validated(net: Reader, seed: int) -> dict[str, Any]:
    """Shares in [0, 1]: `exact` of the texts, by kind too; `kind`, `ground`, `rows` told rightly."""
    right: dict[str, list[bool]] = defaultdict(list)
    for group, batch in _held_out(seed):
        characters, kind, ground, rows = net(batch.pixels)
        for one, text, k, g, r in zip(
            group,
            spelled(characters),
            kind.argmax(1).tolist(),
            ground.argmax(1).tolist(),
            rows.argmax(1).tolist(),
            strict=True,
        ):
            if one.fits:
                right["exact"].append(text == one.text)
                right[KINDS[one.kind]].append(text == one.text)
            if one.colour_known:
                right["kind"].append(k == one.kind)
                right["ground"].append(g == one.ground)
            right["rows"].append(r == one.rows - 1)
    return {name: round(sum(values) / len(values), 4) for name, values in sorted(right.items())}
