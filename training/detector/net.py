"""The detector's network: fully convolutional, a quarter of the frame's resolution out.

After CenterNet (Zhou 2019): a map of plates' middles, and at every middle the way to the four corners. Wide
separable kernels at an eighth and a sixteenth see a whole large plate; 0.2 million parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STRIDE = 4
# Frame sides must be multiples of this.
MULTIPLE = 16
# The network says corners in this many pixels.
CORNER_UNIT = 32.0


def _conv(inside: int, outside: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class _Separable(nn.Module):
    """A wide look per channel, then a mix of channels, added to what was there."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(channels, channels, kernel, 1, kernel // 2, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.mix = _conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.mix(self.norm(self.look(x)))
        return x + mixed


class Detector(nn.Module):
    """(N, 3, H, W) in [-1, 1], BGR, to logits of middles (N, 1, H/4, W/4) and ways to corners (N, 8, H/4, W/4).

    The ways are x and y from the cell's middle to the corners, clockwise from the top left, in CORNER_UNIT.
    """

    def __init__(self) -> None:
        super().__init__()
        self.quarter = nn.Sequential(_conv(3, 16, 3, 2), _conv(16, 32, 3, 2), _Separable(32, 3))
        self.eighth = nn.Sequential(_conv(32, 64, 3, 2), *(_Separable(64, 5) for _ in range(3)))
        self.sixteenth = nn.Sequential(_conv(64, 112, 3, 2), *(_Separable(112, 7) for _ in range(5)))
        self.up_eighth = _conv(112, 64)
        self.mix_eighth = _Separable(64, 5)
        self.up_quarter = _conv(64, 40)
        self.skip_quarter = _conv(32, 40)
        self.mix_quarter = nn.Sequential(_Separable(40, 5), _Separable(40, 5))
        self.middles = nn.Sequential(_conv(40, 32), nn.Conv2d(32, 1, 1))
        self.corners = nn.Sequential(_conv(40, 48), nn.Conv2d(48, 8, 1))
        nn.init.constant_(self.middles[-1].bias, -4.0)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        quarter = self.quarter(pixels)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        eighth = self.mix_eighth(eighth + _twice(self.up_eighth(sixteenth)))
        whole = self.mix_quarter(self.skip_quarter(quarter) + _twice(self.up_quarter(eighth)))
        return self.middles(whole), self.corners(whole)


def _twice(x: Tensor) -> Tensor:
    return torch.nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
