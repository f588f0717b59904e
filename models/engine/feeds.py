"""Whether what an engine is given is what its network takes, for runtimes that would not say so themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from models.engine.engine import Tensor
from models.errors import EngineError


def check_feeds(inputs: Sequence[Tensor], feeds: Mapping[str, NDArray[Any]]) -> None:
    """Raises EngineError, one line that names the input."""
    names = [one.name for one in inputs]
    if sorted(feeds) != sorted(names):
        raise EngineError(f"given {', '.join(sorted(feeds)) or 'nothing'}, but the network takes {', '.join(names)}")
    for one in inputs:
        array = feeds[one.name]
        if array.dtype.name != one.dtype:
            raise EngineError(f"{one.name}: {array.dtype.name}, but the network takes {one.dtype}")
        fits = len(array.shape) == len(one.shape) and all(
            side in (None, given) for side, given in zip(one.shape, array.shape, strict=True)
        )
        if not fits:
            raise EngineError(f"{one.name}: shape {array.shape}, but the network takes {one.shape}")
