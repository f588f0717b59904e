"""A Llama decoder as the ONNX file that `models/vlm/decoder.py` runs, built node by node from its state.

attention `shared`: GroupQueryAttention with rotary embeddings inside, made for one block as past and present, logits of
the last position alone. `concatenated`: plain operators, past and new concatenated, logits of every position; any
runtime reads it. Both in the tensor names that Transformers.js publishes SmolVLM in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.training.vlm.graph import CONTRIB, FLOAT, INT64, OPSET, Graph  # noqa: F401 - the trainer takes OPSET from here

Attention = Literal["shared", "concatenated"]


@dataclass(frozen=True)
class DecoderShape:
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head: int
    vocabulary: int
    context: int
    rope_theta: float
    epsilon: float


class _Decoder(Graph):
    def __init__(self, shape: DecoderShape, state: Mapping[str, np.ndarray]) -> None:
        super().__init__(state)
        self.shape = shape

    def linear(self, source: str, name: str, *parts: str) -> str:
        """PyTorch keeps (out, in); MatMul wants (in, out). parts: whose outputs stand side by side, of one product."""
        weights = [self.state[f"{part}.weight"].T for part in parts or (name,)]
        return self.node("MatMul", [source, self.constant(f"{name}.weight", np.concatenate(weights, axis=1))], name)

    def scale(self, name: str) -> str:
        return self.constant(f"{name}.weight", self.state[f"{name}.weight"])

    def norm(self, source: str, name: str) -> str:
        facts = {"epsilon": self.shape.epsilon, "axis": -1}
        return self.node("SimplifiedLayerNormalization", [source, self.scale(name)], name, **facts)

    def added_norm(self, stream: str, change: str, name: str, total: str) -> str:
        """The norm of the sum, which is `total`."""
        inputs, epsilon = [stream, change, self.scale(name)], self.shape.epsilon
        kind = "SkipSimplifiedLayerNormalization"
        return self.node(kind, inputs, name, "", "", total, domain=CONTRIB, epsilon=epsilon)


def build_decoder(shape: DecoderShape, state: Mapping[str, np.ndarray], attention: Attention) -> onnx.ModelProto:
    """state: of transformers' LlamaModel (`layers.0.self_attn.q_proj.weight`, ...) with `lm_head.weight`, float32."""
    graph = _Decoder(shape, state)
    cosine, sine = rotary(shape)
    graph.constant("cosine", cosine)
    graph.constant("sine", sine)
    (_layers_shared if attention == "shared" else _layers_concatenated)(graph)
    graph.linear("norm", "lm_head")
    graph.nodes[-1].output[0] = "logits"
    return _model(graph, attention)


def _layers_shared(graph: _Decoder) -> None:
    """As few nodes as there are: a token of a small model costs its nodes as much as its weights. What nothing reads
    but the logits of the last position, the last layer after its attention, is computed for that position alone.
    """
    _prepare_shared(graph)
    stream, last = "inputs_embeds", graph.shape.layers - 1
    normed = graph.norm(stream, "layers.0.input_layernorm")
    for layer in range(graph.shape.layers):
        name = f"layers.{layer}"
        mixed = _attend_shared(graph, normed, layer)
        if layer == last:
            ends = _last_position(graph)
            mixed = graph.node("Slice", [mixed, *ends], "last_mixed")
            stream = graph.node("Slice", [stream, *ends], "last_stream")
        output = graph.linear(mixed, f"{name}.self_attn.o_proj")
        normed = graph.added_norm(stream, output, f"{name}.post_attention_layernorm", f"{name}.attended")
        both = graph.linear(normed, f"{name}.mlp.both", f"{name}.mlp.gate_proj", f"{name}.mlp.up_proj")
        gate, up = f"{name}.gate", f"{name}.up"
        graph.node("Split", [both], gate, up, axis=-1, num_outputs=2)
        thought = _thought(graph, gate, up, name)
        after = "norm" if layer == last else f"layers.{layer + 1}.input_layernorm"
        stream = f"{name}.output"
        normed = graph.added_norm(f"{name}.attended", thought, after, stream)


def _layers_concatenated(graph: _Decoder) -> None:
    _prepare_concatenated(graph)
    stream = "inputs_embeds"
    for layer in range(graph.shape.layers):
        name = f"layers.{layer}"
        mixed = _attend_concatenated(graph, graph.norm(stream, f"{name}.input_layernorm"), layer)
        stream = graph.node("Add", [stream, graph.linear(mixed, f"{name}.self_attn.o_proj")], f"{name}.attended")
        normed = graph.norm(stream, f"{name}.post_attention_layernorm")
        gate, up = graph.linear(normed, f"{name}.mlp.gate_proj"), graph.linear(normed, f"{name}.mlp.up_proj")
        stream = graph.node("Add", [stream, _thought(graph, gate, up, name)], f"{name}.output")
    graph.norm(stream, "norm")


