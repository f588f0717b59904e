"""The encoder learns the questions: `python -m models.training.vlm.second_look.encoder VIEWS CHECKPOINT.pt SHIPPED.onnx
HEADS.pt OUT.pt`.

The detector's backbone and neck, its first layers frozen, under the connector and one linear head per question and one
for the kinds of things in the crop; these heads are thrown away. VIEWS is what `views.py` kept. Val's labelled crops
pick the epoch.
"""

import argparse
import copy
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.training.vlm.second_look.descriptions import KINDS
from models.training.vlm.second_look.network import GRID, HIDDEN, TILE_PX, Connector, load_pooled
from models.training.vlm.second_look.samples import REPLIES
from models.training.vlm.second_look.scores import auc
from models.training.vlm.second_look.zones import Redrawn, outlined
from models.vlm.questions import read_questions

BATCH = 64
RATE, ENCODER_RATE = 3e-4, 2e-4
KINDS_SHARE = 0.3  # of the loss of kinds, beside that of the question
FALSE_WEIGHT = 2.0  # how much oftener a box that the detector got wrong is drawn
AVERAGED = 0.998

Facts = Mapping[str, NDArray[Any]]


class Seer(torch.nn.Module):
    """(n, 3, TILE_PX, TILE_PX) RGB 0..1 -> (n, questions, 3) logits of REPLIES and (n, KINDS) logits. bf16: the encoder
    reckons in bfloat16, three times as fast where a processor has AMX, and slower where it has not.
    """

    def __init__(self, checkpoint: Path, shipped: Path, *, bf16: bool = False) -> None:
        super().__init__()
        self.pooled, self.connector = load_pooled(checkpoint, shipped), Connector()
        self.pooled.to(memory_format=torch.channels_last)
        self.heads = torch.nn.Linear(GRID * GRID * HIDDEN, len(read_questions()) * len(REPLIES))
        self.kinds = torch.nn.Linear(GRID * GRID * HIDDEN, len(KINDS))
        self.bf16 = bf16

    def thaw(self, first: int) -> None:
        """Layers from `first` on learn."""
        for layer in list(self.pooled.layers)[first:]:
            layer.requires_grad_(requires_grad=True)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.judge(self.encode(pixels))

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, 16, CHANNELS) float32."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            pooled: torch.Tensor = self.pooled(pixels.contiguous(memory_format=torch.channels_last))
        return pooled.float()

    def judge(self, pooled: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """pooled: (n, 16, CHANNELS), of the encoder."""
        connected = self.connector(pooled).flatten(1)
        return self.heads(connected).unflatten(1, (-1, len(REPLIES))), self.kinds(connected)

    def loss(self, pooled: torch.Tensor, views: "Views", index: torch.Tensor) -> torch.Tensor:
        """index: which crops of `views` these are."""
        replies, there = self.judge(pooled)
        told = replies[torch.arange(len(index)), views.rows[index]]
        loss = torch.nn.functional.cross_entropy(told, views.replies[index], label_smoothing=0.05)
        known = views.kinds[index]
        each = torch.nn.functional.binary_cross_entropy_with_logits(there, known.clamp(0), reduction="none")
        return loss + KINDS_SHARE * (each * (known >= 0)).mean()


class Views:
    """Crops of train, each time another."""

    def __init__(self, folder: Path) -> None:
        self.crops = np.load(folder / "train.npy", mmap_mode="r")
        facts = np.load(folder / "train.npz")
        self.inner, self.fixed = facts["inner"], (facts["inner"] == (0, 0, 1, 1)).all(1)
        self.rows, self.replies = indices(facts)
        self.kinds = torch.from_numpy(facts["kinds"]).float()
        self.weights, self.zones, self.size = draw_weights(facts), Redrawn(facts), facts["size"]

    def view(self, index: int, random: np.random.Generator) -> NDArray[np.uint8]:
        """(TILE_PX, TILE_PX, 3) BGR."""
        crop = self.crops[index]
        box = self.inner[index] if self.fixed[index] else trembled(self.inner[index], random)
        left, top, right, bottom = (box * crop.shape[0]).round().astype(int)
        part = crop[top : max(bottom, top + 8), left : max(right, left + 8)]
        part = cv2.resize(
            part, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA if min(part.shape[:2]) > TILE_PX else 1
        )
        zone = self.zones.corners(index, box, random)
        if random.random() < 0.5:
            part = part[:, ::-1]
            zone = None if zone is None else np.stack([1 - zone[:, 0], zone[:, 1]], 1)
        if random.random() < 0.3 and not self.fixed[index]:
            part = tilted(np.ascontiguousarray(part), random)
        part = dimmed(worsened(np.ascontiguousarray(part), random), random)
        return part if zone is None else outlined(part, zone, self.size[index] * (box[2:] - box[:2]))


def trembled(box: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    sides = box[2:] - box[:2]
    scale, shift = random.uniform(0.82, 1.25, 2), random.uniform(-0.09, 0.09, 2) * sides
    middle = (box[:2] + box[2:]) / 2 + shift
    return np.clip(np.concatenate([middle - sides * scale / 2, middle + sides * scale / 2]), 0, 1)


def tilted(part: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    turn = cv2.getRotationMatrix2D((TILE_PX / 2, TILE_PX / 2), random.uniform(-12, 12), 1.0)
    return np.asarray(cv2.warpAffine(part, turn, (TILE_PX, TILE_PX), borderMode=cv2.BORDER_REFLECT), np.uint8)


def worsened(part: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """As a cheaper camera, further away, would have it; never so far that nothing can be told."""
    chance = random.random()
    if chance < 0.2:
        side = int(random.uniform(28, 110))
        small = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)
        part = cv2.resize(small, (TILE_PX, TILE_PX), interpolation=cv2.INTER_LINEAR)
    elif chance < 0.3:
        part = cv2.GaussianBlur(part, (0, 0), random.uniform(0.8, 3.0))
    if random.random() < 0.15:
        quality = int(random.uniform(25, 80))
        part = cv2.imdecode(cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return part


def dimmed(part: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Each value of each channel goes to another: light, contrast, and the white point."""
    gamma, contrast, light = np.exp(random.normal(0, 0.2)), random.uniform(0.75, 1.25), random.normal(0, 0.06)
    values = np.linspace(0, 1, 256)[:, None] ** gamma * np.exp(random.normal(0, 0.06, 3))
    table = np.clip((values - 0.5) * contrast + 0.5 + light, 0, 1) * 255
    part = cv2.LUT(part, table.astype(np.uint8)[None])
    if random.random() < 0.05:
        part = cv2.cvtColor(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return part


def draw_weights(facts: Facts) -> torch.Tensor:
    """How often a crop is drawn: rare answers and the detector's mistakes oftener."""
    keys = list(zip(facts["question"], facts["reply"], strict=True))
    counts = Counter(keys)
    weights = np.array([counts[key] ** -0.5 for key in keys])
    wrong = np.char.endswith(facts["found"], "false") | np.char.endswith(facts["found"], "missed")
    return torch.from_numpy(weights * np.where(wrong, FALSE_WEIGHT, 1.0))


def indices(facts: Facts) -> tuple[torch.Tensor, torch.Tensor]:
    """Which question, which of REPLIES."""
    names = list(read_questions())
    rows = [names.index(one) for one in facts["question"]]
    return torch.tensor(rows), torch.tensor([REPLIES.index(one) for one in facts["reply"]])


def tensor(images: NDArray[np.uint8]) -> torch.Tensor:
    """(n, H, W, 3) BGR -> (n, 3, H, W) RGB 0..1."""
    return torch.from_numpy(np.ascontiguousarray(images[..., ::-1])).permute(0, 3, 1, 2).float() / 255


@torch.inference_mode()
def report(seer: Seer, val: Facts, what: str) -> float:
    """Prints AUC on the labelled crops of val and, of the detector's boxes, of right and missed against false ones.
    Returns the mean of the former.
    """
    seer.eval()
    images, (rows, replies) = val["images"], indices(val)
    logits = torch.cat([seer(tensor(images[first : first + 64]))[0] for first in range(0, len(images), 64)])
    logits = logits[torch.arange(len(rows)), rows]
    scores, reply = (logits[:, 0] - logits[:, 1]).numpy(), replies.numpy()
    labelled, clear = val["found"] == "", reply < 2
    parts, means = [], []
    for row, name in enumerate(read_questions()):
        here = (rows.numpy() == row) & clear
        means.append(auc(scores[here & labelled], reply[here & labelled] == 0))
        own = here & ~labelled
        other = f"/{auc(scores[own], reply[own] == 0):.3f}" if len(set(reply[own])) == 2 else ""
        parts.append(f"{name} {means[-1]:.3f}{other}")
    unsure = (logits.argmax(1) == 2).numpy()
    told = f"unclear {unsure[~clear].mean():.3f}, of clear {unsure[clear].mean():.3f}"
    print(f"{what} val {np.mean(means):.4f}: {' '.join(parts)} {told}", flush=True)
    return float(np.mean(means))


def learn(seer: Seer, views: Views, val: Facts, *, seconds: float, draws: int, seed: int) -> Seer:
    """Cosine over the time there is; the best epoch of averaged weights by val."""
    random, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    fresh = [*seer.connector.parameters(), *seer.heads.parameters(), *seer.kinds.parameters()]
    taught = [one for one in seer.pooled.parameters() if one.requires_grad]
    groups = [{"params": fresh, "peak": RATE}, {"params": taught, "peak": ENCODER_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.02)
    averaged, best, best_auc = copy.deepcopy(seer), seer, 0.0
    start_s, step, epoch = time.monotonic(), 0, 0
    while (done := (time.monotonic() - start_s) / seconds) < 1:
        seer.train()
        total, order = 0.0, torch.multinomial(views.weights, draws, True, generator=generator)
        for first in range(0, draws - BATCH + 1, BATCH):
            done = (time.monotonic() - start_s) / seconds
            for group in optimizer.param_groups:
                group["lr"] = (
                    group["peak"] * min(1.0, (step + 1) / 60) * (0.01 + 0.5 + 0.5 * np.cos(np.pi * min(done, 1)))
                )
            index = order[first : first + BATCH]
            pixels = tensor(np.stack([views.view(int(one), random) for one in index]))
            loss = seer.loss(seer.encode(pixels), views, index)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(seer.parameters(), 5.0)
            optimizer.step()
            step, total = step + 1, total + float(loss.detach())
            keep = min(AVERAGED, step / (step + 10))
            with torch.no_grad():
                for mine, theirs in zip(averaged.parameters(), seer.parameters(), strict=True):
                    mine.lerp_(theirs, 1 - keep)
        told = f"epoch {epoch} loss {total * BATCH / draws:.3f} {time.monotonic() - start_s:.0f} s"
        mean, epoch = report(averaged, val, told), epoch + 1
        if mean > best_auc:
            best, best_auc = copy.deepcopy(averaged), mean
    return best


@torch.inference_mode()
def standardise(seer: Seer, views: Views) -> None:
    random = np.random.default_rng(3)
    chosen = random.choice(len(views.rows), 512)
    seer.eval()
    pooled = torch.cat([seer.encode(tensor(views.view(int(one), random)[None])) for one in chosen]).flatten(0, 1)
    seer.connector.mean.copy_(pooled.mean(0))
    seer.connector.std.copy_(pooled.std(0) + 1e-3)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="encoder", description=__doc__)
    parser.add_argument("views", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("shipped", type=Path, help="the ONNX file whose weights are the start")
    parser.add_argument("start", type=Path, help="what heads.py wrote")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--draws", type=int, default=12000, help="crops of an epoch")
    parser.add_argument("--frozen", type=int, default=4, help="how many first layers stay as they are")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    views, val = Views(arguments.views), dict(np.load(arguments.views / "val.npz"))
    seer = Seer(arguments.checkpoint, arguments.shipped, bf16=arguments.bf16)
    seer.load_state_dict(torch.load(arguments.start, map_location="cpu", weights_only=True))
    seer.thaw(arguments.frozen)
    best = learn(seer, views, val, seconds=arguments.seconds, draws=arguments.draws, seed=arguments.seed)
    torch.save(best.state_dict(), arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
