"""A detector: a package, the engine that runs its weights, and the way from picture to detections."""

import numpy as np
from numpy.typing import NDArray

from models.card import Card
from models.detector.candidates import Question
from models.detector.decode import DECODERS
from models.detector.detections import Detections
from models.detector.letterbox import Canvas, Letterbox, round_up
from models.detector.raster import Raster
from models.detector.rasters import BgrRaster
from models.detector.selection import Vocabulary, select
from models.engine.engine import Engine
from models.errors import PackageError
from models.package import Package

SIZE_PX_MAX = 4096
MIN_SCORE = 0.25  # of a class whose card states none
CANVASES_MAX = 8  # frame sizes that keep their buffers: cameras of one box have few


class Detector:
    """package: whose card says classes, input and output format. engine: has loaded its weights. size_px: the
    longer side of the input, default the card's; a smaller picture is not blown up to it (it would say no more and cost
    more), only up to the size the network learned at. score_min: what scores less is not reported; None: what the card
    says, class by class.

    Raises PackageError when the package is not for this engine or this size. For as many threads as the engine.
    """

    def __init__(
        self, package: Package, engine: Engine, *, size_px: int | None = None, score_min: float | None = None
    ) -> None:
        card = package.card
        if card.decoder not in DECODERS:
            raise PackageError(f"{card.name}: decoder {card.decoder!r} is unknown; known: {', '.join(DECODERS)}")
        self.name = card.name
        self.sha256 = package.sha256
        self.class_names = card.classes
        self.class_scores = card.min_score
        self.precision = card.precision
        self.engine = engine.name
        self.size_px = card.input.size_px if size_px is None else size_px
        check_size(card, self.size_px)
        self._card = card
        trusted = {name: card.min_score.get(name, MIN_SCORE) for name in card.classes}
        self._vocabulary = Vocabulary.of(
            card.classes, card.network_classes, card.renamed, trusted if score_min is None else score_min
        )
        self._score_min = float(self._vocabulary.score_min.min())
        self._decode = DECODERS[card.decoder]
        self._engine = engine
        self._input = engine.inputs[0].name
        self._idle: dict[tuple[int, int], list[Canvas]] = {}  # by frame size, those that nobody paints on

    def detect(self, image: NDArray[np.uint8] | Raster) -> Detections:
        """image: an array is (H, W, 3) uint8, BGR. Boxes are relative to it. Raises EngineError, PackageError."""
        raster = image if isinstance(image, Raster) else BgrRaster(image)
        idle = self._canvases(raster.width, raster.height)
        try:
            canvas = idle.pop()
        except IndexError:
            canvas = Canvas(self._letterbox(raster.width, raster.height), self._card.input.pixels)
        box = canvas.letterbox
        try:
            outputs = self._engine.run({self._input: canvas.paint(raster)})
        finally:
            idle.append(canvas)
        question = Question(box.input_width, box.input_height, self._card.network_class_count, self._score_min)
        return select(self._decode(outputs, question), box, self._vocabulary, self._card.overlap_max)

    def _canvases(self, width: int, height: int) -> list[Canvas]:
        if (width, height) not in self._idle and len(self._idle) >= CANVASES_MAX:
            self._idle.clear()
        return self._idle.setdefault((width, height), [])

    def _letterbox(self, width: int, height: int) -> Letterbox:
        facts = self._card.input
        if facts.pixels.fit == "stretch":
            return Letterbox.stretched(width, height, self.size_px)
        size_px = side_px_min = self.size_px
        if facts.dynamic:
            natural_px = max(facts.trained_px, round_up(max(width, height), facts.stride_px))
            size_px, side_px_min = min(self.size_px, natural_px), facts.side_px_min
        corner = facts.pixels.fit == "corner"
        return Letterbox.fit(width, height, size_px, facts.stride_px, side_px_min, corner=corner)


def check_size(card: Card, size_px: int) -> None:
    """Raises PackageError when the network of this card does not take an input of size_px, with what it takes."""
    facts = card.input
    if not facts.dynamic and size_px != facts.size_px:
        raise PackageError(f"{card.name}: takes {facts.size_px} px only, not {size_px}")
    if size_px % facts.stride_px or not facts.side_px_min <= size_px <= SIZE_PX_MAX:
        raise PackageError(
            f"{card.name}: input size {size_px} px; give a multiple of {facts.stride_px} "
            f"from {facts.side_px_min} to {SIZE_PX_MAX}"
        )