def _thought(graph: _Decoder, gate: str, up: str, name: str) -> str:
    swish = graph.node("Mul", [gate, graph.node("Sigmoid", [gate], f"{name}.sigmoid")], f"{name}.swish")
    return graph.linear(graph.node("Mul", [swish, up], f"{name}.gated"), f"{name}.mlp.down_proj")


def rotary(shape: DecoderShape) -> tuple[np.ndarray, np.ndarray]:
    """(context, head / 2) float32 cosines and sines, as transformers' default rotary embedding."""
    exponents = np.arange(0, shape.head, 2, dtype=np.float32) / np.float32(shape.head)
    frequencies = (1.0 / np.power(np.float32(shape.rope_theta), exponents)).astype(np.float32)
    angles = np.arange(shape.context, dtype=np.float32)[:, None] * frequencies
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _last_position(graph: _Decoder) -> list[str]:
    ends = {"last_start": [-1], "last_stop": [np.iinfo(np.int64).max], "last_axis": [1]}
    return [graph.constant(name, np.array(value, np.int64)) for name, value in ends.items()]


def _prepare_shared(graph: _Decoder) -> None:
    one = graph.constant("one", np.array(1, np.int64))
    axis = graph.constant("mask_axis", np.array([1], np.int64))
    total = graph.node("ReduceSum", ["attention_mask", axis], "mask_sum", keepdims=0)
    last = graph.node("Sub", [total, one], "last_index")
    graph.node("Cast", [last], "seqlens_k", to=TensorProto.INT32)
    sides = graph.node("Shape", ["attention_mask"], "mask_shape", start=1, end=2)
    scalar = graph.node("Squeeze", [sides], "mask_length")
    graph.node("Cast", [scalar], "total_sequence_length", to=TensorProto.INT32)


def _attend_shared(graph: _Decoder, source: str, layer: int) -> str:
    name = f"layers.{layer}.self_attn"
    all_three = graph.linear(source, f"{name}.qkv_proj", *(f"{name}.{part}_proj" for part in "qkv"))
    past, present = f"past_key_values.{layer}", f"present.{layer}"
    inputs = [all_three, "", "", f"{past}.key", f"{past}.value", "seqlens_k", "total_sequence_length", "cosine", "sine"]
    return graph.node(
        "GroupQueryAttention", inputs, f"{name}.mixed", f"{present}.key", f"{present}.value", domain=CONTRIB,
        num_heads=graph.shape.heads, kv_num_heads=graph.shape.kv_heads, do_rotary=1, rotary_interleaved=0,
    )  # fmt: skip


def _prepare_concatenated(graph: _Decoder) -> None:
    """Cosines and sines of the positions, both halves of a head; an additive mask (1, 1, s, past + s)."""
    for name in ("cosine", "sine"):
        rows = graph.node("Gather", [name, "position_ids"], f"{name}_rows")
        both = graph.node("Concat", [rows, rows], f"{name}_both", axis=-1)
        graph.node("Unsqueeze", [both, graph.constant("heads_axis", np.array([1], np.int64))], f"{name}_now")
    total = graph.node("Shape", ["attention_mask"], "total", start=1, end=2)
    new = graph.node("Shape", ["inputs_embeds"], "new", start=1, end=2)
    past = graph.node("Sub", [total, new], "past")
    zero, one = graph.constant("zero", np.array(0, np.int64)), graph.constant("one", np.array(1, np.int64))
    flat = {part: graph.node("Squeeze", [part], f"{part}_scalar") for part in (total, past)}
    columns = graph.node("Range", [zero, flat["total"], one], "columns")
    rows = graph.node("Range", [flat["past"], flat["total"], one], "rows")
    rows = graph.node("Unsqueeze", [rows, graph.constant("row_axis", np.array([1], np.int64))], "rows_upright")
    later = graph.node("Greater", [columns, rows], "later")
    masked = graph.node("Cast", ["attention_mask"], "mask_now", to=TensorProto.BOOL)
    absent = graph.node("Unsqueeze", [graph.node("Not", [masked], "absent"), "heads_axis"], "absent_rows")
    hidden = graph.node("Or", [later, absent], "hidden_rows")
    low = graph.constant("low", np.array(np.finfo(np.float32).min, np.float32))
    none = graph.constant("none", np.array(0, np.float32))
    additive = graph.node("Where", [hidden, low, none], "additive")
    graph.node("Unsqueeze", [additive, "heads_axis"], "additive_mask")


