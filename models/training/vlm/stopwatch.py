"""transformers as a child process that is told what to do and says how long it took.

`python -m models.training.vlm.stopwatch CHECKPOINT_DIR THREADS`: a JSON line in ({"do": "first_token", "seed": 1,
"text": "..."} or {"do": "decode", "text": "...", "tokens": 32}), a line out ({"ms": ...}; for `decode`, of one token).
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import SmolVLMForConditionalGeneration
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

from models.training.vlm.reference import Reference, picture


def timed_generate(reference: Reference, inputs: dict[str, torch.Tensor], tokens: int) -> float:
    """Milliseconds for exactly that many tokens, greedy."""
    start = time.perf_counter()
    with torch.no_grad():
        reference.model.generate(
            **inputs, min_new_tokens=tokens, max_new_tokens=tokens, do_sample=False, pad_token_id=reference.stop[0]
        )
    return (time.perf_counter() - start) * 1000


def first_token(reference: Reference, told: dict[str, Any]) -> float:
    image = picture(told["seed"], 480, 640)
    start = time.perf_counter()
    inputs = reference.inputs(told["text"], [image], split=False)
    timed_generate(reference, inputs, 1)
    return (time.perf_counter() - start) * 1000


def decode(reference: Reference, told: dict[str, Any]) -> float:
    inputs = reference.inputs(told["text"], [], split=False)
    one, tokens = timed_generate(reference, inputs, 1), told["tokens"]
    return (timed_generate(reference, inputs, tokens) - one) / (tokens - 1)


def main(argv: list[str]) -> int:
    folder, threads = Path(argv[0]), int(argv[1])
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    model = SmolVLMForConditionalGeneration.from_pretrained(folder, local_files_only=True).eval()
    processor = SmolVLMImageProcessorPil.from_pretrained(folder, local_files_only=True)
    reference = Reference(model, Tokenizer.from_file(str(folder / "tokenizer.json")), processor)
    print(json.dumps({"ready": torch.__version__}), flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        ms = {"first_token": first_token, "decode": decode}[told["do"]](reference, told)
        print(json.dumps({"ms": ms}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
