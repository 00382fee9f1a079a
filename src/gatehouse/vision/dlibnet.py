"""dlib's 128-d face ResNet, from its .dat file to an ONNX graph. Run once, at set-up.

The file is dlib's own serialisation: integers are one length byte (0x80 = negative) and that many
little-endian bytes; a tensor is version 2, four integers (samples, k, rows, columns), then raw float32.
The layers lie in order from input to output. The structure is the published `anet_type` of dlib's
dnn_face_recognition example; a file whose layers differ in number or shape is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from gatehouse.vision.errors import ModelRefused

Weights = NDArray[np.float32]

# (filters, down-sampling?) of the 14 residual blocks, input first.
BLOCKS = (
    *((32, False),) * 3,
    (64, True),
    *((64, False),) * 3,
    (128, True),
    *((128, False),) * 2,
    (256, True),
    *((256, False),) * 2,
    (256, True),
)
# Mean red, green, blue and scale of dlib's input_rgb_image_sized layer for this network.
MEAN_RGB = (122.782, 117.001, 104.298)
SCALE = 256.0
_TAG = re.compile(rb"\x05con_4|\x07affine_|\x04fc_2")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer with weights, as it lies in the file. `shape` holds the integers after the tensor."""

    kind: str
    weights: Weights
    shape: tuple[int, ...]


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at

    def integer(self) -> int:
        head = self._data[self.at]
        size = head & 0x0F
        raw = self._data[self.at + 1 : self.at + 1 + size]
        self.at += 1 + size
        value = int.from_bytes(raw, "little")
        return -value if head & 0x80 else value

    def tensor(self) -> Weights:
        if self.integer() != 2:
            raise ModelRefused("a tensor of the .dat file has an unknown version")
        count = 1
        for _ in range(4):
            count *= self.integer()
        end = self.at + 4 * count
        if count < 0 or end > len(self._data):
            raise ModelRefused("a tensor of the .dat file is longer than the file")
        values = np.frombuffer(self._data[self.at : end], dtype="<f4").astype(np.float32)
        self.at = end
        return values


def layers(data: bytes) -> Iterator[Layer]:
    """The layers with weights, input first. Raises ModelRefused on bytes that are not such a file."""
    at = 0
    while found := _TAG.search(data, at):
        kind = found.group()[1:].decode().rstrip("_0123456789")
        reader = _Reader(data, found.end())
        try:
            before = [reader.integer() for _ in range(2)] if kind == "fc" else []
            weights = reader.tensor()
            after = [reader.integer() for _ in range(7)] if kind == "con" else []
        except IndexError as error:
            raise ModelRefused("the .dat file ends in the middle of a layer") from error
        yield Layer(kind, weights, tuple(before + after))
        at = reader.at


class _Graph:
    """Collects nodes and weights of the ONNX graph; every method returns its output's name."""

    def __init__(self, source: Iterator[Layer]) -> None:
        self._source = source
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def take(self, kind: str, count: int) -> Layer:
        layer = next(self._source, None)
        if layer is None or layer.kind != kind or layer.weights.size != count:
            raise ModelRefused(f"the .dat file is not the known network: expected {kind} of {count} weights")
        return layer

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        name = f"w{len(self.weights)}"
        kind = TensorProto.INT64 if values.dtype == np.int64 else TensorProto.FLOAT
        raw = values.astype(values.dtype.newbyteorder("<")).tobytes()
        self.weights.append(helper.make_tensor(name, kind, values.shape, raw, raw=True))
        return name

    def node(self, kind: str, *inputs: str, **attributes: list[int]) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], None, None, None, None, **attributes))
        return name

    def conv_affine(self, x: str, channels: int, filters: int, side: int, stride: int) -> str:
        """A convolution and the affine layer that a batch norm became; folded into one Conv."""
        pad = side // 2 if stride == 1 else 0
        conv = self.take("con", filters * channels * side * side + filters)
        if conv.shape != (filters, side, side, stride, stride, pad, pad):
            raise ModelRefused(f"the .dat file is not the known network: convolution {conv.shape}")
        affine = self.take("affine", 2 * filters)
        gamma, beta = affine.weights[:filters], affine.weights[filters:]
        kernel = conv.weights[:-filters].reshape(filters, channels, side, side)
        weight = self.constant(kernel * gamma[:, None, None, None])
        bias = self.constant(conv.weights[-filters:] * gamma + beta)
        return self.node("Conv", x, weight, bias, strides=[stride] * 2, pads=[pad] * 4)

    def padded(self, x: str, channels: int, side: int) -> str:
        """dlib adds tensors of unequal size as if the smaller had zeros after its end."""
        if not channels and not side:
            return x
        pads = self.constant(np.array([0, 0, 0, 0, 0, channels, side, side], dtype=np.int64))
        return self.node("Pad", x, pads)

    def block(self, x: str, channels: int, filters: int, side: int, down: bool) -> tuple[str, int]:
        """One residual block; returns its output and the side of its feature map."""
        stride = 2 if down else 1
        inner = self.node("Relu", self.conv_affine(x, channels, filters, 3, stride))
        inner = self.conv_affine(inner, filters, filters, 3, 1)
        if down:
            conv_side, pool_side = (side - 3) // 2 + 1, (side - 2) // 2 + 1
            side = max(conv_side, pool_side)
            x = self.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            x = self.padded(x, filters - channels, side - pool_side)
            inner = self.padded(inner, 0, side - conv_side)
        return self.node("Relu", self.node("Add", inner, x)), side


def to_onnx(data: bytes) -> bytes:
    """The network as ONNX: input `chips` (N, 3, 150, 150) RGB 0..255 float32, output (N, 128), raw.

    The same bytes for the same file, so the result has a SHA-256 of its own. Raises ModelRefused.
    """
    found = layers(data)
    graph = _Graph(found)
    mean = graph.constant(np.array(MEAN_RGB, dtype=np.float32).reshape(1, 3, 1, 1))
    scale = graph.constant(np.array([1.0 / SCALE], dtype=np.float32))
    x = graph.node("Mul", graph.node("Sub", "chips", mean), scale)
    x = graph.node("Relu", graph.conv_affine(x, 3, 32, 7, 2))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    channels, side = 32, 35
    for filters, down in BLOCKS:
        x, side = graph.block(x, channels, filters, side, down)
        channels = filters
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    dense = graph.take("fc", 256 * 128)
    graph.node("MatMul", x, graph.constant(dense.weights.reshape(256, 128)))
    if next(found, None) is not None:
        raise ModelRefused("the .dat file is not the known network: it goes on after the last layer")
    return _serialised(graph)


def _serialised(graph: _Graph) -> bytes:
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        graph.nodes,
        "dlib_resnet_v1",
        [value("chips", TensorProto.FLOAT, ["n", 3, 150, 150])],
        [value(graph.nodes[-1].output[0], TensorProto.FLOAT, ["n", 128])],
        initializer=graph.weights,
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def main() -> int:
    """`python -m gatehouse.vision.dlibnet IN.dat OUT.onnx`: its own process, so that set-up stays light."""
    source, target = (Path(argument) for argument in sys.argv[1:3])
    target.write_bytes(to_onnx(source.read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
