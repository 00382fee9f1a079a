"""A network as an ONNX file that says the same as torch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

# onnxruntime 1.23, the oldest that the package admits, reads it, and all operators used are older.
OPSET = 17
CLOSE = 1e-4


def written_and_checked(
    net: nn.Module,
    example: Tensor,
    path: Path,
    outputs: Sequence[str],
    notes: Mapping[str, str],
    free: Sequence[int] = (),
) -> float:
    """The largest difference between torch and onnxruntime on the example. Axis 0 is free, and those in
    `free`. Raises ValueError when the two differ by more than CLOSE."""
    net = net.eval()
    axes = {axis: f"axis{axis}" for axis in (0, *free)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter of scripts is old, but needs no further package
        torch.onnx.export(
            net,
            (example,),
            str(path),
            input_names=["pixels"],
            output_names=list(outputs),
            dynamic_axes={
                "pixels": axes,
                **{name: axes for name in outputs if free},
                **({} if free else {n: {0: "axis0"} for n in outputs}),
            },
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    for key, value in notes.items():
        note = model.metadata_props.add()
        note.key, note.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {"pixels": example.numpy()})
    with torch.inference_mode():
        wanted = [one.numpy() for one in net(example)]
    apart = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
    if apart > CLOSE:
        raise ValueError(f"{path.name} differs from torch by {apart:g}")
    return apart
