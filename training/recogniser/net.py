"""The reader's network: convolutions down to one row of 48 steps, then convolutions along them; CTC.

0.5 million parameters, all convolutions, so that training on a CPU and onnxruntime are both quick.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.charset import ALPHABET
from training.render.canvas import COLOURS, KINDS

STEPS = 48


def _conv(inside: int, outside: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class _Along(nn.Module):
    """Mixing along the steps: every step sees four neighbours on both sides."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, channels, (1, 9), 1, (0, 4), groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.relu(self.mix(self.norm(self.near(x))))


class Reader(nn.Module):
    """(N, 3, 48, 192) in [-1, 1], BGR, to (characters (N, 48, alphabet), kind, ground, rows), all logits."""

    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Sequential(_conv(3, 24, 2), _conv(24, 40), nn.MaxPool2d(2), _conv(40, 80))
        self.middle = nn.Sequential(_Residual(80), nn.MaxPool2d((2, 1)), _conv(80, 112))
        self.high = nn.Sequential(_conv(112, 112), nn.MaxPool2d((2, 1)))
        self.flat = nn.Sequential(nn.Conv2d(112, 160, (3, 1), bias=False), nn.BatchNorm2d(160), nn.ReLU(inplace=True))
        self.along = nn.Sequential(_Along(160), _Along(160), _Along(160))
        self.characters = nn.Sequential(nn.Dropout(0.1), nn.Conv2d(160, len(ALPHABET), 1))
        self.kind = nn.Linear(112 + 160, len(KINDS))
        self.ground = nn.Linear(112 + 160, len(COLOURS))
        self.rows = nn.Linear(112 + 160, 2)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        middle = self.middle(self.low(pixels))
        steps = self.along(self.flat(self.high(middle)))
        whole = torch.cat([middle.mean((2, 3)), steps.mean((2, 3))], dim=1)
        characters = self.characters(steps).squeeze(2).transpose(1, 2)
        return characters, self.kind(whole), self.ground(whole), self.rows(whole)
