"""An engine is believed once it sees what the reference sees: the package's own weights on ONNX Runtime's CPU."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detector.detections import Detections
from models.detector.detector import Detector
from models.detector.parity import SCORE_MIN, SCORE_SLACK, Agreement, agreement
from models.engine.choice import Choice
from models.engine.engine import Engine
from models.engine.opening import Opener, batch_max
from models.errors import EngineError, ModelError
from models.package import Package
from models.proof import UNFINISHED_MAX, Proof, ProofBook, Tested
from models.synthetic.sample import sample_pictures
from models.synthetic.scenario import shipped_names

Image = NDArray[np.uint8]
PICTURES_MAX = 200
OWN_MAX = 90
OWN_MIN = 50  # pictures of the box's own that are worth another proof
REFERENCE = Choice()


@dataclass(frozen=True, slots=True)
class Own:
    """Pictures that this box has seen, and how many; they are read only when they are needed."""

    count: int
    read: Callable[[], Iterable[Image]]


def no_own() -> Own:
    return Own(0, tuple)


@dataclass(frozen=True, slots=True)
class Opened:
    """package: with the weights that run. refusal: why it is the reference and not what was asked for."""

    package: Package
    engine: Engine
    batch_max: int
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """The engine that is asked for a package."""

    package: Package
    choice: Choice
    opener: Opener

    @property
    def is_reference(self) -> bool:
        return self.choice.on_cpu and self.choice.precision in (None, self.package.card.precision)

    def with_weights(self) -> Package:
        """Raises PackageError when the package has none of that precision."""
        return self.package.in_precision(self.choice.precision or self.package.card.precision)

    def tested(self) -> Tested:
        """Raises PackageError."""
        sha256, opener = self.with_weights().sha256, self.opener
        return Tested(str(self.choice), sha256, self.package.sha256, opener.size_px, opener.machine)

    def open(self) -> Engine:
        """Raises EngineError, PackageError."""
        return self.opener.open(self.choice, self.with_weights())

    def compare(self, tested: Engine, pictures: Iterable[Image]) -> Agreement:
        """The reference and tested look at up to PICTURES_MAX, every second one in company where a box would run
        several together. Raises EngineError, PackageError.
        """
        other = self.with_weights()
        reference = self._looker(self.package, self.opener.open(REFERENCE, self.package))
        alone = self._looker(other, tested)
        together = batch_max(self.choice) > 1 and all(one.shape[0] is None for one in tested.inputs)
        among = self._looker(other, _Company(tested)) if together else alone
        seen, found = list[Detections](), list[Detections]()
        for index, picture in enumerate(islice(pictures, PICTURES_MAX)):
            seen.append(reference.detect(picture))
            found.append((among if index % 2 else alone).detect(picture))
        return agreement(seen, found)

    def _looker(self, package: Package, engine: Engine) -> Detector:
        return Detector(package, engine, size_px=self.opener.size_px, score_min=SCORE_MIN - SCORE_SLACK)


def pictures_beside(own: Own) -> Iterator[Image]:
    """Up to OWN_MAX of the box's own, and rendered ones until there are about PICTURES_MAX."""
    count = min(own.count, OWN_MAX)
    each = (PICTURES_MAX - count) // len(shipped_names())
    return chain(islice(own.read(), count), sample_pictures(each))


def keep_verdict(trial: Trial, refusal: str | None, own: int) -> None:
    """For the next start on this machine. Raises EngineError."""
    proof = Proof(key=trial.tested().key(), settled=True, refusal=refusal, own=own)
    ProofBook(trial.opener.folder).keep(proof)


def open_proven(trial: Trial, own: Callable[[], Own] = no_own, tell: Callable[[str], None] = lambda _: None) -> Opened:
    """The engine that is asked for, where it is proven on this machine, which is done now when it was not yet; else the
    reference. tell: of what takes a while. Raises EngineError, PackageError when even the reference does not open.
    """
    refusal: str | None = None
    if not trial.is_reference:
        try:
            return Opened(trial.with_weights(), _proven(trial, own(), tell), batch_max(trial.choice))
        except ModelError as error:
            refusal = f"{trial.choice} is not used: {error}"
    return Opened(trial.package, trial.opener.open(REFERENCE, trial.package), 1, refusal)


def _proven(trial: Trial, own: Own, tell: Callable[[str], None]) -> Engine:
    """Raises EngineError for one that is refused, and what its parts raise."""
    book, tested = ProofBook(trial.opener.folder), trial.tested()
    proof = book.find(tested) or Proof(key=tested.key())
    if proof.settled and not proof.own < OWN_MIN <= own.count:
        if proof.refusal is not None:
            raise EngineError(proof.refusal)
        return trial.open()
    if proof.unfinished >= UNFINISHED_MAX:
        raise EngineError(f"its trial ended {proof.unfinished} times without a verdict; {book.path} can be deleted")
    tell(f"{trial.choice} is compared with the reference, once on this machine")
    book.keep(proof.model_copy(update={"unfinished": proof.unfinished + 1}))
    try:
        engine = trial.open()
        refusal = trial.compare(engine, pictures_beside(own)).refusal
    except ModelError:
        book.keep(proof)  # it said why, and the process lives: the next start may try again
        raise
    keep_verdict(trial, refusal, own.count)
    if refusal is not None:
        raise EngineError(refusal)
    return engine


class _Company(Engine):
    """Runs a picture as the last of two, behind itself upside down, and tells what came of it alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.inputs, self.outputs = engine.name, engine.inputs, engine.outputs

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        both = {name: np.concatenate((array[:, :, ::-1], array)) for name, array in feeds.items()}
        return [output[1:] for output in self._engine.run(both)]
