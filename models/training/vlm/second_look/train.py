"""The connector and the language model, on what `features.py` kept: `python -m models.training.vlm.second_look.train
FEATURES CHECKPOINT.pt ENCODER.pt OUT_DIR`. It learns answers to closed questions and, beside them, to state what a
crop shows as claims (`descriptions.py`). Writes the whole package but for card.md; Platt's scaling is fitted on val,
which also picks the epoch. `test` is not in FEATURES.
"""

import argparse
import copy
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from models.training.detector.calibration import platt
from models.training.vlm.decoder_graph import build_decoder
from models.training.vlm.second_look.borrowed import Borrowed
from models.training.vlm.second_look.encoder import draw_weights, indices
from models.training.vlm.second_look.network import (
    GRID,
    Connector,
    language_model,
    load_encoder,
    vision_graph,
)
from models.training.vlm.second_look.samples import REPLIES
from models.training.vlm.second_look.scores import auc
from models.training.vlm.second_look.spelling import (
    ANSWERS,
    PLACE,
    VOCABULARY,
    WORDINGS,
    spell,
    spell_answers,
    write_words,
    written,
)
from models.training.vlm.vocabulary import END_OF_TEXT
from models.vlm.questions import read_questions

RATE, BATCH, DESCRIBED = 2e-3, 64, 32
UNTOLD = 0.25  # of the descriptions, whose prompt does not say what to look at
MIRRORS_FROM = (
    0.3  # of the training: a question and its mirror from the start are an exclusive or, long learned by nobody
)


