"""Models, loaded at first use, once per process, and safe to share between threads."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from gatehouse.vision.packs import model_bytes

Floats = NDArray[np.float32]
_loading = Lock()


def threads() -> int:
    """Threads per model call: $GATEHOUSE_VISION_THREADS, else 1; cameras run beside each other instead."""
    chosen = os.environ.get("GATEHOUSE_VISION_THREADS", "")
    return int(chosen) if chosen.isdecimal() and int(chosen) > 0 else 1


class OnnxModel:
    """One ONNX graph with one input and one output that counts. onnxruntime runs calls side by side."""

    def __init__(self, name: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        data = model_bytes(name)
        self._session: Any = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name

    def run(self, batch: Floats) -> Floats:
        """The first output for one input tensor, float32."""
        return np.asarray(self._session.run(None, {self._input: batch})[0], dtype=np.float32)

    def note(self, key: str) -> str:
        """A text from the model's own metadata, such as its character list; empty when it has none."""
        return str(self._session.get_modelmeta().custom_metadata_map.get(key, ""))


class TfliteModel:
    """One TFLite graph run by OpenCV. A cv2 net keeps its tensors inside, so calls take turns."""

    def __init__(self, name: str) -> None:
        cv2.setNumThreads(threads())
        data = np.frombuffer(model_bytes(name), dtype=np.uint8)
        self._net: Any = cv2.dnn.readNetFromTFLite(data)
        self._outputs: tuple[str, ...] = tuple(self._net.getUnconnectedOutLayersNames())
        self._turn = Lock()

    def run(self, batch: Floats) -> dict[str, Floats]:
        """Every output by its name, for one (1, C, H, W) tensor."""
        with self._turn:
            self._net.setInput(batch)
            found = self._net.forward(self._outputs)
            return {name: np.array(value, dtype=np.float32) for name, value in zip(self._outputs, found, strict=True)}


@cache
def _onnx(name: str) -> OnnxModel:
    return OnnxModel(name)


@cache
def _tflite(name: str) -> TfliteModel:
    return TfliteModel(name)


def onnx_model(name: str) -> OnnxModel:
    """The shared model of that file name. Raises ModelMissing or ModelRefused at its first use."""
    with _loading:
        return _onnx(name)


def tflite_model(name: str) -> TfliteModel:
    """The shared model of that file name. Raises ModelMissing or ModelRefused at its first use."""
    with _loading:
        return _tflite(name)
