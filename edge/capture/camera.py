"""The port for whatever delivers frames: a file, a stream, either of them in a process of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from edge.capture.frame import Frame
from edge.capture.packet_ring import Packets


class CameraError(Exception):
    """The source cannot be read; the message says which source, why, and what to do. Never holds a password."""


class CredentialsError(CameraError):
    """The camera refuses user or password: asking again soon may lock the account."""


class CameraSilent(CameraError):  # noqa: N818 - no failure: the camera goes on trying by itself
    """Nothing came for a while. The message says why, as far as it is known. `frames` may be called again at once."""


class Camera(ABC):
    """Yields frames in stream order; beside them `ring` holds the encoded packets they came from.

    A file ends its iterator at its end (`loop` starts it again with stream_s going on). A camera that reconnects raises
    CameraSilent about once a second while nothing comes; any other raises CameraError when its source fails. A camera
    that is live drops frames that nobody took in time, never packets.
    """

    camera_id: str
    source: str  # as people may read it: passwords masked
    ring: Packets
    frames_in: int  # so far
    frames_dropped: int  # of these, replaced by a newer one before they were taken, or not decoded as most were
    fault: str | None = None  # what is wrong although frames come

    @abstractmethod
    def __enter__(self) -> Self:
        """Opens the source. Raises CameraError."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def pass_over(self, frames: int = 1) -> None:  # noqa: B027 - nothing is a right answer
        """So many frames were taken and not looked at, because they came too soon: fewer may be decoded."""

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """Raises CameraError when the source fails, CameraSilent when it may come back."""
