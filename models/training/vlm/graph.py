"""An ONNX graph, written node by node from a network's state: the same bytes every time, only what is used."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
CONTRIB = "com.microsoft"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


class Graph:
    """state: of a PyTorch module, float32, by name."""

    def __init__(self, state: Mapping[str, np.ndarray]) -> None:
        self.state = state
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def node(self, kind: str, inputs: list[str], output: str, *more: str, domain: str = "", **facts: object) -> str:
        """-> `output`. more: names of further outputs."""
        self.nodes.append(helper.make_node(kind, inputs, [output, *more], output, domain=domain, **facts))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def shaped(self, source: str, name: str, *sides: int) -> str:
        """A Reshape: 0 keeps a side, -1 takes what is left."""
        return self.node("Reshape", [source, self.constant(f"{name}.sides", np.array(sides, np.int64))], name)

    def model(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        body = helper.make_graph(self.nodes, name, inputs, outputs, list(self.constants.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="xunjian")
