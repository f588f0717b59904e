"""What transformers makes of a set of prompts: features, logits, greedy tokens. The runtime is compared with it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast, SmolVLMForConditionalGeneration
from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE, get_image_prompt_string

from models.training.vlm.export import image_tokens
from models.vlm.questions import read_questions

GREEDY_TOKENS = 16
SHAPES = ((48, 80), (64, 64), (120, 40), (33, 100), (200, 150), (70, 300))  # height, width


@dataclass(frozen=True)
class Case:
    """pictures: seed, height, width of each, see `picture`."""

    text: str
    pictures: tuple[tuple[int, int, int], ...]
    split: bool


def picture(seed: int, height: int, width: int) -> np.ndarray:
    """(H, W, 3) uint8 BGR: a random slope of colours with random blocks on it."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    slopes = random.uniform(-1, 1, (2, 3))
    image = 128 + 100 * (rows[..., None] / height * slopes[0] + columns[..., None] / width * slopes[1])
    for _ in range(6):
        top, left = int(random.integers(0, height)), int(random.integers(0, width))
        image[top : top + height // 3, left : left + width // 3] = random.uniform(0, 255, 3)
    noise = random.integers(-20, 21, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def cases() -> list[Case]:
    """60: one picture, none, two or three, split ones, both languages."""
    texts = [text for one in read_questions().values() for text in (one.en.question, one.zh.control)]
    found = [Case(text, ((seed, *SHAPES[seed % 6]),), split=False) for seed, text in enumerate(texts)]
    found += [Case(text, ((seed, *SHAPES[seed % 6]),), split=True) for seed, text in enumerate(texts)]
    for seed, text in enumerate(texts[:8]):
        found.append(Case(text, ((seed, *SHAPES[0]), (seed + 50, *SHAPES[3])), split=False))
        found.append(
            Case(text, ((seed, *SHAPES[2]), (seed + 50, *SHAPES[1]), (seed + 90, *SHAPES[4])), split=bool(seed % 2))
        )
    found += [Case(f"{text} 2026-11-25, gate 7.", (), split=False) for text in texts[:12]]
    return found


class Reference:
    """transformers, asked as `models/vlm/vlm.py` asks: its own image processor, chat template and generate."""

    def __init__(self, model: SmolVLMForConditionalGeneration, tokenizer: Tokenizer, processor: Any) -> None:
        self.model, self.processor = model, processor
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=DEFAULT_CHAT_TEMPLATE)
        self.stop = [model.config.text_config.eos_token_id, tokenizer.token_to_id("<end_of_utterance>")]

    def inputs(self, text: str, pictures: Sequence[np.ndarray], *, split: bool) -> dict[str, torch.Tensor]:
        """pictures: BGR. One tile is resized once: `do_resize=False`."""
        content = [*({"type": "image"} for _ in pictures), {"type": "text", "text": text}]
        prompt = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        pixels: dict[str, torch.Tensor] = {}
        if pictures:
            made = self.processor(
                [np.ascontiguousarray(one[:, :, ::-1]) for one in pictures], do_image_splitting=split, do_resize=split,
                return_row_col_info=True, return_tensors="pt", input_data_format="channels_last",
            )  # fmt: skip
            tokens = image_tokens(self.model.config)
            names = ("<fake_token_around_image>", "<image>", "<global-img>")
            for rows, columns in zip(made["rows"][0], made["cols"][0], strict=True):
                shown = get_image_prompt_string(rows, columns, tokens, *names).replace("<image>", "\0")
                prompt = prompt.replace("<image>", shown, 1)
            prompt = prompt.replace("\0", "<image>")
            pixels = {name: made[name] for name in ("pixel_values", "pixel_attention_mask")}
        ids = self.tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        return {"input_ids": ids["input_ids"], "attention_mask": ids["attention_mask"], **pixels}

    @torch.no_grad()
    def features(self, inputs: dict[str, torch.Tensor]) -> np.ndarray:
        """(tiles, tokens, hidden) float32."""
        seen = self.model.get_image_features(inputs["pixel_values"], inputs["pixel_attention_mask"]).pooler_output
        flat = torch.cat(list(seen)).numpy()
        return flat.reshape(-1, image_tokens(self.model.config), flat.shape[-1])

    @torch.no_grad()
    def logits(self, inputs: dict[str, torch.Tensor]) -> np.ndarray:
        """(vocabulary,) of what comes after the prompt."""
        return self.model(**inputs).logits[0, -1].numpy()

    @torch.no_grad()
    def greedy(self, inputs: dict[str, torch.Tensor], tokens: int) -> list[int]:
        """Without what ended it."""
        made = self.model.generate(
            **inputs, max_new_tokens=tokens, do_sample=False, eos_token_id=self.stop, pad_token_id=self.stop[0]
        )
        new: list[int] = made[0, inputs["input_ids"].shape[1] :].tolist()
        return new[:-1] if new and new[-1] in self.stop else new


def record(model: SmolVLMForConditionalGeneration, tokenizer: Tokenizer, processor: Any, out: Path) -> None:
    """expected.json: the cases with prompt ids' count and greedy tokens; expected.npz: features of two pictures and the
    logits of every third case.
    """
    reference = Reference(model, tokenizer, processor)
    rows, logits, features = [], [], []
    for case in cases():
        inputs = reference.inputs(case.text, [picture(*one) for one in case.pictures], split=case.split)
        rows.append(asdict(case) | {
            "prompt_tokens": inputs["input_ids"].shape[1], "tokens": reference.greedy(inputs, GREEDY_TOKENS)
        })  # fmt: skip
        if len(rows) % 3 == 1:
            logits.append(reference.logits(inputs))
        if len(features) < 2 and len(case.pictures) == 1 and case.split == bool(features):
            features.append(reference.features(inputs))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (out / "expected.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    np.savez_compressed(
        out / "expected.npz", logits=np.array(logits, np.float32), one_tile=features[0], split_tiles=features[1]
    )
