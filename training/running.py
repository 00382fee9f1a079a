"""What both trainings share: how much there is to learn, hours a sitting, checkpoints, resuming, a log.

The learning rate follows the samples seen, not the clock, so a run in several sittings, on a busy machine or a
quick one, is the same run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import nn

CHECKPOINT_S = 180.0
VALIDATE_S = 1200.0
_WARM_UP_STEPS = 400
_LOWEST = 0.01


def code_digest() -> str:
    """The training code that runs: a run that is resumed under other code is no longer one command's result."""
    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(slots=True)
class Run:
    """One training: where it writes, how many steps it has in all, and how long this sitting may last."""

    folder: Path
    total_steps: int
    hours: float
    seed: int
    step: int = 0
    spent_s: float = 0.0
    stopped: bool = False
    codes: list[str] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)
    _saved: float = field(default_factory=time.monotonic)
    _validated: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True

    def steps(self) -> Iterator[int]:
        """Numbers of steps until all are done, the sitting's hours are over, or somebody stops the run."""
        begun = self._since = self._saved = self._validated = time.monotonic()
        while not self.stopped and self.step < self.total_steps and self._since - begun < self.hours * 3600:
            yield self.step
            self.step += 1
            now = time.monotonic()
            self.spent_s += now - self._since
            self._since = now

    @property
    def progress(self) -> float:
        return self.step / max(1, self.total_steps)

    def rate(self, top: float) -> float:
        """The learning rate: up over the first steps, then down to the last along a cosine."""
        warm = min(1.0, (self.step + 1) / _WARM_UP_STEPS)
        return top * warm * max(_LOWEST, 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress))))

    def due_checkpoint(self) -> bool:
        return self._due("_saved", CHECKPOINT_S)

    def due_validation(self) -> bool:
        return self._due("_validated", VALIDATE_S)

    def _due(self, which: str, every_s: float) -> bool:
        now = time.monotonic()
        if now - getattr(self, which) < every_s:
            return False
        setattr(self, which, now)
        return True

    def save(self, **parts: Any) -> None:
        """All or nothing: a run that is killed while it saves still has the checkpoint before."""
        codes = list(dict.fromkeys([*self.codes, code_digest()]))
        state = {"step": self.step, "spent_s": self.spent_s, "seed": self.seed, "codes": codes, **parts}
        fresh = self.folder / "checkpoint.new"
        torch.save(state, fresh)
        os.replace(fresh, self.folder / "checkpoint.pt")

    def restore(self) -> dict[str, Any] | None:
        """The last checkpoint, when there is one. Raises ValueError for one of another seed."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return None
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if state["seed"] != self.seed:
            raise ValueError(f"{path} is of seed {state['seed']}, not {self.seed}")
        self.step, self.spent_s = state["step"], state["spent_s"]
        self.codes = list(state.get("codes", ["unknown"]))
        if self.codes != [code_digest()]:
            print(f"this run began under other training code ({', '.join(self.codes)})", flush=True)
        return state

    def note(self, **figures: Any) -> None:
        line = json.dumps({"step": self.step, "hours": round(self.spent_s / 3600, 3), **figures}, ensure_ascii=False)
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


class Averaged:
    """The running mean of a network's weights; it is what is validated and exported."""

    def __init__(self, net: nn.Module) -> None:
        self.weights = {name: value.detach().clone() for name, value in net.state_dict().items()}

    def update(self, net: nn.Module, step: int) -> None:
        keep = min(0.999, (1 + step) / (20 + step))
        with torch.no_grad():
            for name, value in net.state_dict().items():
                if value.is_floating_point():
                    self.weights[name].lerp_(value, 1 - keep)
                else:
                    self.weights[name].copy_(value)

    def loaded_into(self, net: nn.Module) -> nn.Module:
        net.load_state_dict(self.weights)
        return net.eval()


def reduced(options: argparse.Namespace) -> torch.autocast:
    """Convolutions in bfloat16 where asked for, 1.5 times as fast with AVX512-BF16; losses stay in float32."""
    return torch.autocast(options.device.split(":")[0], torch.bfloat16, enabled=options.precision == "bfloat16")


def arguments(what: str, samples: int, batch: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--out", type=Path, required=True, help="folder of this run; it is resumed if it has begun")
    parser.add_argument("--hours", type=float, default=1e9, help="stop after so long; the same command goes on")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the network")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw; 0 draws between the steps")
    parser.add_argument("--samples", type=int, default=samples, help="samples in all, of all sittings")
    parser.add_argument("--batch", type=int, default=batch, help="samples a step")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of the convolutions")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()
