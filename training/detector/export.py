"""The detector as ONNX, checked against torch: `python -m training.detector.export RUN OUT.onnx`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from training.detector.net import CORNER_UNIT, MULTIPLE, STRIDE, Detector
from training.onnxing import written_and_checked


class _Maps(nn.Module):
    def __init__(self, net: Detector) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        middles, corners = self.net(pixels)
        return torch.sigmoid(middles), corners


def exported(net: Detector, path: Path) -> float:
    """Writes the file; height and width are free. Returns the largest difference from torch. Raises
    ValueError when they differ by more than 1e-4."""
    notes = {"stride": str(STRIDE), "corner_unit": str(CORNER_UNIT), "multiple": str(MULTIPLE)}
    example = torch.rand(1, 3, 192, 320) * 2 - 1
    return written_and_checked(_Maps(net), example, path, ("middles", "corners"), notes, free=(2, 3))


def main() -> None:
    state = torch.load(Path(sys.argv[1]) / "checkpoint.pt", map_location="cpu", weights_only=True)
    net = Detector()
    net.load_state_dict(state["averaged"])
    print(exported(net.eval(), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
