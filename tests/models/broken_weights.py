"""Real networks with something wrong inside: what a bad converter, a bad download or a bad kernel makes of one."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from models.engine.onnx_file import _fields

GRAPH, INITIALIZER = 7, 5  # of a model, of a graph
NAME, RAW = 8, 9  # of a tensor
Weights = NDArray[np.float32]


def changed(content: bytes, layer: str, change: Callable[[Weights], Weights | float]) -> bytes:
    """The ONNX file with the weights of one layer replaced by what `change` makes of them."""
    model = bytearray(content)
    found = 0
    for name, raw in _initializers(memoryview(model)):
        if name == layer:
            weights = np.frombuffer(raw, np.float32)
            assert len(weights) > 100
            weights[:] = change(weights.copy())
            found += 1
    assert found == 1, f"no layer {layer}"
    return bytes(model)


def _initializers(model: memoryview) -> Iterator[tuple[str, memoryview]]:
    for number, _, graph in _fields(model):
        if number == GRAPH and isinstance(graph, memoryview):
            for inner, _, tensor in _fields(graph):
                if inner == INITIALIZER and isinstance(tensor, memoryview):
                    parts = {part: value for part, _, value in _fields(tensor) if isinstance(value, memoryview)}
                    if RAW in parts:
                        yield bytes(parts[NAME]).decode(), parts[RAW]
