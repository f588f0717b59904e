"""The small model: our detector's backbone and neck, pooled to 16 tokens; a connector; a Llama decoder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import onnx
import torch

from models.training import torchvision_shim
from models.training.vlm.decoder_graph import OPSET
from models.training.vlm.graph_strip import strip
from models.training.vlm.vocabulary import END_OF_TEXT

TILE_PX = 256
GRID = 4
CHANNELS = 2 * (64 + 128 + 256)  # of the neck's three maps, mean and maximum
HIDDEN, LAYERS, CONTEXT = 128, 2, 512


class Pooled(torch.nn.Module):
    """(n, 3, TILE_PX, TILE_PX) RGB 0..1 -> (n, 16, CHANNELS): means and maxima of the neck's maps on a 4 x 4 grid."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.layers, self.kept = detector.model[:-1], set(detector.save)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        outputs: list[Any] = []
        seen = pixels
        for index, layer in enumerate(self.layers):
            if layer.f != -1:
                sources = [layer.f] if isinstance(layer.f, int) else layer.f
                taken = [seen if source == -1 else outputs[source] for source in sources]
                seen = layer(taken[0] if isinstance(layer.f, int) else taken)
            else:
                seen = layer(seen)
            outputs.append(seen if index in self.kept else None)
        maps = [outputs[index] for index in (16, 19, 22)]
        parts = []
        for one in maps:
            side = one.shape[-1]
            stride = side // GRID
            window = side - stride * (GRID - 1)  # 32 -> 8 by 8, 16 -> 4 by 4, 8 -> 2 by 2
            parts += [torch.nn.functional.avg_pool2d(one, window, stride)]
            parts += [torch.nn.functional.max_pool2d(one, window, stride)]
        return torch.cat(parts, 1).flatten(2).transpose(1, 2)


class Connector(torch.nn.Module):
    """(n, 16, CHANNELS) -> (n, 16, HIDDEN). mean, std: of each channel over the training crops."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(CHANNELS))
        self.register_buffer("std", torch.ones(CHANNELS))
        self.enter, self.leave = torch.nn.Linear(CHANNELS, HIDDEN), torch.nn.Linear(HIDDEN, HIDDEN)
        self.place = torch.nn.Parameter(torch.randn(GRID * GRID, HIDDEN) * 0.02)
        self.drop = torch.nn.Dropout(0.2)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        hidden = torch.nn.functional.gelu(self.enter(self.drop((pooled - self.mean) / self.std)))
        connected: torch.Tensor = self.leave(hidden) + self.place
        return connected


class Vision(torch.nn.Module):
    """pixel_values (1, n, 3, TILE_PX, TILE_PX) -> image_features (n, 16, HIDDEN)."""

    def __init__(self, pooled: torch.nn.Module, connector: torch.nn.Module) -> None:
        super().__init__()
        self.pooled, self.connector = pooled, connector

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.connector(self.pooled(pixel_values.flatten(0, 1)))
        return features


def load_pooled(checkpoint: Path, shipped: Path | None = None) -> Pooled:
    """checkpoint: Ultralytics' YOLO26n. Its pickle runs code: only a trusted one. shipped: the ONNX file of a detector
    or of an encoder of this kind, whose weights it takes. Raises ValueError for a file with others.
    """
    torchvision_shim.install()
    content = torch.load(checkpoint, map_location="cpu", weights_only=False)
    detector = (content.get("ema") or content["model"]).float().eval()
    detector.fuse()
    pooled = Pooled(detector).eval().requires_grad_(False)
    if shipped is not None:
        pooled.load_state_dict(_weights(shipped, pooled.state_dict().keys()))
    return pooled


def _weights(shipped: Path, wanted: Iterable[str]) -> dict[str, torch.Tensor]:
    """Exports of both kinds have folded each normalisation, as `fuse` does, and keep the names of the weights."""
    named = {entry.name: entry for entry in onnx.load(shipped).graph.initializer}
    found = {}
    for name in wanted:
        entry = named.get(f"pooled.{name}", named.get(name.replace("layers.", "model.", 1)))
        if entry is None:
            raise ValueError(f"{shipped}: no weights {name}; give an ONNX file of YOLO26n or of its encoder")
        found[name] = torch.from_numpy(onnx.numpy_helper.to_array(entry).copy())
    return found


def load_encoder(checkpoint: Path, learnt: Path, connector: torch.nn.Module) -> Pooled:
    """learnt: what `encoder.py` wrote; its connector goes into the one given, its encoder into the checkpoint's."""
    state = torch.load(learnt, map_location="cpu", weights_only=True)
    pooled = load_pooled(checkpoint)
    for module, start in ((pooled, "pooled."), (connector, "connector.")):
        module.load_state_dict({name.removeprefix(start): one for name, one in state.items() if name.startswith(start)})
    return pooled


def language_model(vocabulary: int) -> Any:
    """Transformers' Llama; `decoder_graph.py` exports what it learns."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=HIDDEN, intermediate_size=3 * HIDDEN, num_hidden_layers=LAYERS,
        num_attention_heads=4, num_key_value_heads=4, head_dim=32, max_position_embeddings=CONTEXT,
        rope_theta=10_000.0, rms_norm_eps=1e-5, tie_word_embeddings=False, bos_token_id=1,
        eos_token_id=END_OF_TEXT, pad_token_id=END_OF_TEXT, attention_dropout=0.0, initializer_range=0.06,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def vision_graph(pooled: torch.nn.Module, connector: torch.nn.Module, path: Path) -> None:
    """Writes the network, the same bytes every time."""
    example = torch.zeros(1, 2, 3, TILE_PX, TILE_PX)
    torch.onnx.export(
        Vision(pooled, connector).eval(), (example,), str(path), dynamo=False, opset_version=OPSET,
        input_names=["pixel_values"], output_names=["image_features"],
        dynamic_axes={"pixel_values": {1: "tiles"}, "image_features": {0: "tiles"}},
    )  # fmt: skip
    graph = onnx.load(path)
    strip(graph)
    onnx.save(graph, path)
