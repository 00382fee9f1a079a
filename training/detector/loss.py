"""What the detector is punished for: focal loss on middles, distance on corners."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, smooth_l1_loss

CORNER_WEIGHT = 1.0


def losses(
    middles: Tensor, corners: Tensor, heat: Tensor, ways: Tensor, counts: Tensor, blind: Tensor
) -> tuple[Tensor, Tensor]:
    """(middles', corners'), each per plate of the batch.

    Middles: the penalty-reduced focal loss of CornerNet (Law 2018), alpha 2, beta 4; none where `blind`.
    """
    logits = middles.squeeze(1).float()
    at_middle = heat >= 0.999
    plates = at_middle.sum().clamp(min=1)
    sure = torch.sigmoid(logits)
    hit = -((1 - sure) ** 2) * logsigmoid(logits)
    miss = -((1 - heat) ** 4) * sure**2 * logsigmoid(-logits)
    focal = torch.where(at_middle, hit, torch.where(blind, torch.zeros_like(miss), miss)).sum() / plates
    apart = smooth_l1_loss(corners.float(), ways, reduction="none", beta=0.05).sum(1)
    return focal, CORNER_WEIGHT * (apart * counts).sum() / plates
