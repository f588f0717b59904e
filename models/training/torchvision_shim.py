"""Makes torchvision importable beside a CPU build of torch.

PyPI has no CPU build of torchvision: its wheel is linked against CUDA, `torchvision::nms` is never registered, and the
import dies with "operator torchvision::nms does not exist". Ultralytics only wants the package's metadata and, in its
validator, non-maximum suppression. Call `install()` before anything imports torchvision.
"""

from typing import Any

import torch

# The registration lives as long as the library object does.
_library: "torch.library.Library | None" = None


def install() -> None:
    """Registers the two missing operators, NMS by Ultralytics' pure torch code. Does nothing the second time."""
    global _library  # noqa: PLW0603
    if _library is not None:
        return
    _library = torch.library.Library("torchvision", "DEF")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.define(
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    )
    _library.impl("nms", _nms, "CPU")

    import torchvision.extension
    import torchvision.ops.boxes

    torchvision.extension._assert_has_ops = _nothing  # noqa: SLF001
    torchvision.ops.boxes._assert_has_ops = _nothing  # noqa: SLF001


def _nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> Any:
    from ultralytics.utils.nms import TorchNMS

    return TorchNMS.nms(boxes, scores, iou_threshold)


def _nothing() -> None: ...
