"""Train the detector on drawn scenes: `python -m training.detector.train --out DIR`.

A run that was stopped goes on from its last checkpoint when the same command is given again.
"""

from __future__ import annotations

import time
from argparse import Namespace

import cv2
import torch
from torch import Tensor, nn

from training.detector.export import exported
from training.detector.loss import losses
from training.detector.net import Detector
from training.detector.samples import Batch, scenes
from training.detector.validate import validated
from training.render.crops import TRAIN
from training.running import Averaged, Run, arguments, reduced

BATCH = 12
TOP_RATE = 2e-3
# About three hours of one core that has nothing else to do.
SAMPLES = 240_000
LOG_EVERY = 50


def loss_of(net: Detector, batch: Batch, options: Namespace) -> tuple[Tensor, Tensor]:
    with reduced(options):
        middles, corners = net(batch.pixels.to(options.device, memory_format=torch.channels_last))
    targets = (part.to(options.device) for part in (batch.heat, batch.ways, batch.counts, batch.blind))
    return losses(middles, corners, *targets)


def main() -> None:
    options = arguments("Train the plate detector on drawn scenes.", SAMPLES, BATCH)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    size = options.batch
    run = Run(options.out, options.samples // size, options.hours, options.seed)
    net = Detector().to(options.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=TOP_RATE, weight_decay=0.01)
    averaged = Averaged(net)
    if state := run.restore():
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        averaged.weights = {name: value.to(options.device) for name, value in state["averaged"].items()}
    print(f"{sum(p.numel() for p in net.parameters())} parameters, from step {run.step}", flush=True)
    source = scenes(options.seed * 1000 + TRAIN, size, run.step, options.workers)

    def save() -> None:
        run.save(net=net.state_dict(), optimiser=optimiser.state_dict(), averaged=averaged.weights)

    begun, drawn_s, totals = time.monotonic(), 0.0, [0.0, 0.0]
    for step in run.steps():
        waited = time.monotonic()
        batch = next(source)
        drawn_s += time.monotonic() - waited
        for group in optimiser.param_groups:
            group["lr"] = run.rate(TOP_RATE)
        net.train()
        middles, corners = loss_of(net, batch, options)
        optimiser.zero_grad(set_to_none=True)
        (middles + corners).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        averaged.update(net, step)
        totals = [totals[0] + middles.item(), totals[1] + corners.item()]
        if step % LOG_EVERY == LOG_EVERY - 1:
            spent = time.monotonic() - begun
            run.note(
                middles=round(totals[0] / LOG_EVERY, 4),
                corners=round(totals[1] / LOG_EVERY, 4),
                per_s=round(LOG_EVERY * size / spent, 1),
                drawing=round(drawn_s / spent, 2),
            )
            begun, drawn_s, totals = time.monotonic(), 0.0, [0.0, 0.0]
        if run.due_checkpoint():
            save()
        if run.due_validation():
            run.note(held_out=validated(_copy(averaged), options.seed))
    save()
    best = _copy(averaged)
    run.note(held_out=validated(best, options.seed), exported=exported(best, run.folder / "plate_detector.onnx"))


def _copy(averaged: Averaged) -> Detector:
    net = Detector()
    averaged.loaded_into(net)
    return net


if __name__ == "__main__":
    main()
