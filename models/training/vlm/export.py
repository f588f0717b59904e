"""A SmolVLM or Idefics3 checkpoint becomes a package that `models/vlm/` runs, the same bytes every time.

`python -m models.training.vlm.export CHECKPOINT_DIR OUT_DIR --name NAME [--attention shared|concatenated]`: a folder as
transformers saves it (weights, config.json, tokenizer.json, preprocessor_config.json), float32. Nothing is downloaded.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml
from onnx import TensorProto, helper, numpy_helper
from transformers import AutoModelForImageTextToText

from models.training.vlm.decoder_graph import Attention, DecoderShape, build_decoder
from models.training.vlm.graph import OPSET
from models.training.vlm.vision_graph import build_vision, vision_shape

VISION, EMBED, DECODER = "vision_encoder.onnx", "embed_tokens.onnx", "decoder_model_merged.onnx"


def vision_graph(model: Any) -> onnx.ModelProto:
    shape = vision_shape(model.config)
    state = {
        name: value.detach().float().numpy()
        for name, value in model.model.state_dict().items()
        if name.startswith(("vision_model.", "connector."))
    }
    return build_vision(shape, state, patch_places(shape.across))


def patch_places(across: int) -> np.ndarray:
    """(across * across,) rows of the position embedding, as `SmolVLMVisionEmbeddings` finds them for a whole tile; in
    its float32, where a patch may fall short of its own place.
    """
    edges = torch.arange(1 / across, 1.0, 1 / across)
    starts = torch.clamp(torch.arange(across, dtype=torch.float32) * (1.0 / torch.tensor(across)), max=1.0 - 1e-6)
    line = torch.bucketize(starts, edges, right=True)
    return (line[:, None] * across + line[None]).reshape(-1).numpy()


def embed_graph(table: np.ndarray) -> onnx.ModelProto:
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])
    rows = helper.make_tensor_value_info("inputs_embeds", TensorProto.FLOAT, ["batch", "sequence", table.shape[1]])
    gather = helper.make_node("Gather", ["table", "input_ids"], ["inputs_embeds"], "embed")
    graph = helper.make_graph([gather], "embed_tokens", [ids], [rows], [numpy_helper.from_array(table, "table")])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9, producer_name="xunjian"
    )


def text_state(model: Any) -> dict[str, np.ndarray]:
    state = {name: value.detach().float().numpy() for name, value in model.model.text_model.state_dict().items()}
    return state | {"lm_head.weight": model.lm_head.weight.detach().float().numpy()}


def text_shape(config: Any) -> DecoderShape:
    """config: a LlamaConfig. Raises ValueError for what the graph would get wrong."""
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") != "default" or config.attention_bias or config.mlp_bias:
        raise ValueError("only Llama's default rotary embedding without biases is exported")
    return DecoderShape(
        config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.num_key_value_heads,
        config.head_dim, config.vocab_size, config.max_position_embeddings,
        float(rope.get("rope_theta") or config.rope_theta), config.rms_norm_eps,
    )  # fmt: skip


def image_tokens(config: Any) -> int:
    patches = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
    return int(patches // config.scale_factor**2)


def export(model: Any, folder: Path, attention: Attention) -> None:
    """Writes the three networks and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    model = model.eval().float()
    onnx.save(vision_graph(model), folder / VISION)
    state = text_state(model)
    onnx.save(embed_graph(state["embed_tokens.weight"]), folder / EMBED)
    onnx.save(build_decoder(text_shape(model.config.text_config), state, attention), folder / DECODER)
    write_config(model.config, folder)


def write_config(config: Any, folder: Path) -> None:
    text = config.text_config
    facts = {
        "model_type": config.model_type,
        "image_token_id": config.image_token_id,
        "text_config": {
            "vocab_size": text.vocab_size,
            "max_position_embeddings": text.max_position_embeddings,
            "eos_token_id": text.eos_token_id,
        },
    }
    (folder / "config.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def write_card(folder: Path, name: str, **facts: Any) -> None:
    """After everything else: pins every file that is in the folder. facts: at least image_tokens and licence."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir())
        if path.name != "card.yaml"
    }
    card = {"schema": "xunjian.model/1", "name": name, "version": 1, "task": "vision_language", "precision": "fp32"}
    written = yaml.safe_dump(card | {"weights": DECODER} | facts | {"files": files}, sort_keys=False, width=120)
    (folder / "card.yaml").write_text(written, encoding="utf-8")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--licence", default="Apache-2.0")
    parser.add_argument("--attention", choices=("shared", "concatenated"), default="shared")
    arguments = parser.parse_args(argv)
    model = AutoModelForImageTextToText.from_pretrained(arguments.checkpoint, local_files_only=True)
    export(model, arguments.out, arguments.attention)
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (arguments.out / name).write_bytes((arguments.checkpoint / name).read_bytes())
    write_card(arguments.out, arguments.name, image_tokens=image_tokens(model.config), licence=arguments.licence)
    print(arguments.out / "card.yaml")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
