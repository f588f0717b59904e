"""The port for whatever says what is in a frame: a network, or a script."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Literal

from edge.capture.frame import Frame
from models.detector.detections import Detections

Importance = Literal["low", "normal", "high"]  # of a camera to its site, whatever it shows


class DetectorError(Exception):
    """The detector cannot work; the message says what to do."""


class Attention(IntEnum):
    """What a camera's next picture is worth to the box."""

    STILL = 0
    MOVING = 1
    URGENT = 2  # the conditions of a rule hold


class FrameDetector(ABC):
    """class_scores: from which score on it believes a class, where it says so: a rule's `min_score` by default.
    attention: of the next frame; whoever sets it may share a network with others. abreast: how many frames it looks at
    at once, from as many threads; one where what it says of a frame depends on those before.
    """

    class_names: tuple[str, ...]
    class_scores: Mapping[str, float] = MappingProxyType({})
    name: str  # the model package, or `scripted`
    sha256: str  # of the weights, or of the script
    engine: str  # e.g. `onnxruntime-cpu`, `scripted`
    precision: str  # e.g. `fp32`
    attention: Attention = Attention.MOVING
    abreast: int = 1

    @abstractmethod
    def detect(self, frame: Frame) -> Detections: ...


class WindowedDetector(FrameDetector):
    """Can look at a part of a frame."""

    @abstractmethod
    def takes_windows(self, frame: Frame) -> bool:
        """Whether a part of this frame costs less than the whole and shows its things as large."""

    @abstractmethod
    def detect_in(self, frame: Frame, left: float, top: float, share: float) -> Detections:
        """Looks at `share` of width and height from (left, top) on, relative to the frame, as are the boxes."""
