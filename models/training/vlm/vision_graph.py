"""The vision encoder and connector of SmolVLM and Idefics3 as an ONNX file, built node by node from their state.

Of whole tiles, which is all that `models/vlm/` makes: no mask, every patch at its place. Attention is one fused node
that never writes its (patches x patches) scores out; activation, and addition before a norm, are fused, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from models.training.vlm.graph import CONTRIB, FLOAT, Graph


@dataclass(frozen=True)
class VisionShape:
    """side, patch: in pixels. shuffle: how many patches a side become one feature. out: hidden size of the decoder."""

    layers: int
    hidden: int
    heads: int
    side: int
    patch: int
    epsilon: float
    shuffle: int
    out: int

    @property
    def across(self) -> int:
        return self.side // self.patch


def vision_shape(config: object) -> VisionShape:
    """config: a SmolVLMConfig or Idefics3Config. Raises ValueError for what the graph would get wrong."""
    vision = config.vision_config
    if vision.hidden_act != "gelu_pytorch_tanh" or vision.num_channels != 3 or vision.image_size % vision.patch_size:
        raise ValueError(f"{vision.hidden_act}, {vision.num_channels} channels: only SigLIP's encoder is exported")
    if (vision.image_size // vision.patch_size) % config.scale_factor:
        raise ValueError(f"{vision.image_size // vision.patch_size} patches a side, {config.scale_factor} to a feature")
    return VisionShape(
        vision.num_hidden_layers, vision.hidden_size, vision.num_attention_heads, vision.image_size,
        vision.patch_size, vision.layer_norm_eps, config.scale_factor, config.text_config.hidden_size,
    )  # fmt: skip


def build_vision(shape: VisionShape, state: Mapping[str, np.ndarray], places: np.ndarray) -> onnx.ModelProto:
    """pixel_values (1, n, 3, side, side) -> image_features (n, tokens, out).

    state: of `vision_model.` and `connector.`, float32. places: (patches,) the row of the position embedding that each
    patch of a whole tile has.
    """
    graph = Graph(state)
    prefix = "vision_model."
    stream = _patches(graph, shape, places)
    normed = _norm(graph, stream, f"{prefix}encoder.layers.0.layer_norm1", shape)
    for layer in range(shape.layers):
        name = f"{prefix}encoder.layers.{layer}"
        mixed = _linear(graph, _attend(graph, shape, normed, f"{name}.self_attn"), f"{name}.self_attn.out_proj")
        normed, stream = _added_norm(graph, shape, stream, mixed, f"{name}.layer_norm2")
        wide = graph.node("FastGelu", [_linear(graph, normed, f"{name}.mlp.fc1")], f"{name}.gelu", domain=CONTRIB)
        after = f"encoder.layers.{layer + 1}.layer_norm1" if layer + 1 < shape.layers else "post_layernorm"
        normed, stream = _added_norm(graph, shape, stream, _linear(graph, wide, f"{name}.mlp.fc2"), prefix + after)
    _connect(graph, shape, normed)
    pixels = helper.make_tensor_value_info("pixel_values", FLOAT, [1, "tiles", 3, shape.side, shape.side])
    tokens = (shape.across // shape.shuffle) ** 2
    features = helper.make_tensor_value_info("image_features", FLOAT, ["tiles", tokens, shape.out])
    return graph.model("vision_encoder", [pixels], [features])


def _patches(graph: Graph, shape: VisionShape, places: np.ndarray) -> str:
    """-> (n * patches, hidden): a convolution whose stride is its size is one product."""
    name, across, patch = "vision_model.embeddings", shape.across, shape.patch
    cut = graph.shaped("pixel_values", "cut", -1, 3, across, patch, across, patch)
    ordered = graph.node("Transpose", [cut], "ordered", perm=[0, 2, 4, 1, 3, 5])
    flat = graph.shaped(ordered, "flat", -1, 3 * patch * patch)
    weight = graph.state[f"{name}.patch_embedding.weight"].reshape(shape.hidden, -1).T
    bias = graph.state[f"{name}.patch_embedding.bias"] + graph.state[f"{name}.position_embedding.weight"][places]
    product = graph.node("MatMul", [flat, graph.constant(f"{name}.weight", weight)], f"{name}.product")
    tiles = graph.shaped(product, f"{name}.tiles", -1, across * across, shape.hidden)
    placed = graph.node("Add", [tiles, graph.constant(f"{name}.places", bias)], f"{name}.placed")
    return graph.shaped(placed, f"{name}.rows", -1, shape.hidden)


def _attend(graph: Graph, shape: VisionShape, source: str, name: str) -> str:
    tiles = [
        graph.shaped(_linear(graph, source, f"{name}.{part}_proj"), f"{name}.{part}", -1, shape.across**2, shape.hidden)
        for part in "qkv"
    ]
    mixed = graph.node("MultiHeadAttention", tiles, f"{name}.mixed", domain=CONTRIB, num_heads=shape.heads)
    return graph.shaped(mixed, f"{name}.rows", -1, shape.hidden)


def _linear(graph: Graph, source: str, name: str) -> str:
    weight = graph.constant(f"{name}.weight", graph.state[f"{name}.weight"])
    bias = graph.constant(f"{name}.bias", graph.state[f"{name}.bias"])
    return graph.node("Gemm", [source, weight, bias], name, transB=1)


def _norm(graph: Graph, source: str, name: str, shape: VisionShape) -> str:
    return graph.node("LayerNormalization", [source, *_scales(graph, name)], name, axis=-1, epsilon=shape.epsilon)


def _added_norm(graph: Graph, shape: VisionShape, stream: str, change: str, name: str) -> tuple[str, str]:
    """-> the norm of the sum, the sum."""
    total = f"{name}.sum"
    inputs = [stream, change, *_scales(graph, name)]
    graph.node(
        "SkipLayerNormalization", inputs, name, "", "", total, domain=CONTRIB, epsilon=shape.epsilon
    )  # fmt: skip
    return name, total


def _scales(graph: Graph, name: str) -> list[str]:
    return [graph.constant(f"{name}.{part}", graph.state[f"{name}.{part}"]) for part in ("weight", "bias")]


def _connect(graph: Graph, shape: VisionShape, source: str) -> None:
    """Each square of patches side by side in one row, row of the square by row, then projected."""
    few, shuffle = shape.across // shape.shuffle, shape.shuffle
    squares = graph.shaped(source, "squares", -1, few, shuffle, few, shuffle, shape.hidden)
    turned = graph.node("Transpose", [squares], "squares_turned", perm=[0, 1, 3, 2, 4, 5])
    joined = graph.shaped(turned, "joined", -1, few * few, shuffle * shuffle * shape.hidden)
    weight = graph.constant("connector.weight", graph.state["connector.modality_projection.proj.weight"].T)
    graph.node("MatMul", [joined, weight], "image_features")