class Batches:
    """What is learned from, as tensors. replies: index in REPLIES, to the question as it is."""

    def __init__(self, folder: Path, split: str) -> None:
        self.features = np.load(folder / f"{split}.npy", mmap_mode="r")
        facts = dict(np.load(folder / f"{split}.npz"))
        self.questions, self.labelled = facts["question"], facts["found"] == ""
        self.rows, replies = indices(facts)
        self.replies = replies.numpy()
        self.names = list(read_questions())
        self.texts, self.text = np.unique([written(one) for one in facts["claims"]], return_inverse=True)
        self.weights, self._borrowed = draw_weights(facts), Borrowed(facts)
        self.chances = (self.weights / self.weights.sum()).numpy()
        self.views = len(self.features) // len(self.replies)

    def pooled(self, index: torch.Tensor, view: int = 0) -> torch.Tensor:
        return torch.from_numpy(self.features[index.numpy() + view * len(self.replies)]).float()

    def batch(
        self, drawn: torch.Tensor, random: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """One of the views of the crops drawn, which question, which reply; some of them borrowed."""
        index = drawn.numpy()
        index, rows, replies = self._borrowed.lend(index, self.rows[drawn].numpy(), self.replies[index], random)
        pooled = self.pooled(torch.from_numpy(index), int(random.integers(self.views)))
        return pooled, torch.from_numpy(rows), torch.from_numpy(replies)


class Reader(torch.nn.Module):
    """Connector and language model. prompts: ids of every question's wordings, then those that ask for claims, PLACE
    where features stand.
    """

    def __init__(self, prompts: list[list[int]], vocabulary: int) -> None:
        super().__init__()
        self.connector, self.language = Connector(), language_model(vocabulary)
        longest = max(map(len, prompts))
        padded = [one + [END_OF_TEXT] * (longest - len(one)) for one in prompts]
        self.register_buffer("ids", torch.tensor(padded), persistent=False)
        self.register_buffer("last", torch.tensor([len(one) - 1 for one in prompts]), persistent=False)
        self.first = prompts[0].index(PLACE)

    def forward(self, pooled: torch.Tensor, prompts: torch.Tensor) -> torch.Tensor:
        ids = self.ids[prompts]
        ids = ids[:, : int(self.last[prompts].max()) + 1]
        embeddings = self.language.model.embed_tokens(ids.clamp(min=0))
        stop = self.first + GRID * GRID
        seen = self.connector(pooled)
        embeddings = torch.cat([embeddings[:, : self.first], seen, embeddings[:, stop:]], 1)
        hidden = self.language.model(inputs_embeds=embeddings, use_cache=False).last_hidden_state
        logits: torch.Tensor = self.language.lm_head(hidden[torch.arange(len(ids)), self.last[prompts]])
        return logits

    def stated(self, pooled: torch.Tensor, prompts: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """answers: (n, longest) ids, PLACE behind their end. Returns (n, longest, vocabulary) logits of them."""
        read, stop = self.last[prompts] + 1, self.first + GRID * GRID
        longest = int(read.max()) + answers.shape[1] - 1
        ids = torch.full((len(prompts), longest), END_OF_TEXT)
        places = read[:, None] + torch.arange(answers.shape[1])
        width = min(longest, self.ids.shape[1])
        ids[:, :width] = self.ids[prompts][:, :width]
        ids.scatter_(1, places[:, :-1], answers[:, :-1])
        embeddings = self.language.model.embed_tokens(ids.clamp(min=0))
        embeddings = torch.cat([embeddings[:, : self.first], self.connector(pooled), embeddings[:, stop:]], 1)
        hidden = self.language.model(inputs_embeds=embeddings, use_cache=False).last_hidden_state
        logits: torch.Tensor = self.language.lm_head(hidden[torch.arange(len(ids))[:, None], places - 1])
        return logits


def learn(
    reader: Reader, train: Batches, val: Batches, targets: torch.Tensor, answers: torch.Tensor, *,
    seconds: float, epochs: int,
) -> Reader:  # fmt: skip
    """answers: of `train.texts`. Cosine over the epochs that `seconds` allow; the best epoch by the mean AUC on val, of
    averaged weights.
    """
    random, borrowing = torch.Generator().manual_seed(0), np.random.default_rng(0)
    groups = [
        {"params": reader.connector.parameters(), "share": 0.2},
        {"params": reader.language.parameters(), "share": 1.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.05, betas=(0.9, 0.98))
    averaged, best, best_auc = copy.deepcopy(reader), reader, 0.0
    start_s, step = time.monotonic(), 0
    steps = epochs * (len(train.rows) // BATCH)
    for epoch in range(epochs):
        reader.train()
        order = torch.multinomial(train.weights, len(train.rows), True, generator=random)
        total = 0.0
        for first in range(0, len(order) - BATCH + 1, BATCH):
            done = max(step / steps, (time.monotonic() - start_s) / seconds)
            for group in optimizer.param_groups:
                group["lr"] = (
                    group["share"] * RATE * min(1.0, (step + 1) / 50) * (0.5 + 0.5 * np.cos(np.pi * min(done, 1.0)))
                )
            pooled, rows, replies = train.batch(order[first : first + BATCH], borrowing)
            wording = torch.randint(WORDINGS, (BATCH,), generator=random)
            if done < MIRRORS_FROM:
                wording -= wording % 2
            logits = reader(pooled, rows * WORDINGS + wording)
            right = targets[_mirrored(replies, wording)]
            loss = torch.nn.functional.cross_entropy(logits, right, label_smoothing=0.02)
            loss = loss + stating(reader, train, answers, borrowing)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimizer.step()
            step, total = step + 1, total + float(loss.detach())
            with torch.no_grad():
                keep = min(0.99, step / (step + 10))
                for mine, theirs in zip(averaged.parameters(), reader.parameters(), strict=True):
                    mine.lerp_(theirs, 1 - keep)
        mean = _report(averaged, val, targets, epoch, total * BATCH / len(order))
        if mean > best_auc:
            best, best_auc = copy.deepcopy(averaged), mean
        if time.monotonic() - start_s > seconds:
            break
    return best


def stating(reader: Reader, data: Batches, answers: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """The loss of the claims about DESCRIBED crops, as often each kind of crop as of the questions."""
    drawn = torch.from_numpy(random.choice(len(data.text), DESCRIBED, p=data.chances))
    told = torch.from_numpy(random.random(DESCRIBED) >= UNTOLD)
    prompts = len(data.names) * WORDINGS + torch.where(told, data.rows[drawn], len(data.names))
    wanted = answers[data.text[drawn.numpy()]]
    wanted = wanted[:, : int((wanted != PLACE).sum(1).max())]
    logits = reader.stated(data.pooled(drawn, int(random.integers(data.views))), prompts, wanted)
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=PLACE)


def _mirrored(replies: torch.Tensor, wording: torch.Tensor) -> torch.Tensor:
    return torch.where((wording % 2 == 1) & (replies < 2), 1 - replies, replies)


def _report(reader: Reader, val: Batches, targets: torch.Tensor, epoch: int, loss: float) -> float:
    """Mirrors count as much: before they are learnt an epoch may be the best at the questions, and useless on a box."""
    aucs = {name: auc(*odds(reader, val, targets, name, range(WORDINGS))) for name in val.names}
    mean = float(np.mean(list(aucs.values())))
    shown = " ".join(f"{name} {value:.3f}" for name, value in aucs.items())
    print(f"epoch {epoch} loss {loss:.3f} val {mean:.4f}: {shown}", flush=True)
    return mean


@torch.inference_mode()
def odds(
    reader: Reader, data: Batches, targets: torch.Tensor, name: str, wordings: Sequence[int] = (0, 2)
) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of yes against no to the question, in both languages, a mirror's turned round, and whether yes is right;
    labelled and clear samples alone.
    """
    reader.eval()
    index = np.flatnonzero((data.questions == name) & (data.replies < 2) & data.labelled)
    pooled, row = data.pooled(torch.from_numpy(index)), data.names.index(name) * WORDINGS
    found = []
    for wording in wordings:
        logits = reader(pooled, torch.full((len(index),), row + wording))
        found.append((logits[:, targets[wording % 2]] - logits[:, targets[1 - wording % 2]]).numpy())
    return np.concatenate(found), np.tile(data.replies[index] == 0, len(wordings))


def write_networks(reader: Reader, pooled: torch.nn.Module, folder: Path) -> None:
    from models.training.vlm.export import DECODER, EMBED, VISION, embed_graph, text_shape

    reader.eval()
    vision_graph(pooled, reader.connector, folder / VISION)
    state = {name: value.detach().numpy() for name, value in reader.language.model.state_dict().items()}
    state["lm_head.weight"] = reader.language.lm_head.weight.detach().numpy()
    onnx.save(embed_graph(state["embed_tokens.weight"]), folder / EMBED)
    onnx.save(build_decoder(text_shape(reader.language.config), state, "shared"), folder / DECODER)


def calibration(reader: Reader, val: Batches, targets: torch.Tensor) -> dict[str, Any]:
    scales = {}
    for name in val.names:
        scores, right = odds(reader, val, targets, name)
        fitted = platt(1 / (1 + np.exp(-scores.astype(np.float64))), right)
        scales[name] = {"slope": round(max(fitted.slope, 0.01), 4), "intercept": round(fitted.offset, 4)}
    return scales


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=420)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    from models.training import torchvision_shim

    torchvision_shim.install()
    train, val = Batches(arguments.features, "train"), Batches(arguments.features, "val")
    tokens = write_words(arguments.out, list(train.texts))
    targets = torch.tensor([one for answer in ANSWERS for one in tokens.encode(answer)])
    assert len(targets) == len(REPLIES), "each answer is one token"
    prompts = spell(tokens)
    reader = Reader(prompts, VOCABULARY)
    pooled = load_encoder(arguments.checkpoint, arguments.encoder, reader.connector)
    answers = spell_answers(tokens, train.texts)
    best = learn(reader, train, val, targets, answers, seconds=arguments.seconds, epochs=arguments.epochs)
    torch.save(best.state_dict(), arguments.out.parent / "reader.pt")
    write_networks(best, pooled, arguments.out)
    scales = json.dumps(calibration(best, val, targets), indent=1)
    (arguments.out.parent / "calibration.json").write_text(scales + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
