"""The detection loss that leaves alone what nobody labelled.

A batch carries, among its boxes, regions: their class number is `len(CLASSES)` + bits (`merging.Region`). Mosaic,
scaling and flips move them as they move boxes. Inside a region the classes of its bits lose no confidence for being
found; what is labelled there teaches as everywhere.
"""

from typing import Any

import torch
from torch import nn
from ultralytics.utils.loss import E2ELoss, v8DetectionLoss
from ultralytics.utils.tal import make_anchors

from models.training.detector.sources import CLASSES


class MaskedBinaryCrossEntropy(nn.Module):
    """Of (batch, cells, classes) logits; `ignored`, of the same shape, says where a target of 0 counts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.ignored: torch.Tensor | None = None

    def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        return loss if self.ignored is None else loss.masked_fill(self.ignored & (targets == 0), 0.0)


class MaskedDetectionLoss(v8DetectionLoss):
    def __init__(self, model: nn.Module, tal_topk: int = 10, tal_topk2: int | None = None) -> None:
        super().__init__(model, tal_topk, tal_topk2)
        self.bce = MaskedBinaryCrossEntropy()

    def get_assigned_targets_and_loss(self, preds: dict[str, Any], batch: dict[str, Any], **assign_kwargs: Any) -> Any:
        batch, regions = without_regions(batch)
        centres, strides = make_anchors(preds["feats"], self.stride, 0.5)
        size = torch.tensor(preds["feats"][0].shape[2:], device=self.device) * self.stride[0]
        points = centres * strides / size.flip(0)  # x, y relative to the input
        self.bce.ignored = ignored_cells(regions, points, preds["boxes"].shape[0], self.nc)
        return super().get_assigned_targets_and_loss(preds, batch, **assign_kwargs)


def without_regions(batch: dict[str, Any]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The batch with its labels alone, and its regions."""
    region = batch["cls"].view(-1) >= len(CLASSES)
    keys = ("batch_idx", "cls", "bboxes")
    return {**batch, **{key: batch[key][~region] for key in keys}}, {key: batch[key][region] for key in keys}


def ignored_cells(
    regions: dict[str, torch.Tensor], points: torch.Tensor, batch_size: int, classes: int
) -> torch.Tensor:
    """(batch, cells, classes), True where the cell's centre lies in a region of the class. points: (cells, 2)."""
    ignored = torch.zeros(batch_size, len(points), classes, dtype=torch.bool, device=points.device)
    bits = (regions["cls"].view(-1) - len(CLASSES)).long().to(points.device)
    named = (bits[:, None] >> torch.arange(classes, device=points.device) & 1).bool()
    boxes = regions["bboxes"].to(points.device)
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    inside = ((points[None] >= low[:, None]) & (points[None] <= high[:, None])).all(2)  # (regions, cells)
    for index, picture in enumerate(regions["batch_idx"].long().tolist()):
        ignored[picture] |= inside[index][:, None] & named[index][None]
    return ignored


def masked_end_to_end_loss(model: nn.Module) -> E2ELoss:
    return E2ELoss(model, loss_fn=MaskedDetectionLoss)