def _attend_concatenated(graph: _Decoder, source: str, layer: int) -> str:
    name, shape = f"layers.{layer}.self_attn", graph.shape
    query = _heads(graph, source, f"{name}.q", shape.heads)
    key, value = (_heads(graph, source, f"{name}.{part}", shape.kv_heads) for part in "kv")
    query, key = _rotated(graph, query), _rotated(graph, key)
    past, present = f"past_key_values.{layer}", f"present.{layer}"
    key = graph.node("Concat", [f"{past}.key", key], f"{present}.key", axis=2)
    value = graph.node("Concat", [f"{past}.value", value], f"{present}.value", axis=2)
    keys, values = _repeated(graph, key), _repeated(graph, value)
    turned = graph.node("Transpose", [keys], f"{name}.turned", perm=[0, 1, 3, 2])
    scores = graph.node("MatMul", [query, turned], f"{name}.scores")
    scale = graph.constant("scale", np.array(shape.head**-0.5, np.float32))
    scaled = graph.node("Mul", [scores, scale], f"{name}.scaled")
    seen = graph.node("Add", [scaled, "additive_mask"], f"{name}.seen")
    mixed = graph.node("MatMul", [graph.node("Softmax", [seen], f"{name}.shares", axis=-1), values], f"{name}.by_head")
    flat = graph.node("Transpose", [mixed], f"{name}.upright", perm=[0, 2, 1, 3])
    whole = graph.constant("whole", np.array([0, 0, shape.heads * shape.head], np.int64))
    return graph.node("Reshape", [flat, whole], f"{name}.mixed")


def _heads(graph: _Decoder, source: str, name: str, count: int) -> str:
    flat = graph.linear(source, f"{name}_proj")
    sides = graph.constant(f"heads_{count}", np.array([0, 0, count, graph.shape.head], np.int64))
    return graph.node(
        "Transpose", [graph.node("Reshape", [flat, sides], f"{name}_heads")], f"{name}_ready", perm=[0, 2, 1, 3]
    )


def _rotated(graph: _Decoder, source: str) -> str:
    half = graph.shape.head // 2
    cut = graph.constant("halves", np.array([half, half], np.int64))
    graph.nodes.append(
        helper.make_node("Split", [source, cut], [f"{source}.left", f"{source}.right"], f"{source}.cut", axis=-1)
    )
    turned = graph.node("Neg", [f"{source}.right"], f"{source}.minus")
    turned = graph.node("Concat", [turned, f"{source}.left"], f"{source}.quarter", axis=-1)
    kept = graph.node("Mul", [source, "cosine_now"], f"{source}.kept")
    return graph.node("Add", [kept, graph.node("Mul", [turned, "sine_now"], f"{source}.moved")], f"{source}.rotated")


def _repeated(graph: _Decoder, source: str) -> str:
    """(b, kv, t, d) -> (b, heads, t, d), each kv head for its group of query heads."""
    shape = graph.shape
    times = shape.heads // shape.kv_heads
    if times == 1:
        return source
    axis = graph.constant("group_axis", np.array([2], np.int64))
    wide = graph.node(
        "Concat", [graph.node("Unsqueeze", [source, axis], f"{source}.group")] * times, f"{source}.groups", axis=2
    )
    sides = graph.constant("group_sides", np.array([0, shape.heads, -1, shape.head], np.int64))
    return graph.node("Reshape", [wide, sides], f"{source}.repeated")


def _model(graph: _Decoder, attention: Attention) -> onnx.ModelProto:
    shape = graph.shape
    value = helper.make_tensor_value_info
    inputs = [
        value("inputs_embeds", FLOAT, ["batch", "sequence", shape.hidden]),
        value("attention_mask", INT64, ["batch", "total"]),
    ]
    outputs = [value("logits", FLOAT, ["batch", 1 if attention == "shared" else "sequence", shape.vocabulary])]
    if attention == "concatenated":
        inputs.append(value("position_ids", INT64, ["batch", "sequence"]))
    for layer in range(shape.layers):
        for part in ("key", "value"):
            sides = ["batch", shape.kv_heads, "past", shape.head]
            inputs.append(value(f"past_key_values.{layer}.{part}", FLOAT, sides))
            outputs.append(value(f"present.{layer}.{part}", FLOAT, ["batch", shape.kv_heads, "present", shape.head]))
    return graph.model("decoder", inputs, outputs)
