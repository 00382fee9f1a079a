"""The reader as ONNX, checked against torch: `python -m training.recogniser.export RUN OUT.onnx`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from training.charset import ALPHABET
from training.onnxing import written_and_checked
from training.recogniser.net import Reader
from training.rectify import HEIGHT, WIDTH
from training.render.canvas import COLOURS, KINDS


class _Probabilities(nn.Module):
    def __init__(self, net: Reader) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.softmax(one, -1) for one in self.net(pixels))


def exported(net: Reader, path: Path) -> float:
    """Writes the file, with its alphabet in its notes; returns the largest difference from torch. Raises
    ValueError when they differ by more than 1e-4."""
    notes = {"characters": ALPHABET[1:], "kinds": " ".join(KINDS), "grounds": " ".join(COLOURS)}
    names = ("characters", "kind", "ground", "rows")
    return written_and_checked(_Probabilities(net), torch.rand(2, 3, HEIGHT, WIDTH) * 2 - 1, path, names, notes)


def main() -> None:
    state = torch.load(Path(sys.argv[1]) / "checkpoint.pt", map_location="cpu", weights_only=True)
    net = Reader()
    net.load_state_dict(state["averaged"])
    print(exported(net.eval(), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
