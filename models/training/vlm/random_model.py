"""SmolVLM with random weights: a tiny one whose answers are recorded for the tests, two of real sizes for speed.

`python -m models.training.vlm.random_model tiny OUT_DIR`: the fixture of tests/models/vlm: networks of both kinds of
graph, tokenizer, and what transformers makes of 60 prompts. `... small OUT_DIR` and `... 256m OUT_DIR`: `checkpoint/`,
as transformers saves it, and `shared/`, a package: of 8 million parameters, and of SmolVLM2-256M's sizes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import onnx
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast, SmolVLMConfig, SmolVLMForConditionalGeneration
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil
from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE

from models.training.vlm.decoder_graph import build_decoder
from models.training.vlm.export import DECODER, export, image_tokens, text_shape, text_state, write_card
from models.training.vlm.vocabulary import END_OF_TEXT, FIRST, train_vocabulary
from models.vlm.questions import read_questions

WORDS = ("yes", "no", "Yes", "No", "unclear")
SIZES: dict[str, dict[str, Any]] = {
    "tiny": {
        "text": {"num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4,
                 "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 400, "max_position_embeddings": 1024},
        "vision": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
                   "image_size": 64, "patch_size": 8},
        "scale_factor": 2, "spread": 0.35, "longest": 256,
    },
    "small": {
        "text": {"num_hidden_layers": 6, "hidden_size": 256, "intermediate_size": 768, "num_attention_heads": 4,
                 "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 2048, "max_position_embeddings": 1024},
        "vision": {"hidden_size": 192, "intermediate_size": 768, "num_hidden_layers": 6, "num_attention_heads": 3,
                   "image_size": 256, "patch_size": 16},
        "scale_factor": 4, "spread": 0.06, "longest": 1024,
    },
    "256m": {
        "text": {"num_hidden_layers": 30, "hidden_size": 576, "intermediate_size": 1536, "num_attention_heads": 9,
                 "num_key_value_heads": 3, "head_dim": 64, "vocab_size": 49280, "max_position_embeddings": 8192},
        "vision": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
                   "image_size": 512, "patch_size": 16},
        "scale_factor": 4, "spread": 0.04, "longest": 2048,
    },
}  # fmt: skip


def tokenizer_of(size: str) -> Tokenizer:
    questions = read_questions().values()
    texts = [text for one in questions for wording in (one.en, one.zh) for text in (wording.question, wording.control)]
    return train_vocabulary(texts, min(SIZES[size]["text"]["vocab_size"], 400), WORDS)


def random_model(size: str, tokenizer: Tokenizer, seed: int = 0) -> SmolVLMForConditionalGeneration:
    """Weights are spread wide enough that the tiny one's answers differ from prompt to prompt."""
    facts = SIZES[size]
    text = {"model_type": "llama", "rope_theta": 100_000.0, "rms_norm_eps": 1e-5, "bos_token_id": 1}
    text |= {"eos_token_id": END_OF_TEXT, "pad_token_id": END_OF_TEXT, "initializer_range": facts["spread"]}
    vision = facts["vision"] | {"initializer_range": facts["spread"]}
    config = SmolVLMConfig(
        text_config=text | facts["text"], vision_config=vision, scale_factor=facts["scale_factor"],
        image_token_id=tokenizer.token_to_id("<image>"), tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = SmolVLMForConditionalGeneration(config).eval()
    for name, weight in model.named_parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, 0.0, facts["spread"])
        elif name.endswith("bias"):
            torch.nn.init.normal_(weight, 0.0, facts["spread"] / 4)
    return model


def image_processor(size: str) -> SmolVLMImageProcessorPil:
    """Normalised as SmolVLM: (x / 255 - 0.5) / 0.5."""
    tile, half = SIZES[size]["vision"]["image_size"], [0.5, 0.5, 0.5]
    return SmolVLMImageProcessorPil(
        size={"longest_edge": SIZES[size]["longest"]}, max_image_size={"longest_edge": tile},
        image_mean=half, image_std=half,
    )  # fmt: skip


def reference_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    end = dict.fromkeys(("eos_token", "pad_token"), FIRST[END_OF_TEXT])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=DEFAULT_CHAT_TEMPLATE, **end)


def write_package(
    size: str, model: SmolVLMForConditionalGeneration, tokenizer: Tokenizer, out: Path, attention: Any
) -> None:
    export(model, out, attention)
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    image_processor(size).save_pretrained(out)
    write_card(out, f"random-{size}", image_tokens=image_tokens(model.config), licence="Apache-2.0")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="random_model", description=__doc__)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args(argv)
    tokenizer = tokenizer_of(arguments.size)
    model = random_model(arguments.size, tokenizer)
    if arguments.size == "tiny":
        from models.training.vlm.reference import record

        write_package("tiny", model, tokenizer, arguments.out / "shared", "shared")
        graph = build_decoder(text_shape(model.config.text_config), text_state(model), "concatenated")
        (arguments.out / "concatenated").mkdir(exist_ok=True)
        onnx.save(graph, arguments.out / "concatenated" / DECODER)
        record(model, tokenizer, image_processor("tiny"), arguments.out)
    else:
        write_package(arguments.size, model, tokenizer, arguments.out / "shared", "shared")
        model.save_pretrained(arguments.out / "checkpoint")
        reference_tokenizer(tokenizer).save_pretrained(arguments.out / "checkpoint")
        image_processor(arguments.size).save_pretrained(arguments.out / "checkpoint")
    print(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
