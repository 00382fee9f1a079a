"""Train the reader on drawn plates: `python -m training.recogniser.train --out DIR`.

A run that was stopped goes on from its last checkpoint when the same command is given again.
"""

from __future__ import annotations

import time
from argparse import Namespace

import cv2
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, ctc_loss, log_softmax

from training.recogniser.export import exported
from training.recogniser.net import STEPS, Reader
from training.recogniser.samples import Batch, crops
from training.recogniser.validate import validated
from training.render.crops import TRAIN
from training.running import Averaged, Run, arguments, reduced

BATCH = 48
TOP_RATE = 2e-3
# About three hours of one core that has nothing else to do.
SAMPLES = 1_500_000
LOG_EVERY = 50


def loss_of(net: Reader, batch: Batch, options: Namespace) -> tuple[Tensor, Tensor]:
    """All losses together, and the characters' alone."""
    device = options.device
    with reduced(options):
        outputs = net(batch.pixels.to(device, memory_format=torch.channels_last))
    characters, kind, ground, rows = (one.float() for one in outputs)
    fits = batch.fits.to(device)
    logs = log_softmax(characters[fits], 2).transpose(0, 1)
    steps = torch.full((logs.shape[1],), STEPS, dtype=torch.long)
    text = ctc_loss(logs, batch.texts.to(device), steps, batch.lengths, zero_infinity=True)
    known = batch.colour_known.to(device)
    aside = cross_entropy(rows, batch.rows.to(device))
    if bool(known.any()):
        aside = aside + cross_entropy(kind[known], batch.kind.to(device)[known])
        aside = aside + cross_entropy(ground[known], batch.ground.to(device)[known])
    return text + 0.1 * aside, text


def main() -> None:
    options = arguments("Train the plate reader on drawn plates.", SAMPLES, BATCH)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    size = options.batch
    run = Run(options.out, options.samples // size, options.hours, options.seed)
    net = Reader().to(options.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=TOP_RATE, weight_decay=0.01)
    averaged = Averaged(net)
    if state := run.restore():
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        averaged.weights = {name: value.to(options.device) for name, value in state["averaged"].items()}
    print(f"{sum(p.numel() for p in net.parameters())} parameters, from step {run.step}", flush=True)
    source = crops(options.seed * 1000 + TRAIN, size, run.step, options.workers)

    def save() -> None:
        run.save(net=net.state_dict(), optimiser=optimiser.state_dict(), averaged=averaged.weights)

    begun, drawn_s = time.monotonic(), 0.0
    for step in run.steps():
        waited = time.monotonic()
        batch = next(source)
        drawn_s += time.monotonic() - waited
        for group in optimiser.param_groups:
            group["lr"] = run.rate(TOP_RATE)
        net.train()
        loss, text = loss_of(net, batch, options)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        averaged.update(net, step)
        if step % LOG_EVERY == LOG_EVERY - 1:
            spent = time.monotonic() - begun
            run.note(
                loss=round(text.item(), 4), per_s=round(LOG_EVERY * size / spent, 1), drawing=round(drawn_s / spent, 2)
            )
            begun, drawn_s = time.monotonic(), 0.0
        if run.due_checkpoint():
            save()
        if run.due_validation():
            run.note(held_out=validated(_copy(averaged), options.seed))
    save()
    best = _copy(averaged)
    run.note(held_out=validated(best, options.seed), exported=exported(best, run.folder / "plate_reader.onnx"))


def _copy(averaged: Averaged) -> Reader:
    net = Reader()
    averaged.loaded_into(net)
    return net


if __name__ == "__main__":
    main()
