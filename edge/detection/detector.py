"""The port for whatever says what is in a frame: a network, or a script."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType

from edge.capture.frame import Frame
from models.detector.detections import Detections


class DetectorError(Exception):
    """The detector cannot work; the message says what to do."""


class FrameDetector(ABC):
    """class_scores: from which score on it believes a class, where it says so: a rule's `min_score` by default."""

    class_names: tuple[str, ...]
    class_scores: Mapping[str, float] = MappingProxyType({})
    name: str  # the model package, or `scripted`
    sha256: str  # of the weights, or of the script
    engine: str  # e.g. `onnxruntime-cpu`, `scripted`
    precision: str  # e.g. `fp32`

    @abstractmethod
    def detect(self, frame: Frame) -> Detections: ...
