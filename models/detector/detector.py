"""A detector: a package, the engine that runs its weights, and the way from picture to detections."""

import numpy as np
from numpy.typing import NDArray

from models.detector.decode import DECODERS
from models.detector.detections import Detections
from models.detector.letterbox import Canvas, Letterbox, round_up
from models.engine.engine import Engine
from models.errors import PackageError
from models.package import Package

SIZE_PX_MAX = 4096
CANVASES_MAX = 8  # frame sizes that keep their buffers: cameras of one box have few


class Detector:
    """package: whose card says classes, input and output format. engine: has loaded its weights. size_px: the
    longer side of the input, default the card's; a smaller picture is not blown up to it (it would say no more and cost
    more), only up to the size the network learned at. score_min: what scores less is not reported.

    Raises PackageError when the package is not for this engine or this size. Not for several threads at once.
    """

    def __init__(
        self, package: Package, engine: Engine, *, size_px: int | None = None, score_min: float = 0.25
    ) -> None:
        card = package.card
        if card.decoder not in DECODERS:
            raise PackageError(f"{card.name}: decoder {card.decoder!r} is unknown; known: {', '.join(DECODERS)}")
        self.name = card.name
        self.sha256 = package.sha256
        self.class_names = card.classes
        self.precision = card.precision
        self.engine = engine.name
        self.size_px = _allowed_size(package, size_px)
        self.score_min = score_min
        self._card = card
        self._decode = DECODERS[card.decoder]
        self._engine = engine
        self._input = engine.inputs[0].name
        self._canvases: dict[tuple[int, int], Canvas] = {}

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """image: (H, W, 3) uint8, BGR. Boxes are relative to it. Raises EngineError, PackageError."""
        canvas = self._canvas(image.shape[1], image.shape[0])
        output = self._engine.run({self._input: canvas.paint(image)})[0]
        return self._decode(output, canvas.letterbox, self.class_names, self.score_min, self._card.overlap_max)

    def _canvas(self, width: int, height: int) -> Canvas:
        canvas = self._canvases.get((width, height))
        if canvas is None:
            if len(self._canvases) >= CANVASES_MAX:
                self._canvases.clear()
            facts = self._card.input
            if facts.dynamic:
                natural_px = max(facts.trained_px, round_up(max(width, height), facts.stride_px))
                size_px, side_px_min = min(self.size_px, natural_px), facts.side_px_min
            else:
                size_px = side_px_min = self.size_px
            letterbox = Letterbox.fit(width, height, size_px, facts.stride_px, side_px_min)
            canvas = self._canvases[width, height] = Canvas(letterbox)
        return canvas


def _allowed_size(package: Package, size_px: int | None) -> int:
    facts = package.card.input
    if size_px is None:
        return facts.size_px
    if not facts.dynamic and size_px != facts.size_px:
        raise PackageError(f"{package.card.name}: takes {facts.size_px} px only, not {size_px}")
    if size_px % facts.stride_px or not facts.side_px_min <= size_px <= SIZE_PX_MAX:
        raise PackageError(
            f"{package.card.name}: input size {size_px} px; give a multiple of {facts.stride_px} "
            f"from {facts.side_px_min} to {SIZE_PX_MAX}"
        )
    return size_px
